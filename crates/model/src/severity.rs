//! How bad something is, in the words of the field.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Severity; `Sev1` is the worst and sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Revenue stops or data is lost.
    Sev1,
    /// Revenue or a critical flow is impaired.
    Sev2,
    /// Degraded, a work-around exists.
    Sev3,
    /// A nuisance.
    Sev4,
}

impl Severity {
    /// Whether an open incident of this severity stops expansion in its scope.
    #[must_use]
    pub fn freezes(self) -> bool {
        self <= Self::Sev2
    }

    /// The word that people use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sev1 => "sev1",
            Self::Sev2 => "sev2",
            Self::Sev3 => "sev3",
            Self::Sev4 => "sev4",
        }
    }
}
