//! What happened: past participles, complete in themselves, never renamed once released.
//!
//! The journal stores [`Event::encode`]'s bytes and hashes them as written. `kind` and `v` come first; an old `v` is
//! lifted on reading. Nothing here refers to an estate: instants, people, texts and amounts are written out.

use serde::{Deserialize, Serialize};
use tidegate_model::plan::OnHarm;
use tidegate_model::seam::{Actor, BrakeLook, EffectKey, ExposureVersion, Observation, Outcome, Stratum, Verdict};
use tidegate_model::switch::SwitchValue;
use tidegate_model::{
    ActionId, BasisPoints, CriterionId, DomainId, FeedbackId, GatewayId, GroupId, IncidentId, PersonId, RunbookId,
    Severity, StageId, SwitchId, Timestamp,
};

pub use crate::adopted::{AdoptedSource, AdoptedStage, BatchesOf, ToldOf};
use crate::command::{CommandKey, Side};
pub use crate::lesson::{LessonAnswer, LessonOf};
pub use crate::opening::{Binding, Opening};
pub use crate::promised::{AdoptedPromise, ToldPromise};
pub use crate::reading::{Account, Reading, Stake};
use crate::refusal::Refusal;
pub use crate::{cause::Cause, origin::Origin, runbook::RunbookBegun, sent::Sent, undelivered::Undelivered};

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Version of the body's shape.
    pub v: u16,
    /// Engine time.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// The command's idempotency key, when it had one.
    pub key: Option<CommandKey>,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Body {
    /// A controller took the store over.
    ControllerStarted {
        /// 1 and up.
        epoch: u64,
        /// Exposure asserted again under the new epoch, unless nothing was ever adopted.
        sent: Option<Sent>,
        /// What owners promise, where the journal had it otherwise or not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promises: Option<Vec<AdoptedPromise>>,
    },
    /// An estate is run from here on. Complete list of its stages, so that replay needs no estate.
    EstateAdopted {
        /// Digest of the bundle.
        digest: String,
        /// Owner team of each domain, in words of the estate.
        owners: Vec<(DomainId, String)>,
        /// Stages with their plan, unit and length of ladder of steps.
        stages: Vec<AdoptedStage>,
        /// Switch defaults.
        switches: Vec<(SwitchId, SwitchValue)>,
        /// People who had answered a letter and are reached otherwise from here on, or are gone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unreached: Vec<PersonId>,
        /// Runbooks that were drilled and say something else from here on, or are gone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        undrilled: Vec<RunbookId>,
        /// What owners promise and something measures.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        promises: Vec<AdoptedPromise>,
    },
    /// A command was refused; equal ones of one actor within a minute are journalled once.
    CommandRefused {
        /// What was asked, one short word such as `approve checkout`.
        asked: String,
        /// The refusal.
        refusal: Refusal,
    },
    /// A stage may be entered once it is approved.
    StageReadied {
        /// The stage.
        stage: StageId,
        /// The attempt that would begin, 1 and up.
        attempt: u32,
    },
    /// Everything allows a move but the plan's windows, which open again then.
    OpeningDeferred {
        /// The stage.
        stage: StageId,
        /// Looked at again then; none when something else has come to stand in the way, which will say so itself.
        until: Option<Timestamp>,
    },
    /// Approvals were asked for.
    ApprovalAsked {
        /// The stage.
        stage: StageId,
        /// What they would open.
        opens: Opening,
        /// The questions.
        sent: Vec<Sent>,
        /// Waiting longer than this is paged.
        answer_by: Timestamp,
        /// Who has approved already, and is not asked again: what they gave stands.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        standing: Vec<PersonId>,
    },
    /// A person approved.
    Approved {
        /// The stage.
        stage: StageId,
        /// Who.
        by: PersonId,
        /// What it is bound to; it lapses when any of it changes.
        bound: Binding,
        /// Whether with it no approval was missing any more.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_last: bool,
    },
    /// A person accepted the risk of a gate that says `not yet`.
    RiskAccepted {
        /// The stage.
        stage: StageId,
        /// Who.
        by: PersonId,
        /// Whether as approver (else as a rung above).
        as_approver: bool,
        /// Why.
        reason: String,
        /// What it is bound to.
        bound: Binding,
        /// The readings that were accepted.
        readings: Vec<(CriterionId, Reading)>,
        /// The largest loss that they do not exclude, at the exposure that is opened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unexcluded: Option<Stake>,
    },
    /// Exposure was raised to a step.
    StepExposed {
        /// The stage.
        stage: StageId,
        /// The attempt.
        attempt: u32,
        /// Index of the step.
        step: u32,
        /// Its exposure.
        to: BasisPoints,
        /// Groups of routes that flip with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        flips: Vec<GroupId>,
        /// Why it was allowed: verdict digest, approvals, or accepted risk.
        because: Opening,
        /// The order to the gateways.
        sent: Sent,
    },
    /// The step is in force; its soak begins.
    SoakBegun {
        /// The stage.
        stage: StageId,
        /// Index of the step.
        step: u32,
        /// The snapshot from which evidence counts.
        since: ExposureVersion,
        /// The gate opens then at the earliest.
        until: Timestamp,
        /// Without a pass by then, a decision is asked for.
        decide_by: Timestamp,
    },
    /// The soak is over; the gate decides.
    GateOpened {
        /// The stage.
        stage: StageId,
        /// Index of the step.
        step: u32,
    },
    /// Every criterion passed at the same time.
    GatePassed {
        /// The stage.
        stage: StageId,
        /// Index of the step.
        step: u32,
        /// What each said.
        readings: Vec<(CriterionId, Reading)>,
    },
    /// Closed strata entered the record.
    EvidenceRecorded {
        /// The counts.
        stratum: Stratum,
        /// Came too late to be judged.
        late: bool,
    },
    /// A source was asked.
    Observed {
        /// The stage.
        stage: StageId,
        /// The criterion.
        criterion: CriterionId,
        /// What it said.
        observation: Observation,
    },
    /// The source of an objective or of an invariant was asked.
    PromiseObserved(ToldPromise),
    /// A criterion's verdict changed.
    CriterionJudged {
        /// The stage.
        stage: StageId,
        /// The attempt.
        attempt: u32,
        /// Index of the step.
        step: u32,
        /// The criterion.
        criterion: CriterionId,
        /// The verdict.
        verdict: Verdict,
        /// The numbers behind it.
        reading: Reading,
        /// Version of the statistics.
        stats_version: u32,
    },
    /// A gate has said neither pass nor harm for as long as its step may take; people are asked to decide.
    DecisionAsked {
        /// The stage.
        stage: StageId,
        /// Index of the step.
        step: u32,
    },
    /// An approval was not given in time; its approvers were paged.
    ApprovalOverdue {
        /// The stage.
        stage: StageId,
    },
    /// A person answered a manual criterion.
    Attested {
        /// The stage.
        stage: StageId,
        /// The criterion.
        criterion: CriterionId,
        /// Whether it holds.
        holds: bool,
        /// What was seen.
        note: String,
    },
    /// Harm was found; what follows is in the same append.
    HarmFound {
        /// The stage.
        stage: StageId,
        /// The criterion, or none for the brake.
        criterion: Option<CriterionId>,
        /// What it does.
        on_harm: OnHarm,
        /// The brake's sight, when it was the brake.
        look: Option<BrakeLook>,
        /// Alpha that the criterion has spent, this try included; none where none is spent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spent: Option<f64>,
    },
    /// Growth was stopped.
    StageHeld {
        /// The stage.
        stage: StageId,
        /// By the gate for this criterion, or by a person.
        criterion: Option<CriterionId>,
        /// Why.
        reason: String,
    },
    /// A hold was lifted.
    HoldLifted {
        /// The stage.
        stage: StageId,
        /// Which hold: the criterion's, or the person's.
        criterion: Option<CriterionId>,
        /// Whose hold, when a person's.
        of: Option<PersonId>,
        /// Why.
        reason: String,
    },
    /// Exposure is falling.
    RollbackBegun {
        /// The stage.
        stage: StageId,
        /// From where.
        from: BasisPoints,
        /// Why.
        cause: Cause,
        /// The order to the gateways.
        sent: Sent,
        /// Notices to the teams that are told.
        notices: Vec<Sent>,
    },
    /// Every gateway holds the lower exposure, or its lease has run out.
    RolledBack {
        /// The stage.
        stage: StageId,
        /// Gateways that acknowledged.
        acknowledged: Vec<GatewayId>,
        /// Gateways whose lease ran out.
        lapsed: Vec<GatewayId>,
    },
    /// A side changed; evidence starts anew.
    ChangeNoted {
        /// The stage.
        stage: StageId,
        /// Which side.
        side: Side,
        /// What names it.
        reference: String,
        /// In words.
        summary: String,
        /// The same exposure under a new version, so that counts from before and after are told apart; none when nothing is exposed.
        sent: Option<Sent>,
    },
    /// Full exposure was reached and passed; the way back stays open until then.
    WatchBegun {
        /// The stage.
        stage: StageId,
        /// Watched at least until.
        until: Timestamp,
        /// The way back closes.
        way_back_until: Timestamp,
    },
    /// The new side is final.
    StageFinalised {
        /// The stage.
        stage: StageId,
        /// The order to the gateways.
        sent: Sent,
    },
    /// An incident began.
    IncidentOpened {
        /// Its name.
        incident: IncidentId,
        /// Whose it is.
        domain: DomainId,
        /// How bad.
        severity: Severity,
        /// What it is about.
        origin: Origin,
        /// In words.
        summary: String,
        /// Stages that it stops beside those of its domain.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stages: Vec<StageId>,
    },
    /// A rung was called. Repeats at the top have the same rung and a growing attempt.
    RungCalled {
        /// The incident.
        incident: IncidentId,
        /// 0 is the owner's on-call.
        rung: u32,
        /// How many calls this incident has had, 1 and up.
        attempt: u32,
        /// Whom; empty when the rung reaches nobody (the next one is then called in the same append).
        sent: Vec<Sent>,
        /// The next rung or repeat is due then.
        answer_by: Timestamp,
    },
    /// A person took it.
    IncidentAcknowledged {
        /// The incident.
        incident: IncidentId,
        /// Who.
        by: PersonId,
        /// The pager is silent until then.
        until: Timestamp,
        /// Pages that are no longer needed.
        superseded: Vec<EffectKey>,
    },
    /// The acknowledgement ran out without an update.
    AcknowledgementLapsed {
        /// The incident.
        incident: IncidentId,
    },
    /// A granted action was used.
    ActionTaken {
        /// The incident.
        incident: IncidentId,
        /// Which.
        action: ActionId,
        /// Who.
        by: PersonId,
        /// The domain that grants it.
        domain: DomainId,
        /// Switches it sets.
        switches: Vec<(SwitchId, SwitchValue)>,
        /// Reverted then at the latest.
        until: Timestamp,
        /// Why, where it was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        /// The runbook that people do from here on, where the action is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        begun: Option<RunbookBegun>,
    },
    /// Somebody said that a step of a begun runbook was done.
    RunbookStepDone {
        /// The incident.
        incident: IncidentId,
        /// The action that began it.
        action: ActionId,
        /// Which, 1 first.
        step: u32,
        /// What it asks.
        text: String,
        /// Who.
        by: PersonId,
        /// What was seen.
        note: String,
        /// How many steps are left.
        left: u32,
    },
    /// A mode ended.
    ActionReverted {
        /// Which action's.
        action: ActionId,
        /// Whether by its expiry.
        expired: bool,
        /// Notices to the domain's people, when nobody of them did it.
        notices: Vec<Sent>,
    },
    /// An incident is over.
    IncidentResolved {
        /// The incident.
        incident: IncidentId,
        /// Who, or none when its signal recovered.
        by: Option<PersonId>,
        /// The lesson.
        lesson: String,
        /// Pages that are no longer needed.
        superseded: Vec<EffectKey>,
    },
    /// A runbook was tried out.
    RunbookDrilled {
        /// Which.
        runbook: RunbookId,
        /// Who says so.
        by: PersonId,
        /// Whether it did what it is for.
        worked: bool,
        /// What was done and seen.
        note: String,
    },
    /// Feedback was filed against a stage; its next gate is answered by its approver first.
    FeedbackFiled {
        /// Its name.
        feedback: FeedbackId,
        /// The stage.
        stage: StageId,
        /// Who filed it.
        by: PersonId,
        /// Where it comes from, such as `support`.
        from: String,
        /// What it says.
        text: String,
    },
    /// A person closed an incident of a stage; its next gate is answered by its approver first.
    LessonOwed {
        /// The stage.
        stage: StageId,
        /// The incident.
        incident: IncidentId,
        /// What whoever closed it learned.
        lesson: String,
    },
    /// An approver answered feedback or an incident.
    LessonAnswered {
        /// The stage.
        stage: StageId,
        /// What was answered.
        of: LessonOf,
        /// Who.
        by: PersonId,
        /// What is done about it.
        answer: LessonAnswer,
    },
    /// A gateway connected.
    GatewayConnected {
        /// Which.
        gateway: GatewayId,
        /// Its start.
        incarnation: u64,
        /// The snapshot it held.
        holds: ExposureVersion,
    },
    /// A gateway's lease ran out without a word.
    GatewayLost {
        /// Which.
        gateway: GatewayId,
    },
    /// An effect ended and leaves the outbox.
    EffectEnded {
        /// Which.
        effect: EffectKey,
        /// How.
        outcome: Outcome,
        /// Whom it did not reach, where it was a letter that never will.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undelivered: Option<Undelivered>,
    },
}
