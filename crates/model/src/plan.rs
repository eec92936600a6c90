//! A plan: units, stages, steps of exposure, gates and the way back.

use crate::ask::{Bound, Cadence, CountAsk, Decimal, HitsAre, LevelAsk, Looks};
use crate::flow::SegmentValue;
use crate::survey::SurveyAsk;
use crate::{
    BasisPoints, CriterionId, DatabaseId, DomainId, EdgeId, EntityId, FlowId, GroupId, Millis, Money, ObjectiveId,
    PartsPerMillion, PersonId, PlanId, RunbookId, Severity, StageId, TeamId, Timestamp, UnitId,
};

/// Declared traffic of a flow, in attempts an hour; the power rule computes with `night`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// The flow.
    pub flow: FlowId,
    /// Attempts an hour by day.
    pub day_per_hour: u64,
    /// Attempts an hour by night.
    pub night_per_hour: u64,
    /// Share of attempts that complete on the old side.
    pub completion: PartsPerMillion,
    /// Mean value of a completed attempt.
    pub basket: Money,
}

/// When exposure may grow; lowering is always exempt. An empty `within` means always.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpandRule {
    /// Weekly windows.
    pub within: Vec<WeeklyWindow>,
    /// Periods in which exposure never grows, from and until.
    pub never: Vec<(Timestamp, Timestamp)>,
}

/// A weekly window in a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeklyWindow {
    /// Days, Monday = 1 to Sunday = 7.
    pub days: Vec<u8>,
    /// Minute of the day at which it opens, 0 to 1439.
    pub from_minute: u16,
    /// Minute of the day at which it closes, 1 to 1440, after `from_minute`.
    pub until_minute: u16,
    /// IANA time zone.
    pub zone: String,
}

/// One increment of exposure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The exposure; that of the step before where only groups flip.
    pub to: BasisPoints,
    /// Groups of routes that flip to the new side for whoever has no visitor key; none in a step that raises exposure.
    pub flips: Vec<GroupId>,
    /// The shortest time under it before its gate may open.
    pub soak: Millis,
    /// The longest time under it before the gate asks for a decision.
    pub at_most: Millis,
    /// Largest relative loss of completion that the gate may leave unexcluded.
    pub margin: PartsPerMillion,
    /// The declared worst case in money.
    pub at_risk: Option<Money>,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.flips.is_empty() {
            return self.to.fmt(f);
        }
        for (at, group) in self.flips.iter().enumerate() {
            let between = if at == 0 { "" } else { ", " };
            write!(f, "{between}{group}")?;
        }
        f.write_str(" without a cookie")
    }
}

/// What harm of a criterion does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnHarm {
    /// Exposure falls at once.
    Rollback,
    /// Exposure stays, growth stops.
    Hold,
}

/// What a criterion measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Completion of a flow on the new side is not worse than on the old one by the step's margin.
    Completion {
        /// The flow.
        flow: FlowId,
    },
    /// Attempts that met an error on the unit's routes.
    Errors {
        /// The flow whose attempts are counted.
        flow: FlowId,
        /// Largest share on the new side.
        at_most: PartsPerMillion,
        /// Largest share above the old side's.
        not_worse_by: PartsPerMillion,
    },
    /// A quantile of the first timed request of each attempt stays within a limit.
    Latency {
        /// The flow whose attempts are timed.
        flow: FlowId,
        /// The quantile, such as 950,000 for P95.
        quantile: PartsPerMillion,
        /// The limit.
        limit: Millis,
    },
    /// Requests slower than a threshold that was frozen before the stage are no larger share than on the old side.
    Slower {
        /// The flow whose attempts are timed.
        flow: FlowId,
        /// The quantile of the old side that the threshold is, such as 950,000 for P95.
        quantile: PartsPerMillion,
        /// The old side's time at that quantile, as it was measured beforehand.
        threshold: Millis,
        /// Largest relative rise of the share of slower requests that may stay unexcluded; above zero.
        not_worse_by: PartsPerMillion,
    },
    /// A number that a source tells stays within a bound.
    Level {
        /// What is asked.
        ask: LevelAsk,
        /// What must hold.
        bound: Bound,
        /// Beyond the bound for so long is harm, within it for so long is a pass.
        lasting: Millis,
        /// How often, and how long an answer counts.
        cadence: Cadence,
    },
    /// A share that a source counts, of the new side alone or against the old side.
    Counted {
        /// The old side; none when only a limit is judged.
        old: Option<CountAsk>,
        /// The new side.
        new: CountAsk,
        /// What a hit is.
        hits: HitsAre,
        /// Largest share of bad hits on the new side. At least one of this and `not_worse_by` is given.
        at_most: Option<PartsPerMillion>,
        /// Largest absolute difference to the old side's share, for the worse, that may stay unexcluded.
        not_worse_by: Option<PartsPerMillion>,
        /// How the evidence comes.
        looks: Looks,
        /// How often, and how long an answer counts.
        cadence: Cadence,
    },
    /// Two queries give the same rows.
    SqlEqual {
        /// Where and what to ask on the old side.
        old: SqlQuery,
        /// Where and what to ask on the new side.
        new: SqlQuery,
        /// How often.
        every: Millis,
        /// Fewer rows than this on the old side is no evidence; above zero.
        rows_at_least: u64,
    },
    /// The rows of an entity agree.
    Reconcile {
        /// The entity.
        entity: EntityId,
        /// What its rows are held against.
        against: Against,
        /// Time between two comparisons; above zero.
        every: Millis,
        /// A comparison that began longer ago does not count.
        stale_after: Millis,
    },
    /// Pages or baskets that are looked at one by one have no faults.
    Survey {
        /// What is looked at, and what must hold of it.
        ask: SurveyAsk,
        /// Subjects with a fault that are tolerated.
        at_most: u64,
        /// Fewer subjects than this are no evidence; above zero.
        at_least: u64,
        /// How often; the time-out is that of one request.
        cadence: Cadence,
    },
    /// No more than so many open incidents.
    Incidents {
        /// Incidents of this severity or worse count.
        at_least: Severity,
        /// How many are tolerated.
        at_most: u32,
    },
    /// People on call are not paged more often than this.
    Load {
        /// Most pages in an hour that one person of the owner's first rung is on call; not below zero.
        at_most: Decimal,
        /// Counted over so long; a pass needs so long under one step. Above zero.
        over: Millis,
    },
    /// A person says so.
    Manual {
        /// What to look at.
        question: String,
    },
}

impl Measure {
    /// Whether it needs no old side, and so is judged at full exposure too.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        match self {
            Self::Errors { .. }
            | Self::Latency { .. }
            | Self::Incidents { .. }
            | Self::Load { .. }
            | Self::Manual { .. }
            | Self::Level { .. }
            | Self::SqlEqual { .. }
            | Self::Reconcile { .. }
            | Self::Survey { .. } => true,
            Self::Counted { at_most, .. } => at_most.is_some(),
            Self::Completion { .. } | Self::Slower { .. } => false,
        }
    }
}

/// What the rows of an entity are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The old side's against the new side's.
    Sides,
    /// Both against the entity's ledger.
    Ledger,
}

/// A query. Its first column is the key, the rest are compared as text after the database's own formatting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlQuery {
    /// The connection's name.
    pub on: DatabaseId,
    /// The statement.
    pub query: String,
}

/// One measurable condition of a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// Unique within the stage.
    pub id: CriterionId,
    /// In words, as the plan has it.
    pub title: String,
    /// What it measures.
    pub measure: Measure,
    /// Only the attempts of these visitors count; none means all. For measures of a flow.
    pub segment: Option<SegmentValue>,
    /// What harm does.
    pub on_harm: OnHarm,
    /// Whose signal it is; paged when it falls silent.
    pub owner: DomainId,
    /// Share of the plan's alpha, relative to the other criteria.
    pub weight: u32,
    /// Silence longer than this pages the owner.
    pub max_silence: Millis,
}

/// Fixed limits that need no history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brake {
    /// Largest share of failed attempts on the new side.
    pub bad_share: PartsPerMillion,
    /// Over this time.
    pub over: Millis,
    /// Among at least so many attempts.
    pub attempts_at_least: u64,
}

/// Who approves: somebody of the team that owns a domain, of a team, or one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approver {
    /// The owner of this domain.
    OwnerOf(DomainId),
    /// Anyone of this team.
    Team(TeamId),
    /// This person.
    Person(PersonId),
}

/// A gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Each must be present.
    pub approvers: Vec<Approver>,
    /// Each must pass at the same time.
    pub criteria: Vec<Criterion>,
    /// The emergency brake.
    pub brake: Brake,
    /// An approval that waits longer than this is paged.
    pub approval_within: Millis,
    /// An approval or a verdict older than this does not count.
    pub fresh_for: Millis,
}

/// The way back of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackRule {
    /// What is rolled back, in words.
    pub what: String,
    /// Counted from reaching the last step; afterwards only forward fixes remain.
    pub within: Millis,
    /// What cannot be rolled back and is fixed forward, in words.
    pub forward_fix: Vec<String>,
    /// Who may trigger it, beside harm and anyone who may stop.
    pub trigger: Vec<Approver>,
    /// Who executes what is left to do by hand; never an approver.
    pub executor: TeamId,
    /// Where it is written down.
    pub runbook: RunbookId,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Communication {
    /// Teams that get a notice when the stage rolls back.
    pub on_rollback: Vec<TeamId>,
}

/// What must hold when a stage is entered; only what run time knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryCondition {
    /// No incident is open anywhere in the estate.
    NoIncident {
        /// Of this severity or worse.
        at_least: Severity,
    },
    /// The runbook of the way back was drilled, and worked.
    RollbackDrilled {
        /// No longer ago than this; above zero.
        within: Millis,
    },
    /// Everybody on the first rung of the owner's ladder has answered through a letter.
    ContactVerified {
        /// No longer ago than this; above zero.
        within: Millis,
    },
    /// A criterion of an earlier stage passes now.
    Passes {
        /// One of the stages that this one comes after.
        stage: StageId,
        /// The criterion in its gate.
        criterion: CriterionId,
    },
    /// The budget of an objective burns slower than this, over the last hour and over the last six.
    Burns {
        /// The domain that promises it.
        domain: DomainId,
        /// The objective.
        objective: ObjectiveId,
        /// The rate that it stays below, at which 1 spends all of the budget; above zero.
        below: Decimal,
    },
}

impl std::fmt::Display for EntryCondition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoIncident { at_least } => write!(f, "no incident is open at {} or worse", at_least.word()),
            Self::RollbackDrilled { within } => write!(f, "its way back was drilled within {within}"),
            Self::ContactVerified { within } => {
                write!(
                    f,
                    "everybody on its owner's first rung answered a letter within {within}"
                )
            }
            Self::Passes { stage, criterion } => write!(f, "{stage}/{criterion} passes"),
            Self::Burns {
                domain,
                objective,
                below,
            } => write!(f, "the budget of {domain}/{objective} burns below {below}"),
        }
    }
}

impl EntryCondition {
    /// The criterion of another stage that it rests on.
    #[must_use]
    pub fn criterion(&self) -> Option<(&StageId, &CriterionId)> {
        match self {
            Self::Passes { stage, criterion } => Some((stage, criterion)),
            Self::NoIncident { .. }
            | Self::RollbackDrilled { .. }
            | Self::ContactVerified { .. }
            | Self::Burns { .. } => None,
        }
    }

    /// The objective that it rests on.
    #[must_use]
    pub fn objective(&self) -> Option<(&DomainId, &ObjectiveId)> {
        match self {
            Self::Burns { domain, objective, .. } => Some((domain, objective)),
            Self::NoIncident { .. }
            | Self::RollbackDrilled { .. }
            | Self::ContactVerified { .. }
            | Self::Passes { .. } => None,
        }
    }
}

/// A phase of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Unique within the estate.
    pub id: StageId,
    /// What people call it.
    pub title: String,
    /// What is cut over.
    pub unit: UnitId,
    /// Whose stage it is.
    pub owner: DomainId,
    /// Stages that must have passed before.
    pub after: Vec<StageId>,
    /// What must hold when the first step is exposed, in every attempt.
    pub enter: Vec<EntryCondition>,
    /// Growing exposure; the last is [`BasisPoints::FULL`].
    pub steps: Vec<Step>,
    /// How long the stage is watched at full exposure before it may be finalised.
    pub watch: Millis,
    /// The gate of each step.
    pub gate: Gate,
    /// The way back.
    pub rollback: RollbackRule,
    /// Who is told.
    pub communication: Communication,
    /// How many attempts the plan allows; above zero.
    pub attempts_max: u32,
}

/// A migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The name that everything else refers to.
    pub id: PlanId,
    /// What people call it.
    pub title: String,
    /// The edge that moves its traffic.
    pub edge: EdgeId,
    /// Declared traffic.
    pub traffic: Vec<Traffic>,
    /// When exposure may grow.
    pub expand: ExpandRule,
    /// False-alarm probability of the whole plan, split over stages, criteria and attempts.
    pub alpha: PartsPerMillion,
    /// Phases, in the order of the file.
    pub stages: Vec<Stage>,
}
