//! Captures payments when they are due and repeats each webhook, under one id, until the shop answers 2xx.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::ledger::{Ledger, Row};
use super::lock;
use crate::clock::now_ms;
use crate::fault::Fault;
use crate::webhook::{ID, SIGNATURE, Secret, TIMESTAMP};

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after the first failed attempt; it doubles up to [`PAUSE_MAX`].
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Attempts after which the provider stops; a later start of the provider begins anew.
const ATTEMPTS_MAX: u32 = 200;

/// A payment to capture after a delay.
pub(super) struct Due {
    pub(super) payment: String,
    pub(super) delay: Duration,
}

/// One provider's way to the shops.
struct Courier {
    client: reqwest::Client,
    secret: Secret,
    ledger: Arc<Mutex<Ledger>>,
}

/// Delivers what was left over and then what arrives in `queue`, for as long as the future is polled.
pub(super) async fn deliver(
    ledger: Arc<Mutex<Ledger>>,
    secret: Secret,
    left: Vec<String>,
    mut queue: mpsc::Receiver<Due>,
) -> Result<(), Fault> {
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(Fault::Client)?;
    let courier = Arc::new(Courier { client, secret, ledger });
    let mut rounds = JoinSet::new();
    for payment in left {
        rounds.spawn(Arc::clone(&courier).round(Due {
            payment,
            delay: Duration::ZERO,
        }));
    }
    loop {
        tokio::select! {
            due = queue.recv() => match due {
                Some(due) => { rounds.spawn(Arc::clone(&courier).round(due)); }
                None => return Ok(()),
            },
            Some(ended) = rounds.join_next() => match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(Fault::Database(error)),
                Err(error) => tracing::error!(%error, "a delivery ended badly"),
            },
        }
    }
}

impl Courier {
    async fn round(self: Arc<Self>, due: Due) -> rusqlite::Result<()> {
        tokio::time::sleep(due.delay).await;
        let row = lock(&self.ledger).capture(&due.payment)?;
        let mut pause = PAUSE_FIRST;
        for _ in 0..ATTEMPTS_MAX {
            lock(&self.ledger).attempted(&row.payment)?;
            if self.attempt(&row).await {
                return lock(&self.ledger).delivered(&row.payment);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        tracing::error!(payment = row.payment, "the shop never understood a webhook");
        Ok(())
    }

    /// One signed attempt; whether the shop said 2xx.
    async fn attempt(&self, row: &Row) -> bool {
        let body = json!({
            "type": "payment.captured", "reference": row.reference, "payment": row.payment, "status": row.status,
            "amount": row.amount_cents, "method": row.method, "captured_at_ms": row.at_ms,
        })
        .to_string();
        let id = format!("msg_{}", row.payment);
        let now_s = now_ms() / 1_000;
        let request = self
            .client
            .post(&row.callback)
            .header(CONTENT_TYPE, "application/json")
            .header(ID, &id)
            .header(TIMESTAMP, now_s)
            .header(SIGNATURE, self.secret.sign(&id, now_s, body.as_bytes()))
            .body(body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => true,
            Ok(answer) => {
                tracing::warn!(payment = row.payment, status = %answer.status(), "a webhook was not understood");
                false
            }
            Err(error) => {
                tracing::warn!(payment = row.payment, %error, "a webhook was not delivered");
                false
            }
        }
    }
}
