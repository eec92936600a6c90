//! Objectives as people see them: what must hold of each domain by a limit of its own, how much of its budget is spent, and
//! what is not measured. A comparison of both sides is no objective: it has no limit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::ask::HitsAre;
use tidegate_model::domain::Domain;
use tidegate_model::objective::{MeasuredOn, Objective, Target};
use tidegate_model::plan::{Criterion, Measure, Stage};
use tidegate_model::{CriterionId, DomainId, Estate, FlowId, Millis, PartsPerMillion, StageId, TeamId, Timestamp};

use crate::state::{Cell, StageState, State};
use crate::view::criterion;
use crate::view::promise::{self, KeptView};

/// Spans over which burn is told, shortest first: a burst and a trend.
const SPANS: [Millis; 2] = [Millis::minutes(5), Millis::minutes(60)];

/// A domain with what must hold of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DomainObjectives {
    /// The domain.
    pub domain: DomainId,
    /// Its title.
    pub title: String,
    /// The team that answers for it.
    pub owner: TeamId,
    /// What its owner has promised.
    pub declared: Vec<DeclaredView>,
    /// What gates hold it to; empty when no gate asks for anything with a limit of its own.
    pub objectives: Vec<ObjectiveView>,
}

impl DomainObjectives {
    /// Whether nobody has said what must hold of it.
    #[must_use]
    pub fn is_unsaid(&self) -> bool {
        self.declared.is_empty() && self.objectives.is_empty()
    }
}

/// A promise of a domain's owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeclaredView {
    /// Its name, unique within the domain; the name of an invariant.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What it promises, in words.
    pub target: String,
    /// What it is measured on, in words; none where nothing measures it.
    pub source: Option<String>,
    /// The flow whose times it is about, when it is about the times of a flow.
    pub times_of: Option<FlowId>,
    /// The quantile of a time, and the longest that it may be.
    pub within: Option<(PartsPerMillion, Millis)>,
    /// Gates that hold the same flow to the same time or a shorter one.
    pub gates: Vec<StageId>,
    /// How it is kept; none where nothing measures it.
    pub kept: Option<KeptView>,
}

/// What must hold of a domain by a limit of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveView {
    /// In words, as the plan has it.
    pub title: String,
    /// The criterion that measures it.
    pub criterion: CriterionId,
    /// The stage whose gate asks for it.
    pub stage: StageId,
    /// Its title.
    pub stage_title: String,
    /// The limit in words.
    pub target: String,
    /// Who tells.
    pub source: String,
    /// The word of its verdict.
    pub verdict: String,
    /// When evidence last came.
    pub at: Option<Timestamp>,
    /// How its budget stands; none without attempts, and where a number is told.
    pub spent: Option<SpentView>,
    /// The number that a source told, and the moment it is about.
    pub told: Option<(Timestamp, String)>,
    /// Why nothing is measured, when nothing is.
    pub gap: Option<String>,
}

/// How a budget of bad attempts stands on the new side, since the stage's attempt began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpentView {
    /// Attempts.
    pub total: u64,
    /// Bad ones among them.
    pub bad: u64,
    /// Those among the others whose window is not over at the latest step: they are neither good nor bad yet.
    pub open: u64,
    /// The share of attempts that may be bad, a ratio.
    pub budget: f64,
    /// What is left of it, a ratio of the budget; below 0 it is overspent. None where nothing at all may be bad.
    pub left: Option<f64>,
    /// The same of the old side, over the same time.
    pub old_left: Option<f64>,
    /// How fast it goes.
    pub burns: Vec<BurnView>,
}

/// How fast a budget goes: 1 spends exactly all of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BurnView {
    /// Over the last so long.
    pub over: Millis,
    /// Share of bad attempts against the budget; none without attempts.
    pub rate: Option<f64>,
}

/// Every domain with what must hold of it, domains without anything first.
#[must_use]
pub fn objectives(estate: &Estate, state: &State, now: Timestamp) -> Vec<DomainObjectives> {
    let now = now.max(state.at);
    let mut domains: Vec<DomainObjectives> = estate
        .domains()
        .values()
        .map(|domain| DomainObjectives {
            domain: domain.id.clone(),
            title: domain.title.clone(),
            owner: domain.owner.clone(),
            declared: declared(estate, state, domain, now),
            objectives: of_domain(estate, state, &domain.id, now),
        })
        .collect();
    domains.sort_by_key(|domain| !domain.is_unsaid());
    domains
}

/// What a domain's owner has promised, invariants last.
fn declared(estate: &Estate, state: &State, domain: &Domain, now: Timestamp) -> Vec<DeclaredView> {
    let promised = domain.objectives.iter().map(|one| DeclaredView {
        kept: promise::of_objective(state, &domain.id, one, now),
        ..promise(estate, one)
    });
    let mut all: Vec<DeclaredView> = promised.collect();
    let invariants = estate.invariants().values().filter(|one| one.domain == domain.id);
    all.extend(invariants.map(|one| DeclaredView {
        id: one.id.to_string(),
        title: one.title.clone(),
        target: "no violation at all".to_owned(),
        source: Some(format!("source {}", one.violations.on)),
        times_of: None,
        within: None,
        gates: Vec::new(),
        kept: Some(promise::of_invariant(state, one, now)),
    }));
    all
}

fn promise(estate: &Estate, one: &Objective) -> DeclaredView {
    let within = match one.target {
        Target::Within { quantile, limit } => Some((quantile, limit)),
        Target::AtLeast(_) | Target::PerHour(_) => None,
    };
    let (source, times_of) = match &one.of {
        Some(MeasuredOn::Flow(flow)) => (Some(format!("flow {flow}")), within.map(|_| flow.clone())),
        Some(MeasuredOn::Route(route)) => (Some(format!("route {route}")), None),
        Some(MeasuredOn::Source(ask)) => (Some(format!("source {}", ask.on)), None),
        None => (None, None),
    };
    let is_held = |measure: &Measure| {
        let (Measure::Latency { flow, quantile, limit }, Some(of), Some((wanted, longest))) =
            (measure, &times_of, within)
        else {
            return false;
        };
        flow == of && *quantile >= wanted && *limit <= longest
    };
    let gates = estate.stages().map(|(_, stage)| stage);
    DeclaredView {
        id: one.id.to_string(),
        title: one.title.clone(),
        target: one.target.to_string(),
        source,
        gates: gates
            .filter(|stage| stage.gate.criteria.iter().any(|criterion| is_held(&criterion.measure)))
            .map(|stage| stage.id.clone())
            .collect(),
        times_of,
        within,
        kept: None,
    }
}

fn of_domain(estate: &Estate, state: &State, domain: &DomainId, now: Timestamp) -> Vec<ObjectiveView> {
    let mut all = Vec::new();
    for (_, stage) in estate.stages() {
        let Some(known) = state.stages.get(&stage.id) else {
            continue;
        };
        let owned = stage.gate.criteria.iter().filter(|one| &one.owner == domain);
        all.extend(owned.filter_map(|one| {
            let limit = Limit::of(&one.measure)?;
            Some(view(estate, state, (stage, known), one, limit, now))
        }));
    }
    all
}

/// What a measure holds by itself, without the other side.
struct Limit {
    /// In words.
    target: String,
    /// Who tells.
    source: String,
    /// The share of attempts that may be bad; none where a number is told.
    budget: Option<PartsPerMillion>,
}

impl Limit {
    fn of(measure: &Measure) -> Option<Self> {
        match measure {
            Measure::Errors { flow, at_most, .. } => Some(Self {
                target: format!("at most {at_most} of attempts meet an error"),
                source: format!("the gateway, flow {flow}"),
                budget: Some(*at_most),
            }),
            Measure::Latency { flow, quantile, limit } => {
                let budget = PartsPerMillion::new(1_000_000 - quantile.get()).ok()?;
                Some(Self {
                    target: format!("{quantile} of attempts within {} ms", limit.0),
                    source: format!("the gateway, flow {flow}"),
                    budget: Some(budget),
                })
            }
            Measure::Level { ask, bound, .. } => Some(Self {
                target: bound.to_string(),
                source: format!("source {}", ask.on),
                budget: None,
            }),
            Measure::Counted {
                new,
                at_most: Some(at_most),
                ..
            } => Some(Self {
                target: format!("at most {at_most} are bad"),
                source: format!("source {}", new.on),
                budget: Some(*at_most),
            }),
            Measure::Counted { at_most: None, .. }
            | Measure::Completion { .. }
            | Measure::Slower { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. } => None,
        }
    }
}

fn view(
    estate: &Estate,
    state: &State,
    (stage, known): (&Stage, &StageState),
    declared: &Criterion,
    limit: Limit,
    now: Timestamp,
) -> ObjectiveView {
    let seen = criterion::view(estate, state, stage, known, declared, now);
    let cells = known.cells.get(&declared.id).map_or(&[][..], |cells| cells.as_slice());
    let spent = limit.budget.and_then(|budget| {
        let good = matches!(&declared.measure, Measure::Counted { hits, .. } if *hits == HitsAre::Good);
        let bad = |(n, hits): (u64, u64)| (n, if good { n - hits.min(n) } else { hits });
        // What was counted stays told when its gate is over.
        let tally = known.tallies.get(&declared.id).map(|tally| &tally.attempt);
        let (new, old) = match tally.filter(|sums| sums.new.n > 0) {
            Some(sums) => (Some(sums.new_pair()), Some(sums.old_pair())),
            None => (seen.reading.new, seen.reading.old),
        };
        let (total, bad_ones) = bad(new?);
        let old = old.map(bad).filter(|(n, _)| *n > 0);
        let (_, open) = criterion::open(known, declared);
        spent(budget, (total, bad_ones, open), old, |span| {
            let recent = cells.iter().filter(|cell| now.since(cell.began) <= span);
            let sum = recent.fold((0, 0), |sum: (u64, u64), cell: &Cell| {
                (sum.0 + cell.new.n, sum.1 + cell.new.hits)
            });
            bad(sum)
        })
    });
    let told = seen.reading.told.map(|(at, value)| (at, value.to_string()));
    let gap = (spent.is_none() && told.is_none()).then(|| {
        if known.phase.is_exposed() {
            let why = if seen.reading.why.is_empty() {
                seen.verdict.clone()
            } else {
                seen.reading.why.clone()
            };
            format!("not measured: {why}")
        } else {
            format!("not measured: {} is {}", stage.title, known.phase.words())
        }
    });
    ObjectiveView {
        title: declared.title.clone(),
        criterion: declared.id.clone(),
        stage: stage.id.clone(),
        stage_title: stage.title.clone(),
        target: limit.target,
        source: limit.source,
        verdict: seen.verdict,
        at: seen.evidence_at,
        spent,
        told,
        gap,
    }
}

/// How a budget stands; nothing without attempts, which is no budget left and no budget spent.
fn spent(
    budget: PartsPerMillion,
    (total, bad, open): (u64, u64, u64),
    old: Option<(u64, u64)>,
    recent: impl Fn(Millis) -> (u64, u64),
) -> Option<SpentView> {
    let budget = budget.ratio();
    let burn = |(n, bad): (u64, u64)| (n > 0 && budget > 0.0).then(|| bad as f64 / n as f64 / budget);
    (total > 0).then(|| SpentView {
        total,
        bad,
        open: open.min(total.saturating_sub(bad)),
        budget,
        left: burn((total, bad)).map(|spent| 1.0 - spent),
        old_left: old.and_then(burn).map(|spent| 1.0 - spent),
        burns: SPANS
            .into_iter()
            .map(|over| BurnView {
                over,
                rate: burn(recent(over)),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ppm(value: u32) -> PartsPerMillion {
        PartsPerMillion::new(value).expect("a share")
    }

    #[test]
    fn a_budget_is_spent_by_the_share_of_what_may_be_bad() {
        // 2 of 100 are bad and 5 of 100 may be: two fifths of the budget are gone.
        let told = spent(ppm(50_000), (100, 2, 0), Some((200, 20)), |_| (10, 1)).expect("attempts");
        assert!((told.left.expect("a budget") - 0.6).abs() < 1e-9, "{told:?}");
        assert!(
            (told.old_left.expect("attempts") + 1.0).abs() < 1e-9,
            "twice the budget is gone"
        );
        assert_eq!(told.burns.len(), SPANS.len());
        assert!((told.burns[0].rate.expect("attempts") - 2.0).abs() < 1e-9);
    }

    #[test]
    fn without_attempts_a_budget_is_neither_full_nor_spent() {
        assert_eq!(spent(ppm(50_000), (0, 0, 0), None, |_| (0, 0)), None);
        let told = spent(ppm(50_000), (5, 0, 0), Some((0, 0)), |_| (0, 0)).expect("attempts");
        assert_eq!((told.old_left, told.burns[0].rate), (None, None));
    }

    #[test]
    fn a_budget_of_nothing_is_never_a_percentage() {
        let told = spent(ppm(0), (100, 0, 0), None, |_| (10, 0)).expect("attempts");
        assert_eq!((told.left, told.burns[0].rate), (None, None));
    }
}
