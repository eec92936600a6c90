//! Asks the payment provider for a payment; the capture is told later by webhook.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::fault::Fault;

/// How long a checkout waits for the provider's answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The payment provider as a shop sees it.
pub(super) struct Provider {
    client: reqwest::Client,
    payments: String,
    callback: Option<String>,
}

/// Why no payment was created.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unpaid {
    /// The provider did not answer, or not as agreed.
    #[error("cannot reach the payment provider")]
    Unreachable(#[from] reqwest::Error),
    /// The provider answered with an error.
    #[error("the payment provider answered {0}")]
    Refused(reqwest::StatusCode),
}

#[derive(Deserialize)]
struct Created {
    payment: String,
}

impl Provider {
    /// The provider at `url`; `callback` is the public address of the shop's callback, if the provider does not know it.
    pub(super) fn new(url: &str, callback: Option<&str>) -> Result<Self, Fault> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .map_err(Fault::Client)?;
        let payments = format!("{}/payments", url.trim_end_matches('/'));
        Ok(Self {
            client,
            payments,
            callback: callback.map(str::to_owned),
        })
    }

    /// Creates a payment over `amount_cents` and returns its id.
    pub(super) async fn create(&self, reference: &str, amount_cents: i64, method: &str) -> Result<String, Unpaid> {
        let order = json!({
            "reference": reference, "amount_cents": amount_cents, "method": method, "callback": self.callback,
        });
        let answer = self.client.post(&self.payments).json(&order).send().await?;
        if !answer.status().is_success() {
            return Err(Unpaid::Refused(answer.status()));
        }
        Ok(answer.json::<Created>().await?.payment)
    }
}
