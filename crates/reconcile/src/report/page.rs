//! A comparison as one page of HTML: verdict and reason, coverage, differences by column and class, totals, what was not
//! compared, and the first differences. It holds no script and asks for no other file.
//!
//! Differences wait in a temporary file, because the verdict stands above them and is known last.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, Write};

use crate::difference::{Change, Difference};
use crate::event::Event;
use crate::report::style::RULES;
use crate::report::{End, Shown, Subject, human, words};
use crate::totals::Totals;
use crate::verdict::Verdict;

/// Lines of differences on the page; a browser does not take millions, the other forms hold all.
const LINES_MAX: u64 = 10_000;
/// Groups of totals on the page: those that differ first.
const GROUPS_MAX: usize = 1_000;

/// The lines that wait.
pub(super) struct Page {
    lines: BufWriter<File>,
    count: u64,
    unlisted: u64,
}

impl Page {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            lines: BufWriter::new(tempfile::tempfile()?),
            count: 0,
            unlisted: 0,
        })
    }

    /// Keeps the lines of a difference.
    pub(super) fn take(&mut self, subject: &Subject, event: &Event) -> io::Result<()> {
        match event {
            Event::Confirmed(_) if self.count >= LINES_MAX => {
                self.unlisted += 1;
                Ok(())
            }
            Event::Confirmed(difference) => self.keep(subject, difference),
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

    fn keep(&mut self, subject: &Subject, difference: &Difference) -> io::Result<()> {
        let key = escaped(&words::key(subject, difference.key()));
        let head = format!("<tr><td>{}<td class=v>{key}", words::kind(difference));
        let empty = if subject.shown == Shown::Values { "<td><td>" } else { "" };
        match difference {
            Difference::Missing { .. } | Difference::Extra { .. } => writeln!(self.lines, "{head}<td><td>{empty}")?,
            Difference::Duplicated { side, rows, .. } => {
                writeln!(self.lines, "{head}<td><td>{rows} rows on the {side} side{empty}")?;
            }
            Difference::Changed { changes, .. } => {
                for change in changes {
                    writeln!(self.lines, "{head}{}", cells(subject, change))?;
                }
                self.count += changes.len().saturating_sub(1) as u64;
            }
        }
        self.count += 1;
        Ok(())
    }

    /// Writes the page.
    pub(super) fn finish(mut self, out: &mut dyn Write, subject: &Subject, end: &End) -> io::Result<()> {
        head(out, subject, end.verdict.as_ref())?;
        if let Some(verdict) = &end.verdict {
            coverage(out, subject, verdict)?;
            by_column(out, subject, verdict)?;
        }
        end.totals.iter().try_for_each(|one| totals(out, subject, one))?;
        not_compared(out, subject, end)?;
        self.differences(out, subject)?;
        writeln!(out, "</html>")
    }

    fn differences(&mut self, out: &mut dyn Write, subject: &Subject) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let values = if subject.shown == Shown::Values {
            "<th>old<th>new"
        } else {
            ""
        };
        writeln!(out, "<h2>Differences</h2>")?;
        if self.unlisted > 0 {
            let more = words::count(self.unlisted);
            writeln!(out, "<p class=pale>{more} more differ and are not on this page.</p>")?;
        }
        writeln!(
            out,
            "<div class=wide><table><tr><th>difference<th>key<th>column<th>by{values}"
        )?;
        let file = self.lines.get_mut();
        file.flush()?;
        self.lines.flush()?;
        let file = self.lines.get_mut();
        file.rewind()?;
        io::copy(&mut file.take(u64::MAX), out)?;
        writeln!(out, "</table></div>")
    }
}

fn cells(subject: &Subject, change: &Change) -> String {
    let column = escaped(words::column(subject, change.column));
    let values = match subject.shown {
        Shown::Values => {
            let [old, new] = [&change.old, &change.new].map(|value| escaped(&words::value(value)));
            format!("<td class=v>{old}<td class=v>{new}")
        }
        Shown::Keys | Shown::Fingerprints => String::new(),
    };
    format!("<td>{column}<td>{}{values}", change.class)
}

fn head(out: &mut dyn Write, subject: &Subject, verdict: Option<&Verdict>) -> io::Result<()> {
    let entity = escaped(&subject.entity);
    let (word, reason) = match verdict {
        Some(verdict) => (words::outcome(verdict), words::reason(verdict)),
        None => ("unended", "the comparison did not end"),
    };
    writeln!(out, "<!doctype html><html lang=en><meta charset=utf-8>")?;
    writeln!(out, "<meta name=viewport content='width=device-width,initial-scale=1'>")?;
    writeln!(
        out,
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none';style-src 'unsafe-inline'\">"
    )?;
    writeln!(out, "<title>{entity}: {word}</title><style>{RULES}</style>")?;
    writeln!(
        out,
        "<h1>{entity}: <span class={word}>{word}</span></h1><p>{reason}.</p>"
    )?;
    for doubt in verdict.map_or(&[][..], |verdict| &verdict.doubts) {
        writeln!(out, "<p class=inconclusive>{}.</p>", escaped(&words::doubt(doubt)))?;
    }
    Ok(())
}

fn coverage(out: &mut dyn Write, subject: &Subject, verdict: &Verdict) -> io::Result<()> {
    let (coverage, counts) = (&verdict.coverage, &verdict.counts);
    writeln!(
        out,
        "<h2>Coverage</h2><table><tr><th>side<th>where<th class=n>rows read"
    )?;
    for (side, place, rows) in [
        ("old", &subject.old, coverage.old_rows),
        ("new", &subject.new, coverage.new_rows),
    ] {
        let (place, rows) = (escaped(place), words::count(rows));
        writeln!(out, "<tr><td>{side}<td><code>{place}</code><td class=n>{rows}")?;
    }
    let whole = if coverage.is_whole {
        "all keys were compared"
    } else {
        "not all keys were compared"
    };
    let (done, skipped) = (
        words::count(coverage.chunks_done),
        words::count(coverage.chunks_skipped),
    );
    writeln!(out, "</table><p>{whole}: {done} chunks done, {skipped} not read.</p>")?;
    writeln!(out, "<h2>Rows</h2><table><tr><th>what<th class=n>rows")?;
    for (what, rows) in [
        ("missing on the new side", counts.missing),
        ("on the new side only", counts.extra),
        ("with other values", counts.changed),
        ("keys that name several rows", counts.duplicated),
        ("differed when read first and agree now", counts.healed),
        ("still changing when last read", counts.moving),
    ] {
        writeln!(out, "<tr><td>{what}<td class=n>{}", words::count(rows))?;
    }
    writeln!(out, "</table>")
}

fn by_column(out: &mut dyn Write, subject: &Subject, verdict: &Verdict) -> io::Result<()> {
    if verdict.counts.classes.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>Changed values</h2><table><tr><th>column<th>differs only by<th class=n>rows"
    )?;
    for ((column, class), rows) in &verdict.counts.classes {
        let column = escaped(words::column(subject, *column));
        writeln!(out, "<tr><td>{column}<td>{class}<td class=n>{}", words::count(*rows))?;
    }
    writeln!(out, "</table>")
}

fn totals(out: &mut dyn Write, subject: &Subject, totals: &Totals) -> io::Result<()> {
    let plan = totals.plan();
    let measure = escaped(plan.measure.as_ref().map_or("rows", |measure| measure.name.as_str()));
    let names: Vec<&str> = plan.dimensions.iter().map(|one| one.name.as_str()).collect();
    let by = if names.is_empty() {
        String::new()
    } else {
        format!(" by {}", escaped(&names.join(", ")))
    };
    writeln!(out, "<h2>Totals of {measure}{by}</h2>")?;
    writeln!(
        out,
        "<p class=pale>As the rows were first read; rows on their way are in them.</p>"
    )?;
    writeln!(
        out,
        "<table><tr><th>group<th class=n>old<th class=n>rows<th class=n>new<th class=n>rows<th>"
    )?;
    let mut groups = totals.groups();
    groups.sort_by_key(|(_, group)| group.old == group.new);
    for (values, group) in groups.iter().take(GROUPS_MAX) {
        let name = escaped(&human::group_name(subject, values));
        let mark = if group.old == group.new {
            "<td>equal"
        } else {
            "<td class=differs>differs"
        };
        let [old, new] = [&group.old, &group.new]
            .map(|sum| format!("<td class=n>{}<td class=n>{}", sum.total(), words::count(sum.rows())));
        writeln!(out, "<tr><td>{name}{old}{new}{mark}")?;
    }
    writeln!(out, "</table>")?;
    if groups.len() > GROUPS_MAX {
        writeln!(
            out,
            "<p>{} more groups are not on this page.</p>",
            groups.len() - GROUPS_MAX
        )?;
    }
    let over = totals.over();
    if over.old_rows + over.new_rows > 0 {
        let (old, new) = (words::count(over.old_rows), words::count(over.new_rows));
        writeln!(
            out,
            "<p class=differs>Too many groups: {old} old and {new} new rows are in none of them.</p>"
        )?;
    }
    Ok(())
}

fn not_compared(out: &mut dyn Write, subject: &Subject, end: &End) -> io::Result<()> {
    writeln!(out, "<h2>Not compared</h2>")?;
    if subject.left_out.is_empty() && end.skipped.is_empty() {
        return writeln!(out, "<p class=pale>Nothing was named.</p>");
    }
    writeln!(out, "<ul>")?;
    for sentence in &subject.left_out {
        writeln!(out, "<li>{}", escaped(sentence))?;
    }
    for (range, fault) in &end.skipped {
        let (range, fault) = (escaped(&words::range(subject, range)), escaped(fault));
        writeln!(out, "<li>keys {range}: {fault}")?;
    }
    if end.skipped_more > 0 {
        writeln!(out, "<li>{} more ranges of keys", end.skipped_more)?;
    }
    writeln!(out, "</ul>")
}

/// The text as it stands between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in words::harmless(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn nothing_of_a_row_becomes_markup() {
        let text = Value::Text("<script>alert('x')</script> & \"y\"\u{202e}".to_owned());
        assert_eq!(
            escaped(&words::value(&text)),
            "&quot;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;\\u{202e}&quot;"
        );
    }
}
