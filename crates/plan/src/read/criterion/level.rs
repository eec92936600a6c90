//! Criteria over one number that a source tells: it stays within a bound.

use tidegate_model::Millis;
use tidegate_model::ask::{Bound, Decimal, LevelAsk, LevelQuestion};
use tidegate_model::plan::{Measure, OnHarm};

use super::ask::{self, Asked, Source};
use super::field_test::{self, Naming};
use super::{Measured, cadence};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::read::Reading;
use crate::read::fields::{Fields, text, value};
use crate::read::scalar::{DURATION, NUMBER, duration, number};
use crate::sink::Finding;
use crate::syntax::Node;

/// `for` when nothing is written, or three questions when these take longer.
const LASTING: Millis = Millis::minutes(5);
const LASTING_QUESTIONS: u64 = 3;
/// The moment of a log line, when nothing else is written.
const TIME: &str = "/time";
/// The day of a row, when nothing else is written: what Search Console calls it.
const DAY: &str = "Date";

/// The fields of a question with a number as its answer.
pub(crate) static LEVEL: Form = Form::new(
    "a question with a number as its answer",
    &[
        need("on", Of::Name),
        may("prometheus", Of::Text),
        may("sql", Of::Text),
        may("log", Of::Form(&LOG)),
        may("probe", Of::Either(&[Of::Text, Of::Form(&PROBE)])),
        may("csv", Of::Form(&CSV)),
    ],
);

static LOG: Form = Form::new(
    "lines of a log that tell a number",
    &[
        may("lines", field_test::TESTS_OF),
        need("value", Of::Text),
        may("time", Of::Text),
    ],
);

static PROBE: Form = Form::new(
    "a request whose time is measured",
    &[
        need("path", Of::Text),
        may("success", Of::Form(&crate::read::flow::PREDICATE)),
    ],
);

static CSV: Form = Form::new(
    "a column of a table that tells a number",
    &[
        may("rows", field_test::TESTS_OF),
        need("value", Of::Text),
        may("time", Of::Text),
    ],
);

/// `{ level: { on: metrics, prometheus: "sum(queue_depth)" }, at-most: 200, for: 5m, every: 15s, owner: payments }`.
pub(super) fn read(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    // The fields beside the question are asked for even when it cannot be read, so that they are not called unknown.
    let asked = ask::open(node, "`level`", &LEVEL, reading);
    let source = asked.as_ref().map_or(Source::Prometheus, |asked| asked.source);
    let cadence = cadence::read(source, fields, reading);
    let bound = bound(source, fields, reading);
    let lasting = fields.get("for").map(|node| {
        let every = cadence.map_or(Millis(1), |cadence| cadence.every);
        value(
            node,
            "`for`",
            &format!("a duration of `{every}`, which is `every`, or longer, or `0s` for one answer alone"),
            |text| duration(text).filter(|lasting| *lasting >= every || lasting.0 == 0),
            reading,
        )
    });
    let asked = asked?;
    let question = question(&asked, reading)?;
    let (cadence, (bound, place)) = (cadence?, bound?);
    let lasting = match lasting {
        None => LASTING.max(Millis(cadence.every.0.saturating_mul(LASTING_QUESTIONS))),
        Some(lasting) => lasting?,
    };
    if let (LevelQuestion::Probe { .. }, Bound::AtMost(Decimal(most)) | Bound::AtLeast(Decimal(most))) =
        (&question, bound)
        && u64::try_from(most).unwrap_or(0) >= cadence.timeout.0.saturating_mul(Decimal::ONE.unsigned_abs())
    {
        reading.sink.add(
            Finding::error(Code::Timeout, place, "an answer that took so long is no answer")
                .expected(
                    format!("a bound below {}, which is `timeout`", cadence.timeout),
                    in_words(source, Decimal(most)),
                )
                .help("lengthen `timeout` or lower the bound"),
        );
        return None;
    }
    let on = asked.on;
    let unit = match source {
        Source::Probe => " ms",
        Source::Prometheus | Source::Sql | Source::Log | Source::Csv => "",
    };
    let title = format!("what {on} tells is {bound}{unit}, for {lasting}");
    Some(Measured {
        max_silence: cadence.stale_after,
        asked_every: Some(cadence.every),
        ..Measured::new(
            Measure::Level {
                ask: LevelAsk {
                    on: on.clone(),
                    question,
                },
                bound,
                lasting,
                cadence,
            },
            format!("{on}-level"),
            title,
            OnHarm::Hold,
        )
    })
}

/// Reads a question with a number as its answer, for what is no criterion.
pub(crate) fn asked_number(node: &Node, what: &str, reading: &mut Reading) -> Option<LevelAsk> {
    let asked = ask::open(node, what, &LEVEL, reading)?;
    let question = question(&asked, reading)?;
    Some(LevelAsk { on: asked.on, question })
}

fn in_words(source: Source, value: Decimal) -> String {
    match source {
        Source::Probe => format!("{value} ms"),
        Source::Prometheus | Source::Sql | Source::Log | Source::Csv => value.to_string(),
    }
}

/// Exactly one of `at-most` and `at-least`; of a probe it is a time.
fn bound(source: Source, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<(Bound, crate::sink::Place)> {
    let mut side = |field: &'static str, reading: &mut Reading| {
        fields.get(field).map(|node| {
            let what = format!("`{field}`");
            let found = match source {
                Source::Probe => value(node, &what, DURATION, milliseconds, reading),
                Source::Prometheus | Source::Sql | Source::Log | Source::Csv => {
                    value(node, &what, NUMBER, number, reading)
                }
            };
            (found, node.place)
        })
    };
    let (most, least) = (side("at-most", reading), side("at-least", reading));
    match (most, least) {
        (Some((most, place)), None) => Some((Bound::AtMost(most?), place)),
        (None, Some((least, place))) => Some((Bound::AtLeast(least?), place)),
        (found, _) => {
            let (place, message, instead) = match found {
                None => (fields.head(), "a level has no bound", fields.instead_of("at-most")),
                Some((_, place)) => (place, "a level has two bounds", "both".to_owned()),
            };
            reading.sink.add(
                Finding::error(Code::OneBound, place, message)
                    .expected("one of `at-most` and `at-least`", instead)
                    .help("write for example `at-most: 200`; a number with a bound on either side is two criteria"),
            );
            None
        }
    }
}

fn milliseconds(text: &str) -> Option<Decimal> {
    let ms = i64::try_from(duration(text)?.0).ok()?;
    ms.checked_mul(Decimal::ONE).map(Decimal)
}

fn question(asked: &Asked<'_>, reading: &mut Reading) -> Option<LevelQuestion> {
    let node = asked.node;
    match asked.source {
        Source::Prometheus => text(node, "`prometheus`", reading).map(|query| LevelQuestion::Prometheus { query }),
        Source::Sql => text(node, "`sql`", reading).map(|query| LevelQuestion::Sql { query }),
        Source::Log => {
            let mut fields = Fields::open(node, "`log`", &LOG, reading)?;
            let lines = field_test::read(fields.get("lines"), "`lines`", Naming::Pointer, reading);
            let value = fields
                .need("value", reading)
                .and_then(|node| ask::field_pointer(node, "`value`", reading));
            let time = match fields.get("time") {
                None => Some(TIME.to_owned()),
                Some(node) => ask::field_pointer(node, "`time`", reading),
            };
            fields.close(reading);
            Some(LevelQuestion::Log {
                lines: lines?,
                value: value?,
                time: time?,
            })
        }
        Source::Probe if ask::is_short(node) => Some(LevelQuestion::Probe {
            path: ask::path(node, reading)?,
            success: ask::success(None, reading),
        }),
        Source::Probe => {
            let mut fields = Fields::open(node, "`probe`", &PROBE, reading)?;
            let path = fields.need("path", reading).and_then(|node| ask::path(node, reading));
            let success = ask::success(fields.get("success"), reading);
            fields.close(reading);
            Some(LevelQuestion::Probe { path: path?, success })
        }
        Source::Csv => {
            let mut fields = Fields::open(node, "`csv`", &CSV, reading)?;
            let rows = field_test::read(fields.get("rows"), "`rows`", Naming::Column, reading);
            let value = fields
                .need("value", reading)
                .and_then(|node| text(node, "`value`", reading));
            let time = match fields.get("time") {
                None => Some(DAY.to_owned()),
                Some(node) => text(node, "`time`", reading),
            };
            fields.close(reading);
            Some(LevelQuestion::Csv {
                rows: rows?,
                value: value?,
                time: time?,
            })
        }
    }
}
