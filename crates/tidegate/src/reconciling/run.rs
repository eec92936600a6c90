//! One comparison from its job to its end.

use std::time::Instant;

use anyhow::{Context as _, bail};
use tidegate_model::seam::Reconciled;
use tidegate_plan::{Bundle, SourceFile};
use tidegate_reconcile::decimal::Decimal;
use tidegate_reconcile::ledger::{Book, Held, Ledger, LedgerEvent, Presence};
use tidegate_reconcile::totals::TotalsPlan;
use tidegate_reconcile::{Column, Comparison, Earlier, Event, Side, Stop, source};

use super::answer::{of_ledger, of_sides};
use super::job::{Address, Books, Job};
use super::kept::Kept;

/// Asks both sides of a job what they hold.
///
/// # Errors
/// A side that cannot be reached, or that cannot be compared with the other.
pub(crate) async fn prepared(job: &Job) -> anyhow::Result<Comparison> {
    let old = source::open(&job.old.0).context("old side")?;
    let new = source::open(&job.new.0).context("new side")?;
    Ok(Comparison::prepare(job.entity.clone(), old, new, job.budget.clone()).await?)
}

/// The sums that are taken beside the verdict when people compare.
///
/// # Errors
/// A column that is not compared.
pub(crate) fn totals(job: &Job) -> anyhow::Result<Vec<TotalsPlan>> {
    let plan = |text: &String| TotalsPlan::parse(text, &job.entity).with_context(|| format!("totals `{text}`"));
    job.totals.iter().map(plan).collect()
}

/// Asks the sides of a job and its ledger what they hold.
///
/// # Errors
/// As [`prepared`]; and a key of several columns.
pub(crate) async fn ledger(job: &Job, books: &Books) -> anyhow::Result<Ledger> {
    let [key] = job.entity.key.as_slice() else {
        bail!(
            "a ledger is held against one column, and the key has {}",
            job.entity.key.len()
        )
    };
    let column = |named: &Option<(String, tidegate_reconcile::Expression)>| -> anyhow::Result<Option<Column>> {
        let Some((name, _)) = named else { return Ok(None) };
        let mut columns = job.entity.columns.iter().chain(&job.entity.key);
        let found = columns.find(|column| column.name == *name).cloned();
        found.map(Some).with_context(|| format!("`{name}` is not compared"))
    };
    let (amount, currency) = (column(&books.amount)?, column(&books.currency)?);
    let held = |side: Side, address: &Address| -> anyhow::Result<Held> {
        let book = Book {
            relation: job.entity.relation(side).clone(),
            reference: key.on(side).clone(),
            amount: amount.as_ref().map(|column| column.on(side).clone()),
            currency: currency.as_ref().map(|column| column.on(side).clone()),
            filter: job.entity.filter(side).map(str::to_owned),
        };
        let source = source::open(&address.0).with_context(|| format!("{side} side"))?;
        Ok((source, book))
    };
    let book = Book {
        relation: books.relation.clone(),
        reference: books.reference.clone(),
        amount: books.amount.as_ref().map(|(_, theirs)| theirs.clone()),
        currency: books.currency.as_ref().map(|(_, theirs)| theirs.clone()),
        filter: books.filter.clone(),
    };
    let both = [Some(held(Side::Old, &job.old)?), Some(held(Side::New, &job.new)?)];
    let third = (source::open(&books.address.0).context("ledger")?, book);
    let presence = if books.is_split {
        Presence::Split
    } else {
        Presence::Each
    };
    let within = Decimal::parse(&books.within).with_context(|| format!("`{}` is no amount", books.within))?;
    Ok(Ledger::prepare(both, third, presence, within, job.budget.clone()).await?)
}

/// Compares all rows of a job. Tells how many rows were read, several times a second at most.
///
/// # Errors
/// A side that refuses what is asked of it, and differing rows that cannot be kept.
pub(super) async fn whole(
    job: &Job,
    stop: &Stop,
    progress: &mut (dyn FnMut(u64) + Send),
) -> anyhow::Result<Reconciled> {
    let began = Instant::now();
    let digest = digest(job);
    let mut kept = Kept::anew(job.kept.as_deref(), &digest, &job.entity.name);
    let found = match &job.ledger {
        Some(books) => {
            let run = ledger(job, books).await?;
            let mut sink = |event: LedgerEvent| {
                if let LedgerEvent::Progress { rows } = event {
                    progress(rows);
                }
                kept.take_finding(&event);
            };
            let verdict = run.run(stop, &mut sink).await?;
            of_ledger(&verdict, digest, began.elapsed())
        }
        None => {
            let comparison = prepared(job).await?;
            let mut sink = |event: Event| {
                if let Event::Progress(told) = &event {
                    progress(told.old_rows.saturating_add(told.new_rows));
                }
                kept.take(&event);
            };
            let verdict = comparison.run(Earlier::default(), stop, &mut sink).await?;
            of_sides(&verdict, &job.entity, digest, began.elapsed())
        }
    };
    kept.end()?;
    Ok(found)
}

/// Names what is compared with what, without an address: sources by what people call them.
pub(crate) fn digest(job: &Job) -> String {
    let name = |address: &Address| source::open(&address.0).map_or_else(|_| String::new(), |source| source.name());
    let books = job.ledger.as_ref().map(|books| name(&books.address));
    let said = serde_json::to_string(&(&job.entity, name(&job.old), name(&job.new), books));
    Bundle {
        files: vec![SourceFile {
            path: "job".to_owned(),
            text: said.expect("a job is plain data"),
        }],
    }
    .digest()
}
