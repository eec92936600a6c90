//! Where `tidegate compare` writes what it found, and both sides held against a ledger.

use std::path::Path;
use std::process::Command;

use crate::world::{PROGRAM, Process, Ran, finish};

fn compare(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(PROGRAM);
    command.arg("compare").args(arguments).env_clear().current_dir(folder);
    finish(Process::start(command))
}

#[test]
fn one_comparison_goes_to_every_output_and_the_exit_status_says_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    write("old.csv", "id,mail,total\n1,a@x,1.50\n2,b@x,2\n3,c@x,3\n");
    write("new.csv", "id,mail,total\n1,A@x,1.5\n3,c@x,3.01\n4,=d,4\n");
    let sides = ["csv:old.csv", "csv:new.csv", "--key", "id", "--settle", "1"];

    let ran = compare(
        folder.path(),
        &[
            &sides[..],
            &[
                "--totals", "total", "--report", "r.html", "--report", "r.csv", "--report", "r.json",
            ],
        ]
        .concat(),
    );
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for words in [
        "changed: id = \"1\": mail \"a@x\" -> \"A@x\" (by case); total \"1.50\" -> \"1.5\" (by value)",
        "rows: diverged: differences stayed after they were read again",
        "all rows: old 6.5 in 3 rows, new 8.51 in 3 rows: DIFFERS",
    ] {
        assert!(ran.stdout.contains(words), "`{words}` was not said: {ran:?}");
    }
    assert!(read("r.csv").contains("extra,4,,,,\r\n"), "{}", read("r.csv"));
    assert!(read("r.html").contains("<span class=diverged>diverged</span>"));
    let last: serde_json::Value = serde_json::from_str(read("r.json").lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["exit_code"]), (&"ended".into(), &1.into()));

    let hidden = compare(folder.path(), &[&sides[..], &["--no-keys", "--output", "csv"]].concat());
    assert_eq!(hidden.code, Some(1), "{hidden:?}");
    assert!(!hidden.stdout.contains("@x") && hidden.stdout.starts_with("difference,fingerprint,column,class\r\n"));

    let clean = compare(folder.path(), &["csv:old.csv", "csv:old.csv", "--key", "id"]);
    assert_eq!(clean.code, Some(0), "{clean:?}");
    write("none.csv", "id,mail,total\n");
    let empty = compare(folder.path(), &["csv:none.csv", "csv:none.csv", "--key", "id"]);
    assert_eq!(empty.code, Some(3), "{empty:?}");
    let wrong = compare(folder.path(), &[&sides[..], &["--report", "r.doc"]].concat());
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains(".html, .csv, .json or .txt"), "{wrong:?}");
    let file = compare(folder.path(), &[&sides[..], &["--repair-sql", "r.sql"]].concat());
    assert_eq!(file.code, Some(2), "{file:?}");
    assert!(file.stderr.contains("the new side is a file"), "{file:?}");
}

#[test]
fn both_sides_are_held_against_a_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("old.csv", "id,total,currency\n1,10,EUR\n2,20,EUR\n");
    write("new.csv", "id,total,currency\n3,30,EUR\n2,20,EUR\n");
    write(
        "ledger.csv",
        "order_id,amount,currency\n1,10,EUR\n2,20,EUR\n3,29,EUR\n4,5,EUR\n",
    );
    let ledger = [
        "csv:old.csv",
        "csv:new.csv",
        "--key",
        "id",
        "--against",
        "csv:ledger.csv",
        "--split",
        "--ledger-key",
        "order_id",
        "--amount",
        "total",
        "--ledger-amount",
        "amount",
        "--currency",
        "currency",
        "--settle",
        "1",
    ];
    let ran = compare(folder.path(), &ledger);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(
        ran.stdout,
        "2: on both sides: ordered 40 EUR, charged 20 EUR\n\
        3: amount differs (new side): ordered 30 EUR, charged 29 EUR\n\
        4: charged without order: ordered 0, charged 5 EUR\n\
        against the ledger: diverged: what was found stayed after it was read again\n  \
        4 references: 2 old rows, 2 new rows, 4 of the ledger\n  \
        1: charged without order; charged more than ordered: 5 EUR\n  \
        1: amount differs (new side); charged more than ordered: -1 EUR\n  \
        1: on both sides; charged more than ordered: -20 EUR\n"
    );
    write("new.csv", "id,total,currency\n3,29,EUR\n4,5,EUR\n");
    let clean = compare(folder.path(), &ledger);
    assert_eq!(clean.code, Some(0), "{clean:?}");
}
