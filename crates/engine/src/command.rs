//! What may be asked of the engine, and how it answers.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::objective::{Promise, Unsaid};
use tidegate_model::seam::{Actor, BrakeLook, ExposureVersion, Observation, Receipt, Stratum};
use tidegate_model::{ActionId, CriterionId, DomainId, Estate, GatewayId, IncidentId, RunbookId, Severity, StageId};

use crate::event::{Event, LessonAnswer, LessonOf};
use crate::refusal::Refusal;

/// The idempotency key of a command: the same key gives the same answer. At most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandKey(pub String);

/// The longest idempotency key, in bytes.
pub const COMMAND_KEY_BYTES_MAX: usize = 64;
/// The longest text that a person may send along (reasons, references, summaries), in bytes; longer ones are refused.
pub const TEXT_BYTES_MAX: usize = 2_000;

/// The old or the new system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What is being replaced.
    Old,
    /// What replaces it.
    New,
}

/// A request with its actor. Commands of people and services carry a key; senses and the clock need none.
#[derive(Debug, Clone)]
pub struct Command {
    /// Who asks.
    pub actor: Actor,
    /// Idempotency key.
    pub key: Option<CommandKey>,
    /// What is asked.
    pub request: Request,
}

/// What is asked.
#[derive(Debug, Clone)]
pub enum Request {
    /// The controller has started and holds the store; the estate passed to `decide` is the one it runs.
    StartController,
    /// The journal was restored, by the word of whoever started the controller: what came after its end is not in it.
    DistrustJournal,
    /// Run another version of the estate.
    Adopt {
        /// The compiled candidate.
        candidate: Arc<Estate>,
    },
    /// Approve the next move of a stage: entering it, its next step, or its finalisation.
    Approve {
        /// The stage.
        stage: StageId,
    },
    /// Open a step whose gate says `not yet`: needs an approver and somebody on a rung above.
    AcceptRisk {
        /// The stage.
        stage: StageId,
        /// Why.
        reason: String,
    },
    /// Stop growth. Anyone touched may; no reason is needed first.
    Hold {
        /// The stage.
        stage: StageId,
        /// Why, if they say.
        reason: Option<String>,
    },
    /// Lift one's own hold, or any as an approver.
    Resume {
        /// The stage.
        stage: StageId,
        /// Why.
        reason: String,
    },
    /// Lower exposure to the old side at once.
    Rollback {
        /// The stage.
        stage: StageId,
        /// Why.
        reason: String,
    },
    /// Something about a side changed: a deploy, a configuration, a repair. Restarts the stage's evidence.
    NoteChange {
        /// The stage it touches.
        stage: StageId,
        /// Which side.
        side: Side,
        /// A commit, ticket or command that names it.
        reference: String,
        /// In words.
        summary: String,
    },
    /// Make the new side final: the point of no return.
    Finalise {
        /// The stage.
        stage: StageId,
    },
    /// Answer a manual criterion.
    Attest {
        /// The stage.
        stage: StageId,
        /// The criterion.
        criterion: CriterionId,
        /// Whether it holds.
        holds: bool,
        /// What was seen.
        note: String,
    },
    /// Say how a drill of a runbook went.
    RecordDrill {
        /// Which.
        runbook: RunbookId,
        /// Whether it did what it is for.
        worked: bool,
        /// What was done and seen.
        note: String,
    },
    /// File feedback that is no incident against a stage.
    FileFeedback {
        /// The stage.
        stage: StageId,
        /// Where it comes from, such as `support`.
        from: String,
        /// What it says.
        text: String,
    },
    /// Answer feedback or a closed incident as an approver of the stage's next gate.
    AnswerLesson {
        /// The stage.
        stage: StageId,
        /// What is answered.
        of: LessonOf,
        /// What is done about it.
        answer: LessonAnswer,
    },
    /// Declare an incident.
    OpenIncident {
        /// Whose it is.
        domain: DomainId,
        /// How bad.
        severity: Severity,
        /// What happens.
        summary: String,
    },
    /// Take an incident; silences the pager for the ladder's time.
    Acknowledge {
        /// Which.
        incident: IncidentId,
    },
    /// Use a granted action in an incident.
    Act {
        /// Which incident.
        incident: IncidentId,
        /// Which action.
        action: ActionId,
        /// Why; a runbook is not begun without.
        reason: Option<String>,
    },
    /// Say that a step of a begun runbook was done.
    FinishStep {
        /// Which incident.
        incident: IncidentId,
        /// The action that began the runbook.
        action: ActionId,
        /// Which step, 1 first.
        step: u32,
        /// What was seen.
        note: String,
    },
    /// End an active mode before its expiry.
    Revert {
        /// Which action's.
        action: ActionId,
    },
    /// Close an incident with its lesson: a criterion added to the next gate, or `none, because ...`.
    Resolve {
        /// Which.
        incident: IncidentId,
        /// The lesson.
        lesson: String,
    },
    /// A gateway reports a closed stratum.
    Evidence(Stratum),
    /// A gateway shows the running moment to the brake.
    Look(BrakeLook),
    /// A source was asked.
    Observe {
        /// The stage.
        stage: StageId,
        /// The criterion.
        criterion: CriterionId,
        /// What it said.
        observation: Observation,
    },
    /// The source of an objective or of an invariant was asked.
    ObservePromise {
        /// What was promised.
        promise: Promise,
        /// Names what was asked, as the objective or the invariant names it: what answers another question is not taken.
        asked: String,
        /// Answers before it that were not told one by one, because all was well.
        unsaid: Option<Unsaid>,
        /// What it said.
        observation: Observation,
    },
    /// A gateway connected.
    GatewaySeen {
        /// Which.
        gateway: GatewayId,
        /// Its start.
        incarnation: u64,
        /// The snapshot it holds.
        holds: ExposureVersion,
    },
    /// A gateway's lease ran out without a word.
    GatewayLost {
        /// Which.
        gateway: GatewayId,
    },
    /// An effect ended.
    Receive(Receipt),
    /// Time has passed.
    Tick,
}

/// A command was taken.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// What follows from it, one sentence for the person who asked.
    pub said: String,
}

/// What `decide` returns: events to append, and the answer.
#[must_use]
#[derive(Debug, Clone)]
pub struct Decision {
    /// To be appended together, then applied. May be empty.
    pub events: Vec<Event>,
    /// For whoever asked. A refusal of a person or service is an event too.
    pub answer: Result<Accepted, Refusal>,
}
