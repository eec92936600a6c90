//! When an entity is compared, how long its verdict counts, and what a comparison may take from live databases.

use tidegate_model::Millis;
use tidegate_model::entity::Budget;

use crate::code::Code;
use crate::form::{Form, Of, may};
use crate::read::Reading;
use crate::read::fields::{Fields, value};
use crate::read::scalar::{DURATION, duration, whole};
use crate::sink::Finding;
use crate::syntax::Node;

/// Time between two comparisons when nothing is written.
const EVERY: Millis = Millis::minutes(5);
/// A verdict counts so many schedules long, and one comparison more.
const STALE_AFTER_TIMES: u64 = 3;
/// The longest that a comparison runs.
const TIME: Millis = Millis::minutes(10);
const DIFFERENCES: u64 = 100_000;
const SETTLE: Millis = Millis::seconds(1);
const PARALLEL: u32 = 2;
const PARALLEL_MAX: u64 = 64;

const POSITIVE: &str = "a whole number above zero";

/// The fields of a budget.
pub(super) static BUDGET: Form = Form::new(
    "what a comparison may take from live databases",
    &[
        may("time", Of::Duration),
        may("differences", Of::Whole),
        may("rows", Of::Whole),
        may("sessions", Of::Whole),
        may("lag", Of::Duration),
        may("settle", Of::Duration),
        may("parallel", Of::Whole),
    ],
);

/// `every`, `stale-after` and `budget`.
pub(super) fn schedule(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<(Millis, Millis, Budget)> {
    let every = fields
        .get("every")
        .map_or(Some(EVERY), |node| time(node, "`every`", reading));
    let stale = fields.get("stale-after");
    let stale_after = stale.map(|node| time(node, "`stale-after`", reading));
    let budget = match fields.get("budget") {
        None => Some(default()),
        Some(node) => budget(node, reading),
    };
    let (every, budget) = (every?, budget?);
    let needed = Millis(every.0.saturating_add(budget.time.0));
    let stale_after = match stale_after {
        None => Millis(every.0.saturating_mul(STALE_AFTER_TIMES).saturating_add(budget.time.0)),
        Some(stale) => stale?,
    };
    if let Some(node) = stale
        && stale_after < needed
    {
        reading.sink.add(
            Finding::error(
                Code::NoTimeToCompare,
                node.place,
                "a verdict is too old before the next comparison can have ended",
            )
            .expected(
                format!("a `stale-after` of {needed} or more, which is `every` and the budget's `time`"),
                stale_after.to_string(),
            )
            .help("let a verdict count for longer, compare more often, or give a comparison less time"),
        );
        return None;
    }
    Some((every, stale_after, budget))
}

fn default() -> Budget {
    Budget {
        time: TIME,
        differences: DIFFERENCES,
        rows_per_second: None,
        sessions: None,
        lag: None,
        settle: SETTLE,
        is_settle_declared: false,
        parallel: PARALLEL,
    }
}

/// `{ time: 2m, differences: 1000, rows: 50000, sessions: 20, lag: 10s, settle: 1s, parallel: 2 }`.
fn budget(node: &Node, reading: &mut Reading) -> Option<Budget> {
    let mut fields = Fields::open(node, "the budget of a comparison", &BUDGET, reading)?;
    let standard = default();
    let longest = fields
        .get("time")
        .map_or(Some(standard.time), |node| time(node, "`time`", reading));
    let mut count = |field: &'static str, reading: &mut Reading| match fields.get(field) {
        None => Some(None),
        Some(node) => value(node, &format!("`{field}`"), POSITIVE, positive, reading).map(Some),
    };
    let differences = count("differences", reading);
    let rows = count("rows", reading);
    let sessions = count("sessions", reading);
    let parallel = fields.get("parallel").map_or(Some(u64::from(PARALLEL)), |node| {
        value(
            node,
            "`parallel`",
            "a whole number, 1 to 64",
            |text| positive(text).filter(|n| *n <= PARALLEL_MAX),
            reading,
        )
    });
    let lag = match fields.get("lag") {
        None => Some(None),
        Some(node) => time(node, "`lag`", reading).map(Some),
    };
    let written = fields.get("settle");
    let settle = written.map_or(Some(standard.settle), |node| time(node, "`settle`", reading));
    fields.close(reading);
    Some(Budget {
        time: longest?,
        differences: differences?.unwrap_or(standard.differences),
        rows_per_second: rows?,
        sessions: sessions?,
        lag: lag?,
        settle: settle?,
        is_settle_declared: written.is_some(),
        parallel: u32::try_from(parallel?).expect("at most 64"),
    })
}

fn time(node: &Node, what: &str, reading: &mut Reading) -> Option<Millis> {
    let above_zero = |text: &str| duration(text).filter(|time| time.0 > 0);
    value(node, what, DURATION, above_zero, reading)
}

fn positive(text: &str) -> Option<u64> {
    whole(text).filter(|number| *number > 0)
}
