//! Whether an answer is a success: status, `Location`, JSON pointers and text, read through a bounded window.
//!
//! Undecided at the limit is `unknown`: counted apart, never success.

use tidegate_model::flow::SuccessPredicate;

/// Most bytes of a body that are looked at.
pub const BODY_WINDOW_BYTES: usize = 64 * 1024;

/// What an answer shows.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Every part holds.
    Success,
    /// A part certainly does not hold.
    Failure,
    /// The body was longer than the window, encoded or cut off.
    Unknown,
}

/// The head of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Status code.
    pub status: u16,
    /// `Location`, when given.
    pub location: Option<&'a str>,
}

/// What the head alone shows: `None` when the body decides.
#[must_use]
pub fn judge_head(predicate: &SuccessPredicate, head: Head<'_>) -> Option<Finding> {
    let status_holds = match predicate.status.as_slice() {
        [] => (200..400).contains(&head.status),
        accepted => accepted.contains(&head.status),
    };
    let location_holds = match &predicate.location_prefix {
        Some(prefix) => head.location.is_some_and(|l| l.starts_with(prefix.as_str())),
        None => true,
    };
    if !status_holds || !location_holds {
        return Some(Finding::Failure);
    }
    (!predicate.reads_body()).then_some(Finding::Success)
}

/// The part of a body that was seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Its first bytes, at most [`BODY_WINDOW_BYTES`].
    pub bytes: &'a [u8],
    /// Whether that is all of it.
    pub is_whole: bool,
}

/// What a body shows, after its head held.
pub fn judge_body(predicate: &SuccessPredicate, seen: Seen<'_>) -> Finding {
    let mut finding = Finding::Success;
    for part in [judge_text(predicate, seen), judge_json(predicate, seen)] {
        finding = match (finding, part) {
            (Finding::Failure, _) | (_, Finding::Failure) => Finding::Failure,
            (Finding::Unknown, _) | (_, Finding::Unknown) => Finding::Unknown,
            (Finding::Success, Finding::Success) => Finding::Success,
        };
    }
    finding
}

fn judge_text(predicate: &SuccessPredicate, seen: Seen<'_>) -> Finding {
    let is_in = |text: &str| contains(seen.bytes, text.as_bytes());
    if predicate.text_absent.as_deref().is_some_and(is_in) {
        return Finding::Failure;
    }
    let text_found = predicate.text.as_deref().is_none_or(is_in);
    match (text_found, seen.is_whole) {
        (true, true) => Finding::Success,
        (false, true) => Finding::Failure,
        (true, false) if predicate.text_absent.is_none() => Finding::Success,
        (_, false) => Finding::Unknown,
    }
}

fn judge_json(predicate: &SuccessPredicate, seen: Seen<'_>) -> Finding {
    if predicate.json_present.is_empty() && predicate.json_absent.is_empty() {
        return Finding::Success;
    }
    if !seen.is_whole {
        return Finding::Unknown;
    }
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(seen.bytes) else {
        return Finding::Failure;
    };
    let has = |pointer: &String| value.pointer(pointer).is_some();
    if predicate.json_present.iter().all(has) && !predicate.json_absent.iter().any(has) {
        Finding::Success
    } else {
        Finding::Failure
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || haystack.windows(needle.len()).any(|w| w == needle)
}

/// Collects the first bytes of a body.
#[derive(Debug, Default)]
pub struct Window {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl Window {
    /// Takes a piece; what does not fit is dropped and remembered as missing.
    pub fn take(&mut self, piece: &[u8]) {
        let room = BODY_WINDOW_BYTES - self.bytes.len();
        self.bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        self.overflowed |= piece.len() > room;
    }

    /// Bytes held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing came yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether more came than it holds.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// What was seen, given whether the body ended.
    #[must_use]
    pub fn seen(&self, ended: bool) -> Seen<'_> {
        Seen {
            bytes: &self.bytes,
            is_whole: ended && !self.overflowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(predicate: &SuccessPredicate, status: u16, location: Option<&str>, body: &str, expected: Finding) {
        let head = judge_head(predicate, Head { status, location });
        let whole = Seen {
            bytes: body.as_bytes(),
            is_whole: true,
        };
        let found = head.unwrap_or_else(|| judge_body(predicate, whole));
        assert_eq!(found, expected, "{status} {location:?} {body}");
    }

    #[test]
    fn head_and_body_must_both_hold() {
        let plain = SuccessPredicate::default();
        check(&plain, 200, None, "", Finding::Success);
        check(&plain, 302, None, "", Finding::Success);
        check(&plain, 404, None, "", Finding::Failure);
        let redirect = SuccessPredicate {
            status: vec![302],
            location_prefix: Some("/thanks/".into()),
            ..SuccessPredicate::default()
        };
        check(&redirect, 302, Some("/thanks/17"), "", Finding::Success);
        check(&redirect, 302, Some("/cart"), "", Finding::Failure);
        check(&redirect, 302, None, "", Finding::Failure);
        check(&redirect, 200, Some("/thanks/17"), "", Finding::Failure);
    }

    #[test]
    fn a_graphql_answer_with_errors_is_a_failure_at_status_200() {
        let graphql = SuccessPredicate {
            json_present: vec!["/data/order/id".into()],
            json_absent: vec!["/errors".into()],
            ..SuccessPredicate::default()
        };
        check(&graphql, 200, None, r#"{"data":{"order":{"id":7}}}"#, Finding::Success);
        check(
            &graphql,
            200,
            None,
            r#"{"errors":[{"message":"declined"}],"data":null}"#,
            Finding::Failure,
        );
        check(
            &graphql,
            200,
            None,
            r#"{"data":{"order":{"id":7}},"errors":[]}"#,
            Finding::Failure,
        );
        check(&graphql, 200, None, "<html>", Finding::Failure);
    }

    #[test]
    fn text_is_found_or_missed() {
        let page = SuccessPredicate {
            text: Some("Thank you".into()),
            text_absent: Some("went wrong".into()),
            ..SuccessPredicate::default()
        };
        check(&page, 200, None, "<p>Thank you</p>", Finding::Success);
        check(&page, 200, None, "<p>Review your order</p>", Finding::Failure);
        check(&page, 200, None, "Thank you, something went wrong", Finding::Failure);
    }

    #[test]
    fn undecided_at_the_limit_is_unknown_and_never_success() {
        let cut = |text: &'static str| Seen {
            bytes: text.as_bytes(),
            is_whole: false,
        };
        let json = SuccessPredicate {
            json_present: vec!["/id".into()],
            ..SuccessPredicate::default()
        };
        assert_eq!(judge_body(&json, cut(r#"{"id":1}"#)), Finding::Unknown);
        let text = SuccessPredicate {
            text: Some("ok".into()),
            ..SuccessPredicate::default()
        };
        assert_eq!(judge_body(&text, cut("...")), Finding::Unknown);
        assert_eq!(judge_body(&text, cut("ok ...")), Finding::Success);
        let absent = SuccessPredicate {
            text_absent: Some("bad".into()),
            ..SuccessPredicate::default()
        };
        assert_eq!(judge_body(&absent, cut("fine")), Finding::Unknown);
        assert_eq!(judge_body(&absent, cut("bad")), Finding::Failure);
    }

    #[test]
    fn the_window_keeps_its_bound_and_remembers_what_it_dropped() {
        let mut window = Window::default();
        window.take(&vec![b'a'; BODY_WINDOW_BYTES]);
        assert!(window.seen(true).is_whole);
        window.take(b"b");
        assert_eq!(window.len(), BODY_WINDOW_BYTES);
        assert!(!window.seen(true).is_whole);
    }
}
