//! `tidegate lint`: metrics of other tools, judged on no data.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use tidegate_plan::lint::{Tool, lint};
use tidegate_plan::{Bundle, SourceFile, render_human};

use crate::exit;
use crate::say::say;

/// Says which metrics of Argo Rollouts or Flagger would pass with nothing to judge, and what stands in their place here.
///
/// Exit codes: 0 nothing in the file passes on nothing, 1 something does, 2 the file is unreadable or of another kind.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    #[command(flatten)]
    file: Given,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// As JSON; the same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Given {
    /// A file with `AnalysisTemplate` or `ClusterAnalysisTemplate` of Argo Rollouts.
    #[arg(long, value_name = "FILE")]
    argo: Option<PathBuf>,
    /// A file with `Canary` or `MetricTemplate` of Flagger.
    #[arg(long, value_name = "FILE")]
    flagger: Option<PathBuf>,
}

/// How it is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// More of a file is not read: one byte more than is judged.
const BYTES_MAX: u64 = 16 * 1024 * 1024 + 1;

impl Lint {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let (tool, path) = match (self.file.argo, self.file.flagger) {
            (Some(path), _) => (Tool::Argo, path),
            (None, Some(path)) => (Tool::Flagger, path),
            (None, None) => anyhow::bail!("expected `--argo FILE` or `--flagger FILE`, found neither"),
        };
        let text = read(&path)?;
        let name = path.display().to_string();
        let format = if self.json { Format::Json } else { self.format };
        match (lint(tool, &name, &text), format) {
            (Ok(report), format) => {
                match format {
                    Format::Human => say!("{}", report.human(&text, std::io::stdout().is_terminal())),
                    Format::Json => say!("{}", report.json()),
                }
                Ok(if report.passes_on_nothing() {
                    exit::WRONG
                } else {
                    exit::FINE
                })
            }
            (Err(diagnostics), Format::Human) => {
                let bundle = Bundle {
                    files: vec![SourceFile { path: name, text }],
                    ..Bundle::default()
                };
                let colour = std::io::stderr().is_terminal();
                eprint!("{}", render_human(&diagnostics, &bundle, colour));
                Ok(exit::TROUBLE)
            }
            (Err(diagnostics), Format::Json) => {
                say!(
                    "{}",
                    serde_json::to_string_pretty(&serde_json::json!({ "errors": diagnostics }))?
                );
                Ok(exit::TROUBLE)
            }
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let cannot = || format!("cannot read `{}`", path.display());
    let file = File::open(path).with_context(cannot)?;
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text).with_context(cannot)?;
    Ok(text)
}
