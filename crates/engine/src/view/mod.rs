//! What people and programs see: derived from estate and state, serialised as it stands. These structs are the API.

mod after;
mod blame;
mod criterion;
mod ended;
mod equality;
mod exploration;
mod happened;
mod headline;
mod incident;
mod lesson;
mod looked;
mod measured;
mod objective;
mod promise;
mod ruling;
mod running;
mod side;
mod stage;
mod status;
mod survey;
#[cfg(test)]
mod tests;
mod unreached;
mod who;
pub mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::switch::SwitchValue;
use tidegate_model::{
    ActionId, BasisPoints, CriterionId, DomainId, GroupId, IncidentId, Millis, Money, PersonId, PlanId, RunbookId,
    Severity, StageId, SwitchId, Timestamp, UnitId,
};

use crate::event::Reading;

pub use after::AfterView;
pub(crate) use blame::blame;
pub use equality::{EqualityView, equalities};
pub use happened::happened;
pub use measured::numbers;
pub use objective::{BurnView, DeclaredView, DomainObjectives, ObjectiveView, SpentView, objectives};
pub use promise::{CountsOf, KeptView, PromiseStanding};
pub use ruling::rulings;
pub use running::{RunStepView, RunView};
pub use side::{SplitView, splits};
pub use status::{status, switches};
pub use survey::{ExampleView, FaultView, FoundView, SurveyView, surveys};
pub use who::who;

/// How a headline feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Nobody is needed.
    Calm,
    /// Somebody is needed.
    Wait,
    /// Harm, or exposure falling.
    Harm,
    /// Something was reached.
    Good,
}

/// What is going on, in one sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Headline {
    /// The sentence.
    pub sentence: String,
    /// The numbers and what Tidegate did.
    pub detail: String,
    /// Who has it now, and when the next rung is called.
    pub who: String,
    /// How it feels.
    pub tone: Tone,
    /// Since when.
    pub since: Timestamp,
}

/// Everything at one journal sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusView {
    /// Journal sequence that this is true at.
    pub seq: u64,
    /// Engine time.
    pub at: Timestamp,
    /// Digest of the adopted estate.
    pub estate: String,
    /// The answer.
    pub headline: Headline,
    /// Plans.
    pub plans: Vec<PlanView>,
    /// Incidents, open ones first, newest first.
    pub incidents: Vec<IncidentView>,
    /// Switches.
    pub switches: Vec<SwitchView>,
    /// The last events in plain words, newest first. The state keeps no texts: whoever reads the journal fills this in.
    pub recent: Vec<HappenedView>,
    /// Effects that have not ended.
    pub outbox: Vec<OutboxView>,
    /// Every runbook with its last drill.
    #[serde(default)]
    pub drills: Vec<DrillView>,
}

/// A runbook and its last drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrillView {
    /// The runbook.
    pub runbook: RunbookId,
    /// Its title.
    pub title: String,
    /// Its last drill; none while it is undrilled.
    pub last: Option<DrilledView>,
}

/// A drill as it was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrilledView {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
    /// Whether the runbook did what it is for.
    pub worked: bool,
    /// What was done and seen.
    pub note: String,
}

impl DrillView {
    /// Whether it did what it is for when it was last tried out.
    #[must_use]
    pub fn works(&self) -> bool {
        self.last.as_ref().is_some_and(|drill| drill.worked)
    }
}

/// Feedback or a closed incident that a stage's next gate has to answer, or has answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LessonView {
    /// Its name: `fb-1`, `inc-1`.
    pub id: String,
    /// Where it comes from.
    pub from: String,
    /// Who filed it, or closed the incident.
    pub filed_by: Option<PersonId>,
    /// What it says.
    pub text: String,
    /// Since when.
    pub at: Timestamp,
    /// What was answered, in words; none while it is owed.
    pub answer: Option<String>,
    /// Who answered.
    pub by: Option<PersonId>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanView {
    /// Its name.
    pub id: PlanId,
    /// Its title.
    pub title: String,
    /// Stages in order.
    pub stages: Vec<StageView>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageView {
    /// Its name.
    pub id: StageId,
    /// Its title.
    pub title: String,
    /// Its unit.
    pub unit: UnitId,
    /// The domain that owns it.
    pub owner: DomainId,
    /// `pending`, `ready`, `exposing`, `soaking`, `gating`, `watching`, `rolling back`, `rolled back`, `finalised`.
    pub phase: String,
    /// Since when.
    pub since: Timestamp,
    /// Exposure asked of the gateways.
    pub exposure: BasisPoints,
    /// Highest exposure whose gate has passed.
    pub proven: BasisPoints,
    /// Index of the step, when exposed.
    pub step: Option<u32>,
    /// Exposure of every step.
    pub steps: Vec<BasisPoints>,
    /// Groups of the unit's routes, which flip whole for whoever has no cookie.
    #[serde(default)]
    pub groups: Vec<GroupView>,
    /// 1 and up.
    pub attempt: u32,
    /// What the plan allows.
    pub attempts_max: u32,
    /// What stops growth, each one sentence.
    pub waits_for: Vec<String>,
    /// Holds, each one sentence.
    pub holds: Vec<String>,
    /// When the way back closes, once counted.
    pub way_back_until: Option<Timestamp>,
    /// The earliest end of the soak, while soaking.
    pub soak_until: Option<Timestamp>,
    /// Approvals of the next move.
    pub approvals: Vec<ApprovalView>,
    /// Attempts that completed on the new side in this attempt, at least, and what they are worth as declared: they stay there when
    /// visitors go back. None when nothing was counted or no basket is declared, and once the stage is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_on_new: Option<(u64, Money)>,
    /// Feedback and closed incidents: what its next gate has to answer, then the last that were answered.
    #[serde(default)]
    pub lessons: Vec<LessonView>,
    /// One row per criterion.
    pub criteria: Vec<CriterionView>,
    /// Segments that no criterion judges; they open and halt nothing.
    #[serde(default)]
    pub exploration: Vec<ExplorationView>,
    /// Changes of exposure in the order in which they happened, for the chart.
    pub marks: Vec<MarkView>,
}

/// A group of routes, which crawlers and first visits meet on one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupView {
    /// Its name.
    pub id: GroupId,
    /// Whether it is on the new side.
    pub is_flipped: bool,
    /// Whether the gate after its flip has passed.
    pub is_proven: bool,
    /// Index of the step that flips it; none when it flips with the end of the stage.
    pub flips_at: Option<u32>,
}

/// One value of a segment that is counted and judged by nobody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplorationView {
    /// Its name where it is counted.
    pub id: CriterionId,
    /// Always `exploration`.
    pub label: String,
    /// The criterion whose flow it looks into.
    pub of: CriterionId,
    /// The value, such as `payment=card`.
    pub segment: String,
    /// Old side since the attempt began: attempts and completions.
    pub old: (u64, u64),
    /// New side.
    pub new: (u64, u64),
    /// New minus old, in ratio units.
    pub difference: Option<f64>,
    /// Its interval, which holds at every look with a chance of 95 %, for this one alone.
    pub interval: Option<(f64, f64)>,
}

/// A change of a stage's exposure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarkView {
    /// When.
    pub at: Timestamp,
    /// Exposure from then on.
    pub exposure: BasisPoints,
    /// In a few words: `10 %`, `50 %, risk accepted`, `rolled back`.
    pub label: String,
    /// How it feels.
    pub tone: Tone,
}

/// An approval that is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalView {
    /// Who must, in words: `the owner of checkout (checkout-team)`.
    pub approver: String,
    /// Who did, while it holds.
    pub by: Option<PersonId>,
}

/// A criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CriterionView {
    /// Its name.
    pub id: CriterionId,
    /// In words.
    pub title: String,
    /// What it measures: `completion`, `errors`, `latency`, `slower`, `level`, `counted`, `sql`, `reconcile`, `incidents`, `load` or `manual`.
    pub kind: String,
    /// The segment that it looks at, such as `payment=card`; none means everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// Whose signal it is.
    pub owner: DomainId,
    /// The word of its verdict; `not judged` before the stage is exposed and for comparisons at full exposure.
    pub verdict: String,
    /// Since when it says so.
    pub since: Option<Timestamp>,
    /// When evidence last came.
    pub evidence_at: Option<Timestamp>,
    /// The numbers behind it.
    pub reading: Reading,
    /// What is counted by now of the attempts that had begun before the stage fell, those included that came too late to be
    /// judged; none while it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AfterView>,
    /// Why the databases that it compares are left alone for a while, in words; none where they are not, or it compares none. It
    /// is of this moment and in no journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowed: Option<String>,
    /// Attempts of the step, old side and new, whose window is not over: they are told as they happen and may still turn bad.
    #[serde(default)]
    pub open: (u64, u64),
    /// Share of hits per stratum for the chart: (start, old, new), `None` where a side had no attempts.
    pub series: Vec<(Timestamp, Option<f64>, Option<f64>)>,
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentView {
    /// Its name.
    pub id: IncidentId,
    /// Whose it is.
    pub domain: DomainId,
    /// How bad.
    pub severity: Severity,
    /// In words.
    pub summary: String,
    /// `open`, `acknowledged`, `mitigating`, `resolved`.
    pub phase: String,
    /// Since when.
    pub opened: Timestamp,
    /// The rung that was called last, 0 first.
    pub rung: u32,
    /// How many rungs the ladder has.
    pub rungs: u32,
    /// Who is being called, or has it.
    pub who: Vec<PersonId>,
    /// Who was called and is not reached by any way, with the reason.
    #[serde(default)]
    pub unreached: Vec<(PersonId, String)>,
    /// When the next rung is called, or the acknowledgement lapses.
    pub next_at: Option<Timestamp>,
    /// The runbook's steps.
    pub runbook: Vec<String>,
    /// What may be done.
    pub actions: Vec<ActionView>,
    /// Runbooks that were begun in it, with what was done of them.
    #[serde(default)]
    pub runs: Vec<RunView>,
    /// Journal sequences of what happened in it, oldest first.
    pub entries: Vec<u64>,
    /// The same in plain words. The state keeps no texts: whoever reads the journal fills this in.
    pub timeline: Vec<HappenedView>,
    /// What was learned, once resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<String>,
    /// Stages whose next gate has to answer it, or has, each with that answer.
    #[serde(default)]
    pub answers: Vec<(StageId, LessonView)>,
}

/// A granted action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActionView {
    /// Its name.
    pub id: ActionId,
    /// What it does, for how long, and how it ends.
    pub title: String,
    /// How long it lasts.
    pub expires: Millis,
    /// Active until.
    pub active_until: Option<Timestamp>,
    /// The runbook that it begins, where it is one that people do; it needs a reason then.
    #[serde(default)]
    pub runs: Option<RunbookId>,
}

/// A switch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwitchView {
    /// Its key.
    pub id: SwitchId,
    /// Its value now.
    pub value: SwitchValue,
    /// The action that set it, while one does.
    pub action: Option<ActionId>,
    /// Reverted then at the latest.
    pub until: Option<Timestamp>,
    /// Journal sequence of its last change.
    pub seq: u64,
}

/// An event in plain words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HappenedView {
    /// Journal sequence.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
    /// How it feels.
    pub tone: Tone,
}

/// An effect under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutboxView {
    /// Its key.
    pub key: String,
    /// Its kind.
    pub kind: String,
    /// Since when.
    pub since: Timestamp,
}

/// Whether somebody may do something now, shown before the button is pressed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RulingView {
    /// `approve`, `accept-risk`, `hold`, `resume`, `rollback`, `finalise`, `change`, `acknowledge`, `act`, `resolve`, `revert`, `attest`, `feedback`, `answer`, `drill`, `rollback-all`.
    pub action: String,
    /// The stage, incident or action; `incident/action` for `act`, `stage/criterion` for `attest`, `stage/name` for
    /// `answer`, the runbook for `drill`, the plan for `rollback-all`.
    pub subject: String,
    /// Whether it is allowed now.
    pub allowed: bool,
    /// What it will do, in numbers; or why not and what would make it allowed.
    pub says: String,
}

/// Who owns something: the answer to "who owns X?".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WhoView {
    /// What was asked for.
    pub asked: String,
    /// What it is: `domain`, `flow`, `route`, `switch`, `stage`, `team`, `person`, ...; `several` when the name means things of
    /// different owners, `nothing` when nothing has it.
    pub kind: String,
    /// Its declared name; empty for `several` and `nothing`.
    #[serde(default)]
    pub name: String,
    /// The domain.
    pub domain: Option<DomainId>,
    /// Every domain that the answer is about: a team's, for one.
    #[serde(default)]
    pub domains: Vec<DomainId>,
    /// The owning team, in words.
    pub owner: Option<String>,
    /// Who is on call.
    pub on_call: Vec<PersonId>,
    /// The ladder: title of the rung, people, time to answer.
    pub ladder: Vec<(String, Vec<PersonId>, Millis)>,
    /// How often the last rung is called again.
    #[serde(default)]
    pub repeat_every: Option<Millis>,
    /// The escalation contact beside the ladder.
    #[serde(default)]
    pub contact: Option<PersonId>,
    /// The runbook.
    pub runbook: Option<String>,
    /// What the runbook says to do, in order.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Why: each rule that leads there, with its place in the plan files.
    #[serde(default)]
    pub because: Vec<Because>,
    /// Other things of that name.
    #[serde(default)]
    pub also: Vec<OtherThing>,
    /// The nearest names when nothing has this one, as `kind:name`.
    #[serde(default)]
    pub near: Vec<String>,
}

/// A rule that leads to an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Because {
    /// What it says.
    pub says: String,
    /// Where, as `file:line` in the estate's folder; none for an estate that was not written in files.
    pub at: Option<String>,
}

/// Another thing of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OtherThing {
    /// How to ask for it: `kind:name`.
    pub ask: String,
    /// Its owner, in words.
    pub owner: Option<String>,
}
