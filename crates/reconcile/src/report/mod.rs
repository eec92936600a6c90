//! What people and programs read of a comparison: a summary, JSON lines, a table of differences, one page of HTML.
//!
//! A report is fed with events as they happen and goes to its output at once, or to a temporary file where its first
//! lines are known last; memory does not grow with the differences. It decides nothing.

mod csv;
mod human;
mod json;
mod line;
mod page;
mod style;
mod words;

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::entity::Entity;
use crate::event::{Event, KeyRange, Progress};
use crate::totals::Totals;
use crate::verdict::Verdict;

pub use human::progress;
pub(crate) use words::{doubt as doubt_words, fingerprint, harmless};

/// Ranges of keys that could not be read, named one by one; those beyond are counted.
const SKIPPED_NAMED_MAX: usize = 100;

/// What a report may show of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// Keys and values.
    #[default]
    Values,
    /// Keys, and which columns differ how.
    Keys,
    /// Which columns differ how; a key is a fingerprint, the same for the same key.
    Fingerprints,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines for a terminal: the first differences and a summary.
    Human,
    /// One event a line, in JSON.
    Json,
    /// One line for each column of each difference, for spreadsheets.
    Csv,
    /// One page that needs no other file.
    Html,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The entity's name.
    pub entity: String,
    /// What people call the old side; never with a secret.
    pub old: String,
    /// What people call the new side; never with a secret.
    pub new: String,
    /// The names of the key's columns.
    pub key: Vec<String>,
    /// The names of the compared columns.
    pub columns: Vec<String>,
    /// What is not compared, each in one sentence: columns of one side only, a filter, a tolerance.
    pub left_out: Vec<String>,
    /// What may be shown.
    pub shown: Shown,
}

impl Subject {
    /// The names of an entity; what is left out besides its filters is for the caller to add.
    #[must_use]
    pub fn of(entity: &Entity, old: &str, new: &str, shown: Shown) -> Self {
        let names = |columns: &[crate::entity::Column]| columns.iter().map(|column| column.name.clone()).collect();
        let filtered = [("old", &entity.old_filter), ("new", &entity.new_filter)];
        let left_out = filtered
            .into_iter()
            .filter_map(|(side, filter)| Some(format!("{side} rows that do not meet `{}`", filter.as_ref()?)))
            .collect();
        Self {
            entity: entity.name.clone(),
            old: old.to_owned(),
            new: new.to_owned(),
            key: names(&entity.key),
            columns: names(&entity.columns),
            left_out,
            shown,
        }
    }
}

/// A report on its way to its output.
pub struct Report {
    subject: Subject,
    sheet: Sheet,
    out: Box<dyn Write + Send>,
    end: End,
}

/// What is only known when the comparison has ended.
#[derive(Debug, Default)]
struct End {
    verdict: Option<Verdict>,
    /// How far it was when that was told last.
    progress: Option<Progress>,
    totals: Vec<Totals>,
    skipped: Vec<(KeyRange, String)>,
    skipped_more: u64,
}

enum Sheet {
    Human(human::Human),
    Json,
    Csv,
    Html(page::Page),
}

impl Report {
    /// A report that goes to `out`.
    ///
    /// # Errors
    /// The output's, or that of a temporary file.
    pub fn new(form: Form, subject: Subject, mut out: Box<dyn Write + Send>) -> io::Result<Self> {
        let sheet = match form {
            Form::Human => Sheet::Human(human::Human::default()),
            Form::Json => {
                json::began(&mut out, &subject)?;
                Sheet::Json
            }
            Form::Csv => {
                csv::began(&mut out, &subject)?;
                Sheet::Csv
            }
            Form::Html => Sheet::Html(page::Page::new()?),
        };
        Ok(Self {
            subject,
            sheet,
            out,
            end: End::default(),
        })
    }

    /// A report in a file that only its owner can read: it holds rows.
    ///
    /// # Errors
    /// The file's.
    pub fn to_file(form: Form, subject: Subject, path: &Path) -> io::Result<Self> {
        Self::new(form, subject, Box::new(BufWriter::new(private_file(path)?)))
    }

    /// Takes what happened.
    ///
    /// # Errors
    /// The output's.
    pub fn take(&mut self, event: &Event) -> io::Result<()> {
        self.end.take(event);
        match &mut self.sheet {
            Sheet::Human(human) => human.take(&mut self.out, &self.subject, event),
            Sheet::Json => json::event(&mut self.out, &self.subject, event),
            Sheet::Csv => csv::event(&mut self.out, &self.subject, event),
            Sheet::Html(page) => page.take(&self.subject, event),
        }
    }

    /// Takes business totals; they stand beside the verdict and do not change it.
    ///
    /// # Errors
    /// The output's.
    pub fn totals(&mut self, totals: &Totals) -> io::Result<()> {
        match self.sheet {
            Sheet::Json => json::totals(&mut self.out, &self.subject, totals),
            Sheet::Human(_) | Sheet::Csv | Sheet::Html(_) => {
                self.end.totals.push(totals.clone());
                Ok(())
            }
        }
    }

    /// Writes what is only known at the end. Without a verdict the report says that the comparison did not end.
    ///
    /// # Errors
    /// The output's.
    pub fn finish(mut self) -> io::Result<()> {
        match self.sheet {
            Sheet::Human(human) => human.finish(&mut self.out, &self.subject, &self.end)?,
            Sheet::Json | Sheet::Csv => {}
            Sheet::Html(page) => page.finish(&mut self.out, &self.subject, &self.end)?,
        }
        self.out.flush()
    }
}

impl End {
    fn take(&mut self, event: &Event) {
        match event {
            Event::Ended(verdict) => self.verdict = Some(verdict.clone()),
            Event::ChunkSkipped { range, fault } if self.skipped.len() < SKIPPED_NAMED_MAX => {
                self.skipped.push((range.clone(), fault.clone()));
            }
            Event::ChunkSkipped { .. } => self.skipped_more += 1,
            Event::Progress(progress) => self.progress = Some(*progress),
            Event::ChunkDone(_)
            | Event::Sorting { .. }
            | Event::Paused { .. }
            | Event::Rereading { .. }
            | Event::Confirmed(_)
            | Event::Healed { .. }
            | Event::Moving { .. } => {}
        }
    }
}

/// An empty file that only its owner can read; what stood there before is gone.
///
/// # Errors
/// The file's.
pub fn private_file(path: &Path) -> io::Result<std::fs::File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    // A file that was there keeps its old rights otherwise.
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

#[cfg(test)]
mod tests;
