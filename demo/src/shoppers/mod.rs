//! Shoppers: an open-loop stream of new visitors who know public addresses only and count what they themselves saw, and a crawler
//! beside them.

mod answer;
mod crawler;
mod journey;
mod tally;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::{Json, State};
use axum::routing::{get, post};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::fault::Fault;
use crate::flags::Flags;
use crate::lifetime;
use crawler::{Crawled, Crawler};
use journey::Street;
use tally::Tally;

/// Visitors per second when `--rate` is not given.
const RATE_DEFAULT: f64 = 100.0;
/// Visitors at once when `--concurrency` is not given; an arrival beyond it is dropped and counted.
const CONCURRENCY_DEFAULT: usize = 400;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(5);

struct Crowd {
    tally: Arc<Mutex<Tally>>,
    crawled: Arc<Mutex<Crawled>>,
    stop: Notify,
}

/// Starts the stream and serves `/stats` until told to stop.
pub(crate) async fn start(args: &[String]) -> Result<(), Fault> {
    let flags = Flags::read(
        args,
        &["gateway", "rate", "seed", "duration", "control", "concurrency", "crawl"],
        &["verbose"],
    )?;
    let seed = flags.number("seed", 1_u64)?;
    let concurrency = flags.number("concurrency", CONCURRENCY_DEFAULT)?;
    let tally = Arc::new(Mutex::new(Tally::default()));
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("demo-shopper")
        .pool_max_idle_per_host(concurrency)
        .tcp_nodelay(true)
        .build()
        .map_err(Fault::Client)?;
    let crawled = Arc::new(Mutex::new(Crawled::default()));
    let gateway = flags.required("gateway")?;
    let crawler = match flags.text("crawl") {
        Some(_) => {
            let per_second = flags.rate_per_second("crawl", RATE_DEFAULT)?;
            Some(Crawler::new(client.clone(), gateway, per_second, Arc::clone(&crawled)))
        }
        None => None,
    };
    let street = Arc::new(Street::new(client, gateway, Arc::clone(&tally)));
    let arrivals = Arrivals {
        mean_s: 1.0 / flags.rate_per_second("rate", RATE_DEFAULT)?,
        until: flags.seconds("duration")?.map(|duration| Instant::now() + duration),
        seed,
        places: Arc::new(Semaphore::new(concurrency)),
    };
    let crowd = Arc::new(Crowd {
        tally: Arc::clone(&tally),
        crawled,
        stop: Notify::new(),
    });
    let router = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/stats", get(stats))
        .route("/stop", post(stop))
        .with_state(Arc::clone(&crowd));
    let listener = lifetime::listen(flags.number("control", 0)?).await?;
    lifetime::announce(&listener)?;
    tokio::select! {
        served = lifetime::serve(listener, router) => served,
        told = comes(crawler) => told,
        told = visits(arrivals, street, crowd) => told,
        told = tell_each_second(&tally, flags.has("verbose")) => told,
    }
}

async fn stats(State(crowd): State<Arc<Crowd>>) -> Json<serde_json::Value> {
    let mut report = lock(&crowd.tally).report();
    report["crawler"] = json!(*lock(&crowd.crawled));
    Json(report)
}

/// A crawler's rounds, if one comes.
async fn comes(crawler: Option<Crawler>) -> Result<(), Fault> {
    if let Some(crawler) = crawler {
        crawler.crawl().await;
    }
    std::future::pending().await
}

/// Ends the arrivals; who is under way finishes.
async fn stop(State(crowd): State<Arc<Crowd>>) -> &'static str {
    crowd.stop.notify_one();
    "no more visitors arrive"
}

/// When visitors arrive and how many may be under way.
struct Arrivals {
    mean_s: f64,
    until: Option<Instant>,
    seed: u64,
    places: Arc<Semaphore>,
}

/// Lets visitors arrive at random moments, whatever the shop does; says when the last has left, and then stays.
async fn visits(arrivals: Arrivals, street: Arc<Street>, crowd: Arc<Crowd>) -> Result<(), Fault> {
    let mut chance = ChaCha8Rng::seed_from_u64(arrivals.seed);
    let mut under_way = JoinSet::new();
    let mut next = Instant::now();
    let mut number: u64 = 0;
    loop {
        // Exponential gaps make a Poisson stream; 1 - u is never zero.
        let gap_s = -(1.0 - chance.random::<f64>()).ln() * arrivals.mean_s;
        next += Duration::from_secs_f64(gap_s);
        if arrivals.until.is_some_and(|until| next >= until) {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            () = crowd.stop.notified() => break,
        }
        number += 1;
        match Arc::clone(&arrivals.places).try_acquire_owned() {
            Ok(place) => {
                let street = Arc::clone(&street);
                let mut own = ChaCha8Rng::seed_from_u64(arrivals.seed);
                own.set_stream(number);
                under_way.spawn(async move {
                    street.walk(own).await;
                    drop(place);
                });
            }
            Err(_) => lock(&crowd.tally).dropped(),
        }
        while let Some(ended) = under_way.try_join_next() {
            note(ended);
        }
    }
    while let Some(ended) = under_way.join_next().await {
        note(ended);
    }
    let report = lock(&crowd.tally).report();
    lifetime::say(&json!({ "finished": true, "stats": report }))?;
    std::future::pending().await
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a visit ended badly");
    }
}

async fn tell_each_second(tally: &Mutex<Tally>, verbose: bool) -> Result<(), Fault> {
    if !verbose {
        return std::future::pending().await;
    }
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        eprintln!("{}", lock(tally).summary());
    }
}

fn lock<T>(counts: &Mutex<T>) -> MutexGuard<'_, T> {
    counts.lock().expect("counting does not panic")
}
