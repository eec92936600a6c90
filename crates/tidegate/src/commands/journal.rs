//! `tidegate journal`: the record, verified, shown and exported. Reads the store; never writes to it.

use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
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
        /// As JSON.
        #[arg(long)]
        json: bool,
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
            What::Verify {
                file: Some(file), json, ..
            } => told(verify_file(&file)?, json),
            What::Verify {
                recompute,
                file: None,
                json,
            } => told(verify_store(&open(&self.state)?, recompute)?, json),
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

/// What a verification found.
#[derive(Debug, Serialize)]
struct Verified {
    entries: u64,
    lines_cut: u64,
    chain: &'static str,
    fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recomputed: Option<Recomputed>,
}

/// Verdicts that were found again from the counts.
#[derive(Debug, Serialize)]
struct Recomputed {
    verdicts: u64,
    different: Vec<String>,
    unknown: u64,
}

fn verify_file(file: &Path) -> anyhow::Result<Verified> {
    let reader = std::fs::File::open(file).with_context(|| format!("cannot open `{}`", file.display()))?;
    let checked = tidegate_journal::verify_export(BufReader::new(reader)).context("cannot read the export")?;
    let fault = checked.first_bad.map(|fault| fault.to_string());
    Ok(Verified {
        entries: checked.entries,
        lines_cut: checked.lines_cut as u64,
        chain: if fault.is_none() { "holds" } else { "broken" },
        fault,
        recomputed: None,
    })
}

fn verify_store(store: &Store, recompute: bool) -> anyhow::Result<Verified> {
    let checked = store.verify().context("cannot read the journal")?;
    let fault = checked.first_bad.map(|fault| fault.to_string());
    let recomputed = match fault.is_none() && recompute {
        true => Some(live::recompute::recompute(store)?),
        false => None,
    };
    Ok(Verified {
        entries: checked.entries,
        lines_cut: 0,
        chain: if fault.is_none() { "holds" } else { "broken" },
        fault,
        recomputed: recomputed.map(|found| Recomputed {
            verdicts: found.same + found.different.len() as u64,
            different: found.different,
            unknown: found.unknown,
        }),
    })
}

fn told(verified: Verified, json: bool) -> anyhow::Result<u8> {
    let differs = verified
        .recomputed
        .as_ref()
        .is_some_and(|found| !found.different.is_empty());
    let code = match verified.fault.is_some() || differs {
        true => exit::WRONG,
        false => exit::FINE,
    };
    if json {
        say!("{}", serde_json::to_string_pretty(&verified)?);
        return Ok(code);
    }
    if verified.lines_cut > 0 {
        say!("{} torn at the end and cut", verified.lines_cut);
    }
    match &verified.fault {
        None => say!("{} entries, the chain holds", verified.entries),
        Some(fault) => say!("{} entries, the chain is broken: {fault}", verified.entries),
    }
    if let Some(found) = &verified.recomputed {
        say!(
            "{} verdicts recomputed from the counts, {} differ, {} by statistics that this version does not know",
            found.verdicts,
            found.different.len(),
            found.unknown
        );
        for line in &found.different {
            say!("  {line}");
        }
    }
    Ok(code)
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
