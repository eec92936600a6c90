//! `tidegate journal`: the record, verified, shown and exported. Reads the store; never writes to it.

use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use tidegate_engine::Event;
use tidegate_journal::Journal as Store;

use crate::say::say;
use crate::{exit, live};

/// Verifies, shows or exports the journal.
#[derive(Debug, Args)]
pub(crate) struct Journal {
    /// The controller's state folder.
    #[arg(long, env = "TIDEGATE_STATE", default_value = ".tidegate", global = true)]
    state: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Verifies the chain; with --recompute also every verdict, from the journalled counts alone.
    Verify {
        /// Recomputes every verdict that this version of the statistics knows.
        #[arg(long)]
        recompute: bool,
        /// Verifies an exported file instead of the store.
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Shows entries in plain words.
    Show {
        /// From this sequence.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// At most so many.
        #[arg(long, default_value_t = 1_000)]
        limit: usize,
        /// As JSON lines, as they were written.
        #[arg(long)]
        json: bool,
    },
    /// Writes the whole journal as JSON lines to standard output.
    Export,
}

impl Journal {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        match self.what {
            What::Verify { file: Some(file), .. } => verify_file(&file),
            What::Verify { recompute, file: None } => verify_store(&open(&self.state)?, recompute),
            What::Show { from, limit, json } => show(&open(&self.state)?, from, limit, json),
            What::Export => {
                let mut out = std::io::stdout().lock();
                open(&self.state)?
                    .export(&mut out)
                    .context("cannot export the journal")?;
                out.flush().context("cannot export the journal")?;
                Ok(exit::FINE)
            }
        }
    }
}

fn open(state: &Path) -> anyhow::Result<Store> {
    let path = live::store::path(state);
    Store::open_read_only(&path).with_context(|| format!("cannot open the journal `{}`", path.display()))
}

fn verify_file(file: &Path) -> anyhow::Result<u8> {
    let reader = std::fs::File::open(file).with_context(|| format!("cannot open `{}`", file.display()))?;
    let checked = tidegate_journal::verify_export(BufReader::new(reader)).context("cannot read the export")?;
    if checked.lines_cut > 0 {
        say!("{} torn at the end and cut", checked.lines_cut);
    }
    report(checked.entries, checked.first_bad.map(|fault| fault.to_string()))
}

fn verify_store(store: &Store, recompute: bool) -> anyhow::Result<u8> {
    let checked = store.verify().context("cannot read the journal")?;
    let code = report(checked.entries, checked.first_bad.map(|fault| fault.to_string()))?;
    if code != exit::FINE || !recompute {
        return Ok(code);
    }
    let recomputed = live::recompute::recompute(store)?;
    say!(
        "{} verdicts recomputed from the counts, {} differ, {} by statistics that this version does not know",
        recomputed.same + recomputed.different.len() as u64,
        recomputed.different.len(),
        recomputed.unknown
    );
    for line in &recomputed.different {
        say!("  {line}");
    }
    Ok(if recomputed.different.is_empty() {
        exit::FINE
    } else {
        exit::WRONG
    })
}

fn report(entries: u64, first_bad: Option<String>) -> anyhow::Result<u8> {
    match first_bad {
        None => {
            say!("{entries} entries, the chain holds");
            Ok(exit::FINE)
        }
        Some(fault) => {
            say!("{entries} entries, the chain is broken: {fault}");
            Ok(exit::WRONG)
        }
    }
}

fn show(store: &Store, from: u64, limit: usize, json: bool) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    for entry in store.read(from, limit).context("cannot read the journal")? {
        if json {
            out.write_all(&entry.bytes)?;
            writeln!(out)?;
            continue;
        }
        let event = Event::decode(&entry.bytes)
            .with_context(|| format!("entry {} was written by a version this one does not know", entry.seq))?;
        let happened = tidegate_engine::view::happened(entry.seq, &event);
        writeln!(
            out,
            "{:>7}  {}  {:<10}  {}",
            entry.seq,
            event.at,
            event.actor.to_string(),
            happened.text
        )?;
    }
    Ok(exit::FINE)
}
