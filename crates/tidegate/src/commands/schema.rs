//! `tidegate schema`: the JSON Schema of plan files, for editors, and the OpenAPI document of the API, for programs.

use clap::Args;

use crate::say::say;
use crate::{exit, near};

/// Prints the JSON Schema of a kind of document, or of any document; editors complete and check plan files with it. With
/// `--openapi`, the description of the API.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The kind, such as Domain; of two formats with one kind, `backstage.io/v1alpha1/Domain` means the other's.
    kind: Option<String>,
    /// The OpenAPI 3.1 document of the API, which a controller serves at `/api/openapi.json`.
    #[arg(long, conflicts_with = "kind")]
    openapi: bool,
}

impl Schema {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let text = match &self.kind {
            None if self.openapi => tidegate_api::openapi(),
            None => tidegate_plan::schema::schema_of_all(),
            Some(kind) => tidegate_plan::schema::schema(kind).ok_or_else(|| {
                let known: Vec<&str> = tidegate_plan::schema::kinds().map(|(_, kind)| kind).collect();
                anyhow::anyhow!("there is no kind `{kind}`; {}", near::said(kind, &known))
            })?,
        };
        say!("{}", text.trim_end());
        Ok(exit::FINE)
    }
}
