//! Both exporters, as far as they differ: under which idempotency key an order is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::messages::Message;
use super::side::Side;
use crate::erp::{ADMIN_HEADER, ONCE_HEADER};
use crate::flags::{FlagError, Flags};

/// How long the ERP may take to say that it has an order. It may have taken it all the same.
const SENT_WITHIN: Duration = Duration::from_millis(500);

/// The way to the ERP.
pub(super) struct Exporters {
    client: reqwest::Client,
    erp: String,
    erp_key: String,
    /// The new exporter makes a key anew for each attempt: after a time-out the same order goes out under another one.
    resends_anew: AtomicBool,
}

/// Why an order was not sent, as far as the sender knows.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsent {
    #[error("no answer: {0}")]
    NoAnswer(#[from] reqwest::Error),
    #[error("the ERP answered {0}")]
    Refused(StatusCode),
}

#[derive(Deserialize)]
struct Known {
    bookings: u64,
}

impl Exporters {
    pub(super) fn new(flags: &Flags, client: reqwest::Client) -> Result<Self, FlagError> {
        Ok(Self {
            client,
            erp: flags.required("erp")?.trim_end_matches('/').to_owned(),
            erp_key: flags.required("erp-key")?.to_owned(),
            resends_anew: AtomicBool::new(flags.has("resend-fault")),
        })
    }

    /// Sends an order once.
    pub(super) async fn send(&self, message: &Message, by: Side) -> Result<(), Unsent> {
        let order =
            json!({ "reference": message.reference, "amount_cents": message.amount_cents, "exporter": by.word() });
        let request = self
            .client
            .post(format!("{}/orders", self.erp))
            .timeout(SENT_WITHIN)
            .header(ONCE_HEADER, self.key(message, by))
            .json(&order);
        accepted(request.send().await?).map(drop)
    }

    /// Whether the ERP has an order, whatever an earlier attempt was told.
    pub(super) async fn has(&self, reference: &str) -> Result<bool, Unsent> {
        let answer = self
            .client
            .get(format!("{}/orders/{reference}", self.erp))
            .send()
            .await?;
        Ok(accepted(answer)?.json::<Known>().await?.bookings > 0)
    }

    /// From now on each order has one key, and what was booked twice is reversed. Returns what the ERP said.
    pub(super) async fn repair(&self) -> Result<Value, Unsent> {
        self.resends_anew.store(false, Ordering::Relaxed);
        let reverse = self.client.post(format!("{}/admin/reverse-repeats", self.erp));
        let answer = reverse.header(ADMIN_HEADER, &self.erp_key).send().await?;
        Ok(accepted(answer)?.json().await?)
    }

    fn key(&self, message: &Message, by: Side) -> String {
        let Message {
            reference, attempts, ..
        } = message;
        let is_anew = by == Side::New && self.resends_anew.load(Ordering::Relaxed);
        if is_anew && *attempts > 0 {
            format!("order-{reference}-{attempts}")
        } else {
            format!("order-{reference}")
        }
    }
}

fn accepted(answer: reqwest::Response) -> Result<reqwest::Response, Unsent> {
    let status = answer.status();
    if status.is_success() {
        Ok(answer)
    } else {
        Err(Unsent::Refused(status))
    }
}
