//! One event a line. Each line goes out at once and is never wrapped, whatever its length.

use std::io::{self, Write};
use std::time::Duration;

use crate::event::Event;
use crate::report::line::{self, FORMAT, KeyShown, Line};
use crate::report::{Shown, Subject};
use crate::totals::Totals;

/// The first line.
pub(super) fn began(out: &mut dyn Write, subject: &Subject) -> io::Result<()> {
    let began = Line::Began {
        format: FORMAT,
        entity: &subject.entity,
        old: &subject.old,
        new: &subject.new,
        key: &subject.key,
        columns: &subject.columns,
        left_out: &subject.left_out,
        shown: match subject.shown {
            Shown::Values => "values",
            Shown::Keys => "keys",
            Shown::Fingerprints => "fingerprints",
        },
    };
    write_line(out, &began)
}

/// The line of an event.
pub(super) fn event(out: &mut dyn Write, subject: &Subject, event: &Event) -> io::Result<()> {
    let line = match event {
        Event::Progress(progress) => Line::Progress {
            old_rows: progress.old_rows,
            new_rows: progress.new_rows,
            rows_now: progress.rows_now,
            rows_estimated: progress.rows_estimated,
            chunks_done: progress.chunks_done,
            suspects: progress.suspects,
            elapsed_ms: millis(progress.elapsed),
        },
        Event::ChunkDone(done) => Line::ChunkDone {
            from: done.range.from.as_ref().map(|key| KeyShown(subject, key)),
            until: done.range.until.as_ref().map(|key| KeyShown(subject, key)),
            old_rows: done.old_rows,
            new_rows: done.new_rows,
            suspects: done.suspects.len(),
        },
        Event::ChunkSkipped { range, fault } => Line::ChunkSkipped {
            from: range.from.as_ref().map(|key| KeyShown(subject, key)),
            until: range.until.as_ref().map(|key| KeyShown(subject, key)),
            fault,
        },
        Event::Sorting { side, why } => Line::Sorting { side: *side, why },
        Event::Paused { side, why, pause } => Line::Paused {
            side: *side,
            why,
            pause_ms: millis(*pause),
        },
        Event::Rereading { suspects, settle } => Line::Rereading {
            suspects: *suspects,
            settle_ms: millis(*settle),
        },
        Event::Confirmed(difference) => line::difference(subject, difference),
        Event::Healed { key, had_lagged } => Line::Healed {
            key: KeyShown(subject, key),
            had_lagged: *had_lagged,
        },
        Event::Moving { key, reads } => Line::Moving {
            key: KeyShown(subject, key),
            reads: *reads,
        },
        Event::Ended(verdict) => Line::Ended {
            outcome: verdict.outcome,
            exit_code: verdict.exit_code(),
            coverage: &verdict.coverage,
            counts: &verdict.counts,
            classes: line::classes(subject, &verdict.counts),
            doubts: &verdict.doubts,
        },
    };
    write_line(out, &line)
}

/// The line of business totals.
pub(super) fn totals(out: &mut dyn Write, subject: &Subject, totals: &Totals) -> io::Result<()> {
    write_line(out, &line::totals(subject, totals))
}

fn write_line(out: &mut dyn Write, line: &Line<'_>) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    out.write_all(&text)?;
    out.flush()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
