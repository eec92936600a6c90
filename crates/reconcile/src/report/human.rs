//! A comparison for a terminal: the first differences as they are certain, and a summary at the end.

use std::io::{self, Write};

use crate::difference::{Change, Difference};
use crate::event::{Event, Progress};
use crate::report::{End, Shown, Subject, words};
use crate::totals::{Group, Totals};
use crate::value::Value;
use crate::verdict::Verdict;

/// Differences that are shown one by one; the summary counts all of them.
const LISTED_MAX: u64 = 20;
/// Groups of totals that are shown: those that differ first.
const GROUPS_LISTED_MAX: usize = 20;

/// What was listed so far.
#[derive(Default)]
pub(super) struct Human {
    listed: u64,
}

impl Human {
    /// A line for what people want to know while it happens.
    pub(super) fn take(&mut self, out: &mut dyn Write, subject: &Subject, event: &Event) -> io::Result<()> {
        match event {
            Event::Confirmed(difference) => self.list(out, subject, difference),
            Event::ChunkSkipped { range, fault } => {
                let (range, fault) = (words::range(subject, range), words::harmless(fault));
                writeln!(out, "not read: {range}: {fault}")
            }
            Event::Progress(_)
            | Event::ChunkDone(_)
            | Event::Sorting { .. }
            | Event::Paused { .. }
            | Event::Rereading { .. }
            | Event::Healed { .. }
            | Event::Moving { .. }
            | Event::Ended(_) => Ok(()),
        }
    }

    fn list(&mut self, out: &mut dyn Write, subject: &Subject, difference: &Difference) -> io::Result<()> {
        self.listed += 1;
        match self.listed {
            1..=LISTED_MAX => writeln!(out, "{}", line(subject, difference)),
            21 => writeln!(out, "further differences are counted below"),
            _ => Ok(()),
        }
    }

    /// The summary.
    pub(super) fn finish(self, out: &mut dyn Write, subject: &Subject, end: &End) -> io::Result<()> {
        if self.listed > 0 || !end.skipped.is_empty() {
            writeln!(out)?;
        }
        let name = words::harmless(&subject.entity);
        match &end.verdict {
            Some(verdict) => summary(out, subject, &name, (verdict, end.progress))?,
            None => writeln!(out, "{name}: the comparison did not end")?,
        }
        for sentence in &subject.left_out {
            writeln!(out, "  not compared: {}", words::harmless(sentence))?;
        }
        end.totals.iter().try_for_each(|totals| table(out, subject, totals))
    }
}

fn summary(
    out: &mut dyn Write,
    subject: &Subject,
    name: &str,
    (verdict, progress): (&Verdict, Option<Progress>),
) -> io::Result<()> {
    writeln!(out, "{name}: {}: {}", words::outcome(verdict), words::reason(verdict))?;
    let (coverage, counts) = (&verdict.coverage, &verdict.counts);
    for (side, place, rows) in [
        ("old", &subject.old, coverage.old_rows),
        ("new", &subject.new, coverage.new_rows),
    ] {
        writeln!(
            out,
            "  {side}: {} rows of {}",
            words::count(rows),
            words::harmless(place)
        )?;
    }
    if let Some(progress) = progress.filter(|progress| progress.rows_now > 0) {
        let took = time(progress.elapsed.as_secs_f64());
        let rate = per_second(&progress);
        writeln!(out, "  read in {took}, {} rows/s of both sides", words::count(rate))?;
    }
    for (number, what) in [
        (counts.missing, "missing on the new side"),
        (counts.extra, "on the new side only"),
        (counts.changed, "with other values"),
        (counts.duplicated, "keys that name several rows"),
        (counts.healed, "differed when read first and agree now"),
        (counts.moving, "still changing when last read"),
    ] {
        if number > 0 {
            writeln!(out, "  {}: {what}", words::count(number))?;
        }
    }
    for ((column, class), rows) in &counts.classes {
        let column = words::harmless(words::column(subject, *column));
        writeln!(out, "    column {column}, by {class}: {}", words::count(*rows))?;
    }
    for doubt in &verdict.doubts {
        writeln!(out, "  {}", words::doubt(doubt))?;
    }
    if !coverage.is_whole {
        let (done, skipped) = (
            words::count(coverage.chunks_done),
            words::count(coverage.chunks_skipped),
        );
        let all = progress.and_then(|progress| progress.rows_estimated);
        let read = coverage.old_rows.max(coverage.new_rows);
        let of = all.filter(|all| *all > read).map_or(String::new(), |all| {
            format!("{} of about {} rows, ", words::count(read), words::count(all))
        });
        writeln!(
            out,
            "  not all keys were compared: {of}{done} chunks done, {skipped} not read"
        )?;
    }
    Ok(())
}

fn table(out: &mut dyn Write, subject: &Subject, totals: &Totals) -> io::Result<()> {
    let plan = totals.plan();
    let measure = plan.measure.as_ref().map_or("rows", |measure| measure.name.as_str());
    let names: Vec<&str> = plan.dimensions.iter().map(|one| one.name.as_str()).collect();
    let by = if names.is_empty() {
        String::new()
    } else {
        format!(" by {}", names.join(", "))
    };
    writeln!(
        out,
        "  totals of {}{}, as first read:",
        words::harmless(measure),
        words::harmless(&by)
    )?;
    let mut groups = totals.groups();
    groups.sort_by_key(|(_, group)| group.old == group.new);
    let lines = groups.iter().take(GROUPS_LISTED_MAX);
    lines.clone().try_for_each(|(values, group)| {
        let mark = if group.old == group.new { "equal" } else { "DIFFERS" };
        let (name, old, new) = (group_name(subject, values), side(group, true), side(group, false));
        writeln!(out, "    {name}: old {old}, new {new}: {mark}")
    })?;
    let more = groups.len().saturating_sub(GROUPS_LISTED_MAX);
    if more > 0 {
        let differ = groups
            .iter()
            .skip(GROUPS_LISTED_MAX)
            .filter(|(_, group)| group.old != group.new)
            .count();
        writeln!(out, "    and {more} more groups, {differ} of which differ")?;
    }
    let over = totals.over();
    if over.old_rows + over.new_rows > 0 {
        let (old, new) = (words::count(over.old_rows), words::count(over.new_rows));
        writeln!(
            out,
            "    too many groups: {old} old and {new} new rows are in none of them"
        )?;
    }
    Ok(())
}

/// The name of a group for people.
pub(super) fn group_name(subject: &Subject, values: &[Value]) -> String {
    match subject.shown {
        _ if values.is_empty() => "all rows".to_owned(),
        Shown::Values | Shown::Keys => values.iter().map(words::value).collect::<Vec<_>>().join(", "),
        Shown::Fingerprints => words::fingerprint(&crate::row::Key::of(values)),
    }
}

fn side(group: &Group, is_old: bool) -> String {
    let sum = if is_old { &group.old } else { &group.new };
    let mut text = format!("{} in {} rows", sum.total(), words::count(sum.rows()));
    for (number, what) in [(sum.nulls(), "without an amount"), (sum.not_numbers(), "no numbers")] {
        if number > 0 {
            text.push_str(&format!(" ({} {what})", words::count(number)));
        }
    }
    text
}

fn line(subject: &Subject, difference: &Difference) -> String {
    let (kind, key) = (words::kind(difference), words::key(subject, difference.key()));
    match difference {
        Difference::Missing { .. } | Difference::Extra { .. } => format!("{kind}: {key}"),
        Difference::Duplicated { side, rows, .. } => format!("{kind}: {key}: {rows} rows on the {side} side"),
        Difference::Changed { changes, .. } => {
            let parts: Vec<String> = changes.iter().map(|change| part(subject, change)).collect();
            format!("{kind}: {key}: {}", parts.join("; "))
        }
    }
}

fn part(subject: &Subject, change: &Change) -> String {
    let column = words::harmless(words::column(subject, change.column));
    match subject.shown {
        Shown::Values => {
            let (old, new) = (words::value(&change.old), words::value(&change.new));
            format!("{column} {old} -> {new} (by {})", change.class)
        }
        Shown::Keys | Shown::Fingerprints => format!("{column} (by {})", change.class),
    }
}

/// One line that says how far a comparison is, how fast, and how long the rest takes by the present rate.
#[must_use]
pub fn progress(progress: &Progress) -> String {
    let done = progress.old_rows.max(progress.new_rows);
    let rate = per_second(progress);
    let head = match progress.rows_estimated.filter(|rows| *rows > 0) {
        Some(all) => format!("{} of about {} rows", words::count(done), words::count(all.max(done))),
        None => format!("{} rows", words::count(done)),
    };
    #[expect(clippy::cast_precision_loss, reason = "an estimate of time needs no 53 bits")]
    let left = progress
        .rows_estimated
        .filter(|_| rate > 0)
        .map(|all| 2.0 * all.saturating_sub(done) as f64 / rate as f64);
    let left = left.map_or(String::new(), |seconds| format!(", about {} left", time(seconds)));
    let suspects = words::count(progress.suspects);
    format!("{head}, {} rows/s{left}, {suspects} suspects", words::count(rate))
}

/// Rows of both sides a second, over all the time that it has taken.
fn per_second(progress: &Progress) -> u64 {
    let nanos = progress.elapsed.as_nanos();
    let rows = u128::from(progress.rows_now) * 1_000_000_000;
    rows.checked_div(nanos)
        .map_or(0, |rate| u64::try_from(rate).unwrap_or(u64::MAX))
}

fn time(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time is positive and rounded for people"
    )]
    let whole = seconds.ceil() as u64;
    match whole {
        0..=99 => format!("{whole} s"),
        100..=5_999 => format!("{} min", whole.div_ceil(60)),
        _ => format!("{} h", whole.div_ceil(3_600)),
    }
}
