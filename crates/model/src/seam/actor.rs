//! Who asks: every command has an actor.

use serde::{Deserialize, Serialize};

use crate::{GatewayId, PersonId, ServiceId};

/// Through which door a person came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// A personal token, by command line or browser session.
    Token,
    /// A signed single-use link.
    Link,
}

/// Who asks. Authentication happened at the door; authority is decided by the engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// A person.
    Person {
        /// Who.
        id: PersonId,
        /// How they came in.
        door: Door,
    },
    /// A program with a key of one purpose.
    Service {
        /// Which.
        id: ServiceId,
    },
    /// A gateway that reports what it measured.
    Gateway {
        /// Which.
        id: GatewayId,
    },
    /// The controller's own clock and senses.
    Controller,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person { id, .. } => write!(f, "{id}"),
            Self::Service { id } => write!(f, "service {id}"),
            Self::Gateway { id } => write!(f, "gateway {id}"),
            Self::Controller => f.write_str("tidegate"),
        }
    }
}
