//! `tidegate check`: the plan files, checked like a program.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use tidegate_plan::{Mode, compile, schedule};

use crate::say::say;
use crate::{exit, live};

/// Checks an estate: all diagnostics at once, then what each step can see and how long it is expected to take.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The estate's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// How diagnostics are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// As JSON; the same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// How diagnostics are printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
    Sarif,
}

/// Values for `${NAME}` in plan files.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Settings {
    /// A value for `${NAME}` in plan files; repeatable. The environment is never read for it.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl Settings {
    /// The values by name.
    pub(crate) fn values(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let mut values = BTreeMap::new();
        for pair in &self.set {
            let Some((name, value)) = pair.split_once('=') else {
                bail!("expected `--set NAME=VALUE`, found `{pair}`")
            };
            values.insert(name.to_owned(), value.to_owned());
        }
        Ok(values)
    }
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let bundle = live::bundle::read(&self.folder)?;
        let compiled = compile(&bundle, &self.settings.values()?, Mode::Author);
        let format = if self.json { Format::Json } else { self.format };
        let (diagnostics, bundle) = live::bundle::placed(&self.folder, &compiled.diagnostics, &bundle);
        match format {
            Format::Json => say!("{}", tidegate_plan::render_json(&diagnostics)),
            Format::Sarif => say!("{}", tidegate_plan::render_sarif(&diagnostics, &bundle)),
            Format::Human if diagnostics.is_empty() => {}
            Format::Human => {
                let colour = std::io::stdout().is_terminal();
                say!("{}", tidegate_plan::render_human(&diagnostics, &bundle, colour));
            }
        }
        let Some(estate) = compiled.estate else {
            return Ok(exit::WRONG);
        };
        if matches!(format, Format::Human) {
            say!("{}", schedule(&estate, &compiled.shares));
            say!("{} checks clean, digest {:.12}", self.folder.display(), estate.digest());
        }
        Ok(exit::FINE)
    }
}
