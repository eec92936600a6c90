//! `tidegate risks`: what can go wrong, ranked, and what guards against it.

use clap::{Args, ValueEnum};
use tidegate_artefacts::{Dress, RiskMap};

use super::drawn::Drawn;
use crate::exit;
use crate::say::say;

/// Ranks what can go wrong by impact and detectability, with the signals, runbooks and guards of each and what is missing.
#[derive(Debug, Args)]
pub(crate) struct Risks {
    #[command(flatten)]
    drawn: Drawn<Form>,
}

/// How the risks are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The matrix in numbers, and the ranking.
    Human,
    /// The matrix as a drawing, for light and dark.
    Svg,
    /// For programs.
    Json,
}

impl Risks {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let (estate, form) = match self.drawn.read(Form::Json)? {
            Ok(drawn) => drawn,
            Err(code) => return Ok(code),
        };
        let risks = RiskMap::of(&estate);
        match form {
            Form::Human => say!("{risks}"),
            Form::Svg => say!("{}", risks.svg(Dress::Alone)),
            Form::Json => say!("{}", serde_json::to_string_pretty(&risks)?),
        }
        Ok(exit::FINE)
    }
}
