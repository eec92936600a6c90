//! `tidegate diff`: what changes from one version of an estate to another, before anybody adopts it.

use std::path::PathBuf;

use clap::Args;
use tidegate_artefacts::Difference;

use super::check::Settings;
use super::folder::{self, Read};
use crate::exit;
use crate::say::say;

/// Tells what changes from one estate to another: owners and who is reached, steps of exposure, gates that become weaker or
/// stronger, the way back, and everything else.
///
/// Exit code 0 when both declare the same, 1 when they do not.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The folder of the estate before.
    old: PathBuf,
    /// The folder of the estate after.
    new: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let mut estates = Vec::new();
        for folder in [&self.old, &self.new] {
            match folder::read(folder, &self.settings)? {
                Read::Fine { estate, .. } => estates.push(estate),
                // What cannot be compiled is neither the same nor different.
                Read::Wrong(_) => anyhow::bail!("`{}` is no estate; `tidegate check` says why", folder.display()),
            }
        }
        let [old, new] = estates.as_slice() else {
            anyhow::bail!("two estates are compared")
        };
        let difference = Difference::between(old, new);
        if self.json {
            say!("{}", serde_json::to_string_pretty(&difference)?);
        } else {
            say!("{difference}");
        }
        Ok(if difference.is_none() { exit::FINE } else { exit::WRONG })
    }
}
