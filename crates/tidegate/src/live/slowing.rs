//! When comparisons leave their databases alone: while an objective on times that the owner of the rows has declared is not met.
//! Gateways tell the times, of both sides, over the last half minute.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tidegate_api::{Slow, Slowed};
use tidegate_gateway::{LatencyLive, LiveCounts};
use tidegate_model::domain::Domain;
use tidegate_model::entity::{Entity, Resolver};
use tidegate_model::objective::{MeasuredOn, Objective, Target};
use tidegate_model::{CriterionId, Estate, GatewayId, Millis, PartsPerMillion, StageId, Timestamp};

/// What a gateway said longer ago says nothing of now.
const OLD_AFTER: Millis = Millis(10_000);
/// Of fewer requests a quantile is whatever the slowest of them took.
const REQUESTS_MIN: u64 = 20;

/// Comparisons that are slowed down now, for people: since when, and why.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slowing(Arc<Mutex<BTreeMap<(StageId, CriterionId), Slow>>>);

impl Slowing {
    /// Notes why a comparison is slowed down; none where it is not.
    pub(super) fn note(&self, stage: &StageId, criterion: &CriterionId, slow: Option<Slow>) {
        let mut all = self.0.lock().expect("no code panics while it holds the notes");
        let key = (stage.clone(), criterion.clone());
        match slow {
            Some(slow) => drop(all.insert(key, slow)),
            None => drop(all.remove(&key)),
        }
    }

    /// Reads the notes.
    pub(super) fn reader(&self) -> Slowed {
        let notes = self.clone();
        Arc::new(move |stage, criterion| {
            let all = notes.0.lock().expect("no code panics while it holds the notes");
            all.get(&(stage.clone(), criterion.clone())).cloned()
        })
    }
}

/// Which objective of whoever answers for an entity is not met now, in words; none where all are, or nobody knows.
pub(super) fn breach(
    estate: &Estate,
    entity: &Entity,
    live: &BTreeMap<GatewayId, Arc<LiveCounts>>,
    now: Timestamp,
) -> Option<String> {
    let is_theirs = |domain: &&Domain| match &entity.owner {
        Resolver::Domain(id) => domain.id == *id,
        Resolver::Team(team) => domain.owner == *team,
    };
    let fresh: Vec<&LiveCounts> = live
        .values()
        .map(AsRef::as_ref)
        .filter(|counts| now.since(counts.at) <= OLD_AFTER)
        .collect();
    let theirs = estate.domains().values().filter(is_theirs);
    theirs
        .flat_map(|domain| domain.objectives.iter().map(move |objective| (domain, objective)))
        .find_map(|(domain, objective)| {
            let words = fresh.iter().find_map(|counts| missed(objective, counts))?;
            Some(format!("{words}; `{}` of {} allows no more", objective.id, domain.id))
        })
}

/// How far a gateway sees an objective missed, in words.
fn missed(objective: &Objective, counts: &LiveCounts) -> Option<String> {
    let (Target::Within { quantile, limit }, Some(MeasuredOn::Flow(flow))) = (objective.target, &objective.of) else {
        return None;
    };
    let told = counts.flows.iter().find(|told| told.flow == *flow)?;
    [("old", told.old_recent), ("new", told.new_recent)]
        .into_iter()
        .find_map(|(side, recent)| {
            let (name, took) = at_most(recent?, quantile)?;
            (took > limit).then(|| format!("{name} of {flow} on the {side} side is {took}, more than {limit}"))
        })
}

/// The largest quantile that is told and not above the one that is asked for: when it is too long, that one is for certain.
fn at_most(recent: LatencyLive, quantile: PartsPerMillion) -> Option<(&'static str, Millis)> {
    if recent.n < REQUESTS_MIN {
        return None;
    }
    match quantile.get() {
        ..500_000 => None,
        500_000..950_000 => Some(("P50", recent.p50)),
        950_000..990_000 => Some(("P95", recent.p95)),
        990_000.. => Some(("P99", recent.p99)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recent(n: u64, p95: u64) -> LatencyLive {
        LatencyLive {
            n,
            p50: Millis(90),
            p95: Millis(p95),
            p99: Millis(2_000),
        }
    }

    fn counts(new: Option<LatencyLive>) -> LiveCounts {
        let told = serde_json::json!({
            "gateway": "storefront", "incarnation": 1, "at": 1_000, "over": 1_000,
            "version": { "epoch": 1, "seq": 1 }, "leased": true, "glass_broken": false, "units": [],
            "flows": [{
                "flow": "buy", "old_begun": 1_300, "new_begun": 0, "old_orders": 800, "new_orders": 0,
                "old_recent": recent(500, 300), "new_recent": new,
            }],
            "cookieless": 0, "forged": 0, "unknown_callbacks": 0, "undecided": 0, "connections": 0,
        });
        serde_json::from_value(told).expect("what a gateway says")
    }

    fn objective(quantile: u32, of: &str) -> Objective {
        Objective {
            id: "cart".parse().expect("a name"),
            title: "The cart answers".to_owned(),
            target: Target::Within {
                quantile: PartsPerMillion::new(quantile).expect("a share"),
                limit: Millis(500),
            },
            of: Some(MeasuredOn::Flow(of.parse().expect("a name"))),
        }
    }

    #[test]
    fn an_objective_is_missed_by_what_is_told_for_certain() {
        let check = |quantile: u32, of: &str, new: Option<LatencyLive>, expected: Option<&str>| {
            let found = missed(&objective(quantile, of), &counts(new));
            assert_eq!(found.as_deref(), expected, "{quantile} {of} {new:?}");
        };
        let slow = "P95 of buy on the new side is 812ms, more than 500ms";
        check(950_000, "buy", Some(recent(20, 812)), Some(slow));
        check(950_000, "buy", Some(recent(20, 500)), None);
        // Too few to tell, and nobody at all.
        check(950_000, "buy", Some(recent(19, 812)), None);
        check(950_000, "buy", None, None);
        // Half of them were fast enough: of nine tenths nothing is known.
        check(900_000, "buy", Some(recent(20, 812)), None);
        check(950_000, "browse", Some(recent(20, 812)), None);
        let slowest = "P99 of buy on the old side is 2s, more than 500ms";
        check(999_000, "buy", None, Some(slowest));
    }
}
