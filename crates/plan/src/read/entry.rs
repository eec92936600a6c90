//! What must hold when a stage is entered: facts that only run time knows.

use tidegate_model::plan::EntryCondition;
use tidegate_model::{CriterionId, Millis, Severity, StageId};

use super::Reading;
use super::envelope::Head;
use super::fields::{Fields, items, value};
use super::scalar::{duration, severity};
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
    ],
);

const INCIDENTS: &str = "`none open at sev2 or worse`, or another severity";
const WITHIN: &str = "a time such as `within 14d`";
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
        .filter_map(|name| fields.get(name).map(|node| (name, node)))
        .collect();
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
                    "one of `incidents`, `rollback-drilled`, `contact-verified` and `passes`",
                    found,
                )
                .help("write each as an entry of the list: `enter: [{ rollback-drilled: within 14d }]`"),
            );
        }
        return None;
    };
    let quoted = format!("`{name}`");
    match *name {
        "incidents" => {
            let at_least = value(node, &quoted, INCIDENTS, none_open, reading)?;
            Some(EntryCondition::NoIncident { at_least })
        }
        "rollback-drilled" => {
            let within = value(node, &quoted, WITHIN, within, reading)?;
            Some(EntryCondition::RollbackDrilled { within })
        }
        "contact-verified" => {
            let within = value(node, &quoted, WITHIN, within, reading)?;
            Some(EntryCondition::ContactVerified { within })
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
