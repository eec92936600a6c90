//! What a person does about a fault of the new side: repairs it through the admin face of the program that has it, and notes the
//! change where changes are noted, through the public API and in her own name.

use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use crate::flags::{FlagError, Flags, unreadable};

/// What people know how to repair, by stage.
const REPAIRS: [Known; 3] = [
    Known {
        stage: "pricing",
        called_for_by: "prices are equal",
        path: "/admin/repair-prices",
        reference: "repair-prices",
        summary: "prices imported again from the old shop",
    },
    Known {
        stage: "integrations",
        called_for_by: "no order is taken twice",
        path: "/admin/repair-exporter",
        reference: "repair-exporter",
        summary: "the new exporter sends an order under one idempotency key; repeats are reversed",
    },
    Known {
        stage: "seo-routing",
        called_for_by: "every landing page answers",
        path: "/admin/repair-canonicals",
        reference: "repair-canonicals",
        summary: "landing pages made again with the public host",
    },
];
/// Header with the key of an admin face.
const KEY_HEADER: &str = "x-admin-key";
/// Header by which a change that is noted twice is noted once.
const ONCE_HEADER: &str = "idempotency-key";

/// A repair that somebody knows.
#[derive(Debug, Clone, Copy)]
struct Known {
    stage: &'static str,
    /// What a letter says that calls for it.
    called_for_by: &'static str,
    /// Where the program that is repaired takes it.
    path: &'static str,
    /// What the change is called where it is noted.
    reference: &'static str,
    summary: &'static str,
}

/// Where she repairs and where she notes it.
#[derive(Debug, Clone)]
pub(super) struct Tools {
    known: Known,
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
        /// The program or the API.
        place: &'static str,
        /// The client's error.
        source: reqwest::Error,
    },
    #[error("{place} answered {status}")]
    Refused {
        /// The program or the API.
        place: &'static str,
        /// Its answer.
        status: StatusCode,
    },
}

impl Tools {
    /// The tools of `--at`, `--key`, `--token` and `--api`, with which `stage` is repaired and its changes are noted.
    pub(super) fn read(flags: &Flags, client: &reqwest::Client, stage: &str) -> Result<Self, FlagError> {
        let known = REPAIRS.into_iter().find(|known| known.stage == stage);
        let known = known.ok_or_else(|| unreadable("person", "a stage that somebody knows how to repair", stage))?;
        let api = flags.required("api")?;
        Ok(Self {
            known,
            client: client.clone(),
            repair: address("at", of_stage(flags, "at", stage)?, known.path)?,
            key: of_stage(flags, "key", stage)?.to_owned(),
            changes: address("api", api, &format!("/api/v1/stages/{stage}/change"))?,
            token: of_stage(flags, "token", stage)?.to_owned(),
        })
    }

    /// Whether a letter about this calls for the repair.
    pub(super) fn are_called_for_by(&self, subject: &str) -> bool {
        subject.contains(self.known.called_for_by)
    }

    /// Repairs, then notes it; `once` names this repair. Returns what the program said.
    pub(super) async fn repair(&self, once: &str) -> Result<Value, Undone> {
        let repair = self.client.post(self.repair.clone()).header(KEY_HEADER, &self.key);
        let said = sent("the program", repair).await?;
        let change = json!({ "side": "new", "reference": self.known.reference, "summary": self.known.summary });
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

/// The value of a flag `--NAME STAGE=VALUE` for a stage.
fn of_stage<'a>(flags: &'a Flags, name: &'static str, stage: &str) -> Result<&'a str, FlagError> {
    let values = flags.all(name).iter().filter_map(|value| value.split_once('='));
    let found = values.into_iter().find(|(of, _)| *of == stage);
    found.map(|(_, value)| value).ok_or(FlagError::Missing { name })
}

fn address(name: &'static str, base: &str, path: &str) -> Result<Url, FlagError> {
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
