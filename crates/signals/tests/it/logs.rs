//! Log files as programs write, rotate and cut them, read while they grow.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;
use tidegate_model::ask::{CountAsk, CountQuestion, Decimal, FieldRule, FieldTest, LevelAsk, LevelQuestion, Looks};
use tidegate_model::seam::{ArmCounts, InvalidReason, Observation};
use tidegate_model::{Millis, Timestamp};
use tidegate_signals::{Asker, Source};

use crate::asking::{cadence, counted, id, one, silent, sources, stale_after, unusable};
use crate::{PEAK_KB_MAX, peak_kb};

const NOW: Timestamp = Timestamp(1_795_273_200_000);

const GOOD: &str = "{\"route\":\"/checkout\",\"status\":200}\n";
const BAD: &str = "{\"status\":503,\"route\":\"/checkout\"}\n";
const OTHER: &str = "{\"route\":\"/image\",\"status\":500}\n";

/// A log in a folder that vanishes with it.
struct Log {
    folder: TempDir,
}

impl Log {
    fn of(text: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let log = Self { folder };
        std::fs::write(log.path(), text).unwrap();
        log
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("shop.log")
    }

    fn rotated(&self) -> PathBuf {
        self.folder.path().join("shop.log.1")
    }

    fn write(&self, text: &str) {
        append(&self.path(), text.as_bytes());
    }

    fn source(&self) -> Source {
        Source::parse(&format!("log:{}", self.path().display())).unwrap()
    }
}

fn append(path: &PathBuf, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

fn test(field: &str, is: FieldRule) -> FieldTest {
    FieldTest {
        field: field.into(),
        is,
    }
}

fn count_ask() -> CountAsk {
    let question = CountQuestion::Log {
        all: vec![test("/route", FieldRule::OneOf(vec!["/checkout".into()]))],
        hits: vec![test("/status", FieldRule::AtLeast(Decimal(500_000_000)))],
    };
    CountAsk {
        on: id("shop"),
        question,
    }
}

fn counts() -> Asker {
    Asker::counts(None, count_ask(), Looks::Stream, cadence())
}

async fn is_counted(asker: &mut Asker, log: &Log, n: u64, hits: u64) {
    let found = asker.ask(&sources(log.source()), NOW).await;
    assert_eq!(counted(found), (None, ArmCounts { n, hits }));
}

async fn is_nothing(asker: &mut Asker, log: &Log) {
    let found = one(asker.ask(&sources(log.source()), NOW).await);
    assert!(matches!(found, Observation::Nothing { .. }), "{found:?}");
}

async fn begun(log: &Log) -> Asker {
    let mut asker = counts();
    assert_eq!(asker.ask(&sources(log.source()), NOW).await, [], "the baseline");
    asker
}

#[tokio::test]
async fn lines_are_counted_since_the_last_question_and_a_torn_one_waits() {
    let log = Log::of(&format!("{BAD}{BAD}"));
    let mut asker = begun(&log).await;
    is_nothing(&mut asker, &log).await;
    log.write(&format!("{GOOD}{OTHER}\n{BAD}"));
    is_counted(&mut asker, &log, 2, 1).await;
    log.write(OTHER);
    is_nothing(&mut asker, &log).await;
    let (start, end) = BAD.split_at(9);
    log.write(start);
    is_nothing(&mut asker, &log).await;
    log.write(end);
    is_counted(&mut asker, &log, 1, 1).await;
}

#[tokio::test]
async fn a_line_that_began_before_the_first_question_is_not_counted() {
    let (start, end) = BAD.split_at(9);
    let log = Log::of(start);
    let mut asker = begun(&log).await;
    log.write(&format!("{end}{GOOD}"));
    is_counted(&mut asker, &log, 1, 0).await;
}

#[tokio::test]
async fn a_log_that_is_renamed_is_read_to_its_end_and_the_next_from_its_beginning() {
    let log = Log::of(GOOD);
    let mut asker = begun(&log).await;
    log.write(BAD);
    std::fs::rename(log.path(), log.rotated()).unwrap();
    let gone = one(asker.ask(&sources(log.source()), NOW).await);
    assert_eq!(silent(&gone), "the log is no longer there");
    // The writer still has the old file open for a while.
    append(&log.rotated(), GOOD.as_bytes());
    log.write(GOOD);
    is_counted(&mut asker, &log, 3, 1).await;
    append(&log.rotated(), BAD.as_bytes());
    log.write(BAD);
    is_counted(&mut asker, &log, 2, 2).await;
    is_nothing(&mut asker, &log).await;
}

#[tokio::test]
async fn a_log_that_is_cut_is_read_from_its_beginning() {
    let log = Log::of(&GOOD.repeat(3));
    let mut asker = begun(&log).await;
    File::create(log.path()).unwrap();
    log.write(BAD);
    is_counted(&mut asker, &log, 1, 1).await;
    // Cut, and grown beyond the place that was reached.
    File::create(log.path()).unwrap();
    log.write(&format!("{GOOD}{GOOD}{BAD}"));
    is_counted(&mut asker, &log, 3, 1).await;
}

#[tokio::test]
async fn what_was_counted_beside_an_unreadable_line_is_told_with_the_next_answer() {
    let log = Log::of("");
    let mut asker = begun(&log).await;
    for odd in [
        "Traceback (most recent call last):\n",
        "[1]\n",
        "7\n",
        "{\"route\":NaN}\n",
    ] {
        log.write(&format!("{BAD}{odd}"));
        let found = one(asker.ask(&sources(log.source()), NOW).await);
        assert_eq!(unusable(&found), InvalidReason::Shape, "{odd}");
        is_counted(&mut asker, &log, 1, 1).await;
    }
}

#[tokio::test]
async fn both_sides_of_a_log_are_counted_over_one_interval() {
    let log = Log::of("");
    let old = CountAsk {
        question: CountQuestion::Log {
            all: vec![test("/route", FieldRule::OneOf(vec!["/image".into()]))],
            hits: Vec::new(),
        },
        ..count_ask()
    };
    let mut asker = Asker::counts(Some(old), count_ask(), Looks::Batches { planned: 3 }, cadence());
    let sources = sources(log.source());
    assert_eq!(asker.ask(&sources, NOW).await, []);
    log.write(OTHER);
    let found = one(asker.ask(&sources, NOW).await);
    assert!(
        matches!(&found, Observation::Nothing { detail, .. } if detail.starts_with("new side")),
        "{found:?}"
    );
    log.write(GOOD);
    let found = one(asker.ask(&sources, NOW).await);
    let expected = Observation::Counts {
        at: NOW,
        batch: Some(NOW.to_string()),
        old: Some(ArmCounts { n: 1, hits: 1 }),
        new: ArmCounts { n: 1, hits: 0 },
    };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_silence() {
    let log = Log::of("");
    std::fs::remove_file(log.path()).unwrap();
    let mut asker = counts();
    let sources_of = sources(log.source());
    let found = one(asker.ask(&sources_of, NOW).await);
    assert_eq!(silent(&found), "the log cannot be read: entity not found");
    // What stands in it when it is first seen was there before the first answer.
    log.write(GOOD);
    assert_eq!(asker.ask(&sources_of, NOW).await, []);
    let folder = Source::parse(&format!("log:{}", log.folder.path().display())).unwrap();
    let found = one(counts().ask(&sources(folder), NOW).await);
    assert_eq!(silent(&found), "the log cannot be read: invalid input parameter");
}

#[tokio::test]
async fn long_logs_and_long_lines_cost_little_memory() {
    let log = Log::of("");
    let mut asker = begun(&log).await;
    let mut file = OpenOptions::new().append(true).open(log.path()).unwrap();
    // A line of 200 MB, more than this process may hold; a file with a hole costs no disk.
    file.set_len(200_000_000).unwrap();
    file.write_all(format!("\n{BAD}").as_bytes()).unwrap();
    let found = one(asker.ask(&sources(log.source()), NOW).await);
    assert_eq!(unusable(&found), InvalidReason::Shape);
    is_counted(&mut asker, &log, 1, 1).await;
    assert!(peak_kb() < PEAK_KB_MAX, "{} kB", peak_kb());
}

fn level_ask() -> LevelAsk {
    let question = LevelQuestion::Log {
        lines: vec![test("/queue", FieldRule::Present)],
        value: "/queue".into(),
        time: "/at".into(),
    };
    LevelAsk {
        on: id("shop"),
        question,
    }
}

fn told(seconds_ago: i64, queue: &str) -> String {
    let at = Timestamp(NOW.0 - seconds_ago * 1_000);
    format!("{{\"at\":\"{at}\",\"queue\":{queue}}}\n")
}

#[tokio::test]
async fn the_number_of_the_newest_line_is_told_with_its_moment() {
    let log = Log::of(&format!("{}{}{GOOD}", told(30, "7"), told(20, "0.5")));
    let mut asker = Asker::level(level_ask(), stale_after(Millis::seconds(60)));
    let sources = sources(log.source());
    let expected = |seconds_ago: i64, millionths| Observation::Level {
        at: Timestamp(NOW.0 - seconds_ago * 1_000),
        value: Decimal(millionths),
    };
    assert_eq!(one(asker.ask(&sources, NOW).await), expected(20, 500_000));
    // A line that comes late is not the newest.
    log.write(&told(25, "9"));
    assert_eq!(one(asker.ask(&sources, NOW).await), expected(20, 500_000));
    log.write(&told(10, "3"));
    assert_eq!(one(asker.ask(&sources, NOW).await), expected(10, 3_000_000));
    let seconds = format!("{{\"at\":{},\"queue\":4}}\n", NOW.0 / 1_000 - 5);
    log.write(&seconds);
    assert_eq!(one(asker.ask(&sources, NOW).await), expected(5, 4_000_000));
    let stale = one(asker.ask(&sources, NOW.after(Millis::seconds(56))).await);
    assert_eq!(unusable(&stale), InvalidReason::Stale);
    for (line, reason) in [
        (told(4, "\"4\""), InvalidReason::Shape),
        (told(3, "{}"), InvalidReason::Shape),
        (told(2, "1e300"), InvalidReason::Shape),
        (told(-3_600, "1"), InvalidReason::Impossible),
    ] {
        log.write(&line);
        assert_eq!(unusable(&one(asker.ask(&sources, NOW).await)), reason, "{line}");
    }
}

#[tokio::test]
async fn a_line_without_a_moment_or_a_number_is_no_answer() {
    for (line, reason) in [
        ("{\"queue\":1}\n".to_owned(), InvalidReason::Shape),
        (
            "{\"queue\":1,\"at\":\"2026-11-21T15:00:00\"}\n".to_owned(),
            InvalidReason::Shape,
        ),
        ("queue=1\n".to_owned(), InvalidReason::Shape),
    ] {
        let log = Log::of(&line);
        let mut asker = Asker::level(level_ask(), cadence());
        assert_eq!(
            unusable(&one(asker.ask(&sources(log.source()), NOW).await)),
            reason,
            "{line}"
        );
    }
    let null = LevelQuestion::Log {
        lines: Vec::new(),
        value: "/queue".into(),
        time: "/at".into(),
    };
    let null = LevelAsk {
        on: id("shop"),
        question: null,
    };
    let log = Log::of(&told(1, "null"));
    let found = one(Asker::level(null, cadence()).ask(&sources(log.source()), NOW).await);
    assert_eq!(unusable(&found), InvalidReason::Null);
    let log = Log::of(GOOD);
    let found = one(Asker::level(level_ask(), cadence())
        .ask(&sources(log.source()), NOW)
        .await);
    assert!(matches!(found, Observation::Nothing { .. }), "{found:?}");
}

/// What happens to a log between two writes.
#[derive(Debug, Clone, Copy)]
enum Step {
    Write(usize),
    Ask,
    Rename,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_usize..90).prop_map(Step::Write),
        3 => Just(Step::Ask),
        1 => Just(Step::Rename),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(0x7469_6465),
        ..ProptestConfig::with_cases(200)
    })]

    #[test]
    fn however_writes_are_split_the_counts_are_the_same(
        lines in vec(0_usize..3, 0..40),
        steps in vec(step(), 0..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let text: String = lines.iter().map(|line| [GOOD, BAD, OTHER][*line]).collect();
        let mut rest: VecDeque<u8> = text.into_bytes().into();
        let log = Log::of("");
        let sources = sources(log.source());
        let mut asker = runtime.block_on(begun(&log));
        let mut found = ArmCounts::default();
        let mut ask = |asker: &mut Asker| {
            let told = one(runtime.block_on(asker.ask(&sources, NOW)));
            if let Observation::Counts { new, .. } = told {
                found.n += new.n;
                found.hits += new.hits;
            } else {
                assert!(matches!(told, Observation::Nothing { .. }), "{told:?}");
            }
        };
        let mut was_renamed = false;
        for step in steps {
            match step {
                Step::Write(bytes) => {
                    let piece: Vec<u8> = rest.drain(..bytes.min(rest.len())).collect();
                    append(&log.path(), &piece);
                }
                Step::Ask => {
                    ask(&mut asker);
                    was_renamed = false;
                }
                // A line is whole before its file is renamed, and no file is renamed twice between two questions.
                Step::Rename if !was_renamed => {
                    let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
                    let piece: Vec<u8> = rest.drain(..end).collect();
                    append(&log.path(), &piece);
                    std::fs::rename(log.path(), log.rotated()).unwrap();
                    File::create(log.path()).unwrap();
                    was_renamed = true;
                }
                Step::Rename => {}
            }
        }
        let piece: Vec<u8> = rest.drain(..).collect();
        append(&log.path(), &piece);
        ask(&mut asker);
        let of = |kind: usize| u64::try_from(lines.iter().filter(|line| **line == kind).count()).unwrap();
        prop_assert_eq!(found, ArmCounts { n: of(0) + of(1), hits: of(1) });
    }
}
