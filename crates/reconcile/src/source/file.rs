//! Files of lines, CSV and NDJSON: read from the beginning to the end, once; what they hold is text until the other side
//! says what it is.

mod csv;
mod ndjson;

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::PathBuf;

use async_trait::async_trait;

use self::csv::Csv;
use self::ndjson::Ndjson;
use super::{
    Asking, BatchSender, Columns, Field, KeyOrder, Load, Question, RowStream, Schema, Source, absolute, is_full,
    wall_clock,
};
use crate::entity::{Expression, Relation};
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::raw::{Raw, put};
use crate::row::{Batch, Key};
use crate::value::Kind;

/// The longest record of a file, in bytes.
const RECORD_BYTES_MAX: usize = 16 << 20;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Ndjson,
}

/// A file of rows.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    path: PathBuf,
    form: Form,
}

/// What reads one form.
trait Records {
    /// The names of the columns.
    fn names(&self) -> &[String];

    /// The next record, its values in the order that was asked for; `None` after the last one.
    fn next(&mut self, take: &mut dyn FnMut(usize, &Raw<'_>) -> Result<(), SourceFault>) -> Result<bool, SourceFault>;
}

impl Rows {
    pub(super) fn new(path: &str, form: Form) -> Self {
        Self {
            path: path.into(),
            form,
        }
    }

    fn shown(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn open(&self, wanted: &[String]) -> Result<Box<dyn Records>, SourceFault> {
        let file = File::open(&self.path).map_err(|error| SourceFault::file(&self.shown(), &error))?;
        let lines = Lines {
            reader: BufReader::with_capacity(64 << 10, file),
            file: self.shown(),
            line: 0,
        };
        Ok(match self.form {
            Form::Csv => Box::new(Csv::begin(lines, self.separator(), wanted)?),
            Form::Ndjson => Box::new(Ndjson::begin(lines, wanted)?),
        })
    }

    fn separator(&self) -> u8 {
        match self.path.extension().is_some_and(|extension| extension == "tsv") {
            true => b'\t',
            false => b',',
        }
    }

    fn send(&self, question: &Question, sender: &BatchSender) -> Result<(), SourceFault> {
        let kinds: Vec<Kind> = question.all().map(|asked| asked.kind.unwrap_or(Kind::Text)).collect();
        let mut records = self.open(&wanted(question)?)?;
        let key_columns = question.key.len();
        let mut batch = Batch::default();
        loop {
            let mut key_end = None;
            let has_row = records.next(&mut |place, raw| {
                if place == key_columns {
                    key_end = Some(batch.bytes().len());
                }
                if place < key_columns && matches!(raw, Raw::Null) {
                    return Err(SourceFault::NullKey);
                }
                put(batch.bytes(), kinds[place], question.zone.as_ref(), raw)
            })?;
            if !has_row {
                break;
            }
            let key_end = key_end.unwrap_or(batch.bytes().len());
            batch.end_row(key_end);
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
}

/// The columns that a question asks a file for; it has no others than columns.
fn wanted(question: &Question) -> Result<Vec<String>, SourceFault> {
    if let Some(filter) = &question.filter {
        return Err(SourceFault::NoExpressions { asked: filter.clone() });
    }
    let name = |expression: &Expression| match expression {
        Expression::Column(name) => Ok(name.clone()),
        Expression::Sql(sql) => Err(SourceFault::NoExpressions { asked: sql.clone() }),
    };
    question.all().map(|asked| name(&asked.expression)).collect()
}

/// Lines of a file, with their number for whoever has to look.
struct Lines {
    reader: BufReader<File>,
    file: String,
    line: u64,
}

impl Lines {
    /// Appends the next line with its end; `false` where there is none.
    fn append(&mut self, to: &mut Vec<u8>) -> Result<bool, SourceFault> {
        let room = RECORD_BYTES_MAX.saturating_sub(to.len());
        let limit = u64::try_from(room).unwrap_or(u64::MAX);
        let read = (&mut self.reader).take(limit).read_until(b'\n', to);
        let read = read.map_err(|error| SourceFault::file(&self.file, &error))?;
        self.line += 1;
        if to.len() >= RECORD_BYTES_MAX {
            return Err(self.fault("a record is longer than 16 MiB"));
        }
        Ok(read > 0)
    }

    fn fault(&self, why: &str) -> SourceFault {
        SourceFault::Line {
            file: self.file.clone(),
            line: self.line,
            why: why.to_owned(),
        }
    }
}

#[async_trait]
impl Source for Rows {
    fn name(&self) -> String {
        match self.form {
            Form::Csv => format!("CSV {}", self.shown()),
            Form::Ndjson => format!("NDJSON {}", self.shown()),
        }
    }

    fn identity(&self) -> String {
        format!("{:?} {}", self.form, absolute(&self.path))
    }

    fn is_live(&self) -> bool {
        false
    }

    async fn columns(&self, _relation: &Relation) -> Result<Columns, SourceFault> {
        let rows = self.clone();
        let reading = tokio::task::spawn_blocking(move || rows.open(&[]).map(|records| records.names().to_vec()));
        Ok(Columns {
            names: reading.await.map_err(|_| SourceFault::Reader)??,
            key: Vec::new(),
        })
    }

    async fn schema(&self, question: &Question) -> Result<Schema, SourceFault> {
        let (rows, wanted) = (self.clone(), wanted(question)?);
        let reading = tokio::task::spawn_blocking(move || rows.open(&wanted).map(|_| ()));
        reading.await.map_err(|_| SourceFault::Reader)??;
        let field = |_: &super::Asked| Field {
            kind: None,
            native: "text of a file".to_owned(),
            digits: None,
            is_single: false,
        };
        Ok(Schema {
            key: question.key.iter().map(field).collect(),
            cells: question.cells.iter().map(field).collect(),
            order: KeyOrder::Unordered {
                why: "a file has no index".to_owned(),
            },
            may_have_null_keys: true,
            is_typed: false,
            rows_estimated: None,
        })
    }

    async fn boundary(&self, _question: &Question, _range: &KeyRange, _rows: u64) -> Result<Option<Key>, SourceFault> {
        Ok(None)
    }

    async fn stream(&self, question: &Question, _range: &KeyRange) -> Result<RowStream, SourceFault> {
        let (rows, question) = (self.clone(), question.clone());
        Ok(RowStream::fed_by(move |sender| {
            tokio::task::spawn_blocking(move || {
                if let Err(fault) = rows.send(&question, &sender) {
                    // Nobody listens any more when it cannot be sent.
                    drop(sender.blocking_send(Err(fault)));
                }
            })
        }))
    }

    async fn detour(
        &self,
        _question: &Question,
        _asking: Asking<'_>,
        _rows_max: u64,
    ) -> Result<Option<String>, SourceFault> {
        Ok(None)
    }

    async fn lookup(&self, question: &Question, keys: &[Key]) -> Result<Batch, SourceFault> {
        let mut stream = self.stream(question, &KeyRange::default()).await?;
        let mut found = Batch::default();
        while let Some(batch) = stream.next().await? {
            let wanted = batch
                .rows()
                .filter(|row| keys.iter().any(|key| key.as_bytes() == row.key));
            wanted.for_each(|row| found.push(row));
        }
        Ok(found)
    }

    async fn clock(&self) -> Result<i64, SourceFault> {
        Ok(wall_clock())
    }

    async fn load(&self) -> Result<Load, SourceFault> {
        Ok(Load {
            active_sessions: Some(0),
            ..Load::default()
        })
    }
}
