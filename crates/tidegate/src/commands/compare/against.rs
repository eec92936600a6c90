//! `tidegate compare --against`: old and new held against a third source, in place of one against the other.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use tidegate_reconcile::decimal::Decimal;
use tidegate_reconcile::ledger::{Book, Held, Ledger, LedgerEvent, Presence, Shape, Told};
use tidegate_reconcile::report::Shown;
use tidegate_reconcile::{Budget, Column, Entity, Expression, Relation, Side, Source, Stop, source};

/// A ledger that both sides are held against.
#[derive(Debug, Args)]
pub(super) struct AgainstArgs {
    /// Holds both sides against this ledger by their key: what is missing, charged without order, ordered without charge.
    #[arg(long, value_name = "LEDGER_URL", conflicts_with_all = ["reports", "repair_sql", "totals", "resume", "keep_rows", "control"])]
    pub(super) against: Option<String>,
    /// Each order lives on one side: old and new together are the ledger, and none is on both.
    #[arg(long, requires = "against")]
    split: bool,
    /// The ledger's table. A file needs none.
    #[arg(long, requires = "against")]
    ledger_table: Option<String>,
    /// A query in the place of the ledger's table.
    #[arg(long, requires = "against", conflicts_with = "ledger_table")]
    ledger_query: Option<String>,
    /// What the ledger calls the key; the new side's name unless said.
    #[arg(long, requires = "against", value_name = "COLUMN")]
    ledger_key: Option<String>,
    /// The column that holds an order's amount. Entries of one reference are summed in the ledger.
    #[arg(long, requires = "against", value_name = "COLUMN")]
    amount: Option<String>,
    /// What the ledger calls it; the new side's name unless said.
    #[arg(long, requires = "amount", value_name = "COLUMN")]
    ledger_amount: Option<String>,
    /// The column that holds the amount's currency; amounts of two currencies are never added.
    #[arg(long, requires = "amount", value_name = "COLUMN")]
    currency: Option<String>,
    /// What the ledger calls it; the new side's name unless said.
    #[arg(long, requires = "currency", value_name = "COLUMN")]
    ledger_currency: Option<String>,
    /// Which entries of the ledger count.
    #[arg(long, requires = "against", value_name = "CONDITION")]
    ledger_where: Option<String>,
    /// How far an order's amount and its charge may be apart.
    #[arg(long, requires = "amount", value_name = "AMOUNT")]
    amount_tolerance: Option<String>,
}

/// What the rest of the command says.
pub(super) struct Sides<'a> {
    pub(super) entity: &'a Entity,
    pub(super) old: Arc<dyn Source>,
    pub(super) new: Arc<dyn Source>,
    pub(super) column: &'a dyn Fn(&str) -> Column,
    pub(super) budget: Budget,
    pub(super) shape: Shape,
    pub(super) shown: Shown,
}

impl AgainstArgs {
    /// Reads all three; the exit code.
    pub(super) async fn run(&self, address: &str, sides: Sides<'_>, stop: &Stop) -> anyhow::Result<u8> {
        let [key] = sides.entity.key.as_slice() else {
            bail!("a ledger is held against one column; name it with `--key`")
        };
        let amount = self.amount.as_deref().map(sides.column);
        let currency = self.currency.as_deref().map(sides.column);
        let held = |side: Side, source: &Arc<dyn Source>| -> Held {
            let book = Book {
                relation: sides.entity.relation(side).clone(),
                reference: key.on(side).clone(),
                amount: amount.as_ref().map(|column| column.on(side).clone()),
                currency: currency.as_ref().map(|column| column.on(side).clone()),
                filter: sides.entity.filter(side).map(str::to_owned),
            };
            (Arc::clone(source), book)
        };
        let theirs = |said: &Option<String>, ours: &Column| match said {
            Some(name) => Expression::Column(name.clone()),
            None => ours.new.clone(),
        };
        let book = Book {
            relation: match &self.ledger_query {
                Some(query) => Relation::Query(query.clone()),
                None => Relation::Table(self.ledger_table.clone().unwrap_or_default()),
            },
            reference: theirs(&self.ledger_key, key),
            amount: amount.as_ref().map(|column| theirs(&self.ledger_amount, column)),
            currency: currency.as_ref().map(|column| theirs(&self.ledger_currency, column)),
            filter: self.ledger_where.clone(),
        };
        let tolerance = match &self.amount_tolerance {
            Some(text) => Decimal::parse(text).with_context(|| format!("expected an amount, found `{text}`"))?,
            None => Decimal::default(),
        };
        let presence = if self.split { Presence::Split } else { Presence::Each };
        let ledger = source::open(address).context("ledger")?;
        let both = [Some(held(Side::Old, &sides.old)), Some(held(Side::New, &sides.new))];
        let ledger = Ledger::prepare(both, (ledger, book), presence, tolerance, sides.budget).await?;
        let mut told = Told::new(sides.shape, sides.shown, Box::new(std::io::stdout()));
        let mut lost = Ok(());
        let verdict = ledger
            .run(stop, &mut |event: LedgerEvent| {
                if lost.is_ok() {
                    lost = told.take(&event);
                    if lost.is_err() {
                        stop.now();
                    }
                }
            })
            .await?;
        lost.context("standard output")?;
        Ok(verdict.exit_code())
    }
}
