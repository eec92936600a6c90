//! A table's text: a header, then rows of as many fields.
//!
//! # Source
//! RFC 4180, with a comma, a semicolon or a tab between fields, whichever the header has most of.

use crate::miss::{Finding, Miss};

/// What may stand between two fields.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// A table whose rows are as long as its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parsed {
    header: Vec<String>,
    /// The rows, without empty lines.
    pub(super) rows: Vec<Vec<String>>,
}

impl Parsed {
    /// Where a column stands.
    ///
    /// # Errors
    /// There is none of this name.
    pub(super) fn column(&self, name: &str) -> Finding<usize> {
        let place = self.header.iter().position(|column| column == name);
        place.ok_or_else(|| Miss::shape(format!("the table has no column `{name}`")))
    }
}

/// Reads a whole table.
///
/// # Errors
/// No header, two columns of one name, a row of another length, a quotation mark where none can be.
pub(super) fn parse(text: &str) -> Finding<Parsed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = records(text, separator(text)?)?.into_iter();
    let header = records.next().ok_or_else(|| Miss::shape("the table has no header"))?;
    for (place, name) in header.iter().enumerate() {
        if header[..place].contains(name) {
            return Err(Miss::shape("the table has two columns of one name"));
        }
    }
    let rows: Vec<Vec<String>> = records.collect();
    match rows.iter().position(|row| row.len() != header.len()) {
        None => Ok(Parsed { header, rows }),
        Some(row) => Err(Miss::shape(format!(
            "row {} has {} fields and the header {}",
            row + 1,
            rows[row].len(),
            header.len()
        ))),
    }
}

/// The separator that the header has most of.
fn separator(text: &str) -> Finding<char> {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut is_quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => {
                if let Some(which) = SEPARATORS.iter().position(|separator| *separator == letter) {
                    counts[which] += 1;
                }
            }
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    match SEPARATORS
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count == most)
        .count()
    {
        _ if most == 0 => Ok(SEPARATORS[0]),
        1 => {
            let which = counts.iter().position(|count| *count == most);
            Ok(SEPARATORS[which.expect("one has the most")])
        }
        _ => Err(Miss::shape("the header does not show what separates its fields")),
    }
}

/// Where reading is within a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a field.
    Start,
    /// Within a field without quotation marks.
    Plain,
    /// Within quotation marks.
    Quoted,
    /// After a quotation mark that may be the last.
    Closed,
}

fn records(text: &str, separator: char) -> Finding<Vec<Vec<String>>> {
    let mut records = Vec::new();
    let (mut record, mut field, mut place) = (Vec::new(), String::new(), Place::Start);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends_line = letter == '\n' || letter == '\r' && letters.peek() == Some(&'\n');
        match (place, letter) {
            (Place::Quoted, '"') => place = Place::Closed,
            (Place::Quoted, _) => field.push(letter),
            (Place::Start, '"') => place = Place::Quoted,
            (Place::Closed, '"') => {
                field.push('"');
                place = Place::Quoted;
            }
            (Place::Start | Place::Plain | Place::Closed, _) if letter == separator => {
                record.push(std::mem::take(&mut field));
                place = Place::Start;
            }
            (Place::Start | Place::Plain | Place::Closed, _) if ends_line => {
                if letter == '\r' {
                    letters.next();
                }
                let is_empty = record.is_empty() && place == Place::Start;
                record.push(std::mem::take(&mut field));
                let whole = std::mem::take(&mut record);
                if !is_empty {
                    records.push(whole);
                }
                place = Place::Start;
            }
            (Place::Plain, '"') | (Place::Closed, _) => {
                return Err(Miss::shape("a quotation mark stands within a field"));
            }
            (Place::Start | Place::Plain, _) => {
                field.push(letter);
                place = Place::Plain;
            }
        }
    }
    if place == Place::Quoted {
        return Err(Miss::Silent("the table is cut off within a field".to_owned()));
    }
    if !record.is_empty() || place != Place::Start {
        record.push(field);
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn check(text: &str, header: &[&str], rows: &[&[&str]]) {
        let parsed = parse(text).unwrap();
        assert_eq!(parsed.header, header, "{text:?}");
        assert_eq!(parsed.rows, rows, "{text:?}");
    }

    #[test]
    fn a_table_is_read_whatever_separates_and_ends_its_fields() {
        let rows: &[&[&str]] = &[&["2026-11-20", "12"], &["2026-11-19", ""]];
        for text in [
            "Date,Clicks\n2026-11-20,12\n2026-11-19,\n",
            "\u{feff}Date;Clicks\r\n2026-11-20;12\r\n\r\n2026-11-19;\r\n",
            "Date\tClicks\n2026-11-20\t12\n2026-11-19\t",
            "\"Date\",\"Clicks\"\n\"2026-11-20\",\"12\"\n\"2026-11-19\",\"\"\n\n",
        ] {
            check(text, &["Date", "Clicks"], rows);
        }
        check(
            "a,\"b,c;d;\",e\n1,\"x \"\"y\"\"\nz\",3\n",
            &["a", "b,c;d;", "e"],
            &[&["1", "x \"y\"\nz", "3"]],
        );
        check("alone\n7\n", &["alone"], &[&["7"]]);
        check("a,b\n", &["a", "b"], &[]);
    }

    #[test]
    fn a_table_that_cannot_be_read_for_certain_is_not() {
        for (text, words) in [
            ("", "no header"),
            ("\n\n", "no header"),
            ("a,a\n1,2\n", "two columns of one name"),
            ("a,b\n1,2,3\n", "row 1 has 3 fields and the header 2"),
            ("a,b\n1,2\n3\n", "row 2 has 1 fields and the header 2"),
            ("a,b\n1,x\"y\n", "within a field"),
            ("a,b\n1,\"x\"y\n", "within a field"),
            ("a,b;c\n1,2;3\n", "what separates"),
            ("a,b\n1,\"x", "cut off"),
        ] {
            let miss = format!("{:?}", parse(text).unwrap_err());
            assert!(miss.contains(words), "{text:?}: {miss}");
        }
    }
}
