//! Numbers and counts of a table.

use std::collections::BTreeMap;

use tidegate_model::Timestamp;
use tidegate_model::ask::{Cadence, FieldTest};
use tidegate_model::seam::{ArmCounts, InvalidReason};

use super::parse::{Parsed, parse};
use super::read::read;
use crate::asker::Level;
use crate::fields::{Field, pass};
use crate::miss::{Finding, Miss};
use crate::source::Table;
use crate::{moment, number};

/// The number of the newest row that passes.
pub(crate) async fn level(
    table: &Table,
    (rows, value, time): (&[FieldTest], &str, &str),
    cadence: Cadence,
    now: Timestamp,
) -> Finding<Level> {
    let parsed = parse(&read(table, cadence).await?)?;
    let (value, time) = (parsed.column(value)?, parsed.column(time)?);
    let mut newest: Option<(Timestamp, &str)> = None;
    let mut is_alone = true;
    for row in passing(&parsed, rows)? {
        let at = moment_of(&row[time], now)?;
        if newest.is_none_or(|(newest, _)| at >= newest) {
            is_alone = newest.is_none_or(|(newest, _)| at > newest);
            newest = Some((at, &row[value]));
        }
    }
    let (at, text) = newest.ok_or_else(|| Miss::Nothing("no rows".to_owned()))?;
    if !is_alone {
        let detail = "several rows are the newest".to_owned();
        return Err(Miss::Unusable(InvalidReason::SeveralSeries, detail));
    }
    Ok(Level {
        value: number::decimal_of_digits(number::written(text)?)?,
        at: Some(at),
    })
}

/// Sums of each day that is over.
pub(crate) async fn days(
    table: &Table,
    (rows, [day, all, hits]): (&[FieldTest], [&str; 3]),
    cadence: Cadence,
    now: Timestamp,
) -> Finding<BTreeMap<String, ArmCounts>> {
    let parsed = parse(&read(table, cadence).await?)?;
    let (day, all, hits) = (parsed.column(day)?, parsed.column(all)?, parsed.column(hits)?);
    let rows = passing(&parsed, rows)?;
    if rows.is_empty() {
        return Err(Miss::Nothing("no rows".to_owned()));
    }
    let mut days: BTreeMap<String, ArmCounts> = BTreeMap::new();
    for row in rows {
        let is_over = moment::is_over(&row[day], now);
        if !is_over.ok_or_else(|| Miss::shape("a day is not written like 2026-11-20"))? {
            continue;
        }
        let count = |place: usize| number::written(&row[place]).and_then(number::count_of_digits);
        let (n, hit) = (count(all)?, count(hits)?);
        let sums = days.entry(row[day].clone()).or_default();
        let beyond = || Miss::Unusable(InvalidReason::Impossible, "a sum is beyond 2^64".to_owned());
        sums.n = sums.n.checked_add(n).ok_or_else(beyond)?;
        sums.hits = sums.hits.checked_add(hit).ok_or_else(beyond)?;
    }
    if let Some((day, sums)) = days.iter().find(|(_, sums)| sums.hits > sums.n) {
        let detail = format!("{} hits of {} on {day}", sums.hits, sums.n);
        return Err(Miss::Unusable(InvalidReason::Impossible, detail));
    }
    Ok(days)
}

/// The rows that pass; each test names a column that is there.
fn passing<'a>(parsed: &'a Parsed, tests: &[FieldTest]) -> Finding<Vec<&'a Vec<String>>> {
    for test in tests {
        parsed.column(&test.field)?;
    }
    let passes = |row: &&Vec<String>| {
        pass(tests, |name| {
            let place = parsed.column(name).ok()?;
            Field::of_text(&row[place])
        })
    };
    Ok(parsed.rows.iter().filter(passes).collect())
}

/// A moment, seconds since 1970, or the end of a day, which is at most now.
fn moment_of(text: &str, now: Timestamp) -> Finding<Timestamp> {
    let at = moment::read(text).or_else(|| {
        // A day that is not over is about now; one that lies ahead is no less so than its beginning says.
        let end = moment::day_end(text)?;
        let is_today = end.since(now) <= tidegate_model::Millis(24 * 3_600_000);
        Some(if is_today { end.min(now) } else { end })
    });
    if let Some(at) = at {
        return Ok(at);
    }
    let seconds = number::decimal_of_digits(text).ok().filter(|_| !text.is_empty());
    seconds
        .map(|seconds| Timestamp(seconds.0 / 1_000))
        .ok_or_else(|| Miss::shape("a moment is neither a day, a time with a zone nor seconds since 1970"))
}
