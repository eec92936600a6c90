//! Switches: the runtime state that an action sets and that user services read over OFREP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SwitchId;

/// A value of a switch; its type never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SwitchValue {
    /// On or off.
    Bool(bool),
    /// One of some words.
    Text(String),
}

impl SwitchValue {
    /// Whether both are of one type.
    #[must_use]
    pub fn same_type(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Bool(_), Self::Bool(_)) | (Self::Text(_), Self::Text(_))
        )
    }
}

impl std::fmt::Display for SwitchValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("on"),
            Self::Bool(false) => f.write_str("off"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A switch as declared by its domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// Its key over OFREP.
    pub id: SwitchId,
    /// The value while no action is active.
    pub default: SwitchValue,
    /// What it does, in words.
    pub title: String,
}
