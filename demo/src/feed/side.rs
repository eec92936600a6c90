//! Whose an order is: a question over OFREP for each, with its reference as the key. No answer is no side.

use serde::Deserialize;
use serde_json::json;

use crate::flags::{FlagError, Flags};

/// The exporter that runs an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

/// Where sides are asked.
pub(super) struct Sides {
    client: reqwest::Client,
    url: String,
    key: String,
}

#[derive(Deserialize)]
struct Evaluation {
    value: String,
}

/// Why there is no side.
#[derive(Debug, thiserror::Error)]
pub(super) enum Untold {
    #[error("nobody says which side runs it: {0}")]
    Unreachable(#[from] reqwest::Error),
    #[error("`{0}` is neither side")]
    Unknown(String),
}

impl Side {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

impl Sides {
    pub(super) fn new(flags: &Flags, client: reqwest::Client) -> Result<Self, FlagError> {
        let base = flags.required("sides")?.trim_end_matches('/').to_owned();
        let unit = flags.required("unit")?;
        Ok(Self {
            client,
            url: format!("{base}/ofrep/v1/evaluate/flags/side:{unit}"),
            key: flags.required("sides-key")?.to_owned(),
        })
    }

    /// The side of an order, now.
    pub(super) async fn of(&self, reference: &str) -> Result<Side, Untold> {
        let question = json!({ "context": { "targetingKey": reference } });
        let request = self.client.post(&self.url).bearer_auth(&self.key).json(&question);
        let answer = request.send().await?.error_for_status()?;
        match answer.json::<Evaluation>().await?.value.as_str() {
            "old" => Ok(Side::Old),
            "new" => Ok(Side::New),
            other => Err(Untold::Unknown(other.to_owned())),
        }
    }
}
