//! What each form says of the same comparison, and what it keeps to itself.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::decimal::Decimal;
use crate::difference::{Change, Difference};
use crate::encode;
use crate::entity::{Column, Relation, Side};
use crate::event::{ChunkDone, Progress};
use crate::row::{Key, Row, RowRef};
use crate::totals::TotalsPlan;
use crate::value::Value;
use crate::verdict::{Counts, Coverage, Doubt};

/// An output that a test can read after the report has gone.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn text(words: &str) -> Value {
    Value::Text(words.to_owned())
}

fn entity() -> Entity {
    Entity {
        name: "customers".to_owned(),
        old: Relation::Table("customers".to_owned()),
        new: Relation::Table("people".to_owned()),
        key: vec![Column::same("mail")],
        columns: vec![Column::same("name"), Column::same("credit")],
        old_filter: Some("gone is null".to_owned()),
        new_filter: None,
        zone: None,
    }
}

fn row(mail: &str, name: Value, credit: &str) -> Row {
    Row {
        key: Key::of(&[text(mail)]),
        cells: vec![name, Value::Decimal(Decimal::parse(credit).unwrap())],
    }
}

fn changed(mail: &str, old: Value, new: Value) -> Difference {
    let change = Change {
        column: 0,
        class: crate::agree::class(&old, &new),
        old: old.clone(),
        new: new.clone(),
    };
    Difference::Changed {
        old: row(mail, old, "1"),
        new: row(mail, new, "1"),
        changes: vec![change],
    }
}

fn differences() -> Vec<Difference> {
    vec![
        Difference::Missing {
            old: row("a@x", text("=Ann"), "-1.50"),
        },
        Difference::Extra {
            new: row("b@x", text("B\u{1b}[2J"), "2"),
        },
        changed("<c@x>", text("\u{c9}milie\nX"), text("\u{e9}milie\nX")),
        changed("d@x", Value::Null, text("")),
        Difference::Duplicated {
            side: Side::New,
            key: Key::of(&[text("e@x")]),
            rows: 2,
        },
    ]
}

fn events() -> Vec<Event> {
    let mut events = vec![
        Event::Progress(Progress {
            old_rows: 500,
            new_rows: 400,
            rows_now: 900,
            rows_estimated: Some(1_000),
            chunks_done: 1,
            suspects: 3,
            elapsed: Duration::from_millis(300),
        }),
        Event::ChunkDone(ChunkDone {
            range: KeyRange {
                from: None,
                until: Some(Key::of(&[text("m")])),
            },
            old_rows: 500,
            new_rows: 400,
            suspects: Vec::new(),
            totals: Vec::new(),
        }),
        Event::ChunkSkipped {
            range: KeyRange {
                from: Some(Key::of(&[text("m")])),
                until: None,
            },
            fault: "the connection failed: <gone>".to_owned(),
        },
        Event::Paused {
            side: Side::Old,
            why: "90 sessions at work".to_owned(),
            pause: Duration::from_secs(1),
        },
        Event::Rereading {
            suspects: 6,
            settle: Duration::from_secs(1),
        },
        Event::Healed {
            key: Key::of(&[text("h@x")]),
            had_lagged: true,
        },
        Event::Moving {
            key: Key::of(&[text("i@x")]),
            reads: 8,
        },
    ];
    let mut counts = Counts::default();
    for difference in differences() {
        counts.confirm(&difference);
        events.push(Event::Confirmed(Box::new(difference)));
    }
    let coverage = Coverage {
        old_rows: 1_500,
        new_rows: 400,
        chunks_done: 1,
        chunks_skipped: 1,
        is_whole: false,
    };
    let doubt = Doubt::ChunksSkipped {
        chunks: 1,
        fault: "the connection failed: <gone>".to_owned(),
    };
    events.push(Event::Ended(Verdict::of(coverage, counts, vec![doubt])));
    events
}

fn totals() -> Totals {
    let mut totals = Totals::new(TotalsPlan::parse("credit:name", &entity()).unwrap());
    let mut cells = Vec::new();
    encode::value(&mut cells, &text("Ann"));
    encode::value(&mut cells, &Value::Decimal(Decimal::parse("0.10").unwrap()));
    let key = Key::of(&[text("a@x")]);
    let row = RowRef {
        key: key.as_bytes(),
        cells: &cells,
    };
    totals.add(Side::Old, row).unwrap();
    totals
}

fn told(form: Form, shown: Shown, events: &[Event]) -> String {
    let out = Shared::default();
    let subject = Subject::of(&entity(), "postgres://db/shop", "mysql://db/shop", shown);
    let mut report = Report::new(form, subject, Box::new(out.clone())).unwrap();
    report.totals(&totals()).unwrap();
    events.iter().for_each(|event| report.take(event).unwrap());
    report.finish().unwrap();
    let bytes = out.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn people_read_the_first_differences_and_a_summary() {
    assert_eq!(
        told(Form::Human, Shown::Values, &events()),
        r#"not read: from mail = "m" on: the connection failed: <gone>
missing: mail = "a@x"
extra: mail = "b@x"
changed: mail = "<c@x>": name "Émilie\nX" -> "émilie\nX" (by case)
changed: mail = "d@x": name NULL -> "" (by NULL or empty)
duplicated: mail = "e@x": 2 rows on the new side

customers: diverged: differences stayed after they were read again
  old: 1,500 rows of postgres://db/shop
  new: 400 rows of mysql://db/shop
  read in 1 s, 3,000 rows/s of both sides
  1: missing on the new side
  1: on the new side only
  2: with other values
  1: keys that name several rows
    column name, by case: 1
    column name, by NULL or empty: 1
  1 chunks could not be read: the connection failed: <gone>
  not all keys were compared: 1 chunks done, 1 not read
  not compared: old rows that do not meet `gone is null`
  totals of credit by name, as first read:
    "Ann": old 0.1 in 1 rows, new 0 in 0 rows: DIFFERS
"#
    );
}

#[test]
fn a_long_list_is_cut_for_people_and_whole_for_programs() {
    let many: Vec<Event> = (0..100)
        .map(|at| Event::Confirmed(Box::new(changed(&format!("{at:03}"), text("a"), text("b")))))
        .collect();
    let human = told(Form::Human, Shown::Values, &many);
    assert_eq!(human.matches("changed:").count(), 20);
    assert!(
        human.contains("further differences") && human.contains("did not end"),
        "{human}"
    );
    assert_eq!(told(Form::Csv, Shown::Values, &many).lines().count(), 101);
    assert_eq!(told(Form::Json, Shown::Values, &many).lines().count(), 102);
}

#[test]
fn every_event_is_one_line_of_json_with_stable_names() {
    let report = told(Form::Json, Shown::Values, &events());
    let expected = [
        r#"{"event":"began","format":1,"entity":"customers","old":"postgres://db/shop","new":"mysql://db/shop","key":["mail"],"columns":["name","credit"],"left_out":["old rows that do not meet `gone is null`"],"shown":"values"}"#,
        r#"{"event":"totals","measure":"credit","dimensions":["name"],"groups":[{"group":["Ann"],"old":{"rows":1,"nulls":0,"not_numbers":0,"total":"0.1"},"new":{"rows":0,"nulls":0,"not_numbers":0,"total":"0"}}],"over":{"old_rows":0,"new_rows":0}}"#,
        r#"{"event":"progress","old_rows":500,"new_rows":400,"rows_now":900,"rows_estimated":1000,"chunks_done":1,"suspects":3,"elapsed_ms":300}"#,
        r#"{"event":"chunk-done","from":null,"until":{"mail":"m"},"old_rows":500,"new_rows":400,"suspects":0}"#,
        r#"{"event":"chunk-skipped","from":{"mail":"m"},"until":null,"fault":"the connection failed: <gone>"}"#,
        r#"{"event":"paused","side":"old","why":"90 sessions at work","pause_ms":1000}"#,
        r#"{"event":"rereading","suspects":6,"settle_ms":1000}"#,
        r#"{"event":"healed","key":{"mail":"h@x"},"had_lagged":true}"#,
        r#"{"event":"moving","key":{"mail":"i@x"},"reads":8}"#,
        r#"{"event":"difference","difference":"missing","key":{"mail":"a@x"},"old":{"name":"=Ann","credit":"-1.5"}}"#,
        r#"{"event":"difference","difference":"extra","key":{"mail":"b@x"},"new":{"name":"B\u001b[2J","credit":"2"}}"#,
        r#"{"event":"difference","difference":"changed","key":{"mail":"<c@x>"},"changes":[{"column":"name","class":"case","old":"Émilie\nX","new":"émilie\nX"}]}"#,
        r#"{"event":"difference","difference":"changed","key":{"mail":"d@x"},"changes":[{"column":"name","class":"null-empty","old":null,"new":""}]}"#,
        r#"{"event":"difference","difference":"duplicated","key":{"mail":"e@x"},"side":"new","rows":2}"#,
        r#"{"event":"ended","outcome":"diverged","exit_code":1,"coverage":{"old_rows":1500,"new_rows":400,"chunks_done":1,"chunks_skipped":1,"is_whole":false},"counts":{"missing":1,"extra":1,"changed":2,"duplicated":1,"healed":0,"moving":0},"classes":[{"column":"name","class":"case","rows":1},{"column":"name","class":"null-empty","rows":1}],"doubts":[{"why":"chunks-skipped","chunks":1,"fault":"the connection failed: <gone>"}]}"#,
    ];
    assert_eq!(report.lines().collect::<Vec<_>>(), expected);
    let long = changed("x", text(&"y".repeat(100_000)), text("z"));
    let report = told(Form::Json, Shown::Values, &[Event::Confirmed(Box::new(long))]);
    assert_eq!(report.lines().count(), 3, "a long line is not wrapped");
}

#[test]
fn a_spreadsheet_gets_one_line_for_each_changed_column() {
    let expected = "difference,mail,column,class,old,new\r\n\
        missing,a@x,,,,\r\n\
        extra,b@x,,,,\r\n\
        changed,<c@x>,name,case,\"\u{c9}milie\nX\",\"\u{e9}milie\nX\"\r\n\
        changed,d@x,name,NULL or empty,,\"\"\r\n\
        duplicated,e@x,,2 rows on the new side,,\r\n";
    assert_eq!(told(Form::Csv, Shown::Values, &events()), expected);
}

#[test]
fn the_page_is_one_file_without_markup_from_rows() {
    let page = told(Form::Html, Shown::Values, &events());
    for part in [
        "<h1>customers: <span class=diverged>diverged</span></h1><p>differences stayed after they were read again.</p>",
        "<td class=v>mail = &quot;&lt;c@x&gt;&quot;<td>name<td>case<td class=v>&quot;\u{c9}milie\\nX&quot;",
        "<li>keys from mail = &quot;m&quot; on: the connection failed: &lt;gone&gt;",
        "<li>old rows that do not meet `gone is null`",
        "<h2>Totals of credit by name</h2>",
        "<td class=n>1,500",
        "prefers-color-scheme:dark",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for foreign in ["<c@x>", "<script", "src=", "href=", "\u{1b}"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let at = |part: &str| page.find(part).unwrap();
    assert!(at("<h1>") < at("<h2>Coverage") && at("<h2>Coverage") < at("<h2>Differences"));
}

#[test]
fn the_page_names_what_it_has_no_room_for() {
    let many: Vec<Event> = (0..10_050)
        .map(|at| Event::Confirmed(Box::new(changed(&format!("{at:05}"), text("a"), text("b")))))
        .collect();
    let page = told(Form::Html, Shown::Values, &many);
    assert_eq!(page.matches("<tr><td>changed").count(), 10_000);
    assert!(page.contains("50 more differ and are not on this page."));
    assert!(page.contains("the comparison did not end"), "no verdict was told");
}

#[test]
fn what_may_not_be_shown_is_in_no_form() {
    for form in [Form::Human, Form::Json, Form::Csv, Form::Html] {
        let keys = told(form, Shown::Keys, &events());
        assert!(keys.contains("a@x"), "{keys}");
        for value in ["milie", "B\\u", "=Ann", "-1.5"] {
            assert!(!keys.contains(value), "{form:?} shows {value}: {keys}");
        }
        let prints = told(form, Shown::Fingerprints, &events());
        for value in ["milie", "=Ann", "-1.5", "@x", "\"m\"", "Ann"] {
            assert!(!prints.contains(value), "{form:?} shows {value}: {prints}");
        }
        let key = words::fingerprint(&Key::of(&[text("a@x")]));
        assert!(prints.contains(&key), "{prints}");
    }
}

#[test]
fn a_report_in_a_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.csv");
    std::fs::write(&path, "old").unwrap();
    let subject = Subject::of(&entity(), "a", "b", Shown::Values);
    let report = Report::to_file(Form::Csv, subject, &path).unwrap();
    report.finish().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "difference,mail,column,class,old,new\r\n"
    );
}

#[test]
fn progress_says_how_long_the_rest_takes() {
    let at = |old_rows, rows_estimated| Progress {
        old_rows,
        new_rows: old_rows,
        rows_now: 2 * old_rows,
        rows_estimated,
        chunks_done: 1,
        suspects: 7,
        elapsed: Duration::from_secs(2),
    };
    assert_eq!(
        progress(&at(250_000, Some(1_000_000))),
        "250,000 of about 1,000,000 rows, 250,000 rows/s, about 6 s left, 7 suspects"
    );
    assert_eq!(progress(&at(10, None)), "10 rows, 10 rows/s, 7 suspects");
    assert_eq!(
        progress(&at(20, Some(10))),
        "20 of about 20 rows, 20 rows/s, about 0 s left, 7 suspects",
        "an estimate that was too low does not make it more than all"
    );
}
