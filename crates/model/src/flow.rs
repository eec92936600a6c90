//! A flow: a critical path that a customer walks, measured as completion.

use crate::{DomainId, FlowId, Millis, RouteId, SegmentId, UnitId};

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

    /// What makes it this one and no other, in texts that no release writes otherwise.
    pub(crate) fn parts(&self) -> Vec<String> {
        let status = self.status.iter().map(u16::to_string);
        let pointers = |of: &'static str, all: &[String]| {
            let all = all.iter().map(move |pointer| format!("{of} {pointer}"));
            all.collect::<Vec<_>>()
        };
        let text = |of: &str, text: &Option<String>| text.as_ref().map(|text| format!("{of} {text}"));
        status
            .chain(text("location", &self.location_prefix))
            .chain(pointers("present", &self.json_present))
            .chain(pointers("absent", &self.json_absent))
            .chain(text("text", &self.text))
            .chain(text("text-absent", &self.text_absent))
            .collect()
    }
}

/// Where a segment is read from: always the request that begins the attempt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SegmentSource {
    /// A header, by its name in lower case.
    Header(String),
    /// A cookie, by its name.
    Cookie(String),
    /// A parameter of the query.
    Query(String),
    /// RFC 6901 pointer into a JSON body.
    Body(String),
    /// A field of a form body.
    Form(String),
}

/// One declared value of a segment. Letters match in either case.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SegmentWord {
    /// What it is called.
    pub name: String,
    /// Texts that are it.
    pub equals: Vec<String>,
    /// Texts that contain one of these are it.
    pub contains: Vec<String>,
}

/// A way to tell visitors apart. Texts that no word fits are `other`, and stay in no record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Segment {
    /// Its name, unique within the flow.
    pub id: SegmentId,
    /// Where it is read from.
    pub read: SegmentSource,
    /// Its declared values, first match wins; at least one, at most 15.
    pub words: Vec<SegmentWord>,
}

/// One value of one segment, such as `payment=card`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct SegmentValue {
    /// The segment.
    pub segment: SegmentId,
    /// The declared value, or `other`.
    pub value: String,
}

/// The value of a visitor whom no declared word fits.
pub const OTHER: &str = "other";

impl std::fmt::Display for SegmentValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.segment, self.value)
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
    /// Ways to tell its visitors apart; at most 4.
    pub segments: Vec<Segment>,
}
