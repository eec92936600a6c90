//! A flow: a critical path that a customer walks, measured as completion.

use crate::{DomainId, FlowId, Millis, RouteId, UnitId};

/// What a response must show to count as a success. All given parts must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct SuccessPredicate {
    /// Accepted status codes; empty means 200 to 399.
    pub status: Vec<u16>,
    /// The `Location` header starts with this.
    pub location_prefix: Option<String>,
    /// RFC 6901 pointers that must exist in a JSON body.
    pub json_present: Vec<String>,
    /// RFC 6901 pointers that must not exist in a JSON body.
    pub json_absent: Vec<String>,
    /// Text that the body must contain.
    pub text: Option<String>,
    /// Text that the body must not contain.
    pub text_absent: Option<String>,
}

impl SuccessPredicate {
    /// Whether the body has to be read to decide.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        !self.json_present.is_empty()
            || !self.json_absent.is_empty()
            || self.text.is_some()
            || self.text_absent.is_some()
    }
}

/// A flow: entered at one route, completed at another, or at the same one when a single request is the whole flow.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Flow {
    /// The name that everything else refers to.
    pub id: FlowId,
    /// What people call it.
    pub title: String,
    /// Whose it is.
    pub domain: DomainId,
    /// The unit whose side decides where an attempt is counted.
    pub unit: UnitId,
    /// The only point at which a visitor's side may change; an attempt begins here.
    pub entry: RouteId,
    /// The route whose success completes the attempt.
    pub complete: RouteId,
    /// Success on the old side.
    pub success_old: SuccessPredicate,
    /// Success on the new side.
    pub success_new: SuccessPredicate,
    /// An attempt that has not completed after this has failed.
    pub window: Millis,
}
