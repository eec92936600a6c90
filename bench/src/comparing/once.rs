//! One comparison, or one reading of both sides for nothing, in a process of its own, so that its memory and CPU time can be
//! told from everything else's.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tidegate_reconcile::{Budget, Column, Comparison, Earlier, Entity, Event, Relation, Stop, source};
use tokio_stream::StreamExt as _;

use super::bare::{self, Received};

/// Suspects that are looked for; more than any measurement plants.
const DIFFERENCES_MAX: u64 = 1_000_000;

/// What one run took and said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Once {
    pub(crate) seconds: f64,
    pub(crate) cpu_s: f64,
    pub(crate) memory_kib: u64,
    pub(crate) rows: u64,
    /// Received of both sides; counted where they are thrown away.
    pub(crate) bytes: u64,
    pub(crate) changed: u64,
    pub(crate) missing: u64,
    pub(crate) extra: u64,
}

/// Compares a table as `tidegate compare` does, and prints what it took.
pub(crate) async fn compare(old: &str, new: &str, table: &str, settle: Duration) -> anyhow::Result<()> {
    let begin = Instant::now();
    let (old, new) = (source::open(old)?, source::open(new)?);
    let relation = Relation::Table(table.to_owned());
    let columns = old.columns(&relation).await?;
    let compared = columns.names.iter().filter(|name| !columns.key.contains(name));
    let entity = Entity {
        name: table.to_owned(),
        old: relation.clone(),
        new: relation,
        key: columns.key.iter().map(|name| Column::same(name)).collect(),
        columns: compared.map(|name| Column::same(name)).collect(),
        old_filter: None,
        new_filter: None,
        zone: None,
    };
    let budget = Budget {
        differences_max: DIFFERENCES_MAX,
        settle,
        ..Budget::default()
    };
    let comparison = Comparison::prepare(entity, old, new, budget).await?;
    let verdict = comparison
        .run(Earlier::default(), &Stop::default(), &mut |_: Event| {})
        .await?;
    anyhow::ensure!(
        verdict.doubts.is_empty(),
        "the comparison has doubts: {:?}",
        verdict.doubts
    );
    let (coverage, counts) = (verdict.coverage, verdict.counts);
    print(Once {
        seconds: begin.elapsed().as_secs_f64(),
        cpu_s: crate::cpu::seconds_of_process(),
        memory_kib: memory_kib()?,
        rows: coverage.old_rows + coverage.new_rows,
        bytes: 0,
        changed: counts.changed,
        missing: counts.missing,
        extra: counts.extra,
    })
}

/// Receives all rows of both sides at once, in key order and by the same protocols, and throws them away.
pub(crate) async fn discard(old: &str, new: &str, table: &str) -> anyhow::Result<()> {
    let begin = Instant::now();
    let (old, new, table) = (old.to_owned(), new.to_owned(), table.to_owned());
    let old = tokio::spawn(of_postgres(old, table.clone()));
    let sql = format!("SELECT * FROM {table} ORDER BY id");
    let new = tokio::task::spawn_blocking(move || bare::discard(&new, &sql));
    let (old, new) = (old.await??, new.await??);
    print(Once {
        seconds: begin.elapsed().as_secs_f64(),
        cpu_s: crate::cpu::seconds_of_process(),
        memory_kib: memory_kib()?,
        rows: old.rows + new.rows,
        bytes: old.bytes + new.bytes,
        changed: 0,
        missing: 0,
        extra: 0,
    })
}

fn print(once: Once) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(&once)?);
    Ok(())
}

async fn of_postgres(url: String, table: String) -> anyhow::Result<Received> {
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    let talk = tokio::spawn(connection);
    let rows = client
        .query_one(
            &format!("SELECT reltuples::bigint FROM pg_class WHERE relname = '{table}'"),
            &[],
        )
        .await?
        .get::<_, i64>(0);
    let sql = format!("COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT (FORMAT BINARY)");
    let mut stream = std::pin::pin!(client.copy_out(&sql).await?);
    let mut bytes = 0;
    while let Some(piece) = stream.next().await {
        bytes += u64::try_from(piece?.len())?;
    }
    anyhow::ensure!(bytes > 0, "nothing came");
    drop(client);
    talk.await??;
    Ok(Received {
        rows: u64::try_from(rows)?,
        bytes,
    })
}

/// The most memory that this process ever had.
fn memory_kib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line
        .and_then(|rest| rest.split_whitespace().next())
        .context("no VmHWM")?;
    Ok(kib.parse()?)
}
