//! Identifiers: newtypes parsed once at the edge, so that no bare string means an id further in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest name of anything, in bytes (Backstage's entity name rule).
pub const NAME_BYTES_MAX: usize = 63;
/// The rule of names as a regular expression, for schemas; [`check_name`] is what decides.
pub const NAME_PATTERN: &str = "^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$";

/// Says why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was written.
    #[error("a name of 1 to {NAME_BYTES_MAX} characters was expected, found nothing")]
    Empty,
    /// More than [`NAME_BYTES_MAX`] bytes.
    #[error("a name of at most {NAME_BYTES_MAX} characters was expected, found {0}")]
    TooLong(usize),
    /// A character outside the rule.
    #[error("letters, digits, `-`, `_` and `.` were expected, starting and ending with a letter or digit, found `{0}`")]
    Character(String),
}

/// Checks the shared name rule `^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`, at most 63 bytes.
///
/// # Errors
/// [`NameError`] with the rule that was broken.
///
/// # Source
/// Backstage, entity names; language.md.
pub fn check_name(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > NAME_BYTES_MAX {
        return Err(NameError::TooLong(text.len()));
    }
    let edge_ok = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let all_ok = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if all_ok && edge_ok(text.chars().next()) && edge_ok(text.chars().last()) {
        Ok(())
    } else {
        Err(NameError::Character(text.to_owned()))
    }
}

/// Declares a name newtype: parsed once, no `From<String>`, `Display` round-trips.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("pattern" = NAME_PATTERN, "maxLength" = NAME_BYTES_MAX))]
        pub struct $name(Box<str>);

        impl $name {
            /// Parses a name.
            ///
            /// # Errors
            /// [`NameError`] when the text breaks the name rule.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check_name(text)?;
                Ok(Self(text.into()))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// A team (Backstage Group): the only thing that can own a domain.
    TeamId
);
id!(
    /// A person (Backstage User).
    PersonId
);
id!(
    /// A domain of production behaviour.
    DomainId
);
id!(
    /// An escalation ladder.
    LadderId
);
id!(
    /// A critical path that a customer walks.
    FlowId
);
id!(
    /// Something that can go wrong.
    FailureModeId
);
id!(
    /// A runbook.
    RunbookId
);
id!(
    /// An edge: listeners, upstreams and routes.
    EdgeId
);
id!(
    /// A route of an edge.
    RouteId
);
id!(
    /// What is cut over together.
    UnitId
);
id!(
    /// A program that calls a unit and is no browser, such as `till`.
    ClientId
);
id!(
    /// A migration plan.
    PlanId
);
id!(
    /// A group of routes of one unit that whoever has no visitor key meets on one side, such as `product-pages`.
    GroupId
);
id!(
    /// A stage of a plan; unique within an estate.
    StageId
);
id!(
    /// A criterion of a gate; unique within its stage.
    CriterionId
);
id!(
    /// A switch that user services read, such as `checkout.wallet`.
    SwitchId
);
id!(
    /// An action that a domain's authority grants.
    ActionId
);
id!(
    /// A database connection named in plan files; its address comes from the server's configuration.
    DatabaseId
);
id!(
    /// A source that criteria ask, named in plan files; its address comes from the server's configuration.
    SourceId
);
id!(
    /// One kind of thing that both systems hold, such as `orders`.
    EntityId
);
id!(
    /// A system that is right about an entity: `old`, `new`, or one beside the two such as `erp`.
    SystemId
);
id!(
    /// A part of a system, such as a service.
    ComponentId
);
id!(
    /// A figure that the owner of a domain answers for.
    ObjectiveId
);
id!(
    /// Something that holds in every single case.
    InvariantId
);
id!(
    /// What two domains answer for together.
    AgreementId
);
id!(
    /// A change of a domain's owner.
    TransferId
);
id!(
    /// What flows between two systems.
    IntegrationId
);
id!(
    /// A way to tell the visitors of a flow apart, such as `payment` or `device`.
    SegmentId
);
id!(
    /// A gateway process.
    GatewayId
);
id!(
    /// An incident, `inc-1`, `inc-2`, ...
    IncidentId
);
id!(
    /// Feedback against a stage, `fb-1`, `fb-2`, ...
    FeedbackId
);
id!(
    /// A service with a key of one purpose.
    ServiceId
);
