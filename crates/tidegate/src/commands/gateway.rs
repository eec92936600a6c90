//! `tidegate gateway`: the edge, started and supervised by `serve`.

use std::path::PathBuf;

use clap::Args;

/// Runs the edge gateway from a configuration file that `serve` wrote.
#[derive(Debug, Args)]
pub(crate) struct Gateway {
    /// The configuration.
    #[arg(long)]
    config: PathBuf,
}

impl Gateway {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        Ok(u8::try_from(tidegate_gateway::run(&self.config)).unwrap_or(crate::exit::TROUBLE))
    }
}
