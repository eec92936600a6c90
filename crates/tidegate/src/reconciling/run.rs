//! One comparison from its job to its end.

use std::time::Instant;

use anyhow::{Context as _, bail};
use tidegate_model::seam::Reconciled;
use tidegate_plan::{Bundle, SourceFile};
use tidegate_reconcile::decimal::Decimal;
use tidegate_reconcile::ledger::{Book, Held, Ledger, LedgerEvent, Presence};
use tidegate_reconcile::totals::TotalsPlan;
use tidegate_reconcile::{Column, Comparison, Earlier, Event, Side, Stop, Throttle, source};

use super::answer::{of_ledger, of_sides};
use super::job::{Address, Books, Job};
use super::kept::Kept;

/// Asks both sides of a job what they hold.
///
/// # Errors
/// A side that cannot be reached, or that cannot be compared with the other; changes that cannot be followed.
pub(crate) async fn prepared(job: &Job) -> anyhow::Result<Comparison> {
    let old = source::open(&job.old.0).context("old side")?;
    let new = source::open(&job.new.0).context("new side")?;
    let comparison = Comparison::prepare(job.entity.clone(), old, new, job.budget.clone()).await?;
    if job.changes.is_empty() {
        return Ok(comparison);
    }
    if let Some((side, why)) = comparison.searches_all_rows().await? {
        bail!(
            "the changes of `{}` cannot be followed: the {side} side {why}, so that all its rows would be read for each change; take \
             out `changes`, or give the key an index and one kind on both sides",
            job.entity.name
        )
    }
    Ok(comparison)
}

/// The sums that are taken beside the verdict.
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

/// Compares all rows of a job, and waits while the throttle is held. Tells how many rows were read, several times a second at most.
///
/// # Errors
/// A side that refuses what is asked of it. Differing rows that cannot be kept are a doubt.
pub(super) async fn whole(
    job: &Job,
    (stop, throttle): (&Stop, &Throttle),
    progress: &mut (dyn FnMut(u64) + Send),
) -> anyhow::Result<Reconciled> {
    let began = Instant::now();
    let digest = digest(job);
    let mut kept = Kept::anew(job.kept.as_deref(), &digest, &job.entity.name);
    let mut found = match &job.ledger {
        Some(books) => {
            let run = ledger(job, books).await?.with_throttle(throttle.clone());
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
            let plans = totals(job)?;
            let comparison = prepared(job).await?.with_totals(plans).with_throttle(throttle.clone());
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
    found.doubts.extend(kept.end());
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
        ..Bundle::default()
    }
    .digest()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::reconciling::job::Feed;
    use tidegate_reconcile::{Budget, Entity, Expression, Relation};

    #[tokio::test]
    async fn changes_are_refused_where_each_would_cost_all_rows() {
        let folder = tempfile::tempdir().unwrap();
        let side = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Address(format!("csv:{}", path.display()))
        };
        let same = |name: &str| Column {
            name: name.to_owned(),
            old: Expression::Column(name.to_owned()),
            new: Expression::Column(name.to_owned()),
            cmp: tidegate_reconcile::Cmp::Exact,
            kind: None,
        };
        let (old, new) = (side("old.csv", "id,v\n1,a\n"), side("new.csv", "id,v\n1,a\n"));
        let relation = Relation::Table(String::new());
        let mut job = Job {
            entity: Entity {
                name: "prices".to_owned(),
                old: relation.clone(),
                new: relation.clone(),
                key: vec![same("id")],
                columns: vec![same("v")],
                old_filter: None,
                new_filter: None,
                zone: None,
            },
            old: old.clone(),
            new,
            budget: Budget::default(),
            totals: Vec::new(),
            ledger: None,
            changes: Vec::new(),
            kept: None,
        };
        prepared(&job).await.unwrap();
        job.changes = vec![Feed {
            address: old,
            relation,
            position: "id".to_owned(),
            key: vec!["id".to_owned()],
        }];
        let Err(refused) = prepared(&job).await else {
            panic!("it follows changes of files")
        };
        let words = refused.to_string();
        assert!(
            words.starts_with("the changes of `prices` cannot be followed: the old side"),
            "{words}"
        );
    }
}
