//! Whether a whole answer is a good one. The gateway judges customers' answers by the same rules, through a window.

use http::header;
use serde_json::Value;
use tidegate_model::flow::SuccessPredicate;

use crate::web::Answer;

/// What keeps an answer from being a good one, in words without its content.
pub(super) fn flaw(success: &SuccessPredicate, answer: &Answer) -> Option<String> {
    let status = answer.status.as_u16();
    let is_accepted = match success.status.as_slice() {
        [] => (200..400).contains(&status),
        accepted => accepted.contains(&status),
    };
    if !is_accepted {
        return Some(format!("status {status}"));
    }
    let location = answer.headers.get(header::LOCATION);
    let leads = |prefix: &String| location.is_some_and(|to| to.as_bytes().starts_with(prefix.as_bytes()));
    if !success.location_prefix.as_ref().is_none_or(leads) {
        return Some("it leads elsewhere, or nowhere".to_owned());
    }
    let is_in = |text: &String| contains(&answer.body, text.as_bytes());
    if !success.text.as_ref().is_none_or(is_in) {
        return Some("the text that a good answer has is not there".to_owned());
    }
    if success.text_absent.as_ref().is_some_and(is_in) {
        return Some("a text that no good answer has is there".to_owned());
    }
    if success.json_present.is_empty() && success.json_absent.is_empty() {
        return None;
    }
    let Ok(told) = serde_json::from_slice::<Value>(&answer.body) else {
        return Some("the body is no JSON".to_owned());
    };
    let has = |pointer: &String| told.pointer(pointer).is_some();
    if !success.json_present.iter().all(has) {
        return Some("a field that a good answer has is not there".to_owned());
    }
    let is_bad = success.json_absent.iter().any(has);
    is_bad.then(|| "a field that no good answer has is there".to_owned())
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || haystack.windows(needle.len()).any(|window| window == needle)
}
