//! The number in the newest line that passes.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tidegate_model::Timestamp;
use tidegate_model::ask::{Cadence, Decimal, FieldTest};
use tidegate_model::seam::InvalidReason;

use super::line::{Line, passes, unread, unreadable};
use super::tail::{Reach, Start, Tail};
use crate::asker::Level;
use crate::miss::{Finding, Miss};
use crate::{moment, number};

/// So many bytes of a file are looked at first, from its end.
const FIRST_BYTES: u64 = 4 << 20;

/// The newest line's number, and where reading goes on.
#[derive(Debug, Default)]
pub(crate) struct Newest {
    tail: Option<Tail>,
    newest: Option<(Timestamp, Finding<Decimal>)>,
    unreadable: u64,
    untimed: u64,
}

/// What is asked of a line: whether it counts, where its number is, where its moment.
#[derive(Debug, Clone)]
struct Terms {
    lines: Vec<FieldTest>,
    value: String,
    time: String,
}

impl Newest {
    /// Reads on, and tells the newest number.
    ///
    /// # Errors
    /// The file cannot be read to its end, a line is no JSON object or has no moment, no line passes, or what stands in
    /// the newest is no number.
    pub(crate) async fn look(
        &mut self,
        path: &Path,
        (lines, value, time): (&[FieldTest], &str, &str),
        cadence: Cadence,
    ) -> Finding<Level> {
        let mut newest = std::mem::take(self);
        let (path, within) = (path.to_owned(), Duration::from_millis(cadence.timeout.0));
        let terms = Terms {
            lines: lines.to_vec(),
            value: value.to_owned(),
            time: time.to_owned(),
        };
        let read = tokio::task::spawn_blocking(move || {
            let level = newest.read(&path, &terms, within);
            (newest, level)
        });
        let (newest, level) = read
            .await
            .map_err(|_| Miss::Silent("the reading thread ended early".to_owned()))?;
        *self = newest;
        level
    }

    fn read(&mut self, path: &Path, terms: &Terms, within: Duration) -> Finding<Level> {
        let mut tail = self
            .tail
            .take()
            .unwrap_or_else(|| Tail::new(path, Start::Before(FIRST_BYTES)));
        let reach = tail.read(Instant::now() + within, |piece| match Line::of(piece) {
            Line::Object(line) if passes(&line, &terms.lines) => self.take(&line, terms),
            Line::Object(_) | Line::Blank => {}
            Line::Unreadable => self.unreadable += 1,
        });
        self.tail = Some(tail);
        match reach.map_err(|error| unread(&error))? {
            Reach::End => {}
            Reach::Late => return Err(Miss::late(within)),
            Reach::Gone => return Err(Miss::Silent("the log is no longer there".to_owned())),
        }
        match (std::mem::take(&mut self.unreadable), std::mem::take(&mut self.untimed)) {
            (0, 0) => {}
            (0, untimed) => {
                return Err(Miss::shape(format!(
                    "lines whose moment is neither a time with a zone nor a number of seconds since 1970: {untimed}"
                )));
            }
            (lines, _) => return Err(unreadable(lines)),
        }
        match &self.newest {
            None => Err(Miss::Nothing("no line that passes".to_owned())),
            Some((at, value)) => Ok(Level {
                value: value.clone()?,
                at: Some(*at),
            }),
        }
    }

    fn take(&mut self, line: &Value, terms: &Terms) {
        let Some(at) = line.pointer(&terms.time).and_then(moment_of) else {
            self.untimed += 1;
            return;
        };
        if self.newest.as_ref().is_none_or(|(newest, _)| at >= *newest) {
            self.newest = Some((at, number_of(line.pointer(&terms.value))));
        }
    }
}

fn moment_of(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => moment::read(text),
        Value::Number(seconds) => Some(Timestamp(number::decimal(seconds.as_f64()?).ok()?.0 / 1_000)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn number_of(value: Option<&Value>) -> Finding<Decimal> {
    match value {
        Some(Value::Number(number)) => match number.as_i128() {
            Some(whole) => number::decimal_of_digits(&whole.to_string()),
            None => number::decimal(number.as_f64().unwrap_or(f64::NAN)),
        },
        Some(Value::Null) => Err(Miss::Unusable(InvalidReason::Null, "the number is null".to_owned())),
        None => Err(Miss::shape("the newest line has no such field")),
        Some(Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Miss::shape("what stands in the newest line is no number"))
        }
    }
}
