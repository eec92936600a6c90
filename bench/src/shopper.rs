//! Shoppers: the walk of the demo's visitors from a category to the confirmed order, without its pauses.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::shop::{CATEGORIES, Kind, PRODUCTS};

/// Shoppers at once; each waits for its answers.
pub(crate) const AT_ONCE: u64 = 16;
/// One of this many leaves after filling the cart, as in the demo (4 %).
const LEAVES_ONE_OF: u64 = 25;
/// One of this many sees the order before the provider has captured: of 60 to 180 ms, one in four is longer than the
/// 150 ms after which the demo's shopper looks.
const LOOKS_TWICE_ONE_OF: u64 = 4;

/// What a crowd has done.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    /// Requests, the provider's callbacks included.
    pub(crate) requests: u64,
    /// Orders that were confirmed, by side.
    pub(crate) orders_old: u64,
    pub(crate) orders_new: u64,
    /// What it took.
    pub(crate) seconds: f64,
}

/// Sends so many new visitors; their numbers, from `first` on, decide what each of them does.
///
/// # Errors
/// When one of them sees an answer that a shopper of the demo would not take.
pub(crate) async fn crowd(target: SocketAddr, first: u64, visitors: u64) -> anyhow::Result<Tally> {
    let began = Instant::now();
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..AT_ONCE {
        lanes.spawn(async move {
            let client = Client::builder()
                .redirect(Policy::none())
                .pool_max_idle_per_host(1)
                .build()?;
            let mut tally = Tally::default();
            for number in (first + lane..first + visitors).step_by(usize::try_from(AT_ONCE)?) {
                let mut shopper = Shopper {
                    client: &client,
                    target,
                    cookies: BTreeMap::new(),
                    tally: &mut tally,
                };
                shopper
                    .walk(number)
                    .await
                    .with_context(|| format!("shopper {number}"))?;
            }
            anyhow::Ok(tally)
        });
    }
    let mut all = Tally::default();
    while let Some(ended) = lanes.join_next().await {
        let tally = ended??;
        all.requests += tally.requests;
        all.orders_old += tally.orders_old;
        all.orders_new += tally.orders_new;
    }
    all.seconds = began.elapsed().as_secs_f64();
    Ok(all)
}

/// One visitor under way. It comes without cookies.
struct Shopper<'a> {
    client: &'a Client,
    target: SocketAddr,
    cookies: BTreeMap<String, String>,
    tally: &'a mut Tally,
}

impl Shopper<'_> {
    async fn walk(&mut self, number: u64) -> anyhow::Result<()> {
        let drawn = mixed(number);
        let category = drawn % u64::from(CATEGORIES) + 1;
        let product = (category - 1) * u64::from(PRODUCTS) + (drawn >> 16) % u64::from(PRODUCTS) + 1;
        let listed = self.look(&format!("/category/{category}")).await?;
        ensure!(
            listed.contains(&format!("/product/{product}\"")),
            "{product} is not listed"
        );
        self.look(&format!("/product/{product}")).await?;
        self.look(&format!("/price/{product}")).await?;
        let line = format!("product={product}&quantity=1");
        let filled = self.send(Method::POST, "/cart/add", Some(line)).await?;
        ensure!(filled.status() == StatusCode::OK, "the cart says {}", filled.status());
        filled.bytes().await?;
        if number.is_multiple_of(LEAVES_ONE_OF) {
            return Ok(());
        }
        let methods = self.look("/payments").await?;
        ensure!(methods.contains("card"), "no card is offered");
        let reference = self.place().await?;
        let order = format!("/order/{reference}");
        if number.is_multiple_of(LOOKS_TWICE_ONE_OF) {
            let early = self.look(&order).await?;
            ensure!(early.contains("waiting"), "{reference} is not waiting");
        }
        self.capture(&reference).await?;
        let seen = self.look(&order).await?;
        ensure!(seen.contains("confirmed"), "{reference} is not confirmed");
        if reference.starts_with(Kind::New.prefix()) {
            self.tally.orders_new += 1;
        } else {
            self.tally.orders_old += 1;
        }
        Ok(())
    }

    /// Orders; the reference, from the address of the order, which the sides give in their own ways.
    async fn place(&mut self) -> anyhow::Result<String> {
        let placed = self
            .send(Method::POST, "/checkout", Some("payment=card".to_owned()))
            .await?;
        let address = match placed.status() {
            StatusCode::SEE_OTHER => {
                let location = placed.headers().get(LOCATION).context("no address of the order")?;
                let address = location.to_str()?.to_owned();
                placed.bytes().await?;
                address
            }
            StatusCode::OK => {
                let answer: Value = placed.json().await?;
                answer["next"].as_str().context("no address of the order")?.to_owned()
            }
            status => bail!("the checkout says {status}"),
        };
        let (_, reference) = address.rsplit_once('/').context("an address without a reference")?;
        Ok(reference.to_owned())
    }

    /// The provider's callback, without anybody's cookies. The reference stands in the query as well, for proxies that do
    /// not read bodies.
    async fn capture(&mut self, reference: &str) -> anyhow::Result<()> {
        self.tally.requests += 1;
        let url = format!("http://{}/callback/payment?order={reference}", self.target);
        let notice =
            json!({ "type": "payment.captured", "reference": reference, "status": "captured", "amount": 1_990 });
        let answer = self.client.post(url).json(&notice).send().await?;
        ensure!(
            answer.status().is_success(),
            "the callback of {reference}: {}",
            answer.status()
        );
        answer.bytes().await?;
        Ok(())
    }

    async fn look(&mut self, path: &str) -> anyhow::Result<String> {
        let answer = self.send(Method::GET, path, None).await?;
        ensure!(answer.status() == StatusCode::OK, "{path} says {}", answer.status());
        Ok(answer.text().await?)
    }

    async fn send(&mut self, method: Method, path: &str, form: Option<String>) -> anyhow::Result<Response> {
        self.tally.requests += 1;
        let mut request = self.client.request(method, format!("http://{}{path}", self.target));
        if let Some(form) = form {
            request = request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let answer = request.send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let pair = line.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').context("a cookie without a value")?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(answer)
    }
}

/// SplitMix64 (Steele, Lea, Flood, 2014).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
