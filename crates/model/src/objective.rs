//! Objectives: the figures that the owner of a domain answers for, and invariants, which hold always.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ask::{Bound, Cadence, Decimal, LevelAsk};
use crate::seam::PromiseMeter;
use crate::{DomainId, FlowId, InvariantId, Millis, ObjectiveId, PartsPerMillion, RouteId, Severity, Timestamp};

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

impl Objective {
    /// How it is measured; nothing where nothing measures it: of a route, and of a rate that no source tells.
    #[must_use]
    pub fn gauge(&self) -> Option<Gauge> {
        let whole = |number: u64| Decimal(i64::try_from(number).unwrap_or(i64::MAX).saturating_mul(Decimal::ONE));
        match (&self.of, self.target) {
            (None | Some(MeasuredOn::Route(_)), _) | (Some(MeasuredOn::Flow(_)), Target::PerHour(_)) => None,
            (Some(MeasuredOn::Flow(_)), Target::Within { .. } | Target::AtLeast(_)) => Some(Gauge::Attempts),
            (Some(MeasuredOn::Source(_)), Target::Within { limit, .. }) => {
                Some(Gauge::Slices(Bound::AtMost(whole(limit.0))))
            }
            (Some(MeasuredOn::Source(_)), Target::AtLeast(share)) => Some(Gauge::Shares(share)),
            (Some(MeasuredOn::Source(_)), Target::PerHour(number)) => Some(Gauge::Shown(Bound::AtLeast(whole(number)))),
        }
    }

    /// The share of good ones that it promises, whose rest is its budget: of attempts where gateways count them, of slices of time
    /// where a source tells a time, of what happened in each slice where it tells a share. None where nothing measures it, and of
    /// a rate: whoever has nothing to do at night works off little, which is nothing bad.
    #[must_use]
    pub fn share(&self) -> Option<PartsPerMillion> {
        match (self.gauge()?, self.target) {
            (Gauge::Attempts, Target::Within { quantile, .. }) => Some(quantile),
            (Gauge::Attempts, Target::AtLeast(share)) | (Gauge::Shares(share), _) => Some(share),
            (Gauge::Slices(_), _) => PartsPerMillion::new(SLICES_AT_LEAST).ok(),
            (Gauge::Attempts, Target::PerHour(_)) | (Gauge::Shown(_) | Gauge::Violations, _) => None,
        }
    }

    /// What gateways count for it, as an objective of this domain.
    #[must_use]
    pub fn meter(&self, domain: &DomainId) -> Option<PromiseMeter> {
        let (Some(MeasuredOn::Flow(flow)), Some(Gauge::Attempts)) = (&self.of, self.gauge()) else {
            return None;
        };
        Some(PromiseMeter {
            domain: domain.clone(),
            objective: self.id.clone(),
            flow: flow.clone(),
            within: match self.target {
                Target::Within { limit, .. } => Some(limit),
                Target::AtLeast(_) | Target::PerHour(_) => None,
            },
        })
    }

    /// How its source is asked; none where none is.
    #[must_use]
    pub fn cadence(&self) -> Option<Cadence> {
        match self.of {
            Some(MeasuredOn::Source(_)) => Some(ASKED),
            Some(MeasuredOn::Flow(_) | MeasuredOn::Route(_)) | None => None,
        }
    }

    /// Names what it promises and what it is measured on: with another name it is another promise, and what was measured of the
    /// one says nothing about the other.
    #[must_use]
    pub fn asked(&self) -> String {
        let target = match self.target {
            Target::Within { quantile, limit } => format!("within {} {}", quantile.get(), limit.0),
            Target::AtLeast(share) => format!("at-least {}", share.get()),
            Target::PerHour(number) => format!("per-hour {number}"),
        };
        let mut parts = vec![target];
        match &self.of {
            Some(MeasuredOn::Flow(flow)) => parts.extend(["flow".to_owned(), flow.to_string()]),
            Some(MeasuredOn::Route(route)) => parts.extend(["route".to_owned(), route.to_string()]),
            Some(MeasuredOn::Source(ask)) => parts.extend(ask.parts()),
            None => {}
        }
        digest(&parts)
    }
}

/// How a promise is measured, and what one answer says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gauge {
    /// Gateways count attempts, good and bad.
    Attempts,
    /// A source tells a number for each slice of time, which is good when it keeps this.
    Slices(Bound),
    /// A source tells the share of good ones in each slice of time, and this is promised of it; slices weigh the same.
    ///
    /// # Source
    /// OpenSLO, the budgeting method `RatioTimeslices`.
    Shares(PartsPerMillion),
    /// A source tells a number that is shown beside this, and burns nothing.
    Shown(Bound),
    /// A source tells how many violations there are, and none is allowed.
    Violations,
}

impl Gauge {
    /// What a number must keep that a source tells: milliseconds, a ratio, how many there were in an hour, or violations. None
    /// where no source does.
    #[must_use]
    pub fn bound(self) -> Option<Bound> {
        match self {
            Self::Attempts => None,
            Self::Slices(bound) | Self::Shown(bound) => Some(bound),
            Self::Shares(share) => Some(Bound::AtLeast(Decimal(i64::from(share.get())))),
            Self::Violations => Some(Bound::AtMost(Decimal::default())),
        }
    }

    /// Whether a source can tell this number at all: a share lies between nothing and everything, and nothing else is below 0.
    #[must_use]
    pub fn is_possible(self, value: Decimal) -> bool {
        match self {
            Self::Attempts | Self::Slices(_) | Self::Shown(_) | Self::Violations => value.0 >= 0,
            Self::Shares(_) => (0..=Decimal::ONE).contains(&value.0),
        }
    }
}

/// Sixteen hexadecimal digits of the SHA-256 of some texts, each with its length before it.
fn digest(parts: &[String]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The share of answers of a source that must keep their bound, in parts per million: each answer is a slice of time, good or
/// bad. A month of answers may hold some seven bad hours.
///
/// # Source
/// OpenSLO, the target of its example of time slices.
pub const SLICES_AT_LEAST: u32 = 990_000;

/// How the source of an objective is asked.
pub const ASKED: Cadence = Cadence {
    every: Millis::minutes(1),
    timeout: Millis::seconds(10),
    stale_after: Millis::minutes(5),
};

/// The longest that an answer about an invariant may take, however seldom it is asked for.
pub const INVARIANT_TIMEOUT_MAX: Millis = Millis::minutes(1);

/// Time between two questions about an invariant, at least: they are asked day and night.
pub const INVARIANT_EVERY_MIN: Millis = Millis::seconds(10);

/// Objectives, and invariants, that an estate may declare and of which something is kept.
pub const PROMISES_MAX: usize = 1_000;

/// Answers of a source that were not told one by one: those before the one that is told with them. Each of them was good, or told
/// a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaid {
    /// The moment that the first of them is about; the others lie evenly between it and the one that is told.
    pub since: Timestamp,
    /// How many they are; at most [`UNSAID_MAX`].
    pub answers: u32,
    /// Where shares are told, what is missing to 1 in each of them, added up, in millionths; else 0.
    pub missing: u64,
}

/// As many answers may be told with the one that follows them.
pub const UNSAID_MAX: u32 = 60;

/// What an owner answers for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// An objective of a domain.
    Objective(DomainId, ObjectiveId),
    /// An invariant.
    Invariant(InvariantId),
}

impl std::fmt::Display for Promise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Objective(domain, objective) => write!(f, "{domain}/{objective}"),
            Self::Invariant(invariant) => invariant.fmt(f),
        }
    }
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

impl Invariant {
    /// Names what it is measured on; see [`Objective::asked`].
    #[must_use]
    pub fn asked(&self) -> String {
        digest(&self.violations.parts())
    }

    /// How its source is asked. An answer counts until a second one has stayed away, and may take half of the time until the next
    /// question: whoever asks seldom may ask for more.
    #[must_use]
    pub fn cadence(&self) -> Cadence {
        Cadence {
            every: self.every,
            timeout: Millis(self.every.0 / 2).clamp(ASKED.timeout, INVARIANT_TIMEOUT_MAX),
            stale_after: Millis(self.every.0.saturating_mul(2)).max(ASKED.stale_after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceId;
    use crate::ask::LevelQuestion;

    #[test]
    fn an_invariant_that_is_asked_about_seldom_may_take_longer_to_answer() {
        for (every, timeout) in [(10, 10), (30, 15), (60, 30), (120, 60), (3_600, 60)] {
            let invariant = Invariant {
                id: InvariantId::parse("paid-once").expect("a name"),
                title: "Nobody pays twice".into(),
                domain: DomainId::parse("payments").expect("a name"),
                violations: LevelAsk {
                    on: SourceId::parse("ledger").expect("a name"),
                    question: LevelQuestion::Prometheus { query: "twice".into() },
                },
                every: Millis::seconds(every),
                severity: Severity::Sev1,
            };
            let cadence = invariant.cadence();
            assert_eq!(
                (cadence.every, cadence.timeout),
                (Millis::seconds(every), Millis::seconds(timeout))
            );
        }
    }

    fn source(question: LevelQuestion) -> MeasuredOn {
        let on = SourceId::parse("metrics").expect("a name");
        MeasuredOn::Source(LevelAsk { on, question })
    }

    fn asked(target: Target, of: MeasuredOn) -> String {
        let id = ObjectiveId::parse("orders").expect("a name");
        let title = "anything".to_owned();
        Objective {
            id,
            title,
            target,
            of: Some(of),
        }
        .asked()
    }

    #[test]
    fn a_promise_keeps_its_name_from_one_release_to_the_next() {
        let share = |ppm| Target::AtLeast(PartsPerMillion::new(ppm).expect("a share"));
        let flow = || MeasuredOn::Flow(FlowId::parse("buy").expect("a name"));
        let query = || LevelQuestion::Prometheus { query: "up".to_owned() };
        let csv = LevelQuestion::Csv {
            rows: Vec::new(),
            value: "value".to_owned(),
            time: "day".to_owned(),
        };
        let names = [
            asked(share(999_000), flow()),
            asked(share(950_000), flow()),
            asked(Target::PerHour(1_000), source(query())),
            asked(share(999_000), source(query())),
            asked(share(999_000), source(csv)),
        ];
        // With other digits here, whoever upgrades loses what was measured of every promise.
        assert_eq!(names, GOLDEN);
    }

    const GOLDEN: [&str; 5] = [
        "9e596ca96b860f17",
        "de557a74359b2541",
        "41e4faa1aff82851",
        "402fcf43e86506ab",
        "ba0e8894a60e1794",
    ];
}
