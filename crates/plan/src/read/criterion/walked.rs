//! Criteria over the outcome of attempts: completion and errors of a flow.

use tidegate_model::plan::{Measure, OnHarm};

use super::{Measured, flow};
use crate::read::Reading;
use crate::read::fields::{Fields, value};
use crate::read::scalar::{PERCENT, percent};
use crate::syntax::Node;

/// `{ flow: buy, completion: not worse }`.
pub(super) fn completion(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let flow = flow(node, reading);
    fields.need("completion", reading).and_then(|node| {
        value(
            node,
            "`completion`",
            "`not worse`",
            |text| (text == "not worse").then_some(()),
            reading,
        )
    })?;
    let flow = flow?;
    Some(Measured::new(
        Measure::Completion { flow: flow.clone() },
        format!("{flow}-completion"),
        format!("completion of {flow} is not worse"),
        OnHarm::Rollback,
    ))
}

/// `{ errors: buy, at-most: 5%, not-worse-by: 2pp }`.
pub(super) fn errors(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let flow = flow(node, reading);
    let mut share = |field: &'static str, reading: &mut Reading| {
        fields
            .need(field, reading)
            .and_then(|node| value(node, &format!("`{field}`"), PERCENT, percent, reading))
    };
    let (at_most, not_worse_by) = (share("at-most", reading), share("not-worse-by", reading));
    let (flow, at_most, not_worse_by) = (flow?, at_most?, not_worse_by?);
    Some(Measured::new(
        Measure::Errors {
            flow: flow.clone(),
            at_most,
            not_worse_by,
        },
        format!("{flow}-errors"),
        format!(
            "errors of {flow} are at most {at_most} and not worse by {}",
            not_worse_by.points()
        ),
        OnHarm::Rollback,
    ))
}
