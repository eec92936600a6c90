//! Criteria over the load on people: pages that go to whoever is on call, in an hour of being on call.

use tidegate_model::Millis;
use tidegate_model::ask::Decimal;
use tidegate_model::plan::{Measure, OnHarm};

use super::Measured;
use crate::form::{Form, Of, may, need};
use crate::read::Reading;
use crate::read::fields::{Fields, value};
use crate::read::scalar::{duration, number};
use crate::syntax::Node;

/// Counted over so long when nothing is written.
const OVER: Millis = Millis::minutes(4 * 60);
/// Pages are remembered for so long.
const OVER_MAX: Millis = Millis::minutes(7 * 24 * 60);

/// The fields of a load.
pub(super) static LOAD: Form = Form::new(
    "how often people on call are paged",
    &[need("pages-per-oncall-hour", Of::Text), may("over", Of::Duration)],
);

const BOUND: &str = "a bound such as `<= 0.5`";
const TIME: &str = "a duration up to 7 days such as `4h`";

/// `{ load: { pages-per-oncall-hour: "<= 0.5", over: 4h } }`.
pub(super) fn read(node: &Node, reading: &mut Reading) -> Option<Measured> {
    let mut fields = Fields::open(node, "`load`", &LOAD, reading)?;
    let at_most = fields
        .need("pages-per-oncall-hour", reading)
        .and_then(|node| value(node, "`pages-per-oncall-hour`", BOUND, bound, reading));
    let over = fields.get("over").map_or(Some(OVER), |node| {
        let time = |text: &str| duration(text).filter(|over| over.0 > 0 && *over <= OVER_MAX);
        value(node, "`over`", TIME, time, reading)
    });
    fields.close(reading);
    let (at_most, over) = (at_most?, over?);
    Some(Measured::new(
        Measure::Load { at_most, over },
        "load".to_owned(),
        format!("people on call get at most {at_most} pages an hour, over {over}"),
        OnHarm::Hold,
    ))
}

fn bound(text: &str) -> Option<Decimal> {
    let at_most = number(text.trim().strip_prefix("<=")?.trim())?;
    (at_most.0 >= 0).then_some(at_most)
}
