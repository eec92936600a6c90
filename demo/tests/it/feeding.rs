//! The feed to the ERP: every paid order once, whoever sends it and however often an answer is lost.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::world::{Program, SEED, rows, until, wait};

const KEY: &str = "admin-1";
/// Orders that stand in the ERP more than once.
const TWICE: &str =
    "SELECT reference FROM bookings WHERE reversed_at_ms IS NULL GROUP BY reference HAVING COUNT(*) > 1";
const ORDERS: usize = 40;

/// A shop with paid orders in its outbox, and who says which side runs an order.
struct Outside {
    url: String,
    /// What is answered; `None` is no answer.
    side: Arc<Mutex<Option<&'static str>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn outside() -> Outside {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let side = Arc::new(Mutex::new(None));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let outbox = async |axum::extract::Path(position): axum::extract::Path<usize>| {
        let orders = (position + 1..=ORDERS)
            .map(|number| json!({ "position": number, "reference": format!("O-{number}"), "amount_cents": 700 }));
        axum::Json(json!({ "orders": orders.collect::<Vec<_>>() }))
    };
    let (answers, heard) = (Arc::clone(&side), Arc::clone(&asked));
    let evaluate = async move |axum::Json(question): axum::Json<Value>| {
        let key = question["context"]["targetingKey"].as_str().unwrap().to_owned();
        heard.lock().unwrap().push(key);
        match *answers.lock().unwrap() {
            Some(side) => Ok(axum::Json(json!({ "key": "side:feed", "value": side }))),
            None => Err(axum::http::StatusCode::SERVICE_UNAVAILABLE),
        }
    };
    let router = axum::Router::new()
        .route("/export/orders/{position}", axum::routing::get(outbox))
        .route("/ofrep/v1/evaluate/flags/side:feed", axum::routing::post(evaluate));
    tokio::spawn(axum::serve(listener, router).into_future());
    Outside { url, side, asked }
}

fn erp(folder: &Path, more: &[&str]) -> Program {
    let db = folder.join("erp.db");
    let mut flags = vec!["erp", "--db", db.to_str().unwrap(), "--admin-key", KEY, "--seed", SEED];
    flags.extend(more);
    Program::start(&flags)
}

fn feed(folder: &Path, outside: &Outside, erp: &Program, more: &[&str]) -> Program {
    let db = folder.join("feed.db");
    let (db, erp) = (db.to_str().unwrap(), erp.url());
    let mut flags = vec![
        "feed",
        "--db",
        db,
        "--shop",
        &outside.url,
        "--erp",
        &erp,
        "--erp-key",
        KEY,
    ];
    flags.extend([
        "--sides",
        &outside.url,
        "--sides-key",
        "k",
        "--unit",
        "feed",
        "--admin-key",
        KEY,
    ]);
    flags.extend(more);
    Program::start(&flags)
}

fn is_over(totals: &Value) -> bool {
    let ended = totals["sent"].as_u64().unwrap() + totals["given_up"].as_u64().unwrap();
    ended == ORDERS as u64 && totals["waiting"] == 0
}

#[test]
fn an_order_waits_until_somebody_says_whose_it_is_and_then_goes_once() {
    let folder = tempfile::tempdir().unwrap();
    wait(async {
        let outside = outside().await;
        let erp = erp(
            folder.path(),
            &["--failing", "20%", "--slow", "10%", "--slow-ms", "700"],
        );
        let feed = feed(folder.path(), &outside, &erp, &[]);
        let totals = format!("{}/totals", feed.url());
        until(&totals, |totals| totals["waiting"] == json!(ORDERS)).await;
        while outside.asked.lock().unwrap().len() < ORDERS {
            tokio::task::yield_now().await;
        }
        assert_eq!(until(&totals, |_| true).await["sent"], 0, "nobody says whose they are");
        *outside.side.lock().unwrap() = Some("new");
        let ended = until(&totals, is_over).await;
        assert_eq!((&ended["given_up"], &ended["sent_by_new"]), (&json!(0), &json!(ORDERS)));
        let books = until(&format!("{}/totals", erp.url()), |_| true).await;
        assert_eq!(
            (&books["bookings"], &books["orders"], &books["by_new"]),
            (&json!(ORDERS), &json!(ORDERS), &json!(ORDERS)),
            "slow answers were sent again under the same key: {books}"
        );
    });
}

#[test]
fn the_new_exporter_that_sends_anew_books_twice_until_it_is_repaired_and_the_old_one_never_does() {
    for (side, is_twice) in [("old", false), ("new", true)] {
        let folder = tempfile::tempdir().unwrap();
        wait(async {
            let outside = outside().await;
            let erp = erp(folder.path(), &["--slow", "40%", "--slow-ms", "700"]);
            let feed = feed(folder.path(), &outside, &erp, &["--resend-fault"]);
            *outside.side.lock().unwrap() = Some(side);
            until(&format!("{}/totals", feed.url()), is_over).await;
            let db = folder.path().join("erp.db");
            assert_eq!(!rows(&db, TWICE).is_empty(), is_twice, "{side}");
            let repair = |key: &'static str| {
                let client = reqwest::Client::new();
                let url = format!("{}/admin/repair-exporter", feed.url());
                client.post(url).header("x-admin-key", key).send()
            };
            assert_eq!(repair("wrong").await.unwrap().status(), 401);
            let said: Value = repair(KEY).await.unwrap().json().await.unwrap();
            assert_eq!(said["reversed"].as_u64().unwrap() > 0, is_twice, "{said}");
            assert_eq!(rows(&db, TWICE), Vec::<Vec<String>>::new());
        });
    }
}

#[test]
fn an_order_that_the_erp_never_takes_becomes_a_dead_letter() {
    let folder = tempfile::tempdir().unwrap();
    wait(async {
        let outside = outside().await;
        let erp = erp(folder.path(), &["--failing", "100%"]);
        let feed = feed(folder.path(), &outside, &erp, &[]);
        *outside.side.lock().unwrap() = Some("old");
        until(&format!("{}/totals", feed.url()), is_over).await;
        let letters = rows(
            &folder.path().join("feed.db"),
            "SELECT COUNT(*), side, reason FROM dead_letters WHERE handled_at_ms IS NULL GROUP BY side, reason",
        );
        let reason = "the ERP answered 503 Service Unavailable";
        assert_eq!(letters, [[ORDERS.to_string(), "old".to_owned(), reason.to_owned()]]);
    });
}
