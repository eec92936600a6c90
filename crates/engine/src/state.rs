//! Everything that is true now, derived from the journal alone. Only `apply` changes it; it needs no estate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidegate_model::seam::{
    ArmCounts, BrakeLook, Effect, EffectKey, ExposureVersion, Observation, StratumPart, Verdict,
};
use tidegate_model::switch::SwitchValue;
use tidegate_model::{
    ActionId, BasisPoints, CriterionId, DomainId, GatewayId, GroupId, IncidentId, PersonId, PlanId, RunbookId, StageId,
    SwitchId, Timestamp, UnitId,
};

pub use crate::aftermath::Aftermath;
pub use crate::batches::{BATCHES_MAX, Batches};
use crate::cause::Cause;
use crate::command::CommandKey;
use crate::event::{AdoptedSource, Binding, Opening, Reading};
pub use crate::incident::{Incident, IncidentPhase};
pub use crate::lesson::{LESSONS_MAX, LESSONS_OF_ONE_MAX, Lesson};
pub use crate::level::LevelRun;
pub use crate::paged::{Drill, PAGED_FOR, PAGED_MAX, Paged};
pub use crate::promises::{Kept, Promises};
use crate::refusal::Refusal;
pub use crate::runbook::{Run, StepDone};
pub use crate::seen::Seen;
pub use crate::tally::{Belongs, RareEvents, Tally, Totals};

/// Strata kept for the chart of one criterion; at the limit adjacent ones of one step are merged, or the oldest is forgotten.
pub const CELLS_MAX: usize = 128;
/// Answers remembered by idempotency key; the oldest is forgotten first.
pub const ANSWERS_MAX: usize = 10_000;
/// Resolved incidents kept; the journal has the older ones.
pub const RESOLVED_MAX: usize = 200;
/// Events of one incident that are pointed to; the journal has the older ones.
pub const TIMELINE_MAX: usize = 200;
/// Starts of one gateway whose reports are still told apart from repeats.
pub const INCARNATIONS_MAX: usize = 4;
/// Controller starts whose last exposure is remembered.
pub const EPOCHS_MAX: usize = 1_000;

/// The state of everything at one journal sequence.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct State {
    /// Journal sequence of the last event.
    pub seq: u64,
    /// Its time.
    pub at: Timestamp,
    /// Controller start, 1 and up; 0 before the first.
    pub epoch: u64,
    /// Digest of the adopted estate.
    pub estate: Option<String>,
    /// Owner team of each domain, as adopted.
    pub owners: BTreeMap<DomainId, String>,
    /// Stages.
    pub stages: BTreeMap<StageId, StageState>,
    /// Incidents: every open one, and the last resolved ones.
    pub incidents: BTreeMap<IncidentId, Incident>,
    /// How many incidents there ever were.
    pub incidents_opened: u64,
    /// How many feedbacks were ever filed.
    pub feedback_filed: u64,
    /// The last drill of each runbook.
    pub drills: BTreeMap<RunbookId, Drill>,
    /// When each person last did something through a link in a letter.
    pub reached: BTreeMap<PersonId, Timestamp>,
    /// The last pages of each person.
    pub paged: BTreeMap<PersonId, Vec<Paged>>,
    /// What is measured of objectives and invariants.
    pub promises: Promises,
    /// Switches.
    pub switches: BTreeMap<SwitchId, SwitchState>,
    /// Actions whose mode is active.
    pub actions: BTreeMap<ActionId, ActiveAction>,
    /// Effects that have not ended.
    pub outbox: BTreeMap<EffectKey, Waiting>,
    /// Gateways that have ever connected.
    pub gateways: BTreeMap<GatewayId, GatewayState>,
    /// The newest exposure that is in force everywhere.
    pub in_force: ExposureVersion,
    /// The sequence of the last exposure that each controller start asked for.
    pub asserted: BTreeMap<u64, u64>,
    /// When equal refusals were last journalled.
    pub refusals: BTreeMap<String, Timestamp>,
    /// Answers to commands that carried a key.
    pub answers: Arc<Answers>,
    /// A decision tries events out on it and then lets it go: what only charts show is not kept.
    #[serde(skip)]
    pub(crate) is_tried_out: bool,
}

/// Answers by idempotency key.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Answers {
    /// By key.
    pub by_key: BTreeMap<CommandKey, Result<String, Refusal>>,
    /// The keys in the order of their arrival.
    pub order: VecDeque<CommandKey>,
}

/// Where a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Waits for the stages before it.
    #[default]
    Pending,
    /// May be entered once approved.
    Ready,
    /// Gateways are being told.
    Exposing,
    /// Under its step, before the gate may open.
    Soaking,
    /// The gate decides.
    Gating,
    /// At full exposure, watched.
    Watching,
    /// Exposure is falling.
    RollingBack,
    /// On the old side, after a rollback.
    RolledBack,
    /// The new side is final.
    Finalised,
}

impl Phase {
    /// The words on screen.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Exposing => "exposing",
            Self::Soaking => "soaking",
            Self::Gating => "gating",
            Self::Watching => "watching",
            Self::RollingBack => "rolling back",
            Self::RolledBack => "rolled back",
            Self::Finalised => "finalised",
        }
    }

    /// Whether visitors are, or may be, on the new side of a stage that is not final.
    #[must_use]
    pub fn is_exposed(self) -> bool {
        match self {
            Self::Exposing | Self::Soaking | Self::Gating | Self::Watching => true,
            Self::Pending | Self::Ready | Self::RollingBack | Self::RolledBack | Self::Finalised => false,
        }
    }
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageState {
    /// Its plan.
    pub plan: PlanId,
    /// Its unit.
    pub unit: UnitId,
    /// The domain that owns it.
    pub owner: DomainId,
    /// Exposure of each step.
    pub steps: Vec<BasisPoints>,
    /// Criteria of its gate.
    pub criteria: Vec<CriterionId>,
    /// Those of them that are measured.
    pub sources: BTreeMap<CriterionId, AdoptedSource>,
    /// Where it is.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// 1 and up; 0 before the first.
    pub attempt: u32,
    /// Index of the step that is or was last exposed in this attempt.
    pub step: Option<u32>,
    /// Exposure asked of the gateways.
    pub exposure: BasisPoints,
    /// Highest exposure whose gate has passed in this attempt.
    pub proven: BasisPoints,
    /// Groups of routes that have flipped in this attempt, in their order.
    pub groups: Vec<GroupId>,
    /// Those of them whose gate has passed.
    pub proven_groups: Vec<GroupId>,
    /// The step whose gate has passed, until the next is exposed.
    pub passed: Option<u32>,
    /// How often evidence was started anew.
    pub restarts: u32,
    /// Whether a change was noted since the last rollback.
    pub is_changed: bool,
    /// When each criterion first came into the gate, those that have left it included: what comes back was there before.
    pub criteria_since: BTreeMap<CriterionId, Timestamp>,
    /// Feedback and incidents: those that its next gate has to answer, and the last that were answered.
    pub lessons: Vec<Lesson>,
    /// What stops growth.
    pub holds: Vec<Hold>,
    /// Approvals of the next move.
    pub approvals: Vec<Approval>,
    /// Risk accepted for the next move.
    pub risks: Vec<Risk>,
    /// The question that approvers were asked.
    pub asked: Option<Asked>,
    /// Verdicts.
    pub verdicts: BTreeMap<CriterionId, Said>,
    /// Sequence of the last verdict.
    pub judged: u64,
    /// Sequence of the last thing that no agreement outlives: a verdict of harm or of nothing to be judged, or feedback.
    pub worsened: u64,
    /// Counts since the attempt or the last restart began, for the chart.
    pub cells: BTreeMap<CriterionId, Arc<Vec<Cell>>>,
    /// What those counts add up to.
    #[serde(skip)]
    pub tallies: BTreeMap<CriterionId, Arc<Tally>>,
    /// Criteria whose counts said harm since then: more of the same does not unsay it.
    pub harmed: BTreeSet<CriterionId>,
    /// Batches that sources told.
    pub batches: BTreeMap<CriterionId, Batches>,
    /// When each source that counts between two questions last answered; what it counted since then comes with the next.
    pub told_until: BTreeMap<CriterionId, Timestamp>,
    /// The last answer of each asked source.
    pub observations: BTreeMap<CriterionId, Observation>,
    /// Numbers that sources tell.
    pub levels: BTreeMap<CriterionId, LevelRun>,
    /// When an answer of each asked source last came that could be used.
    pub answered: BTreeMap<CriterionId, Timestamp>,
    /// Manual answers: whether it holds, and when it was said.
    pub attested: BTreeMap<CriterionId, (bool, Timestamp)>,
    /// Snapshot from which counts enter at all: the attempt's or the restart's.
    pub evidence_since: ExposureVersion,
    /// When that was; answers of sources that were asked before do not count.
    pub evidence_since_at: Timestamp,
    /// Snapshot from which counts may pass this step.
    pub step_since: ExposureVersion,
    /// When that was.
    pub step_since_at: Timestamp,
    /// Attempts of the new side served by the old one in this step.
    pub fallbacks: u64,
    /// Earliest end of the soak.
    pub soak_until: Option<Timestamp>,
    /// A decision is asked for then.
    pub decide_by: Option<Timestamp>,
    /// The plan's windows open then, and nothing else stands in the way.
    pub deferred_until: Option<Timestamp>,
    /// The sequence of the exposure that the stage waits for.
    pub exposing_seq: u64,
    /// How exposure last fell to nothing.
    pub rolled_back: Option<Fall>,
    /// What the brake saw, when it was the one that last took visitors back.
    pub brake: Option<BrakeLook>,
    /// What each criterion's attempts came to since then.
    pub aftermath: BTreeMap<CriterionId, Aftermath>,
    /// Watched at least until.
    pub watch_until: Option<Timestamp>,
    /// The way back closes.
    pub way_back_until: Option<Timestamp>,
    /// Exposure over time: the last changes.
    pub exposures: Vec<Exposed>,
}

impl StageState {
    /// The number of this try, from 1: an attempt is one, and so is a restart of its evidence.
    #[must_use]
    pub fn this_try(&self) -> u32 {
        self.attempt.max(1).saturating_add(self.restarts)
    }

    /// Whether what was agreed to is what would happen now, on evidence that has not become worse since.
    #[must_use]
    pub fn stands(&self, given: &Binding, now: &Binding) -> bool {
        given.is_of(now) && given.evidence >= self.worsened
    }
}

/// A change of exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Exposed {
    /// When it was asked for.
    pub at: Timestamp,
    /// The event that asked for it; snapshots from it on carry it, until the next change.
    pub seq: u64,
    /// The exposure.
    pub to: BasisPoints,
    /// Whether the gate before it did not pass and its risk was accepted.
    pub on_risk: bool,
}

/// What stops growth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// The criterion whose harm did it.
    pub criterion: Option<CriterionId>,
    /// The person who did it.
    pub of: Option<PersonId>,
    /// Why.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Who.
    pub by: PersonId,
    /// What it is bound to.
    pub bound: Binding,
    /// When.
    pub at: Timestamp,
}

/// Risk accepted by one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// Who.
    pub by: PersonId,
    /// As approver, else from a rung above.
    pub as_approver: bool,
    /// What it is bound to.
    pub bound: Binding,
    /// When.
    pub at: Timestamp,
}

/// Exposure that fell to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fall {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub from: BasisPoints,
    /// Why.
    pub cause: Cause,
}

/// A question to approvers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// What they would open.
    pub opens: Opening,
    /// Paged when unanswered by then.
    pub answer_by: Timestamp,
    /// Whether that was done.
    pub is_overdue: bool,
    /// Whether every approver entry has said yes: what it waits for then is nobody's answer.
    pub is_answered: bool,
}

impl Asked {
    /// When somebody is paged for the answer; nothing once it is there, or once they were.
    #[must_use]
    pub fn pages_at(&self) -> Option<Timestamp> {
        (!self.is_overdue && !self.is_answered).then_some(self.answer_by)
    }
}

/// What a criterion says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Said {
    /// The verdict.
    pub verdict: Verdict,
    /// Since when it says this word.
    pub since: Timestamp,
    /// The numbers when it began to.
    pub reading: Reading,
}

/// Counts of one stratum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// When it began.
    pub began: Timestamp,
    /// When it was received.
    pub received: Timestamp,
    /// Snapshot in force.
    pub version: ExposureVersion,
    /// Share planned for the new side.
    pub share: BasisPoints,
    /// The old side.
    pub old: ArmCounts,
    /// The new side.
    pub new: ArmCounts,
}

/// A switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SwitchState {
    /// Value while no action is active.
    pub default: SwitchValue,
    /// Value now.
    pub value: SwitchValue,
    /// The action that set it.
    pub action: Option<ActionId>,
    /// Reverted then at the latest.
    pub until: Option<Timestamp>,
    /// Sequence of its last change.
    pub seq: u64,
}

/// An action whose mode is active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActiveAction {
    /// The incident it was used in.
    pub incident: IncidentId,
    /// The domain that grants it.
    pub domain: DomainId,
    /// Who used it.
    pub by: PersonId,
    /// Switches it set, and to what.
    pub switches: Vec<(SwitchId, SwitchValue)>,
    /// Reverted then at the latest.
    pub until: Timestamp,
    /// Sequence of its last use; of two actions that set one switch the later wins.
    pub seq: u64,
}

/// An effect that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The complete order.
    pub effect: Effect,
    /// Since when.
    pub since: Timestamp,
}

/// A gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayState {
    /// Its start.
    pub incarnation: u64,
    /// Whether its lease has run out without a word.
    pub is_lost: bool,
    /// Reports that have come, by start and part.
    pub seen: BTreeMap<u64, BTreeMap<StratumPart, Seen>>,
    /// Strata of which alarms have heard what happened as it did, by start.
    pub heard: BTreeMap<u64, Seen>,
}

impl State {
    /// Digest of the adopted estate.
    #[must_use]
    pub fn estate_digest(&self) -> Option<&str> {
        self.estate.as_deref()
    }

    /// Whether visitors are on the new side of a stage that is not final.
    #[must_use]
    pub fn is_exposed(&self, stage: &StageId) -> bool {
        self.stages.get(stage).is_some_and(|stage| stage.phase.is_exposed())
    }

    /// What an agreement to an opening of a stage is bound to now; none before an estate runs or for a stage that it lacks.
    #[must_use]
    pub fn binding(&self, stage: &StageId, opens: &Opening) -> Option<Binding> {
        let known = self.stages.get(stage)?;
        Some(Binding {
            estate: self.estate.clone()?,
            opens: opens.clone(),
            attempt: known.attempt,
            restarts: known.restarts,
            evidence: known.judged.max(known.worsened),
        })
    }

    /// Effects that have not ended.
    #[must_use]
    pub fn outbox(&self) -> &BTreeMap<EffectKey, Waiting> {
        &self.outbox
    }

    /// Open incidents.
    pub fn open_incidents(&self) -> impl Iterator<Item = (&IncidentId, &Incident)> {
        self.incidents.iter().filter(|(_, incident)| incident.is_open())
    }
}
