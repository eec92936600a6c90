//! Where differing rows are kept: a file for each criterion in a folder beside the journal, readable by its owner only. Deleting it
//! takes away what the rows held, and nothing else; the next comparison replaces it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tidegate_model::{CriterionId, StageId};
use tidegate_reconcile::Event;
use tidegate_reconcile::differing::{Differing, erase};
use tidegate_reconcile::ledger::{LedgerEvent, Shape, Told};
use tidegate_reconcile::report::{Shown, private_file};

/// Rows that are kept of one comparison: enough to see what is wrong with them.
const ROWS_MAX: u32 = 1_000;
/// The longest that is said of rows that cannot be kept, in characters.
const WORDS_MAX: usize = 500;
/// The folder in a state folder.
const FOLDER: &str = "differing";

/// The file of a criterion's differing rows.
pub(crate) fn file_of(state: &Path, stage: &StageId, criterion: &CriterionId) -> PathBuf {
    state
        .join(FOLDER)
        .join(stage.as_str())
        .join(format!("{criterion}.rows"))
}

/// Deletes what is kept of a criterion, and what a comparison of it may have left that was given up.
///
/// # Errors
/// When a file cannot be deleted.
pub(crate) fn forgotten(path: &Path) -> anyhow::Result<()> {
    erased(&next_of(path))?;
    erased(path)
}

/// Deletes one file of rows and the findings beside it.
///
/// # Errors
/// When a file cannot be deleted.
fn erased(path: &Path) -> anyhow::Result<()> {
    erase(path)?;
    let findings = findings_of(path);
    match std::fs::remove_file(&findings) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(|| findings.display().to_string()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What a ledger found has another shape, and so another file.
pub(crate) fn findings_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".findings.jsonl");
    PathBuf::from(name)
}

/// Where rows of a comparison that runs stand until it ends.
fn next_of(path: &Path) -> PathBuf {
    path.with_extension("next")
}

/// The differing rows of one comparison on their way to their file; without a file they go nowhere.
pub(super) struct Kept<'a> {
    /// Where the rows of the last comparison are, to be replaced at the end of this one.
    last: Option<&'a Path>,
    path: Option<PathBuf>,
    digest: String,
    entity: &'a str,
    rows: Option<Differing>,
    findings: Option<Told>,
    kept: u32,
    /// Whether there were more than are kept.
    is_cut: bool,
    lost: anyhow::Result<()>,
}

impl<'a> Kept<'a> {
    /// Replaces what an earlier comparison kept, once this one has ended.
    pub(super) fn anew(path: Option<&'a Path>, digest: &str, entity: &'a str) -> Self {
        let next = path.map(next_of);
        // What a comparison left that was given up.
        let lost = next.as_deref().map_or(Ok(()), erased);
        Self {
            last: path,
            path: next,
            digest: digest.to_owned(),
            entity,
            rows: None,
            findings: None,
            kept: 0,
            is_cut: false,
            lost,
        }
    }

    /// Adds to what the last comparison kept.
    pub(super) fn more(path: Option<&'a Path>, digest: &str, entity: &'a str) -> Self {
        Self {
            last: None,
            path: path.map(Path::to_owned),
            digest: digest.to_owned(),
            entity,
            rows: None,
            findings: None,
            kept: 0,
            is_cut: false,
            lost: Ok(()),
        }
    }

    /// Keeps what a comparison of the sides confirms.
    pub(super) fn take(&mut self, event: &Event) {
        let Event::Confirmed(difference) = event else {
            return;
        };
        self.keep(|kept, path| {
            let mut rows = match kept.rows.take() {
                Some(rows) => rows,
                None => Differing::open(path, &kept.digest, kept.entity)?,
            };
            rows.keep(difference)?;
            kept.rows = Some(rows);
            Ok(())
        });
    }

    /// Keeps what a ledger finds.
    pub(super) fn take_finding(&mut self, event: &LedgerEvent) {
        let LedgerEvent::Found(_) = event else {
            return;
        };
        self.keep(|kept, path| {
            let mut told = match kept.findings.take() {
                Some(told) => told,
                None => Told::new(Shape::Json, Shown::Values, Box::new(private_file(&findings_of(path))?)),
            };
            told.take(event)?;
            kept.findings = Some(told);
            Ok(())
        });
    }

    /// Keeps one more, while there is room and nothing was lost.
    fn keep(&mut self, one: impl FnOnce(&mut Self, &Path) -> anyhow::Result<()>) {
        let (Some(path), Ok(())) = (self.path.clone(), &self.lost) else {
            return;
        };
        if self.kept >= ROWS_MAX {
            self.is_cut = true;
            return;
        }
        self.lost = match self.kept {
            0 => folder_of(&path),
            _ => Ok(()),
        }
        .and_then(|()| one(self, &path));
        self.kept += 1;
    }

    /// What is not kept, in words that stand beside the verdict: it does not depend on the file.
    pub(super) fn end(self) -> Vec<String> {
        let is_cut = self
            .is_cut
            .then(|| format!("more rows differ than the {ROWS_MAX} that are kept"));
        let lost = self.put().err().map(|error| {
            let words = format!("the differing rows cannot be kept: {error:#}");
            words.chars().take(WORDS_MAX).collect()
        });
        is_cut.into_iter().chain(lost).collect()
    }

    /// Puts the rows where they stay.
    fn put(mut self) -> anyhow::Result<()> {
        self.lost?;
        if let Some(rows) = &mut self.rows {
            rows.finish()?;
        }
        let (has_rows, has_findings) = (self.rows.is_some(), self.findings.is_some());
        drop((self.rows, self.findings));
        let (Some(last), Some(next)) = (self.last, self.path) else {
            return Ok(());
        };
        erased(last)?;
        let moved = [
            (has_rows, next.clone(), last.to_owned()),
            (has_findings, findings_of(&next), findings_of(last)),
        ];
        for (_, from, to) in moved.into_iter().filter(|(is_there, ..)| *is_there) {
            std::fs::rename(&from, &to).with_context(|| to.display().to_string())?;
        }
        Ok(())
    }
}

fn folder_of(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(path);
    crate::live::make_state(folder)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use tidegate_reconcile::{Difference, Key, Side, Value};

    fn take(kept: &mut Kept<'_>, rows: std::ops::Range<u32>) {
        for row in rows {
            kept.take(&Event::Confirmed(Box::new(Difference::Duplicated {
                side: Side::Old,
                key: Key::of(&[Value::Int(row.into())]),
                rows: 2,
            })));
        }
    }

    fn kept_in(path: &Path) -> u32 {
        let mut rows = 0;
        let file = Differing::open(path, "d", "prices").unwrap();
        file.each(&[], &mut |_| rows += 1).unwrap();
        rows
    }

    #[test]
    fn the_first_thousand_are_kept_and_that_there_are_more_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stage/criterion.rows");
        let mut kept = Kept::anew(Some(&path), "d", "prices");
        take(&mut kept, 0..ROWS_MAX);
        assert_eq!(kept.end(), Vec::<String>::new());
        assert_eq!(kept_in(&path), ROWS_MAX);
        let mut kept = Kept::anew(Some(&path), "d", "prices");
        take(&mut kept, 0..ROWS_MAX + 1);
        assert_eq!(kept.end(), ["more rows differ than the 1000 that are kept"]);
        assert_eq!(kept_in(&path), ROWS_MAX);
    }

    #[test]
    fn rows_that_cannot_be_kept_are_words_and_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("stage");
        std::fs::write(&in_the_way, "a file where a folder should be").unwrap();
        let path = in_the_way.join("criterion.rows");
        for mut kept in [
            Kept::anew(Some(&path), "d", "prices"),
            Kept::more(Some(&path), "d", "prices"),
        ] {
            take(&mut kept, 0..3);
            let words = kept.end();
            assert_eq!(words.len(), 1, "{words:?}");
            assert!(words[0].starts_with("the differing rows cannot be kept: "), "{words:?}");
        }
    }
}
