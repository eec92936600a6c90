//! `tidegate schema`: the JSON Schema of plan files, for editors.

use clap::Args;

use crate::exit;
use crate::say::say;

/// Prints the JSON Schema of a kind of document, or of any document; editors complete and check plan files with it.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The kind, such as Domain; of two formats with one kind, `backstage.io/v1alpha1/Domain` means the other's.
    kind: Option<String>,
}

impl Schema {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let text = match &self.kind {
            None => tidegate_plan::schema::schema_of_all(),
            Some(kind) => tidegate_plan::schema::schema(kind).ok_or_else(|| {
                let known: Vec<&str> = tidegate_plan::schema::kinds().map(|(_, kind)| kind).collect();
                anyhow::anyhow!("there is no kind `{kind}`; kinds are {}", known.join(", "))
            })?,
        };
        say!("{}", text.trim_end());
        Ok(exit::FINE)
    }
}
