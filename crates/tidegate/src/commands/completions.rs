//! `tidegate completions`: what lets a shell ask this program how a command line may go on.

use clap::{Args, ValueEnum};
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::exit;
use crate::say::say;

/// Shells ask by it.
pub(crate) const COMPLETE: &str = "TIDEGATE_COMPLETE";

/// Prints what a shell needs to complete commands, options, and names of the estate: stages, domains, units, teams, entities and so on.
///
/// bash: `source <(tidegate completions bash)` in `~/.bashrc`. zsh: `source <(tidegate completions zsh)` in `~/.zshrc`, after `compinit`.
/// fish: `tidegate completions fish | source` in `~/.config/fish/config.fish`. Names come from the plan files of the folder you are
/// in, or of the one that TIDEGATE_ESTATE names. The shell and the program must be of one release, so do not keep it in a file.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Shells that a test has asked.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Completions {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let shell: &dyn EnvCompleter = match self.shell {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
        };
        let mut script = Vec::new();
        shell.write_registration(COMPLETE, "tidegate", "tidegate", "tidegate", &mut script)?;
        say!("{}", String::from_utf8(script)?);
        Ok(exit::FINE)
    }
}
