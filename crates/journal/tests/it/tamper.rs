//! Tampering with the store: every edit, deletion and reordering is found, and no flipped bit ever yields a different entry.

use std::path::Path;

use rusqlite::Connection;
use tidegate_journal::{Entry, Journal, JournalError, Options};

use crate::open::filled;
use crate::sample::{below, seeded};

/// Where the chain breaks after an SQL edit of a journal of 200 entries.
fn first_bad(edit: &str) -> Option<u64> {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 200);
    change(&path, edit);
    let reader = Journal::open_read_only(&path).unwrap();
    let report = reader.verify().unwrap();
    let mut replayed = 0;
    let replay = reader.for_each(1, |_| {
        replayed += 1;
        true
    });
    assert_eq!(replayed, report.entries, "replay stops where verify does");
    assert_eq!(replay.is_err(), report.first_bad.is_some());
    report.first_bad.map(|fault| fault.seq)
}

fn change(path: &Path, edit: &str) {
    Connection::open(path).unwrap().execute_batch(edit).unwrap();
}

#[test]
fn an_untouched_journal_verifies() {
    assert_eq!(first_bad(""), None);
}

#[test]
fn an_edit_is_found_where_it_is() {
    assert_eq!(first_bad("UPDATE entry SET bytes = x'00' WHERE seq = 7"), Some(7));
    assert_eq!(first_bad("UPDATE entry SET kind = 'Bold' WHERE seq = 7"), Some(7));
    assert_eq!(first_bad("UPDATE entry SET at_ms = at_ms + 1 WHERE seq = 7"), Some(7));
    assert_eq!(first_bad("UPDATE entry SET hash = zeroblob(32) WHERE seq = 7"), Some(7));
    assert_eq!(first_bad("UPDATE entry SET hash = zeroblob(31) WHERE seq = 7"), Some(7));
    assert_eq!(
        first_bad("UPDATE entry SET kind = CAST(x'ff' AS TEXT) WHERE seq = 7"),
        Some(7)
    );
    assert_eq!(
        first_bad("UPDATE entry SET hash = zeroblob(32) WHERE seq = 200"),
        Some(200)
    );
    assert_eq!(first_bad("UPDATE entry SET hash = x'' WHERE seq = 200"), Some(200));
}

#[test]
fn a_deletion_is_found() {
    assert_eq!(first_bad("DELETE FROM entry WHERE seq = 7"), Some(7));
    assert_eq!(first_bad("DELETE FROM entry WHERE seq < 7"), Some(1));
}

#[test]
fn a_reordering_is_found() {
    let swap = "UPDATE entry SET seq = 1007 WHERE seq = 7; UPDATE entry SET seq = 7 WHERE seq = 8;
                UPDATE entry SET seq = 8 WHERE seq = 1007";
    assert_eq!(first_bad(swap), Some(7));
    assert_eq!(
        first_bad("DELETE FROM entry WHERE seq = 7; UPDATE entry SET seq = seq - 1 WHERE seq > 7"),
        Some(7)
    );
}

#[test]
fn an_insertion_is_found() {
    assert_eq!(
        first_bad("INSERT INTO entry SELECT 201, at_ms, kind, hash, bytes FROM entry WHERE seq = 200"),
        Some(201)
    );
    assert_eq!(
        first_bad("INSERT INTO entry SELECT 300, at_ms, kind, hash, bytes FROM entry WHERE seq = 200"),
        Some(201)
    );
    assert_eq!(
        first_bad("INSERT INTO entry SELECT 0, at_ms, kind, hash, bytes FROM entry WHERE seq = 200"),
        Some(1)
    );
    assert_eq!(
        first_bad("INSERT INTO entry SELECT -5, at_ms, kind, hash, bytes FROM entry WHERE seq = 200"),
        Some(0)
    );
}

#[test]
fn another_beginning_is_found() {
    assert_eq!(first_bad("UPDATE meta SET value = zeroblob(16)"), Some(1));
}

#[test]
fn a_lost_end_is_found_by_whoever_remembers_the_head() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 5);
    let remembered = Journal::open_read_only(&path).unwrap();
    let head = remembered.head();
    change(&path, "DELETE FROM entry WHERE seq > 3");
    assert!(
        !Journal::open_read_only(&path)
            .unwrap()
            .contains(head.seq, &head.hash)
            .unwrap()
    );
    let report = remembered.verify().unwrap();
    assert_eq!((report.entries, report.first_bad.unwrap().seq), (3, 5));
}

#[test]
fn a_chain_broken_near_its_end_opens_for_reading_only_and_is_not_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 100);
    change(&path, "UPDATE entry SET bytes = x'00' WHERE seq = 90");
    for _ in 0..2 {
        let refused = Journal::open(&path, Options::default()).unwrap_err();
        assert!(matches!(refused, JournalError::Broken { seq: 90, .. }), "{refused}");
        assert!(!refused.retryable());
        let reader = Journal::open_read_only(&path).unwrap();
        assert_eq!(reader.verify().unwrap().first_bad.unwrap().seq, 90);
        assert_eq!(reader.read(1, 89).unwrap().len(), 89);
        assert!(matches!(
            reader.read(1, 90).unwrap_err(),
            JournalError::Broken { seq: 90, .. }
        ));
        // What is behind the break can still be looked at.
        assert_eq!(reader.read(92, 3).unwrap().len(), 3);
    }
}

#[test]
fn a_row_that_is_no_entry_at_the_very_end_is_a_broken_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 3);
    change(&path, "INSERT INTO entry VALUES (4, 0, 'A', x'', x'')");
    let refused = Journal::open(&path, Options::default()).unwrap_err();
    assert!(matches!(refused, JournalError::Broken { seq: 4, .. }), "{refused}");
}

/// What a reader gets from a file: entries from the first on, as far as they go, and whether the end was reached soundly.
fn readable(path: &Path) -> (Vec<Entry>, bool) {
    let mut entries = Vec::new();
    let Ok(journal) = Journal::open_read_only(path) else {
        return (entries, false);
    };
    let read = journal.for_each(1, |entry| {
        entries.push(entry);
        true
    });
    let verified = journal.verify().is_ok_and(|report| report.first_bad.is_none());
    (entries, read.is_ok() && verified)
}

#[test]
fn a_flipped_bit_in_the_file_is_found_or_changes_no_entry() {
    let mut rng = seeded(3);
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path(), 200);
    let (original, sound) = readable(&path);
    assert_eq!((original.len(), sound), (200, true));
    let file = std::fs::read(&path).unwrap();
    let flipped_path = folder.path().join("flipped.db");
    let mut found = 0;
    for _ in 0..1_000 {
        let bit = below(&mut rng, file.len() as u64 * 8);
        let mut flipped = file.clone();
        flipped[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
        std::fs::write(&flipped_path, flipped).unwrap();
        let (entries, sound) = readable(&flipped_path);
        assert!(
            original.starts_with(&entries),
            "bit {bit} yields an entry that never was"
        );
        assert!(!sound || entries == original, "bit {bit} hides entries unseen");
        found += u64::from(!sound);
    }
    println!("{found} of 1000 flips are found; the others are in unused space and side tables");
    assert!(found > 200);
}
