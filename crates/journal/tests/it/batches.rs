//! Random batches: whatever is appended, in whatever portions, the chain holds.

use crate::open::open;
use crate::sample::{batch, below, seeded};

#[test]
fn a_thousand_random_batches_leave_no_gap_and_a_head_that_verifies() {
    let mut rng = seeded(20_260_101);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut journal = open(&path);
    let mut expected = 0;
    for _ in 0..1_000 {
        let entries = batch(&mut rng, 12, 400);
        expected += entries.len() as u64;
        let head = journal.append(&entries).unwrap();
        assert_eq!((head.seq, head), (expected, journal.head()));
        if below(&mut rng, 100) == 0 {
            drop(journal);
            journal = open(&path);
            assert_eq!(journal.head(), head);
        }
    }
    let report = journal.verify().unwrap();
    assert_eq!(
        (report.entries, report.head, report.first_bad),
        (expected, journal.head(), None)
    );
    let mut seq = 0;
    journal
        .for_each(1, |entry| {
            seq += 1;
            entry.seq == seq
        })
        .unwrap();
    assert_eq!(seq, expected);
}
