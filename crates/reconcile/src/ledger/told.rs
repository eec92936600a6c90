//! A run against a ledger for people and for programs. The lines of programs have the names of the fields of `report`.
//!
//! | `event` | fields |
//! |---|---|
//! | `ledger-progress` | `rows` |
//! | `ledger-sorting` | `party` (`old`, `new`, `ledger`), `why` |
//! | `ledger-paused` | `party`, `why`, `pause_ms` |
//! | `ledger-rereading` | `references` |
//! | `ledger-finding` | `wrong`, `reference`, `side` (or null), `ordered`, `charged` (amounts by currency) |
//! | `ledger-healed`, `ledger-moving` | `reference` |
//! | `ledger-ended` | `outcome`, `exit_code`, `coverage`, `found` (`wrong`, `side`, `references`, `overcharged`), `healed`, `doubts` |

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use crate::ledger::{Finding, LedgerEvent, LedgerVerdict, Money};
use crate::report::{Shown, doubt_words, fingerprint, harmless};
use crate::row::Key;
use crate::verdict::Outcome;

/// Findings that people are shown one by one.
const LISTED_MAX: u64 = 20;

/// For whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Lines for a terminal.
    Human,
    /// One event a line, in JSON.
    Json,
}

/// A run on its way to its readers.
pub struct Told {
    shape: Shape,
    shown: Shown,
    out: Box<dyn Write + Send>,
    listed: u64,
}

impl Told {
    /// Goes to `out`.
    #[must_use]
    pub fn new(shape: Shape, shown: Shown, out: Box<dyn Write + Send>) -> Self {
        Self {
            shape,
            shown,
            out,
            listed: 0,
        }
    }

    /// Takes what happened.
    ///
    /// # Errors
    /// The output's.
    pub fn take(&mut self, event: &LedgerEvent) -> io::Result<()> {
        match self.shape {
            Shape::Human => self.words(event),
            Shape::Json => {
                writeln!(self.out, "{}", self.line(event))?;
                self.out.flush()
            }
        }
    }

    fn reference(&self, key: &Key) -> String {
        match self.shown {
            Shown::Values | Shown::Keys => key.to_string(),
            Shown::Fingerprints => fingerprint(key),
        }
    }

    fn line(&self, event: &LedgerEvent) -> Json {
        let reference = |key: &Key| json!(self.reference(key));
        match event {
            LedgerEvent::Progress { rows } => json!({"event": "ledger-progress", "rows": rows}),
            LedgerEvent::Sorting { party, why } => json!({"event": "ledger-sorting", "party": party, "why": why}),
            LedgerEvent::Paused { party, why, pause } => {
                let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                json!({"event": "ledger-paused", "party": party, "why": why, "pause_ms": pause})
            }
            LedgerEvent::Rereading { references } => json!({"event": "ledger-rereading", "references": references}),
            LedgerEvent::Found(finding) => {
                let mut line = json!({
                    "event": "ledger-finding", "wrong": finding.wrong, "reference": reference(&finding.reference),
                    "side": finding.side,
                });
                if self.shown == Shown::Values {
                    line["ordered"] = amounts(&finding.ordered);
                    line["charged"] = amounts(&finding.charged);
                }
                line
            }
            LedgerEvent::Healed { reference: key } => json!({"event": "ledger-healed", "reference": reference(key)}),
            LedgerEvent::Moving { reference: key } => json!({"event": "ledger-moving", "reference": reference(key)}),
            LedgerEvent::Ended(verdict) => {
                let found: Vec<Json> = verdict
                    .tallies
                    .iter()
                    .map(|((wrong, side), tally)| {
                        json!({
                            "wrong": wrong, "side": side, "references": tally.references,
                            "overcharged": amounts(&tally.overcharged),
                        })
                    })
                    .collect();
                json!({
                    "event": "ledger-ended", "outcome": verdict.outcome, "exit_code": verdict.exit_code(),
                    "coverage": verdict.coverage, "found": found, "healed": verdict.healed, "doubts": verdict.doubts,
                })
            }
        }
    }

    fn words(&mut self, event: &LedgerEvent) -> io::Result<()> {
        match event {
            LedgerEvent::Found(finding) => self.list(finding),
            LedgerEvent::Ended(verdict) => self.summary(verdict),
            LedgerEvent::Progress { .. }
            | LedgerEvent::Sorting { .. }
            | LedgerEvent::Paused { .. }
            | LedgerEvent::Rereading { .. }
            | LedgerEvent::Healed { .. }
            | LedgerEvent::Moving { .. } => Ok(()),
        }
    }

    fn list(&mut self, finding: &Finding) -> io::Result<()> {
        self.listed += 1;
        if self.listed > LISTED_MAX {
            return Ok(());
        }
        let side = finding.side.map_or(String::new(), |side| format!(" ({side} side)"));
        let amounts = match self.shown {
            Shown::Values => format!(
                ": ordered {}, charged {}",
                harmless(&finding.ordered.to_string()),
                harmless(&finding.charged.to_string())
            ),
            Shown::Keys | Shown::Fingerprints => String::new(),
        };
        let reference = harmless(&self.reference(&finding.reference));
        writeln!(self.out, "{reference}: {}{side}{amounts}", finding.wrong)
    }

    fn summary(&mut self, verdict: &LedgerVerdict) -> io::Result<()> {
        let coverage = &verdict.coverage;
        let (word, reason) = match verdict.outcome {
            Outcome::Clean => ("clean", "every reference agrees with the ledger"),
            Outcome::Diverged => ("diverged", "what was found stayed after it was read again"),
            Outcome::Inconclusive => ("inconclusive", "nothing wrong is certain, and neither is its absence"),
        };
        let out = &mut self.out;
        writeln!(out, "against the ledger: {word}: {reason}")?;
        writeln!(
            out,
            "  {} references: {} old rows, {} new rows, {} of the ledger",
            coverage.references, coverage.old_rows, coverage.new_rows, coverage.ledger_rows
        )?;
        for ((wrong, side), tally) in &verdict.tallies {
            let side = side.map_or(String::new(), |side| format!(" ({side} side)"));
            let money = harmless(&tally.overcharged.to_string());
            writeln!(
                out,
                "  {}: {wrong}{side}; charged more than ordered: {money}",
                tally.references
            )?;
        }
        if verdict.healed > 0 {
            writeln!(
                out,
                "  {}: looked wrong when read first and are right now",
                verdict.healed
            )?;
        }
        for doubt in &verdict.doubts {
            writeln!(out, "  {}", doubt_words(doubt))?;
        }
        if !coverage.is_whole {
            writeln!(out, "  not all references were read")?;
        }
        out.flush()
    }
}

fn amounts(money: &Money) -> Json {
    let by_currency: Map<String, Json> = money
        .amounts()
        .map(|(currency, amount)| (currency.to_owned(), json!(amount.to_string())))
        .collect();
    Json::Object(by_currency)
}
