//! Repairs wrongly imported prices: reads the old shop's export again, this time without rounding.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::super::catalogue::cents;
use crate::fault::Fault;

/// Header with the key of `/admin/`.
const KEY_HEADER: &str = "x-admin-key";
/// How long the export may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The repair routine with its key and, if it was given at the start, the old shop's address.
pub(super) struct Repair {
    client: reqwest::Client,
    key: String,
    from: Option<String>,
}

/// The optional body of a repair.
#[derive(Deserialize)]
struct Wish {
    from: String,
}

/// Why nothing was repaired.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("header `{KEY_HEADER}` does not carry the key")]
    WrongKey,
    #[error("expected a body such as {{\"from\":\"http://127.0.0.1:8001\"}}, or `--repair-from` at the start")]
    NoSource,
    #[error("cannot read the export: {0}")]
    Unreachable(#[source] reqwest::Error),
    #[error("line {line} of the export is not `sku,price`")]
    Unreadable {
        /// Line from 1.
        line: usize,
    },
}

impl Refused {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::WrongKey => StatusCode::UNAUTHORIZED,
            Self::NoSource => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unreachable(_) | Self::Unreadable { .. } => StatusCode::BAD_GATEWAY,
        }
    }
}

impl Repair {
    pub(super) fn new(key: &str, from: Option<&str>) -> Result<Self, Fault> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .map_err(Fault::Client)?;
        Ok(Self {
            client,
            key: key.to_owned(),
            from: from.map(str::to_owned),
        })
    }

    /// Lets in whoever has the key.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let given = headers.get(KEY_HEADER);
        let is_key = given.is_some_and(|given| given.as_bytes() == self.key.as_bytes());
        if is_key { Ok(()) } else { Err(Refused::WrongKey) }
    }

    /// Every price of the old shop in cents, by sku.
    pub(super) async fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Vec<(u32, i64)>, Refused> {
        self.admit(headers)?;
        let wished = serde_json::from_slice::<Wish>(body).ok().map(|wish| wish.from);
        let from = wished.or_else(|| self.from.clone()).ok_or(Refused::NoSource)?;
        let url = format!("{}/export/prices.csv", from.trim_end_matches('/'));
        let answer = self
            .client
            .get(url)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        let export = answer
            .map_err(Refused::Unreachable)?
            .text()
            .await
            .map_err(Refused::Unreachable)?;
        export
            .lines()
            .enumerate()
            .skip(1)
            .map(|(at, line)| price(line).ok_or(Refused::Unreadable { line: at + 1 }))
            .collect()
    }
}

fn price(line: &str) -> Option<(u32, i64)> {
    let (sku, price) = line.split_once(',')?;
    Some((sku.parse().ok()?, cents(price)?))
}
