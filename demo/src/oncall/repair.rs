//! What a person does about prices that differ: repairs them through the new shop's admin face, and notes the change where
//! changes are noted, through the public API and in her own name.

use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use crate::flags::{FlagError, Flags, unreadable};

/// What a letter says that calls for this repair.
pub(super) const CALLED_FOR_BY: &str = "prices are equal";
/// Header with the key of the shop's admin face.
const KEY_HEADER: &str = "x-admin-key";
/// Header by which a change that is noted twice is noted once.
const ONCE_HEADER: &str = "idempotency-key";

/// Where she repairs and where she notes it.
#[derive(Debug, Clone)]
pub(super) struct Tools {
    client: reqwest::Client,
    repair: Url,
    key: String,
    changes: Url,
    token: String,
}

/// Why a repair is not done, or not noted.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undone {
    #[error("{place} cannot be reached: {source}")]
    Unreachable {
        /// The shop or the API.
        place: &'static str,
        /// The client's error.
        source: reqwest::Error,
    },
    #[error("{place} answered {status}")]
    Refused {
        /// The shop or the API.
        place: &'static str,
        /// Its answer.
        status: StatusCode,
    },
}

impl Tools {
    /// The tools of `--shop`, `--shop-key`, `--api` and `--token`, with which changes of `stage` are noted.
    pub(super) fn read(flags: &Flags, client: &reqwest::Client, stage: &str) -> Result<Self, FlagError> {
        Ok(Self {
            client: client.clone(),
            repair: address(flags, "shop", "/admin/repair-prices")?,
            key: flags.required("shop-key")?.to_owned(),
            changes: address(flags, "api", &format!("/api/v1/stages/{stage}/change"))?,
            token: flags.required("token")?.to_owned(),
        })
    }

    /// Repairs, then notes it; `once` names this repair. Returns what the shop said.
    pub(super) async fn repair(&self, once: &str) -> Result<Value, Undone> {
        let repair = self.client.post(self.repair.clone()).header(KEY_HEADER, &self.key);
        let said = sent("the shop", repair).await?;
        let change = json!({
            "side": "new", "reference": "repair-prices", "summary": "prices imported again from the old shop"
        });
        let note = self
            .client
            .post(self.changes.clone())
            .bearer_auth(&self.token)
            .header(ONCE_HEADER, once)
            .json(&change);
        sent("the API", note).await?;
        Ok(said)
    }
}

fn address(flags: &Flags, name: &'static str, path: &str) -> Result<Url, FlagError> {
    let base = flags.required(name)?;
    let url = Url::parse(base).and_then(|base| base.join(path));
    url.map_err(|_| unreadable(name, "an http address", base))
}

async fn sent(place: &'static str, request: reqwest::RequestBuilder) -> Result<Value, Undone> {
    let unreachable = |source| Undone::Unreachable { place, source };
    let answer = request.send().await.map_err(unreachable)?;
    let status = answer.status();
    if !status.is_success() {
        return Err(Undone::Refused { place, status });
    }
    answer.json().await.map_err(unreachable)
}
