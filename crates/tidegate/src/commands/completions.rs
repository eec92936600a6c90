//! `tidegate completions`: what a shell completes, made of the command line itself.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::generate;

use super::Tidegate;
use crate::exit;
use crate::say::say;

/// Prints what a shell needs to complete commands and options.
///
/// bash: `tidegate completions bash > ~/.local/share/bash-completion/completions/tidegate`. zsh: `> _tidegate` in a folder of
/// `$fpath`. fish: `> ~/.config/fish/completions/tidegate.fish`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Shells whose completions a test reads.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Completions {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let shell = match self.shell {
            Shell::Bash => clap_complete::Shell::Bash,
            Shell::Zsh => clap_complete::Shell::Zsh,
            Shell::Fish => clap_complete::Shell::Fish,
        };
        let mut script = Vec::new();
        generate(shell, &mut Tidegate::command(), "tidegate", &mut script);
        say!("{}", String::from_utf8(script)?);
        Ok(exit::FINE)
    }
}
