//! The shop's estate as somebody might edit it, safely or not.

use std::sync::Arc;

use tidegate_model::plan::{Approver, EntryCondition, ExpandRule, Stage, WeeklyWindow};
use tidegate_model::{BasisPoints, Estate, Millis, Parts, PartsPerMillion, PersonId, Severity, Timestamp};

use super::action::Edit;
use crate::asked::{counted, level};
use crate::shop::{flipping, name, parts};
use crate::surveys::crawl;

/// The estate with one edit; each has a digest of its own.
pub(super) fn edited(edit: Edit, now: Timestamp) -> Arc<Estate> {
    let mut parts = sourced();
    let mut digest = format!("{:02}", edit as u8);
    match edit {
        Edit::Back => digest = "1".to_owned(),
        Edit::Nothing => parts.domains[0].title.push_str(", edited"),
        Edit::Owner => parts.domains[0].owner = name("ops"),
        Edit::DomainGone => without_pricing(&mut parts, true),
        Edit::Approvers => stage(&mut parts, "checkout").gate.approvers = vec![Approver::Person(name("ben"))],
        Edit::Margin => {
            for step in &mut stage(&mut parts, "catalogue").steps {
                step.margin = PartsPerMillion::new(500_000).unwrap();
            }
        }
        Edit::StageGone => without_pricing(&mut parts, false),
        Edit::SwitchGone => {
            parts.domains[0].switches.clear();
            parts.domains[0].authority.clear();
        }
        Edit::PersonGone => without(&mut parts, &name("gil")),
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
        Edit::Steps => {
            let steps = &mut stage(&mut parts, "catalogue").steps;
            let mut first = steps[0].clone();
            first.to = BasisPoints::new(2_000).unwrap();
            steps.insert(0, first);
        }
    }
    parts.digest = format!("{digest:1<64}");
    Arc::new(Estate::assemble(parts).unwrap())
}

/// The shop, whose pricing asks two sources outside besides, and looks at pages, and whose checkout asks for something at its door.
pub(super) fn sourced() -> Parts {
    let mut parts = parts();
    flipping(&mut parts);
    let criteria = &mut stage(&mut parts, "pricing").gate.criteria;
    for (id, measure) in [("load", level(Millis(0))), ("refusals", counted()), ("pages", crawl())] {
        let mut criterion = criteria[0].clone();
        criterion.id = name(id);
        criterion.title = id.to_owned();
        criterion.measure = measure;
        criteria.push(criterion);
    }
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
    ];
    parts
}

fn stage<'a>(parts: &'a mut Parts, id: &str) -> &'a mut Stage {
    let mut stages = parts.plans.iter_mut().flat_map(|plan| &mut plan.stages);
    stages.find(|stage| stage.id.as_str() == id).unwrap()
}

fn without_pricing(parts: &mut Parts, with_its_domain: bool) {
    parts.plans[0].stages.retain(|stage| stage.id.as_str() != "pricing");
    if with_its_domain {
        parts.domains.retain(|domain| domain.id.as_str() != "pricing");
    }
}

fn without(parts: &mut Parts, person: &PersonId) {
    parts.people.retain(|known| &known.id != person);
    for team in &mut parts.teams {
        team.members.retain(|member| member != person);
        team.on_call.retain(|member| member != person);
    }
}
