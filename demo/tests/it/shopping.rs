//! Shoppers against one shop and the payment provider, with nothing in between.

use std::path::Path;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{Program, SEED, free_port, pay, rows, shop, until, wait};

/// Comparable prices of both sides.
const OLD_PRICES: &str =
    "SELECT sku, CAST(ROUND(CAST(price AS REAL) * 100) AS INTEGER) AS price_cents FROM products ORDER BY sku";
const NEW_PRICES: &str = "SELECT sku, price_cents FROM items ORDER BY sku";
/// Paid orders of the old shop as the ledger has them.
const OLD_ORDERS: &str = "SELECT reference, CAST(ROUND(CAST(amount AS REAL) * 100) AS INTEGER) AS amount_cents, status
    FROM orders WHERE status = 'paid' ORDER BY reference";
const LEDGER: &str = "SELECT reference, amount_cents, 'paid' FROM ledger WHERE status = 'captured' ORDER BY reference";

#[test]
fn shoppers_complete_nine_of_ten_attempts_and_the_ledger_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let provider = pay(folder.path(), &format!("http://127.0.0.1:{port}/callback/payment"));
    let old = shop(folder.path(), "old", port, &provider.url(), &[]);
    let mut shoppers = Program::start(&[
        "shoppers",
        "--gateway",
        &old.url(),
        "--rate",
        "40/s",
        "--duration",
        "8s",
        "--seed",
        SEED,
    ]);
    let finished = shoppers.line();
    let stats = &finished["stats"];
    let completion = stats["completion"].as_f64().unwrap();
    println!(
        "seed {SEED}: completion {completion:.3} of {} attempts, p95 {} ms",
        stats["started"], stats["p95_ms"]
    );
    assert!(completion >= 0.90, "{stats}");
    assert_eq!(
        (&stats["turned_away"], &stats["drops"], &stats["in_flight"]),
        (&json!(0), &json!(0), &json!(0))
    );
    wait(until(&format!("{}/ledger/totals", provider.url()), |totals| {
        totals["undelivered"] == 0
    }));
    let paid = rows(&folder.path().join("old.db"), OLD_ORDERS);
    assert_eq!(paid, rows(&folder.path().join("ledger.db"), LEDGER));
    assert_eq!(json!(paid.len()), stats["completed"]);
}

async fn cart(client: &reqwest::Client, new: &Program) -> String {
    let added = client
        .post(format!("{}/api/cart", new.url()))
        .json(&json!({ "sku": 7 }))
        .send()
        .await
        .unwrap();
    assert_eq!(added.status(), StatusCode::OK);
    let cookie = added.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert!(cookie.starts_with("nsid="), "{cookie}");
    cookie
}

async fn check_out(client: &reqwest::Client, new: &Program, method: &str) -> (StatusCode, Value) {
    let cookie = cart(client, new).await;
    let order = client
        .post(format!("{}/api/checkout", new.url()))
        .header("cookie", cookie);
    let answer = order.json(&json!({ "payment": method })).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[test]
fn a_broken_wallet_answers_200_and_loses_the_order_while_cards_work() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let provider = pay(folder.path(), &format!("http://127.0.0.1:{port}/callback/payment"));
    let new = shop(folder.path(), "new", port, &provider.url(), &["--wallet-fault"]);
    wait(async {
        let client = reqwest::Client::new();
        let (status, wallet) = check_out(&client, &new, "wallet").await;
        assert_eq!(status, StatusCode::OK);
        assert!(wallet["errors"].is_array() && wallet.get("order").is_none(), "{wallet}");
        let (status, card) = check_out(&client, &new, "card").await;
        assert_eq!(status, StatusCode::OK);
        let order = card["order"].as_str().unwrap();
        assert!(order.starts_with("N-"));
        assert_eq!(card["next"], format!("/order/{order}"));
        until(&format!("{}/orders/{order}", new.url()), |page| {
            page["status"] == "confirmed"
        })
        .await;
    });
    let methods = rows(&folder.path().join("new.db"), "SELECT method, state FROM sales_orders");
    assert_eq!(methods, [["card", "paid"]]);
}

#[test]
fn a_wallet_switched_off_is_neither_offered_nor_taken() {
    let folder = tempfile::tempdir().unwrap();
    let provider = pay(folder.path(), "http://127.0.0.1:1/callback/payment");
    wait(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let switches = format!("http://{}", listener.local_addr().unwrap());
        let evaluate = axum::routing::post(async |headers: axum::http::HeaderMap| {
            assert_eq!(headers["authorization"], "Bearer k");
            axum::Json(json!({ "key": "checkout.wallet", "reason": "STATIC", "variant": "off", "value": false }))
        });
        let router = axum::Router::new().route("/ofrep/v1/evaluate/flags/checkout.wallet", evaluate);
        let serving = tokio::spawn(axum::serve(listener, router).into_future());
        let new = shop(
            folder.path(),
            "new",
            0,
            &provider.url(),
            &["--switches", &switches, "--switches-key", "k"],
        );
        let offered = until(&format!("{}/payments", new.url()), |page| {
            page["payments"].as_array().unwrap().len() == 2
        })
        .await;
        assert_eq!(offered["payments"], json!(["card", "invoice"]));
        assert_eq!(
            check_out(&reqwest::Client::new(), &new, "wallet").await.0,
            StatusCode::CONFLICT
        );
        // Silence keeps the last value: the switch's server goes and the wallet stays off.
        serving.abort();
        assert_eq!(
            check_out(&reqwest::Client::new(), &new, "wallet").await.0,
            StatusCode::CONFLICT
        );
    });
}

fn price_differences(folder: &Path) -> usize {
    let old = rows(&folder.join("old.db"), OLD_PRICES);
    let new = rows(&folder.join("new.db"), NEW_PRICES);
    assert_eq!((old.len(), new.len()), (1_000, 1_000));
    old.iter().zip(&new).filter(|(a, b)| a != b).count()
}

#[test]
fn one_percent_of_the_prices_differs_until_they_are_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let old = shop(folder.path(), "old", 0, "http://127.0.0.1:1", &[]);
    let new = shop(
        folder.path(),
        "new",
        0,
        "http://127.0.0.1:1",
        &["--price-fault", "1%", "--admin-key", "k"],
    );
    assert_eq!(price_differences(folder.path()), 10);
    let url = format!("{}/admin/repair-prices", new.url());
    let wish = json!({ "from": old.url() });
    wait(async {
        let client = reqwest::Client::new();
        let refused = client
            .post(&url)
            .header("x-admin-key", "wrong")
            .json(&wish)
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let repaired = client
            .post(&url)
            .header("x-admin-key", "k")
            .json(&wish)
            .send()
            .await
            .unwrap();
        assert_eq!(
            repaired.json::<Value>().await.unwrap(),
            json!({ "read": 1000, "repaired": 10 })
        );
    });
    assert_eq!(price_differences(folder.path()), 0);
}

#[test]
fn without_faults_no_price_differs_and_a_program_leaves_when_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = shop(folder.path(), "old", 0, "http://127.0.0.1:1", &[]);
    let mut new = shop(folder.path(), "new", 0, "http://127.0.0.1:1", &[]);
    assert_eq!(price_differences(folder.path()), 0);
    assert_eq!((old.leave(), new.leave()), (Some(0), Some(0)));
}
