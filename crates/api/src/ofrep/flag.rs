//! One switch, or the side of a key, in the words of OFREP; all of them with their entity tag.

use schemars::JsonSchema;
use serde::Serialize;
use tidegate_engine::command::Side;
use tidegate_engine::view::{SplitView, SwitchView};
use tidegate_model::switch::SwitchValue;
use tidegate_model::{ActionId, BasisPoints, Timestamp};

use crate::secret;

/// A value as OFREP carries it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "SwitchValueTold")]
pub(crate) enum Value {
    /// On or off.
    Bool(bool),
    /// One of some words.
    Text(String),
}

/// What comes before the name of a unit in the key of its flag. No name has a colon, so no switch is called so.
const SIDE: &str = "side:";

/// What goes along with each answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "SwitchMetadata")]
pub(crate) struct Metadata {
    /// Journal sequence of the last change of the switch or the exposure; a client that has seen a higher one has seen a newer
    /// value.
    seq: u64,
    /// Share of keys on the new side, in basis points.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<BasisPoints>,
    /// The action that set it, while one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<ActionId>,
    /// Reverted then at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// A successful evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Flag {
    /// Its key; of a side `side:UNIT`.
    pub(crate) key: String,
    /// Its value now.
    value: Value,
    /// The same as a word.
    variant: String,
    /// `STATIC`: it depends on no context, as a switch never does. `SPLIT`: another key may have the other side.
    reason: &'static str,
    /// How it came about.
    metadata: Metadata,
}

impl Flag {
    pub(crate) fn of(switch: SwitchView) -> Self {
        let variant = switch.value.to_string();
        let value = match switch.value {
            SwitchValue::Bool(on) => Value::Bool(on),
            SwitchValue::Text(text) => Value::Text(text),
        };
        let metadata = Metadata {
            seq: switch.seq,
            exposure: None,
            action: switch.action,
            until: switch.until,
        };
        Self {
            key: switch.id.to_string(),
            value,
            variant,
            reason: "STATIC",
            metadata,
        }
    }

    /// The side that runs a key of a unit.
    pub(crate) fn side(split: &SplitView, key: &str) -> Self {
        let side = match split.side_of(key) {
            Side::Old => "old",
            Side::New => "new",
        };
        Self {
            key: format!("{SIDE}{}", split.unit),
            value: Value::Text(side.to_owned()),
            variant: side.to_owned(),
            reason: if split.is_split() { "SPLIT" } else { "STATIC" },
            metadata: Metadata {
                seq: split.seq,
                exposure: Some(split.exposure),
                action: None,
                until: None,
            },
        }
    }

    pub(crate) fn seq(&self) -> u64 {
        self.metadata.seq
    }
}

/// The unit whose side a flag's key asks for.
pub(crate) fn asks_side(key: &str) -> Option<&str> {
    key.strip_prefix(SIDE)
}

/// Where changes are announced.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventStream {
    /// How: `sse`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// Its address, good for a day or two without a key.
    pub(crate) url: String,
    /// A client that heard nothing for so many seconds fetches again.
    pub(crate) inactivity_delay_sec: u32,
}

/// Of all switches together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SwitchesMetadata")]
struct Head {
    /// Journal sequence of the last change of any.
    seq: u64,
    /// Sides of keys are left out, because nothing could be taken back now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sides_withheld: bool,
}

/// All switches, and the sides of a key when there is one.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bulk {
    /// Every switch.
    flags: Vec<Flag>,
    /// Of all of them together.
    metadata: Head,
    /// Where changes are announced.
    event_streams: Vec<EventStream>,
}

/// A body with its entity tag, quotes included.
pub(crate) struct Tagged {
    pub(crate) body: Vec<u8>,
    pub(crate) tag: String,
    /// Journal sequence of the last change of any switch or exposure.
    pub(crate) seq: u64,
}

impl Bulk {
    /// `exposed_seq` is the last change of any exposure: it changes the sides of keys that are not asked about here too.
    pub(crate) fn new(
        flags: Vec<Flag>,
        exposed_seq: u64,
        sides_withheld: bool,
        event_streams: Vec<EventStream>,
    ) -> Self {
        let seq = flags.iter().map(Flag::seq).max().unwrap_or(0).max(exposed_seq);
        Self {
            flags,
            metadata: Head { seq, sides_withheld },
            event_streams,
        }
    }

    /// The answer's bytes; the tag is a hash of them, so that whatever changes the answer changes the tag.
    pub(crate) fn tagged(&self) -> Tagged {
        let body = serde_json::to_vec(self).expect("texts and numbers become JSON");
        let text = std::str::from_utf8(&body).expect("JSON is UTF-8");
        let tag = format!("\"{}\"", &secret::digest(&[text])[..32]);
        Tagged {
            body,
            tag,
            seq: self.metadata.seq,
        }
    }
}

/// Whether a tag that a client sent is this one; quoted, unquoted and weak forms are the same.
pub(crate) fn is_tag(given: &str, tag: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    given.trim() == "*" || given.split(',').any(|one| bare(one) == bare(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_compare_in_every_form_that_clients_send() {
        for given in ["\"abc\"", "abc", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert!(is_tag(given, "\"abc\""), "{given}");
        }
        assert!(!is_tag("\"abd\"", "\"abc\""));
    }
}
