//! `tidegate init`: a new estate that checks clean.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use crate::exit;
use crate::say::say;

/// Writes a new estate that checks clean.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder; made when missing. Existing files are never overwritten.
    folder: PathBuf,
    /// As JSON: the files that were written.
    #[arg(long)]
    json: bool,
}

impl Init {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let name = self
            .folder
            .file_name()
            .map_or_else(|| "estate".into(), |name| name.to_string_lossy().into_owned());
        let bundle = tidegate_plan::scaffold(&name);
        for file in &bundle.files {
            if self.folder.join(&file.path).exists() {
                bail!(
                    "`{}` exists; nothing was written",
                    self.folder.join(&file.path).display()
                );
            }
        }
        let mut written = Vec::new();
        for file in &bundle.files {
            let path = self.folder.join(&file.path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).with_context(|| format!("cannot make `{}`", parent.display()))?;
            }
            std::fs::write(&path, &file.text).with_context(|| format!("cannot write `{}`", path.display()))?;
            written.push(path.display().to_string());
        }
        if self.json {
            say!(
                "{}",
                serde_json::to_string_pretty(&serde_json::json!({ "wrote": written }))?
            );
            return Ok(exit::FINE);
        }
        for path in written {
            say!("wrote {path}");
        }
        say!("check it: tidegate check {}", self.folder.display());
        Ok(exit::FINE)
    }
}
