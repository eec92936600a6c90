//! Where rows are read from: one trait that databases and files answer, and the streams that their rows come in.

mod answering;
mod file;
mod mysql;
mod postgres;
mod sqlite;
mod tls;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::answering::{Answering, silent};
use crate::entity::{Expression, Relation};
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::row::{Batch, Key};
use crate::value::Kind;

/// Batches that wait for the comparison, a stream and side; a source that is ahead stops reading.
const BATCHES_WAITING_MAX: usize = 4;
/// A batch is handed over when it has so many bytes.
pub(crate) const BATCH_BYTES: usize = 128 * 1024;
/// A batch is handed over when it has so many rows.
pub(crate) const BATCH_ROWS: usize = 2_048;

/// A column as one side declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it holds; `None` where the side does not say it (a file of text).
    pub kind: Option<Kind>,
    /// The side's own word for it.
    pub native: String,
    /// Digits after the point: of a number, or of the seconds of a time.
    pub digits: Option<u32>,
    /// Whether a floating-point number has 32 bits only.
    pub is_single: bool,
}

/// Whether a side can give its rows in key order without sorting all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOrder {
    /// It can, and a range of keys costs as much as its rows.
    ByKey,
    /// It can, in an order of text that is not the order of bytes: good for keys of hexadecimal digits only.
    Collated {
        /// Which column, and which order.
        why: String,
    },
    /// It cannot; its rows are read once and sorted here.
    Unordered {
        /// Why not.
        why: String,
    },
}

/// What one side says of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The key's columns.
    pub key: Vec<Field>,
    /// The compared columns.
    pub cells: Vec<Field>,
    /// Whether rows come in key order.
    pub order: KeyOrder,
    /// Whether a key may be `NULL`.
    pub may_have_null_keys: bool,
    /// Whether a column holds values of its declared type only, so that a key finds its row however that was written.
    pub is_typed: bool,
    /// How many rows its statistics promise.
    pub rows_estimated: Option<u64>,
}

/// A column of a question and what it is to be read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What the column is on this side.
    pub expression: Expression,
    /// What it is read as; before both sides are understood, `None`.
    pub kind: Option<Kind>,
    /// What the side itself says it holds.
    pub native: Option<Kind>,
}

/// What one side is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Where the rows are.
    pub relation: Relation,
    /// The key's columns, at least one.
    pub key: Vec<Asked>,
    /// The compared columns.
    pub cells: Vec<Asked>,
    /// Which rows count.
    pub filter: Option<String>,
    /// Whether a key may be `NULL`; such rows are then read, and refused.
    pub may_have_null_keys: bool,
    /// The zone of times without one.
    pub zone: Option<jiff::tz::TimeZone>,
    /// How long one statement may take.
    pub statement_time_max: Duration,
    /// Whether rows are asked for in key order.
    pub order: Arrival,
}

/// How rows arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// In key order.
    ByKey,
    /// In key order from the last key on.
    Backwards,
    /// In any order.
    AsTheyCome,
}

/// The longest that one reading of all rows may take.
const WHOLE_READING_MAX: Duration = Duration::from_secs(24 * 3_600);

impl Question {
    /// The same, for one reading of all rows in any order.
    pub(crate) fn over_all_rows(&self) -> Self {
        Self {
            order: Arrival::AsTheyCome,
            statement_time_max: WHOLE_READING_MAX,
            ..self.clone()
        }
    }

    /// The same, for keys alone from the last one on.
    pub(crate) fn backwards(&self) -> Self {
        Self {
            cells: Vec::new(),
            order: Arrival::Backwards,
            ..self.clone()
        }
    }

    /// Key and compared columns, in that order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Asked> {
        self.key.iter().chain(&self.cells)
    }
}

/// A source by its address: `postgres://`, `mysql://`, `mariadb://`, `sqlite:PATH`, `csv:PATH` or `ndjson:PATH`.
///
/// # Errors
/// [`SourceFault::Address`] for anything else, [`SourceFault::Unprotected`]. Neither repeats the address.
pub fn open(address: &str) -> Result<Arc<dyn Source>, SourceFault> {
    let scheme = address.split_once(':').map(|(scheme, _)| scheme);
    Ok(match scheme {
        Some("postgres" | "postgresql") => Arc::new(Answering(postgres::Postgres::new(address)?)),
        Some("mysql") => Arc::new(Answering(mysql::MySql::new(address)?)),
        Some("mariadb") => {
            let address = address.replacen("mariadb", "mysql", 1);
            Arc::new(Answering(mysql::MySql::new(&address)?))
        }
        Some("sqlite") => Arc::new(sqlite::Sqlite::new(path(address))),
        Some("csv") => Arc::new(file::Rows::new(path(address), file::Form::Csv)),
        Some("ndjson") => Arc::new(file::Rows::new(path(address), file::Form::Ndjson)),
        _ => return Err(SourceFault::Address),
    })
}

/// What stands behind the scheme, with or without two slashes.
fn path(address: &str) -> &str {
    let path = address.split_once(':').map_or("", |(_, path)| path);
    path.strip_prefix("//").unwrap_or(path)
}

/// Where a file is, whatever folder this runs in.
fn absolute(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.display().to_string()
}

/// This machine's clock, for what has none of its own.
fn wall_clock() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// How busy a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Sessions at work, our own not counted; `None` where it does not say.
    pub active_sessions: Option<u64>,
    /// How far it is behind the database it copies; zero where it copies none.
    pub lag: Duration,
}

/// What a database is asked before it is asked for rows: how it would read them.
#[derive(Debug, Clone, Copy)]
pub enum Asking<'a> {
    /// A range in key order; with `first`, so many rows from its beginning on.
    Range {
        /// Which keys.
        range: &'a KeyRange,
        /// How many rows, where not all.
        first: Option<u64>,
    },
    /// The row of one key.
    Key(&'a Key),
}

impl Asking<'_> {
    /// What is asked for, in words.
    fn words(self) -> &'static str {
        match self {
            Self::Range { .. } => "for a range of keys",
            Self::Key(_) => "for one key",
        }
    }
}

/// A database or a file that gives rows. Nothing it does can write.
#[async_trait]
pub trait Source: Send + Sync {
    /// What people call it; never with a secret.
    fn name(&self) -> String;

    /// What tells it from every other source, as far as its address does; never with a secret.
    fn identity(&self) -> String;

    /// Whether rows may be others when they are read again; a file is what it was when it was read.
    fn is_live(&self) -> bool {
        true
    }

    /// The names of a relation's columns, and of those that are its key.
    ///
    /// # Errors
    /// Any fault of the source.
    async fn columns(&self, relation: &Relation) -> Result<Columns, SourceFault>;

    /// What the columns of a question hold, and whether rows come in key order.
    ///
    /// # Errors
    /// Any fault of the source.
    async fn schema(&self, question: &Question) -> Result<Schema, SourceFault>;

    /// The key that stands `rows` rows behind `after` and before `until`; `None` where there are not so many.
    ///
    /// # Errors
    /// Any fault of the source.
    async fn boundary(&self, question: &Question, range: &KeyRange, rows: u64) -> Result<Option<Key>, SourceFault>;

    /// The last key of all; `None` without rows. What has an index looks at its end only.
    ///
    /// # Errors
    /// Any fault of the source.
    async fn last(&self, question: &Question) -> Result<Option<Key>, SourceFault> {
        largest_of(self.stream(question, &KeyRange::default()).await?).await
    }

    /// The rows of a range, from one moment. In key order, except from a source that has none.
    ///
    /// # Errors
    /// Any fault before the first row; later ones come in the stream.
    async fn stream(&self, question: &Question, range: &KeyRange) -> Result<RowStream, SourceFault>;

    /// What reading this would make it sort or scan: words, where that is more than `rows_max` rows.
    ///
    /// # Errors
    /// Any fault of the source.
    async fn detour(
        &self,
        question: &Question,
        asking: Asking<'_>,
        rows_max: u64,
    ) -> Result<Option<String>, SourceFault>;

    /// The rows of these keys as they are now, in any order.
    ///
    /// # Errors
    /// Any fault of the source.
    async fn lookup(&self, question: &Question, keys: &[Key]) -> Result<Batch, SourceFault>;

    /// The source's own clock, in microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// Any fault of the source.
    async fn clock(&self) -> Result<i64, SourceFault>;

    /// How busy it is.
    ///
    /// # Errors
    /// Any fault of the source.
    async fn load(&self) -> Result<Load, SourceFault>;
}

/// The columns of a relation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// All names in their order.
    pub names: Vec<String>,
    /// The primary key, where there is one.
    pub key: Vec<String>,
}

/// Rows on their way. Dropped, it ends the reading.
#[derive(Debug)]
pub struct RowStream {
    batches: mpsc::Receiver<Result<Batch, SourceFault>>,
    reader: Option<JoinHandle<()>>,
    /// How long a batch is waited for.
    silence_max: Option<Duration>,
}

impl RowStream {
    /// A stream fed by a task or thread that `begin` starts.
    pub(crate) fn fed_by(begin: impl FnOnce(BatchSender) -> JoinHandle<()>) -> Self {
        let (sender, batches) = mpsc::channel(BATCHES_WAITING_MAX);
        let reader = Some(begin(sender));
        Self {
            batches,
            reader,
            silence_max: None,
        }
    }

    /// The same; a batch that does not come in this time is a fault.
    pub(crate) fn with_silence_max(mut self, most: Duration) -> Self {
        self.silence_max = Some(most);
        self
    }

    /// The next batch; `None` after the last one.
    ///
    /// # Errors
    /// Any fault of the source; nothing follows it.
    pub async fn next(&mut self) -> Result<Option<Batch>, SourceFault> {
        let received = match self.silence_max {
            None => self.batches.recv().await,
            Some(most) => match tokio::time::timeout(most, self.batches.recv()).await {
                Ok(received) => received,
                Err(_) => return Err(silent(most)),
            },
        };
        match received {
            Some(Ok(batch)) => Ok(Some(batch)),
            Some(Err(fault)) => Err(fault),
            None => match self.reader.take() {
                // A reader that panicked has not given all its rows.
                Some(reader) => reader.await.map(|()| None).map_err(|_| SourceFault::Reader),
                None => Ok(None),
            },
        }
    }
}

impl Drop for RowStream {
    fn drop(&mut self) {
        if let Some(reader) = &self.reader {
            reader.abort();
        }
    }
}

/// Where a reader puts its batches.
pub(crate) type BatchSender = mpsc::Sender<Result<Batch, SourceFault>>;

/// Whether a batch is large enough to be handed over.
pub(crate) fn is_full(batch: &Batch) -> bool {
    batch.len() >= BATCH_ROWS || batch.size() >= BATCH_BYTES
}

/// All rows of a short stream.
pub(crate) async fn all_of(mut stream: RowStream) -> Result<Batch, SourceFault> {
    let mut all = Batch::default();
    while let Some(batch) = stream.next().await? {
        batch.rows().for_each(|row| all.push(row));
    }
    Ok(all)
}

/// The largest key of a stream in any order.
pub(crate) async fn largest_of(mut stream: RowStream) -> Result<Option<Key>, SourceFault> {
    let mut largest: Option<Key> = None;
    while let Some(batch) = stream.next().await? {
        largest = batch.rows().map(|row| row.to_row().key).chain(largest).max();
    }
    Ok(largest)
}

/// The key of the first row, if there is any.
pub(crate) async fn one_of(stream: RowStream) -> Result<Option<Key>, SourceFault> {
    let batch = all_of(stream).await?;
    Ok(batch.rows().next().map(|row| row.to_row().key))
}
