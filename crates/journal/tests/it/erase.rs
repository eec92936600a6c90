//! What is erased is gone from the files, not only from the answers.

use std::path::Path;

use tidegate_journal::{Erasure, Journal};

use crate::open::open;

const SECRET: &[u8] = b"anna@example.org +31 6 12345678";

fn is_in_files(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(SECRET.len()).any(|window| window == SECRET)
    })
}

#[test]
fn erased_data_is_in_neither_file_nor_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(&folder.path().join("journal.db"));
    journal.put_personal("p1", SECRET).unwrap();
    assert!(is_in_files(folder.path()), "the search finds what is there");
    assert_eq!(
        journal.erase_personal("p1").unwrap(),
        Erasure {
            was_there: true,
            log_cleared: true
        }
    );
    assert!(!is_in_files(folder.path()));
}

#[test]
fn a_reader_in_the_way_of_erasing_is_told_of_and_erasing_again_finishes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let options = tidegate_journal::Options {
        busy_wait: std::time::Duration::ZERO,
        ..Default::default()
    };
    let mut journal = Journal::open(&path, options).unwrap();
    journal.put_personal("p1", SECRET).unwrap();
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM entry").unwrap();
    assert_eq!(
        journal.erase_personal("p1").unwrap(),
        Erasure {
            was_there: true,
            log_cleared: false
        }
    );
    assert_eq!(journal.personal("p1").unwrap(), None);
    reader.execute_batch("ROLLBACK").unwrap();
    assert_eq!(
        journal.erase_personal("p1").unwrap(),
        Erasure {
            was_there: false,
            log_cleared: true
        }
    );
    assert!(!is_in_files(folder.path()));
}
