//! Rows of a source that has no usable key order: read once, sorted on disk in bounded memory, and given in key order. The files
//! have no name: whatever ends this process frees them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;

use crate::chunk::Reading;
use crate::entity::Relation;
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::row::{Batch, Key, RowRef};
use crate::source::{Asking, BatchSender, Columns, Load, Question, RowStream, Schema, Source, is_full};

/// Bytes of rows that are sorted in memory before they go to disk.
const RUN_BYTES: usize = 12 << 20;
/// Bytes that all runs together are buffered with while they are merged.
const MERGE_BYTES: usize = 8 << 20;
/// Sorted rows between two entries of the index, in bytes.
const INDEX_EVERY: u64 = 64 << 10;

/// A place in the sorted file where a row begins.
struct Mark {
    key: Key,
    offset: u64,
    /// How many rows stand before it.
    rows: u64,
}

/// The rows of a source in key order.
pub(crate) struct Sorted {
    original: Arc<dyn Source>,
    file: Arc<File>,
    marks: Vec<Mark>,
}

/// A sorted part of the file that all runs stand in, one behind the other.
#[derive(Clone, Copy)]
struct Sequence {
    offset: u64,
    until: u64,
}

/// Reads a file from a place to another; many can do so at once.
struct Part {
    file: Arc<File>,
    place: Sequence,
}

impl Read for Part {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let left = self.place.until.saturating_sub(self.place.offset);
        let room = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.file.read_at(&mut into[..room], self.place.offset)?;
        self.place.offset += u64::try_from(read).unwrap_or(u64::MAX);
        Ok(read)
    }
}

/// A file for rows that nobody else can open, and that is gone with this process.
fn nameless() -> Result<Arc<File>, SourceFault> {
    tempfile::tempfile().map(Arc::new).map_err(|error| fault(&error))
}

/// Reads all rows of a side and sorts them.
pub(crate) async fn sort(reading: &Reading) -> Result<Sorted, SourceFault> {
    let file = nameless()?;
    let mut stream = reading.source.stream(&reading.question, &KeyRange::default()).await?;
    let mut runs: Vec<Sequence> = Vec::new();
    let mut gathered = Batch::default();
    while let Some(batch) = stream.next().await? {
        reading
            .rows
            .fetch_add(u64::try_from(batch.len()).unwrap_or(0), Ordering::Relaxed);
        reading.pace.take(batch.len(), batch.size()).await;
        batch.rows().for_each(|row| gathered.push(row));
        if gathered.size() >= RUN_BYTES {
            let offset = runs.last().map_or(0, |run| run.until);
            runs.push(written(&file, offset, std::mem::take(&mut gathered)).await?);
        }
    }
    let offset = runs.last().map_or(0, |run| run.until);
    runs.push(written(&file, offset, gathered).await?);
    let merging = tokio::task::spawn_blocking(move || merge(&runs, &file)).await;
    let (file, marks) = merging.map_err(|_| SourceFault::Reader)??;
    Ok(Sorted {
        original: Arc::clone(&reading.source),
        marks,
        file,
    })
}

fn fault(error: &std::io::Error) -> SourceFault {
    SourceFault::file("sorting on disk", error)
}

/// Writes one run at the file's end, sorted; where it stands.
async fn written(file: &Arc<File>, offset: u64, rows: Batch) -> Result<Sequence, SourceFault> {
    let file = Arc::clone(file);
    let writing = tokio::task::spawn_blocking(move || {
        let mut places: Vec<usize> = (0..rows.len()).collect();
        let order = |place: &usize| {
            let row = rows.row(*place);
            (row.key, row.cells)
        };
        places.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
        let mut out = BufWriter::new(&*file);
        let mut until = offset;
        for place in places {
            until += write_row(&mut out, rows.row(place))?;
        }
        out.flush()?;
        Ok(Sequence { offset, until })
    });
    writing
        .await
        .map_err(|_| SourceFault::Reader)?
        .map_err(|error: std::io::Error| fault(&error))
}

/// Merges runs into another file; where rows begin in it, every so often.
fn merge(runs: &[Sequence], file: &Arc<File>) -> Result<(Arc<File>, Vec<Mark>), SourceFault> {
    let sorted = nameless()?;
    let merged = || -> std::io::Result<Vec<Mark>> {
        let buffer = (MERGE_BYTES / runs.len().max(1)).max(4 << 10);
        let mut readers = Vec::new();
        let mut heap = BinaryHeap::new();
        for (number, run) in runs.iter().enumerate() {
            let part = Part {
                file: Arc::clone(file),
                place: *run,
            };
            let mut reader = BufReader::with_capacity(buffer, part);
            if let Some(record) = read_record(&mut reader)? {
                heap.push(Reverse((record, number)));
            }
            readers.push(reader);
        }
        let mut out = BufWriter::new(&*sorted);
        let mut marks: Vec<Mark> = Vec::new();
        let (mut offset, mut rows) = (0_u64, 0_u64);
        while let Some(Reverse(((key, cells), number))) = heap.pop() {
            if marks
                .last()
                .is_none_or(|mark| offset - mark.offset >= INDEX_EVERY && mark.key.as_bytes() != key)
            {
                let key = Key::trusted(&key);
                marks.push(Mark { key, offset, rows });
            }
            offset += write_row(
                &mut out,
                RowRef {
                    key: &key,
                    cells: &cells,
                },
            )?;
            rows += 1;
            if let Some(record) = read_record(&mut readers[number])? {
                heap.push(Reverse((record, number)));
            }
        }
        out.flush()?;
        Ok(marks)
    };
    let marks = merged().map_err(|error| fault(&error))?;
    Ok((sorted, marks))
}

/// Writes a row; how many bytes it took.
fn write_row(out: &mut impl std::io::Write, row: RowRef<'_>) -> std::io::Result<u64> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| ErrorKind::FileTooLarge);
    out.write_all(&length(row.key)?.to_le_bytes())?;
    out.write_all(&length(row.cells)?.to_le_bytes())?;
    out.write_all(row.key)?;
    out.write_all(row.cells)?;
    Ok(u64::try_from(8 + row.key.len() + row.cells.len()).unwrap_or(u64::MAX))
}

/// Key and cells of the next row.
type Record = (Vec<u8>, Vec<u8>);

fn read_record(reader: &mut impl Read) -> std::io::Result<Option<Record>> {
    let mut lengths = [0; 8];
    match reader.read_exact(&mut lengths) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let (key, cells) = lengths.split_first_chunk::<4>().expect("eight bytes are four and four");
    let length = |bytes: &[u8]| -> std::io::Result<usize> {
        let bytes: [u8; 4] = bytes.try_into().map_err(|_| ErrorKind::InvalidData)?;
        usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| ErrorKind::InvalidData.into())
    };
    let (mut key, mut cells) = (vec![0; length(key)?], vec![0; length(cells)?]);
    reader.read_exact(&mut key)?;
    reader.read_exact(&mut cells)?;
    Ok(Some((key, cells)))
}

impl Sorted {
    /// The last mark at or before a key.
    fn mark_before(&self, key: Option<&Key>) -> usize {
        let Some(key) = key else {
            return 0;
        };
        self.marks.partition_point(|mark| mark.key <= *key).saturating_sub(1)
    }

    fn read(&self, range: &KeyRange) -> RowStream {
        let file = Arc::clone(&self.file);
        let offset = self
            .marks
            .get(self.mark_before(range.from.as_ref()))
            .map_or(0, |mark| mark.offset);
        let range = range.clone();
        RowStream::fed_by(move |sender| {
            tokio::task::spawn_blocking(move || {
                if let Err(error) = send(file, offset, &range, &sender) {
                    // Nobody listens any more when it cannot be sent.
                    drop(sender.blocking_send(Err(fault(&error))));
                }
            })
        })
    }
}

fn send(file: Arc<File>, offset: u64, range: &KeyRange, sender: &BatchSender) -> std::io::Result<()> {
    let place = Sequence {
        offset,
        until: u64::MAX,
    };
    let mut reader = BufReader::with_capacity(64 << 10, Part { file, place });
    let mut batch = Batch::default();
    while let Some((key, cells)) = read_record(&mut reader)? {
        if range
            .until
            .as_ref()
            .is_some_and(|until| key.as_slice() >= until.as_bytes())
        {
            break;
        }
        if range.holds(&key) {
            batch.push(RowRef {
                key: &key,
                cells: &cells,
            });
        }
        if is_full(&batch) && sender.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
            return Ok(());
        }
    }
    if !batch.is_empty() {
        // Nobody listens any more when it cannot be sent.
        drop(sender.blocking_send(Ok(batch)));
    }
    Ok(())
}

#[async_trait]
impl Source for Sorted {
    fn name(&self) -> String {
        self.original.name()
    }

    fn is_live(&self) -> bool {
        self.original.is_live()
    }

    fn identity(&self) -> String {
        self.original.identity()
    }

    async fn columns(&self, relation: &Relation) -> Result<Columns, SourceFault> {
        self.original.columns(relation).await
    }

    async fn schema(&self, question: &Question) -> Result<Schema, SourceFault> {
        self.original.schema(question).await
    }

    async fn boundary(&self, _question: &Question, range: &KeyRange, rows: u64) -> Result<Option<Key>, SourceFault> {
        let Some(first) = self.marks.get(self.mark_before(range.from.as_ref())) else {
            return Ok(None);
        };
        let wanted = first.rows + rows;
        let mark = self.marks.get(self.marks.partition_point(|mark| mark.rows < wanted));
        Ok(mark
            .map(|mark| mark.key.clone())
            .filter(|key| range.until.as_ref().is_none_or(|until| key < until)))
    }

    async fn stream(&self, _question: &Question, range: &KeyRange) -> Result<RowStream, SourceFault> {
        Ok(self.read(range))
    }

    /// The rows as they were when they were read.
    async fn detour(
        &self,
        _question: &Question,
        _asking: Asking<'_>,
        _rows_max: u64,
    ) -> Result<Option<String>, SourceFault> {
        Ok(None)
    }

    async fn lookup(&self, _question: &Question, keys: &[Key]) -> Result<Batch, SourceFault> {
        let mut found = Batch::default();
        for key in keys {
            let mut stream = self.read(&KeyRange {
                from: Some(key.clone()),
                until: Some(key.just_after()),
            });
            while let Some(batch) = stream.next().await? {
                batch.rows().for_each(|row| found.push(row));
            }
        }
        Ok(found)
    }

    async fn clock(&self) -> Result<i64, SourceFault> {
        self.original.clock().await
    }

    async fn load(&self) -> Result<Load, SourceFault> {
        self.original.load().await
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::value::Value;

    fn batch(keys: impl Iterator<Item = i128>) -> Batch {
        let mut batch = Batch::default();
        for key in keys {
            batch.push(RowRef {
                key: Key::of(&[Value::Int(key)]).as_bytes(),
                cells: b"cells",
            });
        }
        batch
    }

    #[tokio::test]
    async fn runs_of_one_file_are_merged_and_no_file_has_a_name() {
        let file = nameless().unwrap();
        let first = written(&file, 0, batch((0..500).rev().map(|key| key * 2)))
            .await
            .unwrap();
        let second = written(&file, first.until, batch((0..500).map(|key| key * 2 + 1)))
            .await
            .unwrap();
        let (sorted, marks) = merge(&[first, second], &file).unwrap();
        assert_eq!([&file, &sorted].map(|file| file.metadata().unwrap().nlink()), [0, 0]);
        assert_eq!(marks.len(), 1);
        let mut rows = Part {
            file: sorted,
            place: Sequence {
                offset: 0,
                until: u64::MAX,
            },
        };
        for key in 0..1_000 {
            let (found, cells) = read_record(&mut rows).unwrap().unwrap();
            assert_eq!(
                (Key::trusted(&found), cells.as_slice()),
                (Key::of(&[Value::Int(key)]), b"cells".as_slice())
            );
        }
        assert_eq!(read_record(&mut rows).unwrap(), None);
    }
}
