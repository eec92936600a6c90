//! The store of a cutover whose log is cut: at every frame and within it, it opens to a prefix of what was appended.

use std::path::Path;

use tidegate_engine::State;
use tidegate_journal::{Entry, Journal, JournalError, Options};

use crate::crowd;
use crate::driver::{Driver, recovered};
use crate::story;

/// SQLite file format, section 4.1: the log's header, and a frame of one page with its header.
const LOG_HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 24 + 4096;
/// Lines of the story that are lived: approval, exposure, evidence, harm and the way back.
const LINES: usize = 16;

/// A store taken while its writer was at work.
struct Taken {
    file: Vec<u8>,
    log: Vec<u8>,
    entries: Vec<Entry>,
}

fn taken() -> Taken {
    let folder = tempfile::tempdir().unwrap();
    let steps = story::steps();
    let mut driver = Driver::begin(folder.path(), steps[0].at, None, Box::new(std::io::sink()));
    driver.live(&steps[..LINES], 0);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let (file, log) = (read("journal.db"), read("journal.db-wal"));
    let entries = driver.entries();
    assert!(entries.iter().any(|entry| entry.kind == "rolled-back"));
    Taken { file, log, entries }
}

/// How many entries a cut store holds, and its state; or why it is refused.
fn open_cut(folder: &Path, taken: &Taken, cut: usize) -> Result<(Vec<Entry>, State), JournalError> {
    let path = folder.join("journal.db");
    std::fs::write(&path, &taken.file).unwrap();
    std::fs::write(folder.join("journal.db-wal"), &taken.log[..cut]).unwrap();
    let journal = loop {
        match Journal::open(&path, Options::default()) {
            // A process that another test spawns holds our files for a moment.
            Err(JournalError::Held { .. }) => std::thread::yield_now(),
            other => break other?,
        }
    };
    assert_eq!(journal.verify()?.first_bad, None, "cut at {cut}");
    Ok((journal.read(1, usize::MAX)?, recovered(&journal)))
}

#[test]
fn a_store_cut_at_and_within_each_frame_of_its_log_opens_to_a_prefix_or_is_refused() {
    let taken = taken();
    let frames = (taken.log.len() - LOG_HEADER_BYTES) / FRAME_BYTES;
    let starts = (0..=frames).map(|frame| LOG_HEADER_BYTES + frame * FRAME_BYTES);
    let cuts: Vec<usize> = starts
        .flat_map(|start| [start, start + FRAME_BYTES / 2])
        .chain([0])
        .filter(|cut| *cut <= taken.log.len())
        .collect();
    let count = cuts.len();
    let mut opened = crowd::each(cuts, |cut| {
        let folder = tempfile::tempdir().unwrap();
        let (entries, state) = open_cut(folder.path(), &taken, cut).map_err(|error| (cut, error.to_string()))?;
        assert_eq!(entries, taken.entries[..entries.len()], "cut at {cut}");
        assert_eq!(usize::try_from(state.seq).unwrap(), entries.len(), "cut at {cut}");
        Ok((cut, entries.len()))
    });
    opened.sort();
    let refused: Vec<&(usize, String)> = opened.iter().filter_map(|end| end.as_ref().err()).collect();
    let prefixes: Vec<usize> = opened.iter().flatten().map(|(_, entries)| *entries).collect();
    println!(
        "{count} cuts in {frames} frames: {} open to a prefix of {} entries, {} are refused {refused:?}",
        prefixes.len(),
        taken.entries.len(),
        refused.len()
    );
    assert!(prefixes.is_sorted(), "a longer log holds less: {prefixes:?}");
    assert_eq!(
        prefixes.last(),
        Some(&taken.entries.len()),
        "the whole log holds everything"
    );
}
