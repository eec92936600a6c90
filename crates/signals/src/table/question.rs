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

/// A column of every row, in the table's order.
pub(crate) async fn column(table: &Table, name: &str, cadence: Cadence) -> Finding<Vec<String>> {
    let parsed = parse(&read(table, cadence).await?)?;
    let place = parsed.column(name)?;
    Ok(parsed.rows.into_iter().map(|mut row| row.swap_remove(place)).collect())
}

/// The number of the newest row that passes.
pub(crate) async fn level(
    table: &Table,
    (rows, value, time): (&[FieldTest], &str, &str),
    cadence: Cadence,
) -> Finding<Level> {
    let parsed = parse(&read(table, cadence).await?)?;
    let (value, time) = (parsed.column(value)?, parsed.column(time)?);
    let mut newest: Option<(Timestamp, &Vec<String>)> = None;
    let mut is_alone = true;
    for row in passing(&parsed, rows)? {
        let at = moment_of(&row[time])?;
        if newest.is_none_or(|(newest, _)| at >= newest) {
            is_alone = newest.is_none_or(|(newest, _)| at > newest);
            newest = Some((at, row));
        }
    }
    let (at, row) = newest.ok_or_else(|| Miss::Nothing("no rows".to_owned()))?;
    if !is_alone {
        let detail = "several rows are the newest".to_owned();
        return Err(Miss::Unusable(InvalidReason::SeveralSeries, detail));
    }
    Ok(Level {
        value: number::decimal_of_digits(number::written(&row[value])?)?,
        at: Some(begun(&row[time]).unwrap_or(at)),
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

/// What a row named by a day is about, for certain: the day's beginning, since it may be of the first minute.
fn begun(text: &str) -> Option<Timestamp> {
    moment::day_start(text)
}

/// A moment, seconds since 1970, or the end of a day.
fn moment_of(text: &str) -> Finding<Timestamp> {
    if let Some(at) = moment::named(text) {
        return Ok(at);
    }
    let seconds = number::decimal_of_digits(text).ok().filter(|_| !text.is_empty());
    seconds
        .map(|seconds| Timestamp(seconds.0 / 1_000))
        .ok_or_else(|| Miss::shape("a moment is neither a day, a time with a zone nor seconds since 1970"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_day_is_about_its_beginning_whenever_it_is_read() {
        let [start, end] = ["2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"].map(|text| moment::read(text).unwrap());
        assert_eq!(begun("2026-11-21"), Some(start));
        assert_eq!(
            moment_of("2026-11-21").unwrap(),
            end,
            "rows are in the order of their ends"
        );
        assert_eq!(begun("2026-11-21T09:00:00Z"), None, "it says itself when it was");
    }
}
