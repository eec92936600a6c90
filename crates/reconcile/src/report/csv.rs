//! Differences as a table for spreadsheets: one line for each changed column, one for any other difference.
//!
//! Quoted by RFC 4180. `NULL` is an empty cell, an empty text is `""`. A text that a spreadsheet would take for a formula
//! has an apostrophe before it; a number stays a number.

use std::io::{self, Write};

use crate::difference::Difference;
use crate::event::Event;
use crate::report::{Shown, Subject, words};
use crate::value::Value;

/// The line of names.
pub(super) fn began(out: &mut dyn Write, subject: &Subject) -> io::Result<()> {
    let mut line = vec![text("difference")];
    match subject.shown {
        Shown::Values | Shown::Keys => line.extend(subject.key.iter().map(|name| text(name))),
        Shown::Fingerprints => line.push(text("fingerprint")),
    }
    line.extend(["column", "class"].map(text));
    if subject.shown == Shown::Values {
        line.extend(["old", "new"].map(text));
    }
    write_line(out, &line)
}

/// The lines of a difference; any other event has none.
pub(super) fn event(out: &mut dyn Write, subject: &Subject, event: &Event) -> io::Result<()> {
    match event {
        Event::Confirmed(difference) => lines(out, subject, difference),
        Event::Progress(_)
        | Event::ChunkDone(_)
        | Event::ChunkSkipped { .. }
        | Event::Sorting { .. }
        | Event::Paused { .. }
        | Event::Rereading { .. }
        | Event::Healed { .. }
        | Event::Moving { .. }
        | Event::Ended(_) => Ok(()),
    }
}

fn lines(out: &mut dyn Write, subject: &Subject, difference: &Difference) -> io::Result<()> {
    let mut head = vec![text(words::kind(difference))];
    match subject.shown {
        Shown::Values | Shown::Keys => head.extend(difference.key().values().iter().map(cell)),
        Shown::Fingerprints => head.push(text(&words::fingerprint(difference.key()))),
    }
    let may_show = subject.shown == Shown::Values;
    match difference {
        Difference::Changed { changes, .. } => {
            for change in changes {
                let mut line = head.clone();
                line.push(text(words::column(subject, change.column)));
                line.push(text(&change.class.to_string()));
                if may_show {
                    line.extend([cell(&change.old), cell(&change.new)]);
                }
                write_line(out, &line)?;
            }
            Ok(())
        }
        Difference::Missing { .. } | Difference::Extra { .. } => {
            head.resize(head.len() + if may_show { 4 } else { 2 }, String::new());
            write_line(out, &head)
        }
        Difference::Duplicated { side, rows, .. } => {
            head.extend([String::new(), text(&format!("{rows} rows on the {side} side"))]);
            head.resize(head.len() + if may_show { 2 } else { 0 }, String::new());
            write_line(out, &head)
        }
    }
}

fn write_line(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    out.write_all(cells.join(",").as_bytes())?;
    out.write_all(b"\r\n")
}

/// A cell of a value.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        // A minus sign before digits is no formula.
        Value::Int(_) | Value::Decimal(_) => value.to_string(),
        Value::Float(number) if number.is_finite() => value.to_string(),
        Value::Bool(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_)
        | Value::Instant(_)
        | Value::Uuid(_)
        | Value::Json(_) => text(&value.to_string()),
    }
}

/// A cell of a text: guarded against being run, and quoted where it has to be.
///
/// # Source
/// RFC 4180; OWASP, "CSV Injection".
fn text(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        "'"
    } else {
        ""
    };
    if text.is_empty()
        || text.contains([',', '"', '\r', '\n', '\t', ';'])
        || text.starts_with(' ')
        || text.ends_with(' ')
    {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        for (content, expected) in [
            ("plain", "plain"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("=cmd|' /C calc'!A0,\"x\"", "\"'=cmd|' /C calc'!A0,\"\"x\"\"\""),
            ("\t=1", "\"'\t=1\""),
            (" a", "\" a\""),
        ] {
            assert_eq!(text(content), expected, "{content:?}");
        }
        assert_eq!(cell(&Value::Int(-5)), "-5", "a number stays one");
        assert_eq!(cell(&Value::Time(-1_000_000)), "'-00:00:01");
        assert_eq!(cell(&Value::Float(f64::NEG_INFINITY)), "'-inf");
        assert_eq!(cell(&Value::Null), "", "NULL is no text");
    }
}
