//! The lines between `serve` and a comparing process, JSON each: what it is told to do, and what it says. No row crosses here.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidegate_model::Millis;
use tidegate_model::seam::{Compared, EXTRA, MISSING, Reconciled, SEVERAL};
use tidegate_reconcile::ledger::LedgerVerdict;
use tidegate_reconcile::verdict::{Doubt, Outcome};
use tidegate_reconcile::{Entity, Verdict};

use super::{Job, totals};

/// The longest line that is read; a longer one is a defect of who wrote it.
pub(crate) const LINE_BYTES_MAX: usize = 256 * 1024;
/// Classes that are told one by one; those beyond are added up.
const CLASSES_MAX: usize = 40;
/// The longest name of a column in a class, in characters.
const NAME_CHARS_MAX: usize = 60;
/// The class of those beyond.
const OTHERS: &str = "others";

/// What the process is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Order {
    /// What it is there for; the first line.
    Job(Box<Job>),
    /// To compare all rows now.
    Compare {
        /// The number that its answer has.
        order: u64,
    },
    /// To leave the databases alone from the next chunk on.
    Slow {
        /// Why, in words.
        why: String,
    },
    /// To go on.
    Go,
}

/// What the process says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// It has begun; its time counts from here.
    Began {
        /// Of which order.
        order: u64,
    },
    /// Rows read so far, both sides together.
    Progress {
        /// Of which order.
        order: u64,
        /// How many.
        rows: u64,
    },
    /// The comparison has ended.
    Ended {
        /// Of which order.
        order: u64,
        /// With what.
        found: Reconciled,
    },
    /// It could not be carried out.
    Failed {
        /// Of which order; none while changes were followed.
        order: Option<u64>,
        /// Why; never with a row or a secret.
        reason: String,
    },
    /// Rows that changed between two comparisons differ, and stay so.
    Noticed {
        /// What was found.
        found: Reconciled,
    },
}

/// The end of a comparison of the sides, as it goes into the journal.
pub(super) fn of_sides(verdict: &Verdict, entity: &Entity, digest: String, took: Duration) -> Reconciled {
    let counts = &verdict.counts;
    let mut classes: BTreeMap<String, u64> = BTreeMap::new();
    let whole = [
        (MISSING, counts.missing),
        (EXTRA, counts.extra),
        (SEVERAL, counts.duplicated),
    ];
    for (class, rows) in whole.into_iter().filter(|(_, rows)| *rows > 0) {
        classes.insert(class.to_owned(), rows);
    }
    for ((place, class), rows) in &counts.classes {
        let column = entity
            .columns
            .get(*place)
            .map_or("a column", |column| column.name.as_str());
        let name: String = column.chars().take(NAME_CHARS_MAX).collect();
        add(&mut classes, format!("{name}: {class}"), *rows);
    }
    Reconciled {
        compared: compared(verdict.outcome),
        changed_keys: None,
        old_rows: verdict.coverage.old_rows,
        new_rows: verdict.coverage.new_rows,
        ledger_rows: None,
        is_whole: verdict.coverage.is_whole,
        skipped: verdict.coverage.chunks_skipped,
        differing: counts.confirmed(),
        classes,
        healed: counts.healed,
        moving: counts.moving,
        doubts: verdict.doubts.iter().map(doubt).collect(),
        totals: totals::told(&verdict.totals),
        digest,
        took: millis(took),
    }
}

/// The end of a comparison against a ledger.
pub(super) fn of_ledger(verdict: &LedgerVerdict, digest: String, took: Duration) -> Reconciled {
    let mut classes = BTreeMap::new();
    let mut differing: u64 = 0;
    for ((wrong, side), tally) in &verdict.tallies {
        let side = side.map_or_else(String::new, |side| format!(" ({side} side)"));
        differing = differing.saturating_add(tally.references);
        add(&mut classes, format!("{wrong}{side}"), tally.references);
    }
    let skipped = |doubt: &Doubt| match doubt {
        Doubt::ChunksSkipped { chunks, .. } => *chunks,
        Doubt::NoRows
        | Doubt::Moving { .. }
        | Doubt::Unread { .. }
        | Doubt::TimeReached
        | Doubt::DifferencesReached
        | Doubt::Stopped => 0,
    };
    let moving = |doubt: &Doubt| match doubt {
        Doubt::Moving { rows } => *rows,
        Doubt::NoRows
        | Doubt::ChunksSkipped { .. }
        | Doubt::Unread { .. }
        | Doubt::TimeReached
        | Doubt::DifferencesReached
        | Doubt::Stopped => 0,
    };
    Reconciled {
        compared: compared(verdict.outcome),
        changed_keys: None,
        old_rows: verdict.coverage.old_rows,
        new_rows: verdict.coverage.new_rows,
        ledger_rows: Some(verdict.coverage.ledger_rows),
        is_whole: verdict.coverage.is_whole,
        skipped: verdict.doubts.iter().map(skipped).sum(),
        differing,
        classes,
        healed: verdict.healed,
        moving: verdict.doubts.iter().map(moving).sum(),
        doubts: verdict.doubts.iter().map(doubt).collect(),
        totals: Vec::new(),
        digest,
        took: millis(took),
    }
}

fn add(classes: &mut BTreeMap<String, u64>, class: String, rows: u64) {
    let class = match classes.len() < CLASSES_MAX || classes.contains_key(&class) {
        true => class,
        false => OTHERS.to_owned(),
    };
    *classes.entry(class).or_default() += rows;
}

fn compared(outcome: Outcome) -> Compared {
    match outcome {
        Outcome::Clean => Compared::Clean,
        Outcome::Diverged => Compared::Diverged,
        Outcome::Inconclusive => Compared::Inconclusive,
    }
}

/// The words of a doubt. Faults of sources hold no row.
fn doubt(doubt: &Doubt) -> String {
    match doubt {
        Doubt::NoRows => "no rows".to_owned(),
        Doubt::ChunksSkipped { chunks, fault } => format!("{chunks} parts were skipped ({fault})"),
        Doubt::Moving { rows } => format!("{rows} rows kept changing"),
        Doubt::Unread { rows, fault } => format!("{rows} rows could not be read again ({fault})"),
        Doubt::TimeReached => "its time was over".to_owned(),
        Doubt::DifferencesReached => "too many rows differ to look for more".to_owned(),
        Doubt::Stopped => "it was stopped".to_owned(),
    }
}

fn millis(time: Duration) -> Millis {
    Millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
