//! Criteria that nobody outside has to be asked for: the incident record, and a person's word.

use tidegate_model::plan::{Measure, OnHarm};

use super::Measured;
use crate::read::Reading;
use crate::read::fields::{Fields, text, value, wrong};
use crate::read::scalar::{SEVERITY, WHOLE, severity};
use crate::syntax::{Node, Shape};

/// `{ incidents: sev2, at-most: 0 }`.
pub(super) fn incidents(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    if matches!(node.shape, Shape::List(_) | Shape::Map(_)) {
        wrong(node, "`incidents`", SEVERITY, reading);
        return None;
    }
    let at_least = value(node, "`incidents`", SEVERITY, severity, reading);
    let at_most = fields.get("at-most").map_or(Some(0), |node| {
        value(
            node,
            "`at-most`",
            WHOLE,
            |text| text.trim().parse::<u32>().ok(),
            reading,
        )
    });
    let (at_least, at_most) = (at_least?, at_most?);
    Some(Measured::new(
        Measure::Incidents { at_least, at_most },
        format!("incidents-{}", at_least.word()),
        format!("at most {at_most} open incidents at {} or worse", at_least.word()),
        OnHarm::Hold,
    ))
}

/// `{ manual: "have returns been tried?" }`.
pub(super) fn manual(node: &Node, reading: &mut Reading) -> Option<Measured> {
    let question = text(node, "`manual`", reading)?;
    Some(Measured::new(
        Measure::Manual {
            question: question.clone(),
        },
        "manual".to_owned(),
        question,
        OnHarm::Hold,
    ))
}
