//! What must hold when a stage is entered: facts that only run time knows.

use tidegate_model::ask::Decimal;
use tidegate_model::plan::EntryCondition;
use tidegate_model::{CriterionId, DomainId, Millis, ObjectiveId, Severity, StageId};

use super::envelope::Head;
use super::fields::{Fields, items, value};
use super::scalar::{duration, number, severity};
use super::{Kind, Reading};
use crate::code::Code;
use crate::form::{Form, Of, may};
use crate::sink::Finding;
use crate::syntax::Node;

/// The fields of a condition, of which one is written.
pub(crate) static ENTRY: Form = Form::new(
    "one thing that must hold when a stage is entered",
    &[
        may("incidents", Of::Text),
        may("rollback-drilled", Of::Text),
        may("contact-verified", Of::Text),
        may("passes", Of::Text),
        may("objective", Of::Text),
        may("burn", Of::Text),
    ],
);

const INCIDENTS: &str = "`none open at sev2 or worse`, or another severity";
const WITHIN: &str = "a time such as `within 14d`";
const OBJECTIVE: &str = "a domain and an objective of it such as `payments/processing`";
const BURN: &str = "a rate above zero that it stays below, such as `\"< 1\"`";
const PASSES: &str = "a stage and a criterion of its gate such as `catalogue/browse-errors`";

/// Reads the conditions of a stage's entry.
pub(crate) fn read(node: Option<&Node>, head: &Head, reading: &mut Reading) -> Vec<EntryCondition> {
    let mut found = Vec::new();
    for node in node.map(items).unwrap_or_default() {
        if let Some(condition) = condition(node, head, reading) {
            reading.mark(&head.subject, &format!("enter {}", found.len()), node.place);
            found.push(condition);
        }
    }
    found
}

fn condition(node: &Node, head: &Head, reading: &mut Reading) -> Option<EntryCondition> {
    let what = format!("an entry condition of {}", head.subject);
    let mut fields = Fields::open(node, what, &ENTRY, reading)?;
    let written: Vec<(&'static str, &Node)> = ENTRY
        .names()
        .filter(|name| *name != "burn")
        .filter_map(|name| fields.get(name).map(|node| (name, node)))
        .collect();
    let burn = fields.get("burn");
    let [(name, node)] = written.as_slice() else {
        if !fields.has_unknown() {
            let found = fields.instead_of("rollback-drilled");
            reading.sink.add(
                Finding::error(
                    Code::EntryAsks,
                    fields.head(),
                    format!("{} does not ask for one thing", fields.what()),
                )
                .expected(
                    "one of `incidents`, `rollback-drilled`, `contact-verified`, `passes` and `objective` with its `burn`",
                    found,
                )
                .help("write each as an entry of the list: `enter: [{ rollback-drilled: within 14d }]`"),
            );
        }
        return None;
    };
    let quoted = format!("`{name}`");
    if burn.is_some() != (*name == "objective") {
        let found = if burn.is_some() {
            "`burn` alone"
        } else {
            "`objective` alone"
        };
        reading.sink.add(
            Finding::error(
                Code::EntryAsks,
                fields.head(),
                format!("{} does not say how fast the budget of which objective may burn", fields.what()),
            )
            .expected("both `objective` and `burn`", found)
            .help("write `{ objective: payments/processing, burn: \"< 1\" }`: at 1 the budget of thirty days is spent exactly"),
        );
        return None;
    }
    match (*name, burn) {
        ("incidents", _) => {
            let at_least = value(node, &quoted, INCIDENTS, none_open, reading)?;
            Some(EntryCondition::NoIncident { at_least })
        }
        ("rollback-drilled", _) => {
            let within = value(node, &quoted, WITHIN, within, reading)?;
            Some(EntryCondition::RollbackDrilled { within })
        }
        ("contact-verified", _) => {
            let within = value(node, &quoted, WITHIN, within, reading)?;
            Some(EntryCondition::ContactVerified { within })
        }
        ("objective", Some(burn)) => {
            let (domain, objective) = value(node, &quoted, OBJECTIVE, promised, reading)?;
            reading.refer(Kind::Domain, domain.as_str(), node.place);
            let below = value(burn, "`burn`", BURN, below, reading)?;
            Some(EntryCondition::Burns {
                domain,
                objective,
                below,
            })
        }
        _ => {
            let (stage, criterion) = value(node, &quoted, PASSES, place, reading)?;
            Some(EntryCondition::Passes { stage, criterion })
        }
    }
}

/// `none open at sev2 or worse`.
fn none_open(text: &str) -> Option<Severity> {
    severity(text.trim().strip_prefix("none open at ")?.strip_suffix(" or worse")?)
}

/// `within 14d`.
fn within(text: &str) -> Option<Millis> {
    duration(text.trim().strip_prefix("within ")?).filter(|within| within.0 > 0)
}

/// `catalogue/browse-errors`.
fn place(text: &str) -> Option<(StageId, CriterionId)> {
    let (stage, criterion) = text.trim().split_once('/')?;
    Some((StageId::parse(stage).ok()?, CriterionId::parse(criterion).ok()?))
}

/// `payments/processing`.
fn promised(text: &str) -> Option<(DomainId, ObjectiveId)> {
    let (domain, objective) = text.trim().split_once('/')?;
    Some((DomainId::parse(domain).ok()?, ObjectiveId::parse(objective).ok()?))
}

/// `< 1`.
fn below(text: &str) -> Option<Decimal> {
    let rate = number(text.trim().strip_prefix('<')?)?;
    (rate.0 > 0).then_some(rate)
}
