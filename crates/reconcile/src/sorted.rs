//! Rows of a source that has no usable key order: read once, sorted on disk in bounded memory, and given in key order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use tempfile::TempDir;

use crate::chunk::Reading;
use crate::entity::Relation;
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::row::{Batch, Key, RowRef};
use crate::source::{BatchSender, Columns, Load, Question, RowStream, Schema, Source, is_full};

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
    folder: TempDir,
    marks: Vec<Mark>,
}

/// Reads all rows of a side and sorts them.
pub(crate) async fn sort(reading: &Reading) -> Result<Sorted, SourceFault> {
    let folder = tempfile::tempdir().map_err(|error| fault(&error))?;
    let mut stream = reading.source.stream(&reading.question, &KeyRange::default()).await?;
    let mut runs = Vec::new();
    let mut gathered = Batch::default();
    while let Some(batch) = stream.next().await? {
        reading
            .rows
            .fetch_add(u64::try_from(batch.len()).unwrap_or(0), Ordering::Relaxed);
        reading.pace.take(batch.len(), batch.size()).await;
        batch.rows().for_each(|row| gathered.push(row));
        if gathered.size() >= RUN_BYTES {
            runs.push(written(folder.path(), runs.len(), std::mem::take(&mut gathered)).await?);
        }
    }
    runs.push(written(folder.path(), runs.len(), gathered).await?);
    let path = sorted_path(folder.path());
    let marks = tokio::task::spawn_blocking(move || merge(&runs, &path)).await;
    Ok(Sorted {
        original: Arc::clone(&reading.source),
        marks: marks.map_err(|_| SourceFault::Reader)??,
        folder,
    })
}

fn sorted_path(folder: &Path) -> PathBuf {
    folder.join("sorted")
}

fn fault(error: &std::io::Error) -> SourceFault {
    SourceFault::file("sorting on disk", error)
}

/// Writes one run, sorted.
async fn written(folder: &Path, number: usize, rows: Batch) -> Result<PathBuf, SourceFault> {
    let path = folder.join(format!("run-{number}"));
    let writing = tokio::task::spawn_blocking(move || {
        let mut places: Vec<usize> = (0..rows.len()).collect();
        let order = |place: &usize| {
            let row = rows.row(*place);
            (row.key, row.cells)
        };
        places.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
        let mut out = BufWriter::new(File::create(&path)?);
        for place in places {
            write_row(&mut out, rows.row(place))?;
        }
        out.flush()?;
        Ok(path)
    });
    writing
        .await
        .map_err(|_| SourceFault::Reader)?
        .map_err(|error: std::io::Error| fault(&error))
}

/// Merges runs into one file; where rows begin in it, every so often.
fn merge(runs: &[PathBuf], path: &Path) -> Result<Vec<Mark>, SourceFault> {
    let merged = || -> std::io::Result<Vec<Mark>> {
        let buffer = (MERGE_BYTES / runs.len().max(1)).max(4 << 10);
        let mut readers = Vec::new();
        let mut heap = BinaryHeap::new();
        for (number, run) in runs.iter().enumerate() {
            let mut reader = BufReader::with_capacity(buffer, File::open(run)?);
            if let Some(record) = read_record(&mut reader)? {
                heap.push(Reverse((record, number)));
            }
            readers.push(reader);
        }
        let mut out = BufWriter::new(File::create(path)?);
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
        runs.iter().try_for_each(std::fs::remove_file)?;
        Ok(marks)
    };
    merged().map_err(|error| fault(&error))
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
        let path = sorted_path(self.folder.path());
        let offset = self
            .marks
            .get(self.mark_before(range.from.as_ref()))
            .map_or(0, |mark| mark.offset);
        let range = range.clone();
        RowStream::fed_by(move |sender| {
            tokio::task::spawn_blocking(move || {
                if let Err(error) = send(&path, offset, &range, &sender) {
                    // Nobody listens any more when it cannot be sent.
                    drop(sender.blocking_send(Err(fault(&error))));
                }
            })
        })
    }
}

fn send(path: &Path, offset: u64, range: &KeyRange, sender: &BatchSender) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut reader = BufReader::with_capacity(64 << 10, file);
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
        _range: &KeyRange,
        _first: Option<u64>,
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
