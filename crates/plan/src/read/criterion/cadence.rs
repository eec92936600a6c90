//! How often a source is asked, how long an answer may take, and how old it may be.

use tidegate_model::Millis;
use tidegate_model::ask::Cadence;

use super::ask::Source;
use crate::code::Code;
use crate::read::Reading;
use crate::read::fields::{Fields, value};
use crate::read::scalar::{DURATION, duration};
use crate::sink::Finding;

/// The longest time that an answer has when nothing is written; at most half of `every`.
const TIMEOUT: Millis = Millis::seconds(10);
/// `stale-after` when nothing is written: so many times `every`, and at least what the source's kind asks for.
const STALE_AFTER_TIMES: u64 = 3;
/// Tables of search engines come days late.
const CSV_STALE_AFTER: Millis = Millis::minutes(5 * 24 * 60);

fn every_of(source: Source) -> Millis {
    match source {
        Source::Prometheus | Source::Log => Millis::seconds(15),
        Source::Probe => Millis::seconds(30),
        Source::Sql => Millis::minutes(1),
        Source::Csv => Millis::minutes(60),
    }
}

/// Reads `every`, `timeout` and `stale-after`, with defaults by the kind of source.
pub(super) fn read(source: Source, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Cadence> {
    let stale_least = match source {
        Source::Csv => CSV_STALE_AFTER,
        Source::Prometheus | Source::Sql | Source::Log | Source::Probe => Millis(0),
    };
    read_or(every_of(source), stale_least, fields, reading)
}

/// The same with what holds where `every` and `stale-after` are not written.
pub(super) fn read_or(
    every_default: Millis,
    stale_least: Millis,
    fields: &mut Fields<'_>,
    reading: &mut Reading,
) -> Option<Cadence> {
    let mut time = |field: &'static str, reading: &mut Reading| match fields.get(field) {
        None => Some(None),
        Some(node) => value(
            node,
            &format!("`{field}`"),
            DURATION,
            |text| duration(text).filter(|time| time.0 > 0),
            reading,
        )
        .map(|time| Some((time, node.place))),
    };
    let (every, timeout, stale) = (
        time("every", reading),
        time("timeout", reading),
        time("stale-after", reading),
    );
    let (every, timeout, stale) = (every?, timeout?, stale?);
    let asked = every.map_or(every_default, |(every, _)| every);
    if let Some((timeout, place)) = timeout
        && timeout >= asked
    {
        reading.sink.add(
            Finding::error(
                Code::Timeout,
                place,
                "the next question comes before this one's time is over",
            )
            .expected(
                format!("a `timeout` below {asked}, which is `every`"),
                timeout.to_string(),
            )
            .help("shorten `timeout` or ask less often"),
        );
        return None;
    }
    if let Some((stale, place)) = stale
        && stale < asked
    {
        reading.sink.add(
            Finding::error(
                Code::StaleBeforeAsked,
                place,
                "an answer is stale before the next question is asked",
            )
            .expected(
                format!("a `stale-after` of {asked} or more, which is `every`"),
                stale.to_string(),
            )
            .help("let an answer count until some questions later, or ask more often"),
        );
        return None;
    }
    let stale_default = || stale_least.max(Millis(asked.0.saturating_mul(STALE_AFTER_TIMES)));
    Some(Cadence {
        every: asked,
        timeout: timeout.map_or_else(|| TIMEOUT.min(Millis((asked.0 / 2).max(1))), |(timeout, _)| timeout),
        stale_after: stale.map_or_else(stale_default, |(stale, _)| stale),
    })
}
