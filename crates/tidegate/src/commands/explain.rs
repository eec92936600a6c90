//! `tidegate explain`: the page of a code, of a diagnostic as of an answer or a refusal.

use clap::Args;

use super::answer_pages;
use crate::exit;
use crate::say::say;

/// Explains the code of a diagnostic, an answer or a refusal, with examples.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The code, such as TG0104.
    code: String,
    /// As JSON: the code and its page in Markdown.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        match tidegate_plan::explain(&self.code).or_else(|| answer_pages::page(&self.code)) {
            Some(page) if self.json => {
                let told = serde_json::json!({ "code": self.code, "page": page });
                say!("{}", serde_json::to_string_pretty(&told)?);
                Ok(exit::FINE)
            }
            Some(page) => {
                say!("{}", page.trim_end());
                Ok(exit::FINE)
            }
            None => anyhow::bail!("there is no code `{}`; codes look like TG0104", self.code),
        }
    }
}
