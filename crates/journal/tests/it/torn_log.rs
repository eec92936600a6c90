//! A log cut anywhere: the journal opens to a prefix of whole appends, or not at all.

use std::path::Path;

use rusqlite::Connection;
use tidegate_journal::{Entry, Head, Journal, Options};

use crate::open::open;
use crate::sample::{batch, seeded};

/// SQLite file format, section 4.1: the log's header, and the header of each frame.
const LOG_HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 24 + 4096;

/// A store taken while its writer was at work.
struct Taken {
    file: Vec<u8>,
    log: Vec<u8>,
    /// Length of the log after each append that is in it, and the head of that moment; the first one is the file's own.
    heads: Vec<(usize, Head)>,
    entries: Vec<Entry>,
}

impl Taken {
    /// The head that must be found when the log is sound up to here.
    fn head_at(&self, length: usize) -> Head {
        let (_, head) = self.heads.iter().rev().find(|(end, _)| *end <= length).unwrap();
        *head
    }

    /// Opens the store with this log and holds it against what was appended.
    fn check(&self, folder: &Path, log: &[u8], expected: Head, what: &str) {
        let path = folder.join("copy.db");
        for ending in ["-wal", "-shm"] {
            let beside = folder.join(format!("copy.db{ending}"));
            if beside.exists() {
                std::fs::remove_file(beside).unwrap();
            }
        }
        std::fs::write(&path, &self.file).unwrap();
        std::fs::write(folder.join("copy.db-wal"), log).unwrap();
        let journal = Journal::open(&path, Options::default()).unwrap();
        assert_eq!(journal.head(), expected, "{what}");
        let report = journal.verify().unwrap();
        assert_eq!((report.head, report.first_bad), (expected, None), "{what}");
        let count = usize::try_from(expected.seq).unwrap();
        assert_eq!(journal.read(1, usize::MAX).unwrap(), self.entries[..count], "{what}");
    }
}

/// Appends a few dozen batches, moves them into the file, appends more, and copies file and log with the writer still at work.
fn taken(folder: &Path) -> Taken {
    let mut rng = seeded(11);
    let path = folder.join("journal.db");
    let log = folder.join("journal.db-wal");
    let mut journal = open(&path);
    for _ in 0..20 {
        journal.append(&batch(&mut rng, 5, 900)).unwrap();
    }
    let moved: i64 = Connection::open(&path)
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .unwrap();
    assert_eq!(moved, 0);
    let mut heads = vec![(0, journal.head())];
    for _ in 0..25 {
        let head = journal.append(&batch(&mut rng, 5, 900)).unwrap();
        heads.push((usize::try_from(std::fs::metadata(&log).unwrap().len()).unwrap(), head));
    }
    let entries = journal.read(1, usize::MAX).unwrap();
    let (file, log) = (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap());
    assert_eq!(
        heads.last().unwrap().0,
        log.len(),
        "nothing was moved into the file meanwhile"
    );
    Taken {
        file,
        log,
        heads,
        entries,
    }
}

#[test]
fn a_log_cut_at_and_inside_every_frame_opens_to_a_prefix_of_whole_appends() {
    let folder = tempfile::tempdir().unwrap();
    let taken = taken(folder.path());
    let frames = (taken.log.len() - LOG_HEADER_BYTES) / FRAME_BYTES;
    assert!(frames > 50, "{frames} frames");
    let starts = (0..=frames).map(|frame| LOG_HEADER_BYTES + frame * FRAME_BYTES);
    let cuts = starts.flat_map(|start| [start, start + 11, start + 24, start + 2_000, start + FRAME_BYTES - 1]);
    for cut in [0, 17].into_iter().chain(cuts.filter(|cut| *cut <= taken.log.len())) {
        taken.check(
            folder.path(),
            &taken.log[..cut],
            taken.head_at(cut),
            &format!("cut at {cut}"),
        );
    }
}

#[test]
fn a_log_with_a_flipped_bit_opens_to_the_appends_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let taken = taken(folder.path());
    for frame in 0..(taken.log.len() - LOG_HEADER_BYTES) / FRAME_BYTES {
        let start = LOG_HEADER_BYTES + frame * FRAME_BYTES;
        for place in [start + 2, start + 18, start + 24 + (frame * 631) % 4096] {
            let mut log = taken.log.clone();
            log[place] ^= 0x10;
            taken.check(
                folder.path(),
                &log,
                taken.head_at(start),
                &format!("flipped at {place}"),
            );
        }
    }
}

#[test]
fn a_log_that_is_gone_takes_neither_the_identity_nor_what_was_moved_into_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let taken = taken(folder.path());
    taken.check(folder.path(), &[], taken.head_at(0), "no log");
    // Before the first append everything that makes the file this journal is in the file itself.
    let path = folder.path().join("young.db");
    let journal = open(&path);
    std::fs::copy(&path, folder.path().join("alone.db")).unwrap();
    assert_eq!(open(&folder.path().join("alone.db")).head(), journal.head());
}

#[test]
fn zeros_after_a_torn_log_add_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let taken = taken(folder.path());
    let (half, head) = taken.heads[12];
    let mut log = taken.log[..half + 100].to_vec();
    log.resize(half + 5 * FRAME_BYTES, 0);
    taken.check(folder.path(), &log, head, "zeros");
}
