//! `tidegate docs`: the artefacts of an estate as a static site.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use tidegate_artefacts::site::{GENERATOR, SiteFile, site};

use super::folder::{Folder, Read};
use crate::exit;
use crate::say::say;

/// Writes the artefacts of an estate as a static site: ownership map, escalation and incident routine, stage gates, contract
/// ownership, runbooks, risks, and each plan in its six sections. It needs no server and no script.
#[derive(Debug, Args)]
pub(crate) struct Docs {
    /// The site's folder; made when missing. A folder that holds anything but an earlier site is left alone.
    out: PathBuf,
    #[command(flatten)]
    folder: Folder,
    /// Prints the names of the files as JSON.
    #[arg(long)]
    json: bool,
}

impl Docs {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let (estate, name) = match self.folder.read()? {
            Read::Fine { estate, name, .. } => (estate, name),
            Read::Wrong(code) => return Ok(code),
        };
        may_write(&self.out)?;
        let files = site(&estate, &name);
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make `{}`", self.out.display()))?;
        for SiteFile { name, text } in &files {
            let path = self.out.join(name);
            std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        if self.json {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            say!("{}", serde_json::to_string_pretty(&names)?);
        } else {
            say!(
                "wrote {} files; open {}",
                files.len(),
                self.out.join("index.html").display()
            );
        }
        Ok(exit::FINE)
    }
}

/// Refuses to write among files of somebody else.
fn may_write(out: &Path) -> anyhow::Result<()> {
    if !out.exists() {
        return Ok(());
    }
    let mut entries = std::fs::read_dir(out).with_context(|| format!("cannot read `{}`", out.display()))?;
    if entries.next().is_none() {
        return Ok(());
    }
    match std::fs::read_to_string(out.join("index.html")) {
        Ok(first) if first.contains(GENERATOR) => Ok(()),
        Ok(_) | Err(_) => bail!(
            "`{}` holds files that are no site of an estate; expected a new folder, an empty one or an earlier site",
            out.display()
        ),
    }
}
