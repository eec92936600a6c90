//! `tidegate explain`: the page of a diagnostic's code.

use clap::Args;

use crate::exit;
use crate::say::say;

/// Explains a diagnostic's code with a bad and a good example.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The code, such as TG0104.
    code: String,
}

impl Explain {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        match tidegate_plan::explain(&self.code) {
            Some(page) => {
                say!("{}", page.trim_end());
                Ok(exit::FINE)
            }
            None => anyhow::bail!("there is no code `{}`; codes look like TG0104", self.code),
        }
    }
}
