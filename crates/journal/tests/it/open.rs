//! The SQLite backend: conformance, and what is opened and what is refused.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use tidegate_journal::{Journal, JournalError, Options};

use crate::conformance::{LASTING_RULES, RULES};
use crate::sample::{entry, fill};

/// A journal with so many entries, closed.
pub(crate) fn filled(folder: &Path, count: u64) -> PathBuf {
    let path = folder.join("journal.db");
    fill(&mut open(&path), count);
    path
}

/// Opens a journal that opens.
pub(crate) fn open(path: &Path) -> Journal {
    Journal::open(path, Options::default()).unwrap()
}

#[test]
fn a_journal_in_memory_conforms() {
    for (rule, check) in RULES {
        println!("{rule}");
        check(Journal::in_memory().unwrap());
    }
}

#[test]
fn a_journal_on_disk_conforms() {
    let fresh = || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        (folder, path)
    };
    for (rule, check) in RULES {
        println!("{rule}");
        let (_folder, path) = fresh();
        check(open(&path));
    }
    for (rule, check) in LASTING_RULES {
        println!("{rule}");
        let (_folder, path) = fresh();
        check(&|| open(&path));
    }
}

#[test]
fn a_second_writer_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 1);
    let first = open(&path);
    let refused = Journal::open(&path, Options::default()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("another controller holds the journal `{}`", path.display())
    );
    assert!(!refused.retryable());
    drop(first);
    assert_eq!(open(&path).head().seq, 1);
}

#[test]
fn a_reader_sees_what_the_writer_appends_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 2);
    let mut writer = open(&path);
    let mut reader = Journal::open_read_only(&path).unwrap();
    assert_eq!(reader.head().seq, 2);
    fill(&mut writer, 3);
    assert_eq!(reader.read(1, 10).unwrap().len(), 5);
    assert_eq!(reader.verify().unwrap().head, writer.head());
    let refused = reader.append(&[entry("A", "no")]).unwrap_err();
    assert!(matches!(refused, JournalError::ReadOnly), "{refused}");
    assert!(matches!(
        reader.put_bundle("d", b"no").unwrap_err(),
        JournalError::ReadOnly
    ));
    assert_eq!(writer.verify().unwrap().entries, 5);
}

#[test]
fn the_settings_in_force_are_a_log_synced_at_each_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 1);
    let mode: String = Connection::open(&path)
        .unwrap()
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn files_of_others_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "a shopping list\n".repeat(100)).unwrap();
    let database = folder.path().join("shop.db");
    Connection::open(&database)
        .unwrap()
        .execute_batch("CREATE TABLE orders (id INTEGER)")
        .unwrap();
    for path in [text, database] {
        let before = std::fs::read(&path).unwrap();
        let expected = format!("`{}` is not a journal", path.display());
        assert_eq!(
            Journal::open(&path, Options::default()).unwrap_err().to_string(),
            expected
        );
        assert_eq!(Journal::open_read_only(&path).unwrap_err().to_string(), expected);
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_journal_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 1);
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 2)
        .unwrap();
    let expected = format!(
        "expected a journal of version 1 in `{}`, found version 2",
        path.display()
    );
    assert_eq!(
        Journal::open(&path, Options::default()).unwrap_err().to_string(),
        expected
    );
    assert_eq!(Journal::open_read_only(&path).unwrap_err().to_string(), expected);
}

#[test]
fn reading_makes_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    let refused = Journal::open_read_only(&path).unwrap_err();
    assert!(matches!(refused, JournalError::File { .. }), "{refused}");
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    assert!(matches!(
        Journal::open_read_only(&path).unwrap_err(),
        JournalError::Foreign { .. }
    ));
}

#[test]
fn a_store_locked_by_another_program_is_busy_and_works_again_when_it_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 1);
    let options = Options {
        busy_wait: Duration::ZERO,
        ..Options::default()
    };
    let mut journal = Journal::open(&path, options).unwrap();
    let head = journal.head();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = journal.append(&[entry("A", "later")]).unwrap_err();
    assert!(matches!(refused, JournalError::Busy), "{refused}");
    assert!(refused.retryable());
    assert_eq!(journal.head(), head);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(journal.append(&[entry("A", "now")]).unwrap().seq, 2);
}

#[test]
fn a_writer_refuses_to_write_after_anothers_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 2);
    let mut journal = open(&path);
    let other = Connection::open(&path).unwrap();
    other
        .execute("INSERT INTO entry VALUES (3, 0, 'A', zeroblob(32), x'00')", [])
        .unwrap();
    let refused = journal.append(&[entry("A", "mine")]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "expected entry 2 at the journal's end, found entry 3; another writer was here"
    );
    assert!(!refused.retryable());
    assert_eq!(journal.head().seq, 2);
    // The same sequence with another hash is another head, too.
    other
        .execute_batch("DELETE FROM entry WHERE seq = 3; UPDATE entry SET hash = zeroblob(32) WHERE seq = 2")
        .unwrap();
    assert!(matches!(
        journal.append(&[entry("A", "mine")]).unwrap_err(),
        JournalError::HeadMoved { .. }
    ));
}
