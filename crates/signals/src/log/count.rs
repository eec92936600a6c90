//! Lines counted since the last question that was told.

use std::path::Path;
use std::time::{Duration, Instant};

use tidegate_model::ask::{Cadence, FieldTest};
use tidegate_model::seam::ArmCounts;

use super::line::{Line, passes, unread, unreadable};
use super::tail::{Reach, Start, Tail};
use crate::asker::Look;
use crate::miss::{Finding, Miss};

/// What was counted, and where reading goes on.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    tail: Option<Tail>,
    pending: ArmCounts,
    unreadable: u64,
}

impl Lines {
    /// Counts on. The first look only finds the end of the file.
    ///
    /// # Errors
    /// The file cannot be read to its end, a line is no JSON object, or no line passes. Nothing counted is forgotten.
    pub(crate) async fn look(
        &mut self,
        path: &Path,
        (all, hits): (&[FieldTest], &[FieldTest]),
        cadence: Cadence,
    ) -> Finding<Look> {
        let mut lines = std::mem::take(self);
        let (path, all, hits) = (path.to_owned(), all.to_vec(), hits.to_vec());
        let read = tokio::task::spawn_blocking(move || {
            let look = lines.read(&path, &all, &hits, Duration::from_millis(cadence.timeout.0));
            (lines, look)
        });
        let (lines, look) = read
            .await
            .map_err(|_| Miss::Silent("the reading thread ended early".to_owned()))?;
        *self = lines;
        look
    }

    fn read(&mut self, path: &Path, all: &[FieldTest], hits: &[FieldTest], within: Duration) -> Finding<Look> {
        let is_first = self.tail.is_none();
        let mut tail = self.tail.take().unwrap_or_else(|| Tail::new(path, Start::End));
        let until = Instant::now() + within;
        let reach = tail.read(until, |piece| match Line::of(piece) {
            Line::Object(line) if passes(&line, all) => {
                self.pending.n += 1;
                self.pending.hits += u64::from(passes(&line, hits));
            }
            Line::Object(_) | Line::Blank => {}
            Line::Unreadable => self.unreadable += 1,
        });
        let reach = match reach {
            // There is no baseline where there is no file.
            Err(error) if is_first => return Err(unread(&error)),
            reach => reach,
        };
        self.tail = Some(tail);
        match reach.map_err(|error| unread(&error))? {
            Reach::End => {}
            Reach::Late => return Err(Miss::late(within)),
            Reach::Gone => return Err(Miss::Silent("the log is no longer there".to_owned())),
        }
        if is_first {
            return Ok(Look::Baseline);
        }
        match std::mem::take(&mut self.unreadable) {
            0 => {}
            lines => return Err(unreadable(lines)),
        }
        if self.pending.n == 0 {
            return Err(Miss::Nothing("no line since the last question".to_owned()));
        }
        Ok(Look::Stream(self.pending))
    }

    /// What was counted is told, or is before a new baseline.
    pub(crate) fn settle(&mut self) {
        self.pending = ArmCounts::default();
    }
}
