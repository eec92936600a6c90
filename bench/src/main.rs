//! Figures of the whole program, each against a yardstick of the same run: rollbacks under load, replay of a long journal,
//! the gateway beside other proxies, the comparison of rows beside receiving them. `ci/bench` runs them all.

mod bounds;
mod comparing;
mod cpu;
mod estate;
mod judging;
mod load;
mod pages;
mod program;
mod proxies;
mod replay;
mod rivals;
mod rollback;
mod shop;
mod shopper;
mod upstream;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(about = "Figures of the whole program, as ratios measured in one run")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Verdict to effect: rolls a stage back again and again under load.
    Rollback {
        /// The `tidegate` program.
        program: PathBuf,
        /// Rollbacks.
        #[arg(long, default_value_t = 50)]
        times: usize,
        /// Requests per second.
        #[arg(long, default_value_t = 1_000)]
        rate: u32,
    },
    /// Replay: a journal of recorded events, read, checked and applied.
    Replay {
        /// Entries.
        #[arg(long, default_value_t = 1_000_000)]
        entries: u64,
    },
    /// Judging: a second of counts of a thousand criteria, early in a stage and after 10,000 strata.
    Judging {
        /// Criteria of the one stage.
        #[arg(long, default_value_t = 1_000)]
        criteria: usize,
        /// Seconds of counts.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// CPU time per request of the demo's shoppers in the demo's configuration: the gateway beside nginx (`split_clients`) and
    /// HAProxy, in alternating rounds.
    Proxies {
        /// The `tidegate` program.
        program: PathBuf,
        /// Shoppers per round and proxy; each sends eight or nine requests.
        #[arg(long, default_value_t = 2_500)]
        shoppers: u64,
        /// Rounds.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Pages: hundreds of open browsers and a long journal.
    Pages {
        /// The `tidegate` program.
        program: PathBuf,
        /// Browsers that follow the Plan page.
        #[arg(long, default_value_t = 200)]
        browsers: usize,
        /// Entries of the journal.
        #[arg(long, default_value_t = 10_000)]
        entries: u64,
        /// Events whose way to the browsers is measured.
        #[arg(long, default_value_t = 30)]
        events: usize,
    },
    /// Comparing: the rows of PostgreSQL and MariaDB, beside merely receiving them and beside reladiff.
    Comparing {
        /// Rows a side.
        #[arg(long, default_value_t = 1_000_000)]
        rows: u64,
        /// Rows a side of the one large measurement; 0 leaves it out.
        #[arg(long, default_value_t = 10_000_000)]
        large: u64,
        /// Rounds.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// The program of reladiff 0.6.0.
        #[arg(long)]
        reladiff: Option<PathBuf>,
    },
    /// One run of `comparing`, in a process of its own.
    #[command(hide = true)]
    ComparingOnce {
        /// `compare` or `discard`.
        what: String,
        /// The old side's address.
        old: String,
        /// The new side's address.
        new: String,
        /// The table.
        table: String,
        /// How long suspects settle.
        #[arg(long)]
        settle_ms: u64,
    },
    /// Holds the figures that a run has printed against their bounds.
    Bounds {
        /// What the measurements have printed.
        log: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match Arguments::parse().what {
        What::Rollback { program, times, rate } => runtime.block_on(rollback::run(&program, times, rate)),
        What::Replay { entries } => replay::run(entries),
        What::Judging { criteria, seconds } => judging::run(criteria, seconds),
        What::Pages {
            program,
            browsers,
            entries,
            events,
        } => runtime.block_on(pages::run(&program, browsers, entries, events)),
        What::Proxies {
            program,
            shoppers,
            rounds,
        } => runtime.block_on(proxies::run(&program, shoppers, rounds)),
        What::Comparing {
            rows,
            large,
            rounds,
            reladiff,
        } => runtime.block_on(comparing::run(&comparing::Plan {
            rows,
            rows_large: large,
            rounds,
            reladiff,
        })),
        What::ComparingOnce {
            what,
            old,
            new,
            table,
            settle_ms,
        } => match what.as_str() {
            "compare" => runtime.block_on(comparing::compare(&old, &new, &table, Duration::from_millis(settle_ms))),
            _ => runtime.block_on(comparing::discard(&old, &new, &table)),
        },
        What::Bounds { log } => {
            let text = std::fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
            bounds::hold(&text)
        }
    }
}
