//! The head of commands that show one thing about an estate in several forms, one of them JSON.

use clap::{Args, ValueEnum};
use tidegate_model::Estate;

use super::folder::{Folder, Read};

/// Which estate is shown, and how. `F` has the forms, `human` and `json` among them.
#[derive(Debug, Clone, Args)]
pub(crate) struct Drawn<F: ValueEnum + Send + Sync + 'static> {
    #[command(flatten)]
    folder: Folder,
    /// How it is shown.
    #[arg(long, value_enum, default_value = "human")]
    format: F,
    /// As JSON; the same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl<F: ValueEnum + Send + Sync + 'static> Drawn<F> {
    /// The estate and the form that is asked for; an exit code where there is no estate. `json` is the form of `--json`.
    ///
    /// # Errors
    /// A folder or a file that cannot be read.
    pub(crate) fn read(self, json: F) -> anyhow::Result<Result<(Box<Estate>, F), u8>> {
        let form = if self.json { json } else { self.format };
        Ok(match self.folder.read()? {
            Read::Fine { estate, .. } => Ok((estate, form)),
            Read::Wrong(code) => Err(code),
        })
    }
}
