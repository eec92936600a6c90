//! Follows the switch `checkout.wallet` over OFREP, so that a checkout never waits for it; on silence the last known
//! value stays, and before the first answer it is on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::json;

use crate::fault::Fault;

/// How often the switch is read.
const REFRESH: Duration = Duration::from_millis(250);
/// How long one reading may take.
const TIMEOUT: Duration = Duration::from_secs(1);
const SWITCH: &str = "checkout.wallet";

/// Whether the wallet is offered, readable from every request.
#[derive(Clone)]
pub(super) struct WalletSwitch(Arc<AtomicBool>);

#[derive(Deserialize)]
struct Evaluation {
    value: bool,
}

impl WalletSwitch {
    /// The switch before anything was read: on.
    pub(super) fn on() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// Whether the wallet is offered now.
    pub(super) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Reads the switch from `base` for as long as the returned future is polled.
    pub(super) async fn follow(self, base: String, key: String) -> Result<(), Fault> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .map_err(Fault::Client)?;
        let url = format!("{}/ofrep/v1/evaluate/flags/{SWITCH}", base.trim_end_matches('/'));
        let question = json!({ "context": { "targetingKey": "shop" } });
        let mut ticks = tokio::time::interval(REFRESH);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut answers = true;
        loop {
            ticks.tick().await;
            let request = client
                .post(&url)
                .header(AUTHORIZATION, format!("Bearer {key}"))
                .json(&question);
            match read(request).await {
                Ok(value) => {
                    self.0.store(value, Ordering::Relaxed);
                    answers = true;
                }
                // Once per silence, not four times a second.
                Err(error) if answers => {
                    tracing::warn!(%error, switch = SWITCH, "cannot read a switch, its last value stays");
                    answers = false;
                }
                Err(_) => {}
            }
        }
    }
}

async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<bool> {
    Ok(request
        .send()
        .await?
        .error_for_status()?
        .json::<Evaluation>()
        .await?
        .value)
}
