//! `tidegate completions`: what a shell completes, made of the command line itself.

use anyhow::bail;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::Tidegate;
use crate::exit;
use crate::say::say;

/// Prints what a shell needs to complete commands and options: bash, zsh or fish.
///
/// bash: `tidegate completions bash > ~/.local/share/bash-completion/completions/tidegate`. zsh: `> _tidegate` in a folder of
/// `$fpath`. fish: `> ~/.config/fish/completions/tidegate.fish`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        match self.shell {
            Shell::Bash | Shell::Zsh | Shell::Fish => {}
            other => bail!("expected bash, zsh or fish, found `{other}`"),
        }
        let mut script = Vec::new();
        generate(self.shell, &mut Tidegate::command(), "tidegate", &mut script);
        say!("{}", String::from_utf8(script)?);
        Ok(exit::FINE)
    }
}
