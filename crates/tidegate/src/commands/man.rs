//! `tidegate man`: the manual pages, made of the command line itself.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

use super::Tidegate;
use crate::say::say;
use crate::{exit, near};

/// Prints the manual page of the program or of one command, or writes all of them into a folder.
///
/// To read one: `tidegate man check | man -l -`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The command; none means the program.
    command: Option<String>,
    /// Writes every page into this folder, as `tidegate.1`, `tidegate-check.1` and so on.
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    out: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let mut program = Tidegate::command().disable_help_subcommand(true);
        program.build();
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
            clap_mangen::generate_to(program, folder)
                .with_context(|| format!("cannot write manual pages to `{}`", folder.display()))?;
            return Ok(exit::FINE);
        }
        let page = match &self.command {
            None => Page::new(program),
            Some(name) => {
                let known: Vec<&str> = program
                    .get_subcommands()
                    .filter(|command| !command.is_hide_set())
                    .map(|command| command.get_name())
                    .collect();
                match program.find_subcommand(name) {
                    Some(command) => Page::new(command.clone()),
                    None => bail!("there is no command `{name}`; {}", near::said(name, &known)),
                }
            }
        };
        let mut text = Vec::new();
        page.render(&mut text)?;
        say!("{}", String::from_utf8(text)?);
        Ok(exit::FINE)
    }
}
