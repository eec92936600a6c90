//! `tidegate map`: who owns what, drawn or told.

use clap::{Args, ValueEnum};
use tidegate_artefacts::{Dress, OwnershipMap};

use super::drawn::Drawn;
use crate::exit;
use crate::say::say;

/// Shows who owns what: gaps first, then owners with their domains, flows and units, then what is handed over.
#[derive(Debug, Args)]
pub(crate) struct Map {
    #[command(flatten)]
    drawn: Drawn<Form>,
}

/// How the map is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Text.
    Human,
    /// A drawing, for light and dark.
    Svg,
    /// A Mermaid flowchart.
    Mermaid,
    /// For programs.
    Json,
}

impl Map {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let (estate, form) = match self.drawn.read(Form::Json)? {
            Ok(drawn) => drawn,
            Err(code) => return Ok(code),
        };
        let map = OwnershipMap::of(&estate);
        match form {
            Form::Human => say!("{map}"),
            Form::Svg => say!("{}", map.svg(Dress::Alone)),
            Form::Mermaid => say!("{}", map.mermaid()),
            Form::Json => say!("{}", serde_json::to_string_pretty(&map)?),
        }
        Ok(exit::FINE)
    }
}
