//! What a comparison needs to know: an entity as an estate declares it, with the addresses that `serve` was given.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidegate_model::entity::{self as declared, Agrees, Presence};
use tidegate_model::plan::Against;
use tidegate_model::{Millis, SourceId};
use tidegate_reconcile::decimal::Decimal;
use tidegate_reconcile::{Budget, Cmp, Column, Entity, Expression, Relation};

/// Where a source is, as it was written. Its debugging output does not repeat it: it may hold a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Address(pub(crate) String);

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address")
    }
}

/// A comparison, complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// What is compared.
    pub(crate) entity: Entity,
    /// Where the old side is.
    pub(crate) old: Address,
    /// Where the new side is.
    pub(crate) new: Address,
    /// What it may take.
    pub(crate) budget: Budget,
    /// Sums beside the verdict, as `compare --totals` has them.
    pub(crate) totals: Vec<String>,
    /// The third source, when the sides are held against one.
    pub(crate) ledger: Option<Books>,
    /// Where the sides say which keys have changed.
    pub(crate) changes: Vec<Feed>,
    /// Where differing rows are kept; nowhere when not given.
    pub(crate) kept: Option<PathBuf>,
}

/// The third source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Books {
    pub(crate) address: Address,
    pub(crate) relation: Relation,
    pub(crate) filter: Option<String>,
    pub(crate) reference: Expression,
    /// The entity's column and what the ledger calls it.
    pub(crate) amount: Option<(String, Expression)>,
    pub(crate) currency: Option<(String, Expression)>,
    pub(crate) within: String,
    pub(crate) is_split: bool,
}

/// A table of changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Feed {
    pub(crate) address: Address,
    pub(crate) relation: Relation,
    pub(crate) position: String,
    pub(crate) key: Vec<String>,
}

impl Job {
    /// The comparison of an entity.
    ///
    /// # Errors
    /// Words for its owner: it declares no comparison, or a source has no address.
    pub(crate) fn of(
        entity: &declared::Entity,
        against: Against,
        addresses: &BTreeMap<SourceId, Address>,
    ) -> Result<Self, String> {
        let comparison = entity
            .comparison
            .as_ref()
            .ok_or_else(|| format!("entity `{}` does not say how its rows are compared", entity.id))?;
        let address = |on: &SourceId| {
            let known = addresses.get(on).cloned();
            known.ok_or_else(|| format!("`{on}` has no address; start with --source {on}=ADDRESS"))
        };
        let ledger = match (against, &comparison.ledger) {
            (Against::Sides, _) => None,
            (Against::Ledger, None) => return Err(format!("entity `{}` has no ledger", entity.id)),
            (Against::Ledger, Some(ledger)) => Some(Books {
                address: address(&ledger.held.on)?,
                relation: relation(&ledger.held.relation),
                filter: ledger.held.filter.clone(),
                reference: expression(&ledger.reference),
                amount: ledger.amount.as_ref().map(booked),
                currency: ledger.currency.as_ref().map(booked),
                within: ledger.within.to_string(),
                is_split: ledger.presence == Presence::Split,
            }),
        };
        let feed = |changes: &declared::Changes| -> Result<Feed, String> {
            Ok(Feed {
                address: address(&changes.on)?,
                relation: relation(&changes.relation),
                position: changes.position.clone(),
                key: changes.key.clone(),
            })
        };
        let changes: Result<Vec<Feed>, String> = match against {
            Against::Sides => comparison.changes.iter().map(feed).collect(),
            // One changed order says nothing of its charge, which may come later: only a whole comparison does.
            Against::Ledger => Ok(Vec::new()),
        };
        Ok(Self {
            entity: Entity {
                name: entity.id.to_string(),
                old: relation(&comparison.old.relation),
                new: relation(&comparison.new.relation),
                key: comparison.key.iter().map(column).collect(),
                columns: comparison.columns.iter().map(column).collect(),
                old_filter: comparison.old.filter.clone(),
                new_filter: comparison.new.filter.clone(),
                zone: comparison.zone.clone(),
            },
            old: address(&comparison.old.on)?,
            new: address(&comparison.new.on)?,
            budget: budget(&comparison.budget),
            totals: comparison.totals.iter().map(totals).collect(),
            ledger,
            changes: changes?,
            kept: None,
        })
    }
}

fn relation(of: &declared::Relation) -> Relation {
    match of {
        declared::Relation::Table(name) => Relation::Table(name.clone()),
        declared::Relation::Query(query) => Relation::Query(query.clone()),
        declared::Relation::File => Relation::Table(String::new()),
    }
}

fn expression(of: &declared::Expression) -> Expression {
    match of {
        declared::Expression::Column(name) => Expression::Column(name.clone()),
        declared::Expression::Sql(sql) => Expression::Sql(sql.clone()),
    }
}

fn booked(of: &declared::Booked) -> (String, Expression) {
    (of.column.clone(), expression(&of.ledger))
}

fn column(of: &declared::Column) -> Column {
    Column {
        name: of.name.clone(),
        old: expression(&of.old),
        new: expression(&of.new),
        cmp: agrees(&of.agrees),
        kind: None,
    }
}

fn agrees(rule: &Agrees) -> Cmp {
    match rule {
        Agrees::Exactly => Cmp::Exact,
        Agrees::Within(most) => Cmp::Abs(Decimal::parse(&most.to_string()).expect("a number of a plan has few digits")),
        Agrees::WithinShare(share) => Cmp::Rel(share.ratio()),
        Agrees::WithinSteps(steps) => Cmp::Ulp(*steps),
        Agrees::WithinTime(time) => Cmp::Micros(i64::try_from(time.0.saturating_mul(1_000)).unwrap_or(i64::MAX)),
        Agrees::Text {
            trim,
            case,
            composition,
        } => Cmp::Text {
            trim: *trim,
            ci: *case,
            nfc: *composition,
        },
        Agrees::Json => Cmp::Json,
        Agrees::NullIsEmpty(inner) => Cmp::NullEqEmpty(Box::new(agrees(inner))),
    }
}

fn budget(of: &declared::Budget) -> Budget {
    let time = |time: Millis| Duration::from_millis(time.0);
    Budget {
        time_max: Some(time(of.time)),
        differences_max: of.differences,
        rows_per_second_max: of.rows_per_second,
        active_sessions_max: of.sessions,
        lag_max: of.lag.map(time),
        settle: time(of.settle),
        parallel: usize::try_from(of.parallel).expect("at most 64"),
        ..Budget::default()
    }
}

fn totals(of: &declared::Totals) -> String {
    let measure = of.sum.as_deref().unwrap_or("rows");
    match of.by.as_slice() {
        [] => measure.to_owned(),
        by => format!("{measure}:{}", by.join(",")),
    }
}
