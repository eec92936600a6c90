//! The estate's folder as an argument of commands that look at what is declared, without a controller.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use tidegate_model::Estate;
use tidegate_plan::{Mode, Shares, compile};

use super::check::Settings;
use crate::{exit, live};

/// The estate that is looked at.
#[derive(Debug, Clone, Args)]
pub(crate) struct Folder {
    /// The estate's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

/// What reading a folder gives.
pub(crate) enum Read {
    /// An estate. What only a rule objects to does not keep it from being looked at; `check` says it.
    Fine {
        /// What is declared.
        estate: Box<Estate>,
        /// Declared shares of traffic by segment, for forecasts.
        shares: Shares,
        /// What the estate is called.
        name: String,
    },
    /// No estate; every diagnostic is printed, and this is the exit code.
    Wrong(u8),
}

impl Folder {
    /// Reads and compiles the folder.
    ///
    /// # Errors
    /// A folder or a file that cannot be read.
    pub(crate) fn read(&self) -> anyhow::Result<Read> {
        read(&self.folder, &self.settings)
    }
}

/// Reads and compiles a folder.
///
/// # Errors
/// A folder or a file that cannot be read.
pub(crate) fn read(folder: &Path, settings: &Settings) -> anyhow::Result<Read> {
    let bundle = live::bundle::read(folder)?;
    let compiled = compile(&bundle, &settings.values()?, Mode::Adopted);
    match compiled.estate {
        Some(estate) => Ok(Read::Fine {
            estate: Box::new(estate),
            shares: compiled.shares,
            name: compiled.name.unwrap_or_else(|| "estate".to_owned()),
        }),
        None => {
            let colour = std::io::stderr().is_terminal();
            let (diagnostics, bundle) = live::bundle::placed(folder, &compiled.diagnostics, &bundle);
            eprint!("{}", tidegate_plan::render_human(&diagnostics, &bundle, colour));
            Ok(Read::Wrong(exit::WRONG))
        }
    }
}
