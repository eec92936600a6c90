//! One side of a chunk: its rows one by one, checked to come in key order and within the chunk.

use std::cmp::Ordering;
use std::collections::VecDeque;

use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::pace::Pace;
use crate::row::{Batch, Key, RowRef};
use crate::source::RowStream;

pub(crate) struct Cursor<'a> {
    stream: RowStream,
    range: &'a KeyRange,
    pace: &'a Pace,
    batch: Batch,
    place: usize,
    has_ended: bool,
    /// The last key of the batch before.
    last: Option<Key>,
    /// Rows of this batch whose key the row before them has.
    repeated: VecDeque<usize>,
    /// Keys that came more than once.
    pub(crate) duplicated: Vec<Key>,
    /// Rows read.
    pub(crate) rows: u64,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(stream: RowStream, range: &'a KeyRange, pace: &'a Pace) -> Self {
        Self {
            stream,
            range,
            pace,
            batch: Batch::default(),
            place: 0,
            has_ended: false,
            last: None,
            repeated: VecDeque::new(),
            duplicated: Vec::new(),
            rows: 0,
        }
    }

    /// Whether the next row has to be waited for.
    pub(crate) fn is_dry(&self) -> bool {
        !self.has_ended && self.place >= self.batch.len()
    }

    /// The next row; `None` after the last one, and while it is dry.
    pub(crate) fn row(&self) -> Option<RowRef<'_>> {
        (self.place < self.batch.len()).then(|| self.batch.row(self.place))
    }

    /// Rows that were taken from it.
    pub(crate) fn rows_passed(&self) -> u64 {
        let waiting = self.batch.len().saturating_sub(self.place);
        self.rows - u64::try_from(waiting).expect("a batch has few rows")
    }

    /// Goes on to the row behind.
    pub(crate) fn advance(&mut self) {
        self.place += 1;
        self.pass_repeated();
    }

    /// Takes the next batch.
    ///
    /// # Errors
    /// Any fault of the source; [`SourceFault::OutOfOrder`].
    pub(crate) async fn fill(&mut self) -> Result<(), SourceFault> {
        while self.is_dry() {
            match self.stream.next().await? {
                Some(batch) => {
                    self.pace.take(batch.len(), batch.size()).await;
                    self.take(batch)?;
                }
                None => self.has_ended = true,
            }
        }
        Ok(())
    }

    fn take(&mut self, batch: Batch) -> Result<(), SourceFault> {
        for place in 0..batch.len() {
            let key = batch.row(place).key;
            let before = match place.checked_sub(1) {
                Some(before) => Some(batch.row(before).key),
                None => self.last.as_ref().map(Key::as_bytes),
            };
            match before.map(|before| before.cmp(key)) {
                None | Some(Ordering::Less) => {}
                Some(Ordering::Equal) => {
                    self.repeated.push_back(place);
                    self.duplicated.push(Key::trusted(key));
                }
                Some(Ordering::Greater) => return Err(SourceFault::OutOfOrder),
            }
        }
        let ends = [0, batch.len().saturating_sub(1)];
        if !batch.is_empty() && !ends.iter().all(|place| self.range.holds(batch.row(*place).key)) {
            return Err(SourceFault::OutOfOrder);
        }
        self.last = batch
            .rows()
            .last()
            .map(|row| Key::trusted(row.key))
            .or_else(|| self.last.take());
        self.rows += u64::try_from(batch.len()).expect("a batch has few rows");
        self.batch = batch;
        self.place = 0;
        self.pass_repeated();
        Ok(())
    }

    fn pass_repeated(&mut self) {
        while self.repeated.front() == Some(&self.place) {
            self.repeated.pop_front();
            self.place += 1;
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::value::Value;

    fn key(number: i128) -> Key {
        Key::of(&[Value::Int(number)])
    }

    /// The keys that are passed, one batch after the other, and those that came more than once.
    async fn passed(batches: &[&[i128]], range: &KeyRange) -> Result<(Vec<Key>, Vec<Key>), SourceFault> {
        let batches: Vec<Batch> = batches
            .iter()
            .map(|keys| {
                let mut batch = Batch::default();
                for number in *keys {
                    let key = key(*number);
                    let cells = &[];
                    let key = key.as_bytes();
                    batch.push(RowRef { key, cells });
                }
                batch
            })
            .collect();
        let stream = RowStream::fed_by(|sender| {
            tokio::spawn(async move {
                for batch in batches {
                    // Whoever found a fault listens no more.
                    drop(sender.send(Ok(batch)).await);
                }
            })
        });
        let pace = Pace::new(None, None);
        let mut cursor = Cursor::new(stream, range, &pace);
        let mut passed = Vec::new();
        loop {
            cursor.fill().await?;
            let Some(row) = cursor.row() else { break };
            passed.push(Key::trusted(row.key));
            cursor.advance();
        }
        Ok((passed, cursor.duplicated))
    }

    fn keys(numbers: &[i128]) -> Vec<Key> {
        numbers.iter().map(|number| key(*number)).collect()
    }

    #[tokio::test]
    async fn rows_pass_in_order_and_a_repeated_key_passes_once() {
        let range = KeyRange::default();
        let all = passed(&[&[1, 2], &[], &[2, 2, 3], &[3], &[4]], &range).await.unwrap();
        assert_eq!(all, (keys(&[1, 2, 3, 4]), keys(&[2, 2, 3])));
    }

    #[tokio::test]
    async fn a_row_before_its_forerunner_or_outside_the_range_is_refused() {
        let range = KeyRange {
            from: Some(key(1)),
            until: Some(key(9)),
        };
        for batches in [
            &[&[2_i128, 1][..]][..],
            &[&[1, 3], &[2]],
            &[&[0, 1]],
            &[&[8, 9]],
            &[&[1, 2], &[3, 1, 4]],
        ] {
            assert_eq!(
                passed(batches, &range).await,
                Err(SourceFault::OutOfOrder),
                "{batches:?}"
            );
        }
        assert_eq!(passed(&[&[1, 8]], &range).await, Ok((keys(&[1, 8]), Vec::new())));
    }
}
