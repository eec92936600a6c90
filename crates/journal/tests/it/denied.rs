//! A journal that may not be written: refused with its reason for writing, still readable.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

use tidegate_journal::{Journal, JournalError, Options};

use crate::child;
use crate::open::{filled, open};
use crate::sample::fill;

/// Debian's `nobody`: rights are nothing to root, so root has the test run as somebody else.
const NOBODY: u32 = 65_534;

fn refusal(path: &Path) -> JournalError {
    Journal::open(path, Options::default()).unwrap_err()
}

#[test]
fn what_may_not_be_written_is_refused_for_writing_and_opens_for_reading() {
    if let Some(folder) = child::folder() {
        return look(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3);
    let file = folder.path().join("file");
    std::fs::create_dir(&file).unwrap();
    let at_rest = filled(&file, 2);
    set_permissions(&at_rest, Permissions::from_mode(0o444)).unwrap();
    set_permissions(&file, Permissions::from_mode(0o777)).unwrap();
    set_permissions(file.join("journal.db.lock"), Permissions::from_mode(0o666)).unwrap();
    copy_at_work(&folder.path().join("at-work"));

    let test = "denied::what_may_not_be_written_is_refused_for_writing_and_opens_for_reading";
    // The tests' own folder may be closed to others (a cache under a home), so they run a copy of this program beside the journal.
    let program = folder.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    set_permissions(&program, Permissions::from_mode(0o555)).unwrap();
    set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
    let mut command = child::again_from(&program, test, folder.path());
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let out = command.current_dir("/").output().unwrap();
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    assert!(
        out.status.success(),
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}

/// A copy of file and log of a journal whose writer is at work, in a folder without the right to write.
fn copy_at_work(copy: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut journal = open(&path);
    fill(&mut journal, 2);
    std::fs::create_dir(copy).unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        std::fs::copy(folder.path().join(name), copy.join(name)).unwrap();
    }
    set_permissions(copy, Permissions::from_mode(0o555)).unwrap();
}

fn look(folder: &Path) {
    // A folder without the right to write: no lock, no log.
    let path = folder.join("journal.db");
    assert_eq!(refusal(&path).to_string(), "the journal can only be read");
    let reader = Journal::open_read_only(&path).unwrap();
    assert_eq!((reader.head().seq, reader.verify().unwrap().entries), (3, 3));
    assert!(matches!(refusal(&folder.join("new.db")), JournalError::ReadOnly));

    // The same with a log beside it: the file alone would be an older journal.
    let unread = Journal::open_read_only(&folder.join("at-work").join("journal.db")).unwrap_err();
    assert!(
        matches!(&unread, JournalError::File { path, .. } if path.ends_with("journal.db-wal")),
        "{unread}"
    );

    // A file without the right to write in a folder with it.
    let path = folder.join("file").join("journal.db");
    assert_eq!(refusal(&path).to_string(), "the journal can only be read");
    let mut reader = Journal::open_read_only(&path).unwrap();
    assert_eq!(reader.verify().unwrap().entries, 2);
    assert!(matches!(
        reader.put_bundle("d", b"").unwrap_err(),
        JournalError::ReadOnly
    ));
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refused = refusal(&folder.path().join("none").join("journal.db"));
    assert!(
        matches!(&refused, JournalError::File { path, .. } if path.ends_with("none/journal.db.lock")),
        "{refused}"
    );
}

#[test]
fn a_path_with_odd_letters_is_that_path() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("a journal?mode=ro#%41 é");
    std::fs::create_dir(&odd).unwrap();
    let path = filled(&odd, 2);
    assert_eq!(open(&path).head().seq, 2);
    assert_eq!(Journal::open_read_only(&path).unwrap().head().seq, 2);
}
