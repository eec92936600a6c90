//! `tidegate demo`: a live cutover, saved by its gate, on one machine.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::demo::{self, Options};

/// Watches a live cutover being saved by its gate: real shops, real payments, real pages to people who do not answer.
///
/// Exit code 0 only if the whole story held: see the last lines of its report.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Ends after the report instead of leaving the dashboard open.
    #[arg(long)]
    headless: bool,
    /// Seed of shoppers, prices and payments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Attempts that begin each second.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    /// The same world without faults: no stage rolls back.
    #[arg(long)]
    no_faults: bool,
    /// Port of the dashboard; a free one when not given.
    #[arg(long)]
    port: Option<u16>,
    /// Keeps journal and databases in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

impl Demo {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let port = match self.port {
            Some(port) => port,
            None => demo::free_port()?,
        };
        let options = Options {
            seed: self.seed,
            rate_per_second: self.rate,
            faults: !self.no_faults,
            listen: SocketAddr::from(([127, 0, 0, 1], port)),
            linger: !self.headless,
            keep: self.keep,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start")?;
        runtime.block_on(demo::run(options))
    }
}
