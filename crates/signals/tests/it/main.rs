//! Every kind of source, asked for real: databases, Prometheus, web servers, logs and tables.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod asking;
mod counting;
mod crawls;
mod file;
mod hostile;
mod logs;
mod mariadb;
mod metrics;
mod mysql_rows;
mod postgres_silence;
mod probes;
mod prometheus_answers;
mod prometheus_misses;
mod protected;
mod quotes;
mod reading_only;
mod server;
mod site;
mod sql_batches;
mod sql_questions;
mod sqlite_silence;
mod tables;
mod through;
mod values;

use std::time::Duration;

use tidegate_model::Timestamp;
use tidegate_model::seam::{EqualityCounts, Observation};
use tidegate_signals::sql::{Database, Limits, equality};

/// The moment at which every question of these tests is asked.
const NOW: Timestamp = Timestamp(7_000);

/// Generous: a busy machine must not turn an answer into silence.
fn limits() -> Limits {
    Limits {
        answer_within: Duration::from_secs(60),
        ..Limits::default()
    }
}

/// Short, for sides that never answer.
fn impatient() -> Limits {
    Limits {
        answer_within: Duration::from_millis(1_500),
        ..Limits::default()
    }
}

/// The counts, when both sides answer.
async fn counts(old: (&Database, &str), new: (&Database, &str)) -> EqualityCounts {
    let found = equality(old, new, &limits(), NOW).await;
    let Observation::Equality { at, counts } = found else {
        panic!("{found:?} for {} and {}", old.1, new.1);
    };
    assert_eq!(at, NOW);
    counts
}

/// The reason of the silence that comes of this question on either side, when the other side answers.
async fn silence(database: &Database, query: &str, limits: &Limits) -> String {
    let sound = file::File::with("");
    let other = (&sound.database(), "SELECT 1, 2");
    let as_old = reason(equality((database, query), other, limits, NOW).await);
    let as_new = reason(equality(other, (database, query), limits, NOW).await);
    let told = as_old.strip_prefix("old side: ").expect("the old side is named");
    assert_eq!(as_new, format!("new side: {told}"));
    told.to_owned()
}

fn reason(observation: Observation) -> String {
    let Observation::Silent(silence) = observation else {
        panic!("expected silence, found {observation:?}");
    };
    assert_eq!(silence.since, NOW);
    silence.reason
}

/// What all tests of this binary together may hold, in kilobytes; less than what single questions of them read.
const PEAK_KB_MAX: u64 = 160_000;

/// The most memory this process has had, in kilobytes.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
