//! The export: it says what the store says, and a torn or edited file is told from a whole one.

use tidegate_journal::{Journal, NewEntry, verify_export};

use crate::sample::{batch, entry, seeded};

fn exported(journal: &Journal) -> Vec<u8> {
    let mut file = Vec::new();
    journal.export(&mut file).unwrap();
    file
}

fn sample() -> Journal {
    let mut rng = seeded(7);
    let mut journal = Journal::in_memory().unwrap();
    for _ in 0..5 {
        journal.append(&batch(&mut rng, 4, 60)).unwrap();
    }
    journal
}

#[test]
fn an_export_verifies_to_the_same_head() {
    let journal = sample();
    let report = verify_export(exported(&journal).as_slice()).unwrap();
    assert_eq!((report.entries, report.head), (journal.head().seq, journal.head()));
    assert_eq!((report.lines_cut, report.first_bad), (0, None));
}

#[test]
fn a_line_is_readable_json_with_text_as_text_and_the_rest_in_base64() {
    let mut journal = Journal::in_memory().unwrap();
    let bytes = vec![0xff, 0x00];
    journal
        .append(&[
            entry("Told", "{\"é\":1}\n"),
            NewEntry {
                at_ms: -1,
                kind: "Raw".to_owned(),
                bytes,
            },
        ])
        .unwrap();
    let file = String::from_utf8(exported(&journal)).unwrap();
    let lines: Vec<serde_json::Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["seq"], &lines[0]["text"]),
        (&1.into(), &"{\"é\":1}\n".into())
    );
    assert_eq!(
        (&lines[1]["at_ms"], &lines[1]["base64"]),
        (&(-1).into(), &"/wA=".into())
    );
    assert_eq!(lines[1]["prev"], lines[0]["hash"]);
    assert_eq!(lines[1]["hash"].as_str().unwrap().len(), 64);
    assert_eq!(verify_export(file.as_bytes()).unwrap().head, journal.head());
}

#[test]
fn a_file_torn_anywhere_is_cut_at_its_last_whole_entry() {
    let journal = sample();
    let file = exported(&journal);
    let entries = journal.read(1, usize::MAX).unwrap();
    let mut whole = 0;
    for length in 0..=file.len() {
        // An entry is whole with its last brace; the line feed after it adds nothing.
        let ends_entry = file.get(length) == Some(&b'\n');
        whole += usize::from(ends_entry);
        let torn = !ends_entry && length > 0 && file[length - 1] != b'\n';
        let report = verify_export(&file[..length]).unwrap();
        assert_eq!(report.entries, whole as u64, "at {length}");
        assert_eq!(report.lines_cut, u64::from(torn), "at {length}");
        assert_eq!(report.first_bad, None, "at {length}");
        if whole > 0 {
            assert_eq!(report.head.hash, entries[whole - 1].hash, "at {length}");
        }
    }
    assert_eq!(whole, entries.len());
}

/// The export with its lines changed, and the sequence of the first fault.
fn first_fault(change: impl FnOnce(&mut Vec<String>)) -> Option<u64> {
    let mut journal = Journal::in_memory().unwrap();
    for text in ["one", "two", "three", "four"] {
        journal.append(&[entry("Told", text)]).unwrap();
    }
    let file = String::from_utf8(exported(&journal)).unwrap();
    let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
    change(&mut lines);
    let report = verify_export((lines.join("\n") + "\n").as_bytes()).unwrap();
    assert_eq!(report.lines_cut, 0);
    report.first_bad.map(|fault| fault.seq)
}

#[test]
fn an_edited_file_is_faulted_where_the_edit_is() {
    assert_eq!(first_fault(|_| {}), None);
    assert_eq!(first_fault(|lines| lines[1] = lines[1].replace("two", "2")), Some(2));
    assert_eq!(
        first_fault(|lines| lines[1] = lines[1].replace("Told", "Bold")),
        Some(2)
    );
    assert_eq!(
        first_fault(|lines| lines[1] = lines[1].replace("00000", "00001")),
        Some(2)
    );
    assert_eq!(first_fault(|lines| drop(lines.remove(2))), Some(3));
    assert_eq!(first_fault(|lines| drop(lines.remove(0))), Some(1));
    assert_eq!(first_fault(|lines| lines.swap(1, 2)), Some(2));
    assert_eq!(first_fault(|lines| lines.insert(2, lines[1].clone())), Some(3));
    assert_eq!(first_fault(|lines| lines[2].truncate(20)), Some(3));
    assert_eq!(first_fault(|lines| lines.insert(3, String::new())), Some(4));
    assert_eq!(
        first_fault(|lines| lines[3] = lines[3].replace("\"seq\"", "\"more\":1,\"seq\"")),
        Some(4)
    );
}

#[test]
fn two_exports_spliced_are_faulted_at_the_seam() {
    let mut ours = exported(&sample());
    let first_line = ours.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let theirs = exported(&sample());
    let their_first = theirs.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    ours.truncate(first_line);
    ours.extend_from_slice(&theirs[their_first..]);
    let report = verify_export(ours.as_slice()).unwrap();
    assert_eq!((report.entries, report.first_bad.unwrap().seq), (1, 2));
}

#[test]
fn a_writer_that_fails_ends_the_export_with_its_reason() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let failed = sample().export(&mut Full).unwrap_err();
    assert_eq!(failed.to_string(), "cannot write the export");
    assert!(std::error::Error::source(&failed).is_some());
}
