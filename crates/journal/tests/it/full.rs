//! No space: what was acknowledged stays, what was not is not half there, and the journal goes on when there is space.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use rustix::process::{Resource, Rlimit, setrlimit};
use tidegate_journal::{Head, Journal, JournalError, NewEntry, Options};

use crate::child;
use crate::open::open;
use crate::sample::entry;

/// `SIGXFSZ` on Linux, signal(7).
const SIGXFSZ: i32 = 25;

fn three_of(bytes: usize) -> Vec<NewEntry> {
    vec![entry("Told", &"x".repeat(bytes)); 3]
}

/// Appends until the journal says no; the last head it acknowledged and what it said.
fn append_until_refused(journal: &mut Journal) -> (Head, JournalError) {
    loop {
        let before = journal.head();
        match journal.append(&three_of(5_000)) {
            Ok(head) => assert_eq!(head.seq, before.seq + 3),
            Err(refused) => {
                assert_eq!(journal.head(), before);
                return (before, refused);
            }
        }
    }
}

#[test]
fn a_store_at_its_limit_of_pages_is_full_and_works_again_when_it_is_raised() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let limited = Options {
        pages_max: Some(100),
        ..Options::default()
    };
    let mut journal = Journal::open(&path, limited.clone()).unwrap();
    let (head, refused) = append_until_refused(&mut journal);
    assert!(matches!(refused, JournalError::Full), "{refused}");
    assert!(refused.retryable());
    assert!(head.seq >= 30, "{head:?}");
    assert_eq!(journal.verify().unwrap().head, head);

    // Full stays full, also for who opens it anew, and nothing is lost by that.
    drop(journal);
    let mut journal = Journal::open(&path, limited).unwrap();
    assert!(matches!(
        journal.append(&three_of(50_000)).unwrap_err(),
        JournalError::Full
    ));
    assert_eq!(journal.verify().unwrap().head, head);

    journal.limit_pages(1_000).unwrap();
    assert_eq!(journal.append(&three_of(5_000)).unwrap().seq, head.seq + 3);
    let report = journal.verify().unwrap();
    assert_eq!((report.entries, report.first_bad), (head.seq + 3, None));
}

#[test]
fn a_process_at_its_limit_of_file_size_is_told_so_and_goes_on_when_it_is_raised() {
    if let Some(folder) = child::folder() {
        return live_with_a_limit(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "full::a_process_at_its_limit_of_file_size_is_told_so_and_goes_on_when_it_is_raised";
    let out = child::again_after("trap '' 25", test, folder.path()).output().unwrap();
    assert!(
        out.status.success(),
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    // The child has closed its journal; here it is seen by a process that never had a limit.
    let told = std::fs::read_to_string(folder.path().join("acknowledged")).unwrap();
    let report = open(&folder.path().join("journal.db")).verify().unwrap();
    assert_eq!((report.entries.to_string(), report.first_bad), (told, None));
}

fn live_with_a_limit(folder: &Path) {
    let mut journal = open(&folder.join("journal.db"));
    // Not a whole number of pages, so that the last write before the limit is a short one.
    for limit_bytes in [300_001, 500_000, 700_123] {
        setrlimit(
            Resource::Fsize,
            Rlimit {
                current: Some(limit_bytes),
                maximum: None,
            },
        )
        .unwrap();
        let (head, refused) = append_until_refused(&mut journal);
        assert!(
            matches!(refused, JournalError::FileTooLarge { limit_bytes: found } if found == limit_bytes),
            "{refused}"
        );
        assert!(refused.retryable());
        assert_eq!(journal.verify().unwrap().head, head);
        assert!(matches!(
            journal.append(&three_of(5_000)).unwrap_err(),
            JournalError::FileTooLarge { .. }
        ));
    }
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: None,
            maximum: None,
        },
    )
    .unwrap();
    let head = journal.append(&three_of(5_000)).unwrap();
    assert_eq!(journal.verify().unwrap().head, head);
    std::fs::write(folder.join("acknowledged"), head.seq.to_string()).unwrap();
}

#[test]
fn a_process_ended_by_its_limit_of_file_size_loses_nothing_acknowledged() {
    if let Some(folder) = child::folder() {
        return run_into_the_limit(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "full::a_process_ended_by_its_limit_of_file_size_loses_nothing_acknowledged";
    let out = child::again(test, folder.path()).output().unwrap();
    assert_eq!(
        out.status.signal(),
        Some(SIGXFSZ),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let acknowledged: Vec<(u64, String)> = std::fs::read_to_string(folder.path().join("acknowledged"))
        .unwrap()
        .lines()
        .map(|line| {
            line.split_once(' ')
                .map(|(seq, hash)| (seq.parse().unwrap(), hash.to_owned()))
                .unwrap()
        })
        .collect();
    assert!(acknowledged.len() > 5);
    let mut journal = open(&folder.path().join("journal.db"));
    for (seq, hash) in &acknowledged {
        let found = journal.read(*seq, 1).unwrap().remove(0);
        assert_eq!(&format!("{:?}", found.hash), hash);
    }
    assert_eq!(journal.append(&three_of(10)).unwrap().seq % 3, 0, "appends are whole");
    assert_eq!(journal.verify().unwrap().first_bad, None);
}

fn run_into_the_limit(folder: &Path) {
    let mut journal = open(&folder.join("journal.db"));
    let mut acknowledged = std::fs::File::create(folder.join("acknowledged")).unwrap();
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: Some(300_001),
            maximum: None,
        },
    )
    .unwrap();
    loop {
        let head = journal.append(&three_of(5_000)).unwrap();
        writeln!(acknowledged, "{} {:?}", head.seq, head.hash).unwrap();
    }
}
