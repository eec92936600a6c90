//! The shop's estate as somebody might edit it, safely or not.

use std::sync::Arc;

use tidegate_model::ask::{Decimal, LevelAsk, LevelQuestion};
use tidegate_model::objective::{Invariant, MeasuredOn, Objective, Target};
use tidegate_model::plan::{Against, Approver, EntryCondition, ExpandRule, Measure, OnHarm, Stage, WeeklyWindow};
use tidegate_model::{BasisPoints, Estate, Millis, Parts, PartsPerMillion, PersonId, Severity, Timestamp};

use super::action::Edit;
use crate::asked::{counted, level};
use crate::reconciled::prices;
use crate::shop::{flipping, name, parts};
use crate::surveys::crawl;

/// The estate with these edits; each has a digest of its own.
pub(super) fn edited(edits: &[Edit], now: Timestamp) -> Arc<Estate> {
    let assembled = |edits: &[Edit]| {
        let mut parts = sourced();
        let mut digest = String::new();
        for edit in edits {
            digest.push_str(&edit_in(&mut parts, *edit, now));
        }
        parts.digest = format!("{digest:1<64}");
        Estate::assemble(parts)
    };
    // Two that do not go together are one.
    Arc::new(assembled(edits).or_else(|_| assembled(&edits[..1])).unwrap())
}

/// Makes an edit; what tells it from others.
fn edit_in(parts: &mut Parts, edit: Edit, now: Timestamp) -> String {
    let mut digest = format!("{:02}", edit as u8);
    match edit {
        Edit::Back => digest.clear(),
        Edit::Nothing => parts.domains[0].title.push_str(", edited"),
        Edit::Owner => parts.domains[0].owner = name("ops"),
        Edit::DomainGone => without_pricing(parts, true),
        Edit::Approvers => stage(parts, "checkout").gate.approvers = vec![Approver::Person(name("ben"))],
        Edit::Margin => {
            for step in &mut stage(parts, "catalogue").steps {
                step.margin = PartsPerMillion::new(500_000).unwrap();
            }
        }
        Edit::StageGone => without_pricing(parts, false),
        Edit::SwitchGone => {
            parts.domains[0].switches.clear();
            parts.domains[0].authority.clear();
        }
        Edit::PersonGone => without(parts, &name("gil")),
        Edit::Salt => parts.edges[0].salt.push('!'),
        Edit::Freeze => {
            let from = now.after(Millis::seconds(20));
            parts.plans[0].expand.never = vec![(from, from.after(Millis::seconds(150)))];
            digest = format!("{digest}{}", from.0);
        }
        Edit::Hours => {
            parts.plans[0].expand = ExpandRule {
                within: vec![WeeklyWindow {
                    days: vec![1, 2, 3, 4],
                    from_minute: 10 * 60 + 15,
                    until_minute: 16 * 60,
                    zone: "Europe/Berlin".to_owned(),
                }],
                never: Vec::new(),
            };
        }
        Edit::Looser => {
            let objectives = parts.domains.iter_mut().flat_map(|domain| &mut domain.objectives);
            for objective in objectives.filter(|one| one.id.as_str() == "orders") {
                objective.target = Target::AtLeast(PartsPerMillion::new(500_000).unwrap());
            }
        }
        Edit::Steps => {
            let steps = &mut stage(parts, "catalogue").steps;
            let mut first = steps[0].clone();
            first.to = BasisPoints::new(2_000).unwrap();
            steps.insert(0, first);
        }
        Edit::Handover => on_call(parts, "checkout-team", "bea"),
        Edit::Added => {
            for stage in &mut parts.plans[0].stages {
                let mut criterion = stage.gate.criteria[0].clone();
                criterion.id = name(ADDED);
                criterion.on_harm = OnHarm::Hold;
                criterion.measure = quiet();
                stage.gate.criteria.push(criterion);
            }
        }
        Edit::Runbook => parts.runbooks[0].steps.push("call the bank".to_owned()),
        Edit::Address => parts.people[0].methods.truncate(1),
        Edit::Unit => {
            let units = &mut parts.edges[0].units;
            let mut spare = units[2].clone();
            spare.unit = name("spare");
            units.push(spare);
            stage(parts, "checkout").unit = name("spare");
        }
        Edit::StageOwner => stage(parts, "checkout").owner = name("pricing"),
        Edit::Door => parts.plans[0].stages.iter_mut().for_each(|stage| stage.enter.clear()),
        Edit::After => {
            let stages = parts.plans[0].stages.iter_mut();
            for pricing in stages.filter(|stage| stage.id.as_str() == "pricing") {
                pricing.after.clear();
                // What it asks for at its door is asked of a stage that it comes after.
                pricing.enter.clear();
            }
        }
        Edit::Hasty => {
            for stage in &mut parts.plans[0].stages {
                stage.watch = Millis::seconds(1);
                stage.rollback.within = Millis::seconds(1);
            }
        }
        Edit::OnHarm => {
            let gates = parts.plans[0].stages.iter_mut().map(|stage| &mut stage.gate);
            for criterion in gates.flat_map(|gate| &mut gate.criteria) {
                criterion.on_harm = match criterion.on_harm {
                    OnHarm::Hold => OnHarm::Rollback,
                    OnHarm::Rollback => OnHarm::Hold,
                };
            }
        }
        Edit::Attempts => parts.plans[0]
            .stages
            .iter_mut()
            .for_each(|stage| stage.attempts_max = 9),
        Edit::Ladder => {
            for ladder in &mut parts.ladders {
                ladder.rungs.remove(0);
            }
        }
    }
    digest
}

/// The criterion that only an edit brings.
pub(super) const ADDED: &str = "added";

/// No incident that is as bad as can be.
fn quiet() -> Measure {
    Measure::Incidents {
        at_least: Severity::Sev1,
        at_most: 0,
    }
}

fn on_call(parts: &mut Parts, team: &str, person: &str) {
    for known in &mut parts.teams {
        if known.id.as_str() == team {
            known.on_call = vec![name(person)];
        }
    }
}

/// The shop, whose pricing asks two sources outside besides, looks at pages and compares rows, whose checkout counts pages of people,
/// and where checkout and pricing ask for something at their doors.
pub(super) fn sourced() -> Parts {
    let mut parts = parts();
    flipping(&mut parts);
    let criteria = &mut stage(&mut parts, "pricing").gate.criteria;
    for (id, measure) in [
        ("load", level(Millis(0))),
        ("refusals", counted()),
        ("pages", crawl()),
        ("rows", rows()),
    ] {
        let mut criterion = criteria[0].clone();
        criterion.id = name(id);
        criterion.title = id.to_owned();
        criterion.measure = measure;
        criteria.push(criterion);
    }
    parts.entities.push(prices());
    for (place, id, measure) in [("catalogue", "quiet", quiet()), ("checkout", "paged", paged())] {
        let criteria = &mut stage(&mut parts, place).gate.criteria;
        let mut criterion = criteria[0].clone();
        criterion.id = name(id);
        criterion.title = id.to_owned();
        criterion.measure = measure;
        criterion.on_harm = OnHarm::Hold;
        criteria.push(criterion);
    }
    stage(&mut parts, "pricing").enter = vec![EntryCondition::Passes {
        stage: name("catalogue"),
        criterion: name("quiet"),
    }];
    stage(&mut parts, "checkout").enter = vec![
        EntryCondition::RollbackDrilled {
            within: Millis::minutes(10),
        },
        EntryCondition::ContactVerified {
            within: Millis::minutes(30),
        },
        EntryCondition::NoIncident {
            at_least: Severity::Sev1,
        },
        EntryCondition::Burns {
            domain: name("checkout"),
            objective: name("orders"),
            below: Decimal(Decimal::ONE),
        },
    ];
    promise(&mut parts);
    parts
}

fn rows() -> Measure {
    Measure::Reconcile {
        entity: name("prices"),
        against: Against::Sides,
        every: Millis::seconds(2),
        stale_after: Millis::seconds(20),
    }
}

/// One page in five seconds is bearable.
fn paged() -> Measure {
    Measure::Load {
        at_most: Decimal(1_000 * Decimal::ONE),
        over: Millis::seconds(5),
    }
}

/// Checkout and catalogue promise the orders of checkout's flow, pricing what sources tell, and nobody pays twice.
fn promise(parts: &mut Parts) {
    let objective = |id: &str, target, of| Objective {
        id: name(id),
        title: id.to_owned(),
        target,
        of: Some(of),
    };
    let ask = || LevelAsk {
        on: name("numbers"),
        question: LevelQuestion::Prometheus {
            query: "one".to_owned(),
        },
    };
    let share = |ppm| Target::AtLeast(PartsPerMillion::new(ppm).unwrap());
    let within = Target::Within {
        quantile: PartsPerMillion::new(950_000).unwrap(),
        limit: Millis(10),
    };
    for domain in &mut parts.domains {
        domain.objectives = match domain.id.as_str() {
            "checkout" => vec![objective("orders", share(990_000), MeasuredOn::Flow(name("buy")))],
            "catalogue" => vec![objective("sales", share(980_000), MeasuredOn::Flow(name("buy")))],
            _ => vec![
                objective("answers", within, MeasuredOn::Source(ask())),
                objective("shares", share(990_000), MeasuredOn::Source(ask())),
            ],
        };
    }
    parts.invariants.push(Invariant {
        id: name("paid-once"),
        title: "nobody pays twice".to_owned(),
        domain: name("checkout"),
        violations: ask(),
        every: Millis::minutes(1),
        severity: Severity::Sev3,
    });
}

fn stage<'a>(parts: &'a mut Parts, id: &str) -> &'a mut Stage {
    let mut stages = parts.plans.iter_mut().flat_map(|plan| &mut plan.stages);
    stages.find(|stage| stage.id.as_str() == id).unwrap()
}

fn without_pricing(parts: &mut Parts, with_its_domain: bool) {
    parts.plans[0].stages.retain(|stage| stage.id.as_str() != "pricing");
    if with_its_domain {
        parts.domains.retain(|domain| domain.id.as_str() != "pricing");
        parts.entities.clear();
    }
}

fn without(parts: &mut Parts, person: &PersonId) {
    parts.people.retain(|known| &known.id != person);
    for team in &mut parts.teams {
        team.members.retain(|member| member != person);
        team.on_call.retain(|member| member != person);
    }
}
