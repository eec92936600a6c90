//! What the world says at the end: the last orders are paid, then every book is read.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use tidegate_model::Timestamp;

use super::World;
use crate::demo::books::Books;
use crate::demo::instant;
use crate::demo::measured::{Crawled, Measured};
use crate::live::Controller;

/// How often a condition is looked at while the last orders are paid.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct LedgerTotals {
    undelivered: u64,
}

#[derive(Deserialize)]
struct FeedTotals {
    waiting: u64,
    given_up: u64,
}

#[derive(Deserialize)]
struct Visits {
    started: u64,
    completed: u64,
    in_flight: u64,
    /// By the side that answered: when a shopper first got success and no order.
    first_no_order_ms: BTreeMap<String, i64>,
    crawler: Crawled,
}

impl World {
    /// Lets the last orders be paid, then reads every book.
    pub(crate) async fn measure(
        &mut self,
        controller: &Controller,
        began: Timestamp,
        drain_within: Duration,
    ) -> anyhow::Result<Measured> {
        let shoppers = self.shoppers.as_ref().context("no shoppers came")?.url();
        let seconds = crate::live::clock().since(began);
        self.http
            .post(format!("{shoppers}/stop"))
            .send()
            .await
            .context("the shoppers cannot be stopped")?;
        let visits = self.drain(&shoppers, drain_within).await?;
        let books = Books::read(&self.folder)?;
        let [old_orders, new_orders, ledger] = books.sums();
        let stranded = self.rolled_back_at.map(|at| books.stranded(at.0));
        let journal = {
            let journal = controller
                .journal
                .lock()
                .expect("no code panics while it holds the journal");
            match journal.verify() {
                Ok(report) => match report.first_bad {
                    None => Ok(report.entries),
                    Some(fault) => Err(format!("broken: {fault}")),
                },
                Err(error) => Err(error.to_string()),
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "a demo lasts minutes")]
        let seconds = seconds.0 as f64 / 1_000.0;
        Ok(Measured {
            old_orders,
            new_orders,
            ledger,
            ledger_differences: books.differences(),
            erp: books.erp_sums(),
            stranded: stranded.unwrap_or_default(),
            first_failure_at: instant(visits.first_no_order_ms.get("new").copied()),
            last_fresh_request_at: self.last_fresh,
            attempts: visits.started,
            completed: visits.completed,
            seconds,
            crawler: visits.crawler,
            journal,
        })
    }

    async fn drain(&self, shoppers: &str, within: Duration) -> anyhow::Result<Visits> {
        let until = tokio::time::Instant::now() + within;
        loop {
            let visits: Visits = self.read(&format!("{shoppers}/stats")).await?;
            let totals: LedgerTotals = self.read(&format!("{}/ledger/totals", self.pay.url())).await?;
            let feed: FeedTotals = self.read(&format!("{}/totals", self.feed.url())).await?;
            if feed.given_up > 0 {
                tracing::warn!(given_up = feed.given_up, "orders were given up on their way to the ERP");
            }
            let is_delivered = totals.undelivered == 0 && feed.waiting == 0 && self.is_passed_on().await?;
            if (visits.in_flight == 0 && is_delivered) || tokio::time::Instant::now() >= until {
                return Ok(visits);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Whether the feed has taken every paid order in: the ERP has as many as the shops say are paid.
    async fn is_passed_on(&self) -> anyhow::Result<bool> {
        let books = Books::read(&self.folder)?;
        let [old, new, _] = books.sums();
        Ok(books.erp_sums().orders >= old.paid + new.paid)
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, url: &str) -> anyhow::Result<T> {
        let answer = self
            .http
            .get(url)
            .send()
            .await
            .with_context(|| format!("{url} does not answer"))?;
        answer
            .json()
            .await
            .with_context(|| format!("{url} answered something else"))
    }
}
