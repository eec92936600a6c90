//! Objectives: the figures that the owner of a domain answers for, and invariants, which hold always.

use crate::ask::LevelAsk;
use crate::{DomainId, FlowId, InvariantId, Millis, ObjectiveId, PartsPerMillion, RouteId, Severity};

/// What an objective promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A quantile of a time is at most this.
    Within {
        /// The quantile, such as 950,000 for P95.
        quantile: PartsPerMillion,
        /// The longest that it may be; above zero.
        limit: Millis,
    },
    /// A share is at least this; below the whole.
    AtLeast(PartsPerMillion),
    /// At least so many an hour; above zero.
    PerHour(u64),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Within { quantile, limit } => {
                let percent = f64::from(quantile.get()) / 10_000.0;
                write!(f, "P{percent} within {limit}")
            }
            Self::AtLeast(share) => write!(f, "at least {share}"),
            Self::PerHour(number) => write!(f, "at least {number} an hour"),
        }
    }
}

/// What an objective is measured on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeasuredOn {
    /// Attempts of a flow.
    Flow(FlowId),
    /// Answers of a route.
    Route(RouteId),
    /// A number that a source tells.
    Source(LevelAsk),
}

/// A figure that an owner answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objective {
    /// Its name; unique within the domain.
    pub id: ObjectiveId,
    /// What people call it.
    pub title: String,
    /// What it promises.
    pub target: Target,
    /// What it is measured on; nothing where nothing measures it yet.
    pub of: Option<MeasuredOn>,
}

/// What must hold in every single case, so that one violation is a breach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invariant {
    /// The name that everything else refers to.
    pub id: InvariantId,
    /// What holds, in words.
    pub title: String,
    /// Whose it is.
    pub domain: DomainId,
    /// Tells how many violations there are.
    pub violations: LevelAsk,
    /// Time between two questions; above zero.
    pub every: Millis,
    /// How bad one violation is.
    pub severity: Severity,
}
