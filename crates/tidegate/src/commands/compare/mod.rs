//! `tidegate compare`: the rows of two databases or files, every one of them, compared by key.

mod against;
pub(super) mod outputs;
mod rule;

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tidegate_reconcile::report;
use tidegate_reconcile::source::Columns;
use tidegate_reconcile::{
    Budget, Cmp, Column, Comparison, Entity, Event, Expression, Relation, Source, Stop, Throttle, source,
};

use self::against::{AgainstArgs, Sides};
use self::outputs::{OutputArgs, Outputs};
use crate::say::say;

/// Compares the rows of two databases or files by key, reads what differs again, and says clean, diverged or inconclusive.
///
/// Exit codes: 0 every row agrees, 1 differences were confirmed, 2 it could not be carried out, 3 inconclusive: no
/// rows, a part that could not be read, rows that kept changing, or a limit that was reached.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The old side: postgres://, mysql://, mariadb://, sqlite:PATH, csv:PATH or ndjson:PATH.
    old_url: String,
    /// The new side.
    new_url: String,
    /// The table; both sides' name for it unless `--new-table` says another. A file needs none.
    #[arg(long)]
    table: Option<String>,
    /// The new side's table.
    #[arg(long)]
    new_table: Option<String>,
    /// A query in the place of the old table.
    #[arg(long, conflicts_with = "table")]
    old_query: Option<String>,
    /// A query in the place of the new table.
    #[arg(long, conflicts_with = "new_table")]
    new_query: Option<String>,
    /// The columns that name a row, parted by commas; the old table's primary key unless said.
    #[arg(long, value_delimiter = ',')]
    key: Vec<String>,
    /// The columns that are compared; all that both sides have unless said.
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    /// A column's name on either side; repeatable. A side in brackets is an expression: `--map '(price * 100)=cents'`.
    #[arg(long = "map", value_name = "OLD=NEW")]
    maps: Vec<String>,
    /// Which rows count, in SQL; for both sides unless the next two say otherwise.
    #[arg(long = "where", value_name = "CONDITION")]
    filter: Option<String>,
    /// Which rows of the old side count.
    #[arg(long, value_name = "CONDITION")]
    old_where: Option<String>,
    /// Which rows of the new side count.
    #[arg(long, value_name = "CONDITION")]
    new_where: Option<String>,
    /// When a column's values agree: a number `0.01`, a share `1%`, `2ulp`, a time `5ms`, or of `trim`, `ci`, `nfc`,
    /// `json`, `null=empty` any, joined by `+`; repeatable.
    #[arg(long = "tolerance", value_name = "COLUMN=RULE")]
    tolerances: Vec<String>,
    /// The zone of times without one, where the other side has a zone.
    #[arg(long)]
    zone: Option<String>,
    /// Says what would run and why, and ends.
    #[arg(long)]
    explain: bool,
    /// Prints one JSON document a line: differences, then the verdict.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    outputs: Box<OutputArgs>,
    #[command(flatten)]
    ledger: Box<AgainstArgs>,
    /// The longest it may run, in seconds.
    #[arg(long, value_name = "SECONDS")]
    max_time: Option<u64>,
    /// How many differences it looks for.
    #[arg(long, value_name = "ROWS", default_value_t = 100_000)]
    max_differences: u64,
    /// Rows a second and side.
    #[arg(long, value_name = "ROWS")]
    max_rows_per_second: Option<u64>,
    /// Megabytes a second and side.
    #[arg(long, value_name = "MB")]
    max_mb_per_second: Option<u64>,
    /// Sessions at work in a database from which on it is left alone for a while.
    #[arg(long, value_name = "SESSIONS")]
    max_load: Option<u64>,
    /// Replication lag from which on a database is left alone for a while, in seconds.
    #[arg(long, value_name = "SECONDS")]
    max_lag: Option<u64>,
    /// How long a difference is left to settle before it is read again, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    settle: u64,
    /// Takes lines on standard input while it runs: `slow REASON` leaves both databases alone, `go` goes on. Whatever watches
    /// the service that they feed can say them.
    #[arg(long)]
    control: bool,
    /// How many chunks are read at once.
    #[arg(long, default_value_t = 2)]
    parallel: usize,
}

impl Compare {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(self.compare())
    }

    /// The exit code.
    async fn compare(&self) -> anyhow::Result<u8> {
        let old = source::open(&self.old_url).context("old side")?;
        let new = source::open(&self.new_url).context("new side")?;
        let entity = self.entity(&*old, &*new).await?;
        let stop = Stop::default();
        if let Some(ledger) = &self.ledger.against {
            let maps = self.maps()?;
            let sides = Sides {
                entity: &entity,
                old,
                new,
                column: &|name| column(name, &maps),
                budget: self.budget(),
                shape: self.outputs.shape(self.json)?,
                shown: self.outputs.shown(),
            };
            let watch = tokio::spawn(interrupted(stop.clone()));
            let code = self.ledger.run(ledger, sides, &stop).await;
            watch.abort();
            return code;
        }
        let comparison = Comparison::prepare(entity, Arc::clone(&old), Arc::clone(&new), self.budget()).await?;
        let plans = self.outputs.totals(comparison.entity())?;
        let throttle = Throttle::default();
        let comparison = comparison.with_totals(plans).with_throttle(throttle.clone());
        if self.explain {
            say!("{}", comparison.explain().join("\n"));
            return Ok(crate::exit::FINE);
        }
        let outputs = self.outputs.open(&comparison, &self.new_url, self.json)?;
        let earlier = outputs.earlier();
        if let Some(words) = outputs.continued() {
            eprintln!("{words}");
        }
        if let Some(path) = outputs.keeps_rows_in() {
            eprintln!(
                "differing rows are kept in {}; delete it when they are no longer needed",
                path.display()
            );
        }
        if self.control {
            std::thread::spawn(move || controlled(&throttle));
        }
        let watch = tokio::spawn(interrupted(stop.clone()));
        let mut screen = Screen::new(outputs, stop.clone());
        let verdict = comparison.run(earlier, &stop, &mut |event| screen.take(&event)).await;
        watch.abort();
        screen.end(verdict.is_ok())?;
        Ok(verdict?.exit_code())
    }

    fn budget(&self) -> Budget {
        Budget {
            time_max: self.max_time.map(Duration::from_secs),
            differences_max: self.max_differences,
            rows_per_second_max: self.max_rows_per_second,
            bytes_per_second_max: self
                .max_mb_per_second
                .map(|megabytes| megabytes.saturating_mul(1_000_000)),
            active_sessions_max: self.max_load,
            lag_max: self.max_lag.map(Duration::from_secs),
            settle: Duration::from_millis(self.settle),
            parallel: self.parallel,
            ..Budget::default()
        }
    }

    /// What is compared, as the arguments and the sides' own columns say it.
    async fn entity(&self, old: &dyn Source, new: &dyn Source) -> anyhow::Result<Entity> {
        let table = self.table.clone().unwrap_or_default();
        let relation = |query: &Option<String>, table: String| match query {
            Some(query) => Relation::Query(query.clone()),
            None => Relation::Table(table),
        };
        let old_relation = relation(&self.old_query, table.clone());
        let new_relation = relation(&self.new_query, self.new_table.clone().unwrap_or(table));
        let old_columns = old.columns(&old_relation).await.context("old side")?;
        let new_columns = new.columns(&new_relation).await.context("new side")?;
        let maps = self.maps()?;
        let key_names = if self.key.is_empty() {
            &old_columns.key
        } else {
            &self.key
        };
        if key_names.is_empty() {
            bail!("the old side declares no primary key; name the key's columns with `--key`");
        }
        let key: Vec<Column> = key_names.iter().map(|name| column(name, &maps)).collect();
        let columns = self.compared(&key, &maps, &old_columns, &new_columns)?;
        Ok(Entity {
            name: self.table.clone().unwrap_or_else(|| "rows".to_owned()),
            old: old_relation,
            new: new_relation,
            key,
            columns,
            old_filter: self.old_where.clone().or_else(|| self.filter.clone()),
            new_filter: self.new_where.clone().or_else(|| self.filter.clone()),
            zone: self.zone.clone(),
        })
    }

    fn maps(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut maps = Vec::new();
        for map in &self.maps {
            // An expression may hold the sign itself; then its bracket comes before the one that counts.
            let at = match map.starts_with('(') {
                true => map.rfind(")=").map(|at| at + 1),
                false => map.find('='),
            };
            let Some(at) = at else {
                bail!("expected `--map OLD=NEW`, found `{map}`")
            };
            maps.push((map[..at].trim().to_owned(), map[at + 1..].trim().to_owned()));
        }
        Ok(maps)
    }

    fn compared(
        &self,
        key: &[Column],
        maps: &[(String, String)],
        old: &Columns,
        new: &Columns,
    ) -> anyhow::Result<Vec<Column>> {
        let is_key = |name: &str| {
            key.iter()
                .any(|column| column.old == Expression::Column(name.to_owned()))
        };
        let mut columns: Vec<Column> = if self.columns.is_empty() {
            let is_mapped = |name: &String| maps.iter().any(|map| map.0 == *name);
            let both = old
                .names
                .iter()
                .filter(|name| new.names.contains(name) && !is_mapped(name));
            let mapped = maps.iter().map(|map| column(&map.0, maps));
            both.map(|name| Column::same(name))
                .chain(mapped)
                .filter(|column| match &column.old {
                    Expression::Column(name) => !is_key(name),
                    Expression::Sql(_) => true,
                })
                .collect()
        } else {
            self.columns.iter().map(|name| column(name, maps)).collect()
        };
        for tolerance in &self.tolerances {
            let Some((name, rule)) = tolerance.split_once('=') else {
                bail!("expected `--tolerance COLUMN=RULE`, found `{tolerance}`")
            };
            let Some(column) = columns.iter_mut().find(|column| column.name == name) else {
                bail!("`--tolerance` names `{name}`, which is not compared")
            };
            column.cmp = rule::rule(rule).with_context(|| format!("tolerance of `{name}`"))?;
        }
        Ok(columns)
    }
}

/// Asks for the end at the first interrupt; the second ends the program at once.
pub(super) async fn interrupted(stop: Stop) {
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.now();
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(i32::from(crate::exit::TROUBLE));
        }
    }
}

/// Takes what is said on standard input until nobody says anything more.
fn controlled(throttle: &Throttle) {
    for line in std::io::stdin().lines() {
        match line {
            Ok(line) if throttle.take_line(&line) => {}
            Ok(line) => eprintln!("expected `slow REASON` or `go`, found `{line}`"),
            Err(error) => {
                eprintln!("standard input: {error}");
                return;
            }
        }
    }
    // Nobody is left who could release it.
    throttle.release();
}

/// A column by its old name, or by its new name where it is mapped under that.
fn column(name: &str, maps: &[(String, String)]) -> Column {
    let expression = |text: &str| match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(sql) => Expression::Sql(sql.to_owned()),
        None => Expression::Column(text.to_owned()),
    };
    match maps.iter().find(|map| map.0 == name || map.1 == name) {
        Some((old, new)) => Column {
            name: new.clone(),
            old: expression(old),
            new: expression(new),
            cmp: Cmp::Exact,
            kind: None,
        },
        None => Column::same(name),
    }
}

/// The report on standard output, and on a terminal one line that says how far it is.
pub(super) struct Screen {
    outputs: Outputs,
    stop: Stop,
    lost: anyhow::Result<()>,
    on_terminal: bool,
    has_line: bool,
}

impl Screen {
    pub(super) fn new(outputs: Outputs, stop: Stop) -> Self {
        Self {
            outputs,
            stop,
            lost: Ok(()),
            on_terminal: std::io::stderr().is_terminal(),
            has_line: false,
        }
    }

    pub(super) fn take(&mut self, event: &Event) {
        let words = match event {
            Event::Progress(progress) => Some(report::progress(progress)),
            Event::Sorting { side, why } => Some(format!("the {side} side is sorted on disk: {why}")),
            Event::Paused { side, why, .. } => Some(format!("the {side} side is left alone for a while: {why}")),
            Event::Rereading { suspects, settle } => Some(format!(
                "{suspects} suspects settle for {} ms and are read again",
                settle.as_millis()
            )),
            Event::ChunkDone(_)
            | Event::ChunkSkipped { .. }
            | Event::Confirmed(_)
            | Event::Healed { .. }
            | Event::Moving { .. }
            | Event::Ended(_) => None,
        };
        match words {
            Some(words) if self.on_terminal => {
                self.has_line = true;
                // A terminal that is gone takes no progress; the verdict does not depend on it.
                drop(write!(std::io::stderr(), "\r\x1b[2K{words}"));
            }
            Some(_) | None => self.clear(event),
        }
        if self.lost.is_ok() {
            self.lost = self.outputs.take(event);
            if self.lost.is_err() {
                self.stop.now();
            }
        }
    }

    /// Makes room for what the report is about to say.
    fn clear(&mut self, event: &Event) {
        if !matches!(event, Event::ChunkDone(_)) && std::mem::take(&mut self.has_line) {
            drop(write!(std::io::stderr(), "\r\x1b[2K"));
        }
    }

    pub(super) fn end(mut self, has_verdict: bool) -> anyhow::Result<()> {
        if std::mem::take(&mut self.has_line) {
            drop(write!(std::io::stderr(), "\r\x1b[2K"));
        }
        self.lost?;
        if has_verdict {
            self.outputs.finish()?;
        }
        Ok(())
    }
}
