//! What a comparison of an entity's rows ended with: counts, classes and a digest, and never a row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::EqualityCounts;
use super::totals::Totals;
use crate::Millis;

/// The classes of whole rows; every other class is about a column or a ledger.
pub const MISSING: &str = "missing";
/// A row that only the new side has.
pub const EXTRA: &str = "extra";
/// A key that names several rows.
pub const SEVERAL: &str = "several of one key";

/// The word of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    /// Every row was compared, and all agree.
    Clean,
    /// At least one difference stayed after it was read again.
    Diverged,
    /// No difference is certain, and neither is its absence.
    Inconclusive,
}

impl std::fmt::Display for Compared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Clean => "clean",
            Self::Diverged => "diverged",
            Self::Inconclusive => "inconclusive",
        })
    }
}

/// A comparison that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// What it says.
    pub compared: Compared,
    /// Keys that were compared because they had changed since the last comparison of all rows; none where that is what this
    /// is. The rows are then those that differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_keys: Option<u64>,
    /// Rows read of the old side.
    pub old_rows: u64,
    /// Rows read of the new side.
    pub new_rows: u64,
    /// Entries read of the ledger; none where the sides were held against each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger_rows: Option<u64>,
    /// Whether all keys were compared.
    pub is_whole: bool,
    /// Parts that could not be read.
    pub skipped: u64,
    /// Rows, or references, whose difference stayed.
    pub differing: u64,
    /// How often which difference was seen, such as `price_cents: value` or `charged without order`.
    pub classes: BTreeMap<String, u64>,
    /// Rows that differed when they were read first and agreed later.
    pub healed: u64,
    /// Rows that kept changing.
    pub moving: u64,
    /// Why there is no certainty, in words; never a row's content.
    pub doubts: Vec<String>,
    /// What both sides come to, as declared; it stands beside the word and does not change it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<Totals>,
    /// Names what was compared with what; lower-case hex.
    pub digest: String,
    /// How long it took.
    pub took: Millis,
}

impl Reconciled {
    /// Why it is no evidence at all, if so: the side that is the measure had no row, or the new one, or a part could not be
    /// read. A difference that was confirmed among the rest is evidence all the same.
    #[must_use]
    pub fn says_nothing(&self) -> Option<String> {
        if self.changed_keys.is_some() {
            return match self.compared {
                Compared::Diverged => None,
                Compared::Clean | Compared::Inconclusive => Some("only what had changed was compared".to_owned()),
            };
        }
        let (measure, rows) = match self.ledger_rows {
            Some(rows) => ("the ledger", rows),
            None => ("the old side", self.old_rows),
        };
        if rows == 0 {
            return Some(match self.is_whole {
                true => format!("{measure} has no rows"),
                false => format!("nothing of {measure} was read"),
            });
        }
        match self.compared {
            Compared::Diverged => None,
            // Nothing of the side that is judged was seen, as when it fails before it writes or the wrong table is asked.
            Compared::Clean | Compared::Inconclusive if self.new_rows == 0 => {
                Some("the new side has no rows".to_owned())
            }
            Compared::Clean | Compared::Inconclusive if self.skipped > 0 => {
                Some(format!("{} parts of the rows could not be read", self.skipped))
            }
            Compared::Clean if !self.is_whole || self.differing > 0 => {
                Some("it says clean, and not all rows were compared".to_owned())
            }
            Compared::Clean | Compared::Inconclusive => None,
        }
    }

    /// Whether it takes back a difference that was confirmed before.
    #[must_use]
    pub fn unsays(&self) -> bool {
        self.compared == Compared::Clean && self.says_nothing().is_none()
    }

    /// The same in the classes of two queries that were compared.
    #[must_use]
    pub fn counts(&self) -> EqualityCounts {
        let of = |class: &str| self.classes.get(class).copied().unwrap_or_default();
        let (missing, duplicated) = (of(MISSING).saturating_add(of(EXTRA)), of(SEVERAL));
        EqualityCounts {
            old_rows: self.old_rows,
            new_rows: self.new_rows,
            missing,
            differing: self.differing.saturating_sub(missing.saturating_add(duplicated)),
            duplicated,
        }
    }

    /// What was seen, in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let ledger = self
            .ledger_rows
            .map_or_else(String::new, |rows| format!(" against {rows} of the ledger"));
        let seen = match self.changed_keys {
            Some(keys) => format!("{keys} keys had changed"),
            None => format!("{} old and {} new rows{ledger}", self.old_rows, self.new_rows),
        };
        let mut said = format!("{}: {seen}, {} differ", self.compared, self.differing);
        let classes: Vec<String> = self
            .classes
            .iter()
            .map(|(class, rows)| format!("{class} {rows}"))
            .collect();
        let totals = self.totals.iter().map(Totals::words).collect();
        for more in [classes, self.doubts.clone(), totals] {
            if !more.is_empty() {
                said.push_str("; ");
                said.push_str(&more.join(", "));
            }
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(compared: Compared) -> Reconciled {
        Reconciled {
            compared,
            changed_keys: None,
            old_rows: 9,
            new_rows: 9,
            ledger_rows: None,
            is_whole: true,
            skipped: 0,
            differing: 0,
            classes: BTreeMap::new(),
            healed: 0,
            moving: 0,
            doubts: Vec::new(),
            totals: Vec::new(),
            digest: String::new(),
            took: Millis(1),
        }
    }

    #[test]
    fn no_rows_and_skipped_parts_are_no_evidence_and_a_confirmed_difference_is() {
        let says = |found: Reconciled| found.says_nothing().is_none();
        assert!(says(of(Compared::Clean)));
        assert!(says(of(Compared::Inconclusive)));
        for compared in [Compared::Clean, Compared::Diverged, Compared::Inconclusive] {
            let none = Reconciled {
                old_rows: 0,
                ..of(compared)
            };
            assert!(!says(none), "{compared}");
            let empty_ledger = Reconciled {
                ledger_rows: Some(0),
                ..of(compared)
            };
            assert!(!says(empty_ledger), "{compared}");
            let skipped = Reconciled {
                skipped: 1,
                is_whole: false,
                ..of(compared)
            };
            assert_eq!(says(skipped), compared == Compared::Diverged);
        }
        for compared in [Compared::Clean, Compared::Inconclusive] {
            for ledger_rows in [None, Some(9)] {
                let only_old = Reconciled {
                    new_rows: 0,
                    ledger_rows,
                    ..of(compared)
                };
                assert!(!says(only_old), "{compared} against {ledger_rows:?}");
            }
        }
        // A ledger is the measure: an old side that is empty by now is no reason.
        let all_new = Reconciled {
            old_rows: 0,
            ledger_rows: Some(9),
            ..of(Compared::Clean)
        };
        assert!(says(all_new));
        let part = Reconciled {
            is_whole: false,
            ..of(Compared::Clean)
        };
        assert!(!says(part));
    }

    #[test]
    fn keys_that_changed_are_evidence_of_what_differs_and_of_nothing_else() {
        let changed = |compared: Compared| Reconciled {
            changed_keys: Some(3),
            old_rows: 0,
            is_whole: false,
            differing: 1,
            ..of(compared)
        };
        // A row that only the new side has leaves none to count on the old one.
        assert_eq!(changed(Compared::Diverged).says_nothing(), None);
        assert_eq!(
            changed(Compared::Diverged).words(),
            "diverged: 3 keys had changed, 1 differ"
        );
        for compared in [Compared::Clean, Compared::Inconclusive] {
            assert!(changed(compared).says_nothing().is_some(), "{compared}");
            assert!(!changed(compared).unsays(), "{compared}");
        }
    }
}
