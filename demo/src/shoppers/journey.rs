//! One visitor's walk from a category to the confirmed order, at human pace made short.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use tokio::time::Instant;

use super::tally::{Ending, Failure, Tally};
use super::{answer, lock};
use crate::jar::Jar;

/// Categories that every shop of the demo has.
const CATEGORIES: u32 = 20;
/// Share of visitors who leave after filling the cart.
const ABANDON: f64 = 0.04;
/// Share of visitors who also open a bookmark: the page of a product under its former address.
const BOOKMARKS: f64 = 0.1;
/// Pause between two looks at the order page, and how many looks before giving up.
const LOOK_PAUSE: Duration = Duration::from_millis(150);
const LOOKS_MAX: u32 = 10;
/// Think time before a step, in milliseconds.
const THINK_MS: std::ops::RangeInclusive<u64> = 60..=200;

/// The public face of the shop and the place where visits are counted.
pub(super) struct Street {
    client: reqwest::Client,
    base: String,
    tally: Arc<Mutex<Tally>>,
}

/// One visitor under way.
struct Visitor<'a> {
    street: &'a Street,
    jar: Jar,
    chance: ChaCha8Rng,
}

/// An answer, as far as a shopper reads it.
struct Seen {
    status: StatusCode,
    location: Option<String>,
    body: String,
}

impl Street {
    pub(super) fn new(client: reqwest::Client, base: &str, tally: Arc<Mutex<Tally>>) -> Self {
        Self {
            client,
            base: base.trim_end_matches('/').to_owned(),
            tally,
        }
    }

    /// Sends one new visitor through the shop and counts how it ended.
    pub(super) async fn walk(&self, mut chance: ChaCha8Rng) {
        lock(&self.tally).arrived();
        let wish = wish(&mut chance);
        let leaves = chance.random_bool(ABANDON);
        let mut visitor = Visitor {
            street: self,
            jar: Jar::default(),
            chance,
        };
        let Some(product) = visitor.browse().await else {
            lock(&self.tally).turned_away();
            return;
        };
        visitor.think().await;
        let began = Instant::now();
        let attempt = lock(&self.tally).attempted();
        let filled = visitor
            .send("/cart/add", Some(format!("product={product}&quantity=1")))
            .await;
        if !filled.is_some_and(|seen| seen.status.is_success()) {
            lock(&self.tally).ended(attempt, wish, Ending::Failed(Failure::Cart), began.elapsed());
            return;
        }
        visitor.think().await;
        if leaves {
            lock(&self.tally).ended(attempt, wish, Ending::Abandoned, began.elapsed());
            return;
        }
        let (method, ending) = visitor.pay(wish).await;
        lock(&self.tally).ended(attempt, method, ending, began.elapsed());
    }
}

impl Visitor<'_> {
    /// Looks at a category, a product and its price; `None` when one of them is not there.
    async fn browse(&mut self) -> Option<String> {
        let category = self.chance.random_range(1..=CATEGORIES);
        let page = self.look(&format!("/category/{category}")).await?;
        let offered = answer::products(&page.body);
        if offered.is_empty() {
            return None;
        }
        let address = offered[self.chance.random_range(0..offered.len())].clone();
        let number = address.rsplit('/').next()?.to_owned();
        self.think().await;
        self.look(&address).await?;
        self.look(&format!("/price/{number}")).await?;
        if self.chance.random_bool(BOOKMARKS) {
            self.open_bookmark(&number).await?;
        }
        Some(number)
    }

    /// A product under its former address, or where that leads; `None` when there is no page.
    async fn open_bookmark(&mut self, number: &str) -> Option<()> {
        let seen = self.send(&format!("/artikel/{number}"), None).await?;
        if seen.status.is_success() {
            return Some(());
        }
        let next = seen.location.filter(|_| seen.status.is_redirection())?;
        self.look(&next).await.map(drop)
    }

    /// Chooses among the offered methods, orders, and waits for the confirmation.
    async fn pay(&mut self, wish: &'static str) -> (&'static str, Ending) {
        let offered = self
            .look("/payments")
            .await
            .map(|seen| answer::methods(&seen.body))
            .unwrap_or_default();
        let is_offered = |method: &str| offered.iter().any(|one| one == method);
        let Some(method) = [wish, "card", "invoice", "wallet"]
            .into_iter()
            .find(|method| is_offered(method))
        else {
            return (wish, Ending::Failed(Failure::NothingOffered));
        };
        self.think().await;
        let Some(seen) = self.send("/checkout", Some(format!("payment={method}"))).await else {
            return (method, Ending::Failed(Failure::NoAnswer));
        };
        let side = answer::side(&seen.body);
        let order = match seen.status {
            StatusCode::SEE_OTHER => seen.location,
            StatusCode::OK => answer::next_address(&seen.body),
            _ => return (method, Ending::Failed(Failure::Refused)),
        };
        let Some(order) = order else {
            return (method, Ending::Failed(Failure::NoOrder(side)));
        };
        for _ in 0..LOOKS_MAX {
            tokio::time::sleep(LOOK_PAUSE).await;
            if self
                .look(&order)
                .await
                .is_some_and(|seen| answer::is_confirmed(&seen.body))
            {
                return (method, Ending::Completed);
            }
        }
        (method, Ending::Failed(Failure::Unconfirmed))
    }

    async fn think(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.chance.random_range(THINK_MS))).await;
    }

    /// An answer of 2xx to a GET, or nothing.
    async fn look(&mut self, path: &str) -> Option<Seen> {
        self.send(path, None).await.filter(|seen| seen.status.is_success())
    }

    /// Sends a request as a browser would, a form if there is one; `None` when no whole answer came.
    async fn send(&mut self, path: &str, form: Option<String>) -> Option<Seen> {
        let url = if path.starts_with('/') {
            format!("{}{path}", self.street.base)
        } else {
            path.to_owned()
        };
        let request = match form {
            Some(form) => self
                .street
                .client
                .post(url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form),
            None => self.street.client.get(url),
        };
        let outcome = self.receive(self.jar.put(request)).await;
        match outcome {
            Ok(seen) => Some(seen),
            Err(error) => {
                tracing::debug!(%error, path, "a shopper got no answer");
                lock(&self.street.tally).unanswered();
                None
            }
        }
    }

    async fn receive(&mut self, request: reqwest::RequestBuilder) -> reqwest::Result<Seen> {
        let answer = request.send().await?;
        self.jar.take(answer.headers());
        let location = answer
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        Ok(Seen {
            status: answer.status(),
            location,
            body: answer.text().await?,
        })
    }
}

/// How this visitor wants to pay: card 50 %, wallet 35 %, invoice 15 %.
fn wish(chance: &mut ChaCha8Rng) -> &'static str {
    match chance.random_range(0..100_u32) {
        0..50 => "card",
        50..85 => "wallet",
        _ => "invoice",
    }
}
