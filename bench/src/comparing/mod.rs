//! The comparison of old and new rows: beside merely receiving them, and beside reladiff, PostgreSQL against MariaDB, in
//! interleaved rounds on servers of its own.

mod bare;
mod once;
mod rows;
mod servers;
mod taken;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use self::once::Once;
use self::rows::{Planted, Shape};
use self::servers::Server;
use self::taken::{Taken, median};

pub(crate) use self::once::{compare, discard};

/// How long suspects settle here: what a live run waits is no work.
const SETTLE: Duration = Duration::from_millis(1);

/// One measurement.
struct Case {
    shape: Shape,
    rows: u64,
    differences: u64,
}

/// What is measured.
pub(crate) struct Plan {
    pub(crate) rows: u64,
    pub(crate) rows_large: u64,
    pub(crate) rounds: usize,
    pub(crate) reladiff: Option<PathBuf>,
}

/// Runs all measurements and prints the figures.
pub(crate) async fn run(plan: &Plan) -> anyhow::Result<()> {
    let (old, new) = (Server::postgres()?, Server::mariadb()?);
    let (rows, large) = (plan.rows, plan.rows_large);
    let case = |shape, rows, differences| Case {
        shape,
        rows,
        differences,
    };
    let cases = [
        case(Shape::Orders, rows, 0),
        case(Shape::Orders, rows, 100),
        case(Shape::Orders, rows, rows / 100),
        case(Shape::Wide, rows / 5, 0),
        case(Shape::Uuid, rows / 2, 0),
        case(Shape::Text, rows / 2, 0),
        case(Shape::Orders, large, large / 100),
    ];
    println!(
        "comparing: PostgreSQL with MariaDB on the same machine, {} cores, {} interleaved rounds, medians; suspects settle for {} ms",
        std::thread::available_parallelism()?,
        plan.rounds,
        SETTLE.as_millis()
    );
    if plan.reladiff.is_none() {
        println!("  reladiff is not measured: say `--reladiff PROGRAM` (0.6.0, from PyPI, with its drivers)");
    }
    let (mut memory_mib, mut per_row_us, mut times) = (0.0_f64, 0.0_f64, None);
    for case in cases.iter().filter(|case| case.rows > 0) {
        let figures = measure(plan, case, &old, &new).await?;
        memory_mib = memory_mib.max(figures.memory_mib);
        match case.shape {
            Shape::Orders => {
                per_row_us = per_row_us.max(figures.per_row_us);
                times = times.or(Some(figures.times_receiving));
            }
            Shape::Wide => println!("figure comparing-wide-ns-per-column {:.1}", figures.per_column_ns),
            Shape::Uuid | Shape::Text => {}
        }
        if case.rows == large {
            println!("figure comparing-memory-mib-large {:.1}", figures.memory_mib);
        }
    }
    println!(
        "figure comparing-times-receiving {:.2}",
        times.context("nothing was measured")?
    );
    println!("figure comparing-us-per-row-and-side {per_row_us:.3}");
    println!("figure comparing-memory-mib-max {memory_mib:.1}");
    Ok(())
}

/// What one measurement came to.
struct Figures {
    times_receiving: f64,
    per_row_us: f64,
    per_column_ns: f64,
    memory_mib: f64,
}

async fn measure(plan: &Plan, case: &Case, old: &Server, new: &Server) -> anyhow::Result<Figures> {
    rows::make_old(&old.url, case.shape, case.rows).await?;
    rows::make_new(&new.url, case.shape, case.rows).await?;
    let planted = Planted::of(case.differences);
    rows::plant(&new.url, case.rows, planted).await?;
    let table = case.shape.table();
    println!("  {table}, {} rows a side, {} differences", case.rows, case.differences);
    let is_large = case.rows == plan.rows_large;
    let rounds = if is_large { 1 } else { plan.rounds };
    let with_reladiff = plan
        .reladiff
        .as_ref()
        .filter(|_| case.shape == Shape::Orders && !is_large);
    let (mut bare, mut ours, mut theirs) = (Taken::default(), Taken::default(), Taken::default());
    // Not counted: the first reading warms what both sides keep in memory.
    child("discard", old, new, table)?;
    for _ in 0..rounds {
        let (once, servers_s) = child("discard", old, new, table)?;
        bare.add(&once, servers_s);
        let (once, servers_s) = child("compare", old, new, table)?;
        let found = Planted {
            changed: once.changed,
            missing: once.missing,
            extra: once.extra,
        };
        if found != planted {
            bail!("planted {planted:?}, found {found:?}");
        }
        ours.add(&once, servers_s);
        if let Some(program) = with_reladiff {
            reladiff(program, case, [old, new], &mut theirs)?;
        }
    }
    println!("{}", bare.line("received, discarded"));
    println!("{}", ours.line("compared"));
    let (mine, least) = (median(&ours.seconds), median(&bare.seconds));
    let (per_row_us, received_us) = (ours.us_per_row(), bare.us_per_row());
    println!(
        "    compared / received: {:.2} times the time; {per_row_us:.2} us of client CPU per row and side (received: {received_us:.2})",
        mine / least
    );
    let (columns, bytes) = (f64::from(case.shape.columns()), bare.bytes as f64 / bare.rows as f64);
    let per_column_ns = 1e3 * per_row_us / columns;
    let beyond_us = per_row_us - received_us;
    println!(
        "    a row of {columns} columns and {bytes:.0} bytes: {per_column_ns:.1} ns a column and {:.2} ns a byte; without receiving \
         {:.1} and {:.2}",
        1e3 * per_row_us / bytes,
        1e3 * beyond_us / columns,
        1e3 * beyond_us / bytes
    );
    if with_reladiff.is_some() {
        println!("{}", theirs.line("reladiff"));
        println!(
            "    reladiff / compared: {:.1} times the time, {:.1} times the CPU of the databases, {:.1} times that of the client",
            median(&theirs.seconds) / mine,
            median(&theirs.servers_s) / median(&ours.servers_s),
            median(&theirs.client_s) / median(&ours.client_s)
        );
    }
    Ok(Figures {
        times_receiving: mine / least,
        per_row_us,
        per_column_ns,
        memory_mib: ours.memory_mib().context("a run tells its memory")?,
    })
}

/// Runs one way in a process of its own.
fn child(what: &str, old: &Server, new: &Server, table: &str) -> anyhow::Result<(Once, f64)> {
    let before = old.cpu_s()? + new.cpu_s()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["comparing-once", what, &old.url, &new.url, table]);
    command.args(["--settle-ms", &SETTLE.as_millis().to_string()]);
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("{what} of `{table}` failed");
    }
    let once = serde_json::from_slice(&output.stdout).context("what a run printed")?;
    Ok((once, old.cpu_s()? + new.cpu_s()? - before))
}

/// The same tables by reladiff 0.6.0. Its exit code says nothing; its lines are the differences.
fn reladiff(program: &Path, case: &Case, sides: [&Server; 2], taken: &mut Taken) -> anyhow::Result<()> {
    let [old, new] = sides;
    let before = old.cpu_s()? + new.cpu_s()?;
    let client_before = crate::cpu::seconds_of_ended(std::process::id())?;
    let begin = Instant::now();
    let table = case.shape.table();
    let output = Command::new(program)
        .args([
            &old.url,
            table,
            &new.url,
            table,
            "-k",
            "id",
            "-c",
            "%",
            "--skip-sort-results",
        ])
        .output()
        .with_context(|| program.display().to_string())?;
    let seconds = begin.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&output.stdout);
    // A changed row is a line of either side.
    let lines = text.lines().filter(|line| line.starts_with(['+', '-'])).count() as u64;
    let planted = Planted::of(case.differences);
    if lines != 2 * planted.changed + planted.missing + planted.extra {
        bail!(
            "reladiff printed {lines} lines: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    taken.seconds.push(seconds);
    taken
        .client_s
        .push(crate::cpu::seconds_of_ended(std::process::id())? - client_before);
    taken.servers_s.push(old.cpu_s()? + new.cpu_s()? - before);
    Ok(())
}
