//! `tidegate compare` as people call it: files in, words and exit codes out.

use std::path::Path;
use std::process::{Command, Output};

use crate::world::PROGRAM;

/// A SQLite table with these rows, by its address.
fn sqlite(path: &Path, rows: &str) -> String {
    let db = rusqlite::Connection::open(path).unwrap();
    let script = format!("CREATE TABLE orders (id integer primary key, total numeric, note text); {rows}");
    db.execute_batch(&script).unwrap();
    format!("sqlite:{}", path.display())
}

fn compare(arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .arg("compare")
        .args(arguments)
        .env_clear()
        .output()
        .unwrap()
}

/// The command ended with this exit status and printed all of these words.
#[track_caller]
fn ended(ran: &Output, code: i32, words: &[&str]) -> String {
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(code), "{printed}");
    for words in words {
        assert!(printed.contains(words), "`{words}` was not printed: {printed}");
    }
    assert!(!printed.contains("panicked"), "{printed}");
    printed
}

#[test]
fn a_comparison_ends_with_its_verdict_as_words_and_as_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let old = sqlite(
        &folder.path().join("old.db"),
        "INSERT INTO orders VALUES (1, 1.5, 'a'), (2, 2, 'b'), (3, 3, 'c')",
    );
    let file = folder.path().join("new.csv");
    let new = format!("csv:{}", file.display());
    let settle = ["--settle", "10"];
    let run =
        |rest: &[&str]| compare(&[&[old.as_str(), new.as_str(), "--table", "orders"], rest, &settle[..]].concat());

    std::fs::write(&file, "number,total,note\n3,3.00,c\n2,2,b\n1,1.50,a\n").unwrap();
    ended(&run(&["--map", "id=number"]), 0, &["orders: clean"]);

    std::fs::write(&file, "id,total,note\n3,3.01,c\n2,2,b \n7,1,x\n").unwrap();
    let changed = [
        "missing: id = 1",
        "total 3 -> 3.01 (by value)",
        "\"b\" -> \"b \" (by trailing space)",
        "extra: id = 7",
    ];
    ended(&run(&[]), 1, &changed);
    ended(
        &run(&["--tolerance", "total=0.01", "--tolerance", "note=trim", "--json"]),
        1,
        &["\"missing\"", "\"extra\""],
    );
    let explained = ended(
        &run(&["--explain"]),
        0,
        &[
            "a file has no index",
            "column total: numeric and text of a file compared as decimal",
        ],
    );
    assert!(!explained.contains("diverged"), "{explained}");

    std::fs::write(&file, "id,total,note\n").unwrap();
    ended(&run(&["--max-differences", "0"]), 3, &["inconclusive"]);
    ended(&run(&["--columns", "none"]), 2, &["no such column: \"none\""]);
    ended(&run(&["--tolerance", "total=much"]), 2, &["`much` is no rule"]);
}

#[test]
fn json_is_one_document_a_line_and_ends_with_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let old = sqlite(
        &folder.path().join("old.db"),
        "INSERT INTO orders VALUES (1, 1.5, 'two\nlines'), (2, 2, NULL)",
    );
    let new = sqlite(
        &folder.path().join("new.db"),
        "INSERT INTO orders VALUES (1, 1.5, 'two'), (2, 2, '')",
    );
    let ran = compare(&[&old, &new, "--table", "orders", "--json", "--settle", "10"]);
    let printed = ended(&ran, 1, &[]);
    let lines: Vec<serde_json::Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let text = lines.last().unwrap().to_string();
    assert!(text.contains("diverged"), "{text}");
    let classes: Vec<bool> = ["null-empty", "other"]
        .iter()
        .map(|class| printed.contains(class))
        .collect();
    assert_eq!(classes, [true, true], "{printed}");
}

#[test]
fn a_secret_of_an_address_is_never_printed() {
    for address in [
        "postgres://someone:hunter2@127.0.0.1:1/shop",
        "mysql://someone:hunter2@127.0.0.1:1/shop",
        "mysql://someone:hunter2@db.example/shop",
        "postgres://someone:hunter2@[broken/shop",
        "oracle://someone:hunter2@db/shop",
    ] {
        let ran = compare(&[address, address, "--table", "t", "--key", "id", "--max-time", "5"]);
        let printed = ended(&ran, 2, &["old side"]);
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}

#[test]
fn differing_rows_are_kept_in_a_file_that_can_go_and_shown_nowhere_else() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let old = sqlite(
        &folder.path().join("old.db"),
        "INSERT INTO orders VALUES (1, 1.5, 'anna'), (2, 2, 'b')",
    );
    let new = sqlite(
        &folder.path().join("new.db"),
        "INSERT INTO orders VALUES (1, 1.5, 'berta'), (2, 2, 'b')",
    );
    let kept = folder.path().join("kept/of-orders");
    let kept_in = kept.to_str().unwrap();
    let arguments = [
        &old,
        &new,
        "--table",
        "orders",
        "--settle",
        "10",
        "--no-values",
        "--keep-rows",
        kept_in,
    ];
    for runs in 1..=2 {
        let printed = ended(&compare(&arguments), 1, &["diverged", "delete it when"]);
        assert!(!printed.contains("anna") && !printed.contains("berta"), "{printed}");
        let files: Vec<_> = std::fs::read_dir(&kept)
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        let files: Vec<_> = files
            .iter()
            .filter(|file| file.extension().is_some_and(|end| end == "rows"))
            .collect();
        assert_eq!(files.len(), runs, "one file a run");
        assert_eq!(std::fs::metadata(files[0]).unwrap().permissions().mode() & 0o777, 0o600);
        let db = rusqlite::Connection::open(files[0]).unwrap();
        let rows: i64 = db
            .query_row("SELECT count(*) FROM differing", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 1);
    }
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn progress_of_one_file_is_not_continued_with_another_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let progress = folder.path().join("progress");
    let mut code = 0;
    for (place, words) in [
        ("a", "orders: clean"),
        ("b", "belongs to another comparison"),
        ("a", "has ended (clean)"),
    ] {
        let there = folder.path().join(place);
        if !there.exists() {
            std::fs::create_dir(&there).unwrap();
            sqlite(&there.join("shop.db"), "INSERT INTO orders VALUES (1, 1, 'a')");
        }
        let address = format!("sqlite:{}", there.join("shop.db").display());
        let resume = ["--resume", progress.to_str().unwrap()];
        let arguments = [
            &[address.as_str(), &address, "--table", "orders", "--settle", "10"],
            &resume[..],
        ]
        .concat();
        ended(&compare(&arguments), code, &[words]);
        code = 2;
    }
}
