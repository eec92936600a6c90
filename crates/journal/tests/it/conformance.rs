//! What every backend of the journal keeps. A backend gives a way to a fresh journal, or to a place where one can be opened
//! again; nothing here knows which backend it is.

use tidegate_journal::{Journal, JournalError, NewEntry};

use crate::sample::{entry, fill};

/// A rule on a fresh journal.
type Rule = (&'static str, fn(Journal));
/// A rule on a place: each call opens the same journal for writing; the one before has been closed.
type LastingRule = (&'static str, fn(&dyn Fn() -> Journal));

/// Rules for every backend.
pub(crate) const RULES: &[Rule] = &[
    ("a fresh journal is empty", fresh_is_empty),
    ("sequences begin with one and have no gap", sequences_have_no_gap),
    ("what was appended is read back", what_was_appended_is_read_back),
    ("each entry names the hash before it", each_entry_names_the_hash_before),
    (
        "reading begins and ends where it is told",
        reading_begins_and_ends_where_told,
    ),
    (
        "an unfit entry takes its batch with it",
        unfit_entry_takes_its_batch_with_it,
    ),
    ("a remembered head is recognised", remembered_head_is_recognised),
    ("bundles stay as they were first kept", bundles_stay),
    (
        "personal data is replaced and erased",
        personal_data_is_replaced_and_erased,
    ),
];

/// Rules for backends that outlive the process.
pub(crate) const LASTING_RULES: &[LastingRule] = &[
    ("the head survives", head_survives),
    ("side tables survive", side_tables_survive),
    ("two journals have two beginnings", two_journals_have_two_beginnings),
];

fn fresh_is_empty(journal: Journal) {
    assert_eq!(journal.head().seq, 0);
    assert_eq!(journal.read(1, 10).unwrap(), vec![]);
    let report = journal.verify().unwrap();
    assert_eq!(
        (report.entries, report.head, report.first_bad),
        (0, journal.head(), None)
    );
}

fn sequences_have_no_gap(mut journal: Journal) {
    let first = journal
        .append(&[entry("A", "1"), entry("A", "2"), entry("A", "3")])
        .unwrap();
    let second = journal.append(&[entry("A", "4")]).unwrap();
    assert_eq!((first.seq, second.seq), (3, 4));
    assert_eq!(journal.append(&[]).unwrap(), second);
    let seqs: Vec<u64> = journal.read(1, 10).unwrap().iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
}

fn what_was_appended_is_read_back(mut journal: Journal) {
    let given = [
        NewEntry {
            at_ms: i64::MIN,
            kind: "k".repeat(64),
            bytes: Vec::new(),
        },
        NewEntry {
            at_ms: -1,
            kind: "é".to_owned(),
            bytes: vec![0, 255, 10, 13],
        },
        NewEntry {
            at_ms: i64::MAX,
            kind: "A".to_owned(),
            bytes: vec![7; 100_000],
        },
    ];
    journal.append(&given).unwrap();
    let read: Vec<NewEntry> = journal
        .read(1, 10)
        .unwrap()
        .into_iter()
        .map(|entry| NewEntry {
            at_ms: entry.at_ms,
            kind: entry.kind,
            bytes: entry.bytes,
        })
        .collect();
    assert_eq!(read, given);
}

fn each_entry_names_the_hash_before(mut journal: Journal) {
    let beginning = journal.head().hash;
    fill(&mut journal, 3);
    let entries = journal.read(1, 10).unwrap();
    assert_eq!(entries[0].prev_hash, beginning);
    assert_eq!(entries[1].prev_hash, entries[0].hash);
    assert_eq!(entries[2].prev_hash, entries[1].hash);
    assert_eq!(journal.head().hash, entries[2].hash);
    assert_eq!(journal.read(3, 1).unwrap()[0], entries[2]);
}

fn reading_begins_and_ends_where_told(mut journal: Journal) {
    fill(&mut journal, 5);
    let seqs = |from, limit| -> Vec<u64> {
        journal
            .read(from, limit)
            .unwrap()
            .iter()
            .map(|entry| entry.seq)
            .collect()
    };
    assert_eq!(seqs(0, 2), [1, 2]);
    assert_eq!(seqs(2, 2), [2, 3]);
    assert_eq!(seqs(4, 10), [4, 5]);
    assert_eq!(seqs(2, 0), Vec::<u64>::new());
    assert_eq!(seqs(6, 10), Vec::<u64>::new());
    assert_eq!(seqs(7, 10), Vec::<u64>::new());
    assert_eq!(seqs(u64::MAX, 10), Vec::<u64>::new());
    let mut fed = 0;
    journal
        .for_each(2, |entry| {
            fed += 1;
            entry.seq < 3
        })
        .unwrap();
    assert_eq!(fed, 2);
}

fn unfit_entry_takes_its_batch_with_it(mut journal: Journal) {
    fill(&mut journal, 2);
    let head = journal.head();
    let too_long = NewEntry {
        at_ms: 0,
        kind: "k".repeat(65),
        bytes: Vec::new(),
    };
    let too_large = NewEntry {
        at_ms: 0,
        kind: "k".to_owned(),
        bytes: vec![0; 16 * 1024 * 1024 + 1],
    };
    for unfit in [entry("", "no kind"), too_long, too_large] {
        let refused = journal.append(&[entry("A", "fits"), unfit]).unwrap_err();
        assert!(matches!(refused, JournalError::Unfit { .. }), "{refused}");
        assert!(!refused.retryable());
        assert_eq!(journal.head(), head);
        assert_eq!(journal.read(1, 10).unwrap().len(), 2);
    }
    journal.append(&[entry("A", "goes on")]).unwrap();
    assert_eq!(journal.verify().unwrap().entries, 3);
}

fn remembered_head_is_recognised(mut journal: Journal) {
    let beginning = journal.head();
    fill(&mut journal, 3);
    let head = journal.head();
    let second = journal.read(2, 1).unwrap().remove(0);
    assert!(journal.contains(0, &beginning.hash).unwrap());
    assert!(journal.contains(2, &second.hash).unwrap());
    assert!(journal.contains(3, &head.hash).unwrap());
    assert!(!journal.contains(2, &head.hash).unwrap());
    assert!(!journal.contains(0, &head.hash).unwrap());
    assert!(!journal.contains(4, &head.hash).unwrap());
    assert!(!journal.contains(u64::MAX, &head.hash).unwrap());
}

fn bundles_stay(mut journal: Journal) {
    assert_eq!(journal.bundle("d1").unwrap(), None);
    journal.put_bundle("d1", b"sources").unwrap();
    journal.put_bundle("d1", b"others").unwrap();
    assert_eq!(journal.bundle("d1").unwrap().unwrap(), b"sources");
    assert_eq!(journal.bundle("d2").unwrap(), None);
}

fn personal_data_is_replaced_and_erased(mut journal: Journal) {
    journal.put_personal("p1", b"+31 6 1").unwrap();
    journal.put_personal("p1", b"+31 6 2").unwrap();
    journal.put_personal("p2", b"+31 6 3").unwrap();
    assert_eq!(journal.personal("p1").unwrap().unwrap(), b"+31 6 2");
    assert!(journal.erase_personal("p1").unwrap().was_there);
    assert_eq!(journal.personal("p1").unwrap(), None);
    assert!(!journal.erase_personal("p1").unwrap().was_there);
    assert_eq!(journal.personal("p2").unwrap().unwrap(), b"+31 6 3");
    assert_eq!(journal.verify().unwrap().first_bad, None);
}

fn head_survives(open: &dyn Fn() -> Journal) {
    let beginning = open().head();
    assert_eq!(open().head(), beginning);
    let mut journal = open();
    fill(&mut journal, 3);
    let head = journal.head();
    drop(journal);
    let mut journal = open();
    assert_eq!(journal.head(), head);
    assert_eq!(journal.append(&[entry("A", "next")]).unwrap().seq, 4);
    assert_eq!(journal.verify().unwrap().entries, 4);
}

fn side_tables_survive(open: &dyn Fn() -> Journal) {
    let mut journal = open();
    journal.put_bundle("d1", b"sources").unwrap();
    journal.put_personal("p1", b"+31 6 1").unwrap();
    drop(journal);
    let journal = open();
    assert_eq!(journal.bundle("d1").unwrap().unwrap(), b"sources");
    assert_eq!(journal.personal("p1").unwrap().unwrap(), b"+31 6 1");
}

fn two_journals_have_two_beginnings(open: &dyn Fn() -> Journal) {
    let beginning = open().head().hash;
    assert_ne!(
        beginning,
        Journal::in_memory().unwrap().head().hash,
        "the random id is in the beginning"
    );
}
