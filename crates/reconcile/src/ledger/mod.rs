//! The third source: old and new held against a ledger (a payment provider, an ERP, a log of events) by reference.
//!
//! While visitors are split between two systems an order lives on one of them, so that comparing them row by row says
//! nothing; what must hold is that old and new together are the ledger, each reference once. All three are read in the
//! order of references at once, in bounded memory, and what looks wrong is read again before it counts.

mod entry;
mod finding;
mod limits;
mod pass;
mod readings;
mod reread;
mod told;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::agreed::{agreed, finds_its_row};
use crate::comparison::settle;
use crate::decimal::Decimal;
use crate::entity::{Budget, Expression, Relation};
use crate::fault::SourceFault;
use crate::row::Key;
use crate::source::{Arrival, Asked, Question, Schema, Source};
use crate::throttle::Throttle;
use crate::value::Kind;

pub use entry::Money;
pub use finding::{Finding, Wrong};
pub use told::{Shape, Told};
pub use verdict::{LedgerCoverage, LedgerVerdict};

/// Statements get so much more time than a range is read for, so that we end first.
const STATEMENT_TIME_MAX: Duration = Duration::from_secs(600);

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Where the orders come from.
    Old,
    /// Where they should be.
    New,
    /// What was charged.
    Ledger,
}

impl std::fmt::Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Old => "old side",
            Self::New => "new side",
            Self::Ledger => "ledger",
        })
    }
}

/// Where an order has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// On each side that is given.
    Each,
    /// On exactly one of the two: old and new together are the whole.
    Split,
}

/// What one of the three holds, and what is read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Where it is.
    pub relation: Relation,
    /// What names an order in all three.
    pub reference: Expression,
    /// What it comes to; entries of one reference are summed. Without it only presence is compared.
    pub amount: Option<Expression>,
    /// Of which currency; amounts of two are never added.
    pub currency: Option<Expression>,
    /// Which rows count, in the database's own language.
    pub filter: Option<String>,
}

/// A book and the source that holds it.
pub type Held = (Arc<dyn Source>, Book);

/// Why a ledger cannot be held against the sides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    /// One of the three did not answer what was asked of it.
    #[error("{party}: {fault}")]
    Party {
        /// Which one.
        party: Party,
        /// What happened.
        #[source]
        fault: SourceFault,
    },
    /// There is nothing to hold against the ledger.
    #[error("expected at least one side beside the ledger")]
    NoSide,
    /// An order cannot be on one of two sides where only one is given.
    #[error("`old + new = whole` needs both sides")]
    NeedsBoth,
    /// References that can never be the same.
    #[error("the reference is {one} in one and {other} in another, which cannot be compared")]
    Strangers {
        /// One kind.
        one: Kind,
        /// The other.
        other: Kind,
    },
}

/// What happens while a ledger is held against the sides.
#[derive(Debug, Clone, PartialEq)]
pub enum LedgerEvent {
    /// Rows read so far, of all three.
    Progress {
        /// How many.
        rows: u64,
    },
    /// One of the three is sorted on disk first.
    Sorting {
        /// Which one.
        party: Party,
        /// Why.
        why: String,
    },
    /// One of the three is left alone for a while.
    Paused {
        /// Which one.
        party: Party,
        /// What it is busy with.
        why: String,
        /// For how long at least.
        pause: Duration,
    },
    /// What looks wrong is read again.
    Rereading {
        /// How many references.
        references: u64,
    },
    /// Something wrong that stayed.
    Found(Box<Finding>),
    /// A reference that is right now.
    Healed {
        /// The reference.
        reference: Key,
    },
    /// A reference that kept changing.
    Moving {
        /// The reference.
        reference: Key,
    },
    /// The end.
    Ended(LedgerVerdict),
}

/// One of the three, asked and understood.
struct Bound {
    party: Party,
    source: Arc<dyn Source>,
    question: Question,
    sorted_because: Option<String>,
    /// Whether a reference finds its rows without looking at all of them.
    finds_by_key: bool,
}

/// A ledger and the sides, ready to be read.
pub struct Ledger {
    books: Vec<Bound>,
    rules: finding::Rules,
    budget: Budget,
    throttle: Throttle,
}

impl Ledger {
    /// Asks all that are given what they hold. Amounts agree within the tolerance.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub async fn prepare(
        sides: [Option<Held>; 2],
        ledger: Held,
        presence: Presence,
        tolerance: Decimal,
        budget: Budget,
    ) -> Result<Self, LedgerFault> {
        let [old, new] = sides;
        let (has_old, has_new) = (old.is_some(), new.is_some());
        match presence {
            _ if !has_old && !has_new => return Err(LedgerFault::NoSide),
            Presence::Split if !(has_old && has_new) => return Err(LedgerFault::NeedsBoth),
            Presence::Each | Presence::Split => {}
        }
        let given = [(Party::Old, old), (Party::New, new), (Party::Ledger, Some(ledger))];
        let mut asked = Vec::new();
        for (party, held) in given {
            let Some((source, book)) = held else { continue };
            let question = question(&book);
            let schema = source
                .schema(&question)
                .await
                .map_err(|fault| LedgerFault::Party { party, fault })?;
            asked.push((party, source, question, schema));
        }
        let kind = reference_kind(asked.iter().map(|(.., schema)| schema))?;
        let books = asked.into_iter().map(|(party, source, mut question, schema)| {
            let cells = question.cells.len();
            let kinds = [kind, Kind::Decimal, Kind::Text];
            let sorted_because = settle(&mut question, &schema, &kinds[..=cells], true);
            let reference = schema.key.first().and_then(|field| field.kind);
            Bound {
                party,
                source,
                question,
                sorted_because,
                finds_by_key: finds_its_row(reference, kind, schema.is_typed),
            }
        });
        Ok(Self {
            books: books.collect(),
            rules: finding::Rules {
                presence,
                has_old,
                has_new,
                tolerance,
            },
            budget,
            throttle: Throttle::default(),
        })
    }

    /// The same, with a throttle that somebody outside holds: no range is begun then.
    #[must_use]
    pub fn with_throttle(self, throttle: Throttle) -> Self {
        Self { throttle, ..self }
    }
}

fn question(book: &Book) -> Question {
    let asked = |expression: &Expression| Asked {
        expression: expression.clone(),
        kind: None,
        native: None,
    };
    // A currency without an amount says nothing.
    let currency = book.amount.as_ref().and(book.currency.as_ref());
    Question {
        relation: book.relation.clone(),
        key: vec![asked(&book.reference)],
        cells: book.amount.iter().chain(currency).map(asked).collect(),
        filter: book.filter.clone(),
        may_have_null_keys: true,
        zone: Some(TimeZone::UTC),
        statement_time_max: STATEMENT_TIME_MAX,
        order: Arrival::ByKey,
    }
}

fn reference_kind<'a>(schemas: impl Iterator<Item = &'a Schema>) -> Result<Kind, LedgerFault> {
    let mut agreed_on: Option<Kind> = None;
    let mut is_first = true;
    for schema in schemas {
        let kind = schema.key.first().and_then(|field| field.kind);
        agreed_on = if is_first {
            kind
        } else {
            let met = agreed(agreed_on, kind, true);
            let (one, other) = (agreed_on.unwrap_or(Kind::Text), kind.unwrap_or(Kind::Text));
            Some(met.map_err(|_| LedgerFault::Strangers { one, other })?)
        };
        is_first = false;
    }
    Ok(agreed_on.unwrap_or(Kind::Text))
}
