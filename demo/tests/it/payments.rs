//! The provider's webhooks: signed, repeated under one id, believed only when untouched.

use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::world::{pay, shop, until, wait};

type Attempts = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// A shop's callback that fails twice and remembers what it got.
async fn callback(attempts: Attempts) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let receive = async move |headers: HeaderMap, body: String| {
        let mut attempts = attempts.lock().unwrap();
        attempts.push((headers, body));
        if attempts.len() <= 2 {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::NO_CONTENT
        }
    };
    let router = axum::Router::new().route("/callback/payment", axum::routing::post(receive));
    tokio::spawn(axum::serve(listener, router).into_future());
    format!("http://{addr}/callback/payment")
}

async fn create(provider: &str, amount_cents: i64) -> reqwest::Response {
    let order = json!({ "reference": "N-1-ab", "amount_cents": amount_cents, "method": "card" });
    reqwest::Client::new()
        .post(format!("{provider}/payments"))
        .json(&order)
        .send()
        .await
        .unwrap()
}

#[test]
fn a_webhook_is_repeated_under_one_id_and_believed_only_untouched() {
    let folder = tempfile::tempdir().unwrap();
    wait(async {
        let attempts = Attempts::default();
        let provider = pay(folder.path(), &callback(Arc::clone(&attempts)).await);
        assert_eq!(create(&provider.url(), 1_999).await.status(), StatusCode::CREATED);
        let ledger = until(&format!("{}/ledger", provider.url()), |ledger| {
            ledger["totals"]["undelivered"] == 0
        })
        .await;
        assert_eq!(ledger["totals"]["captured_cents"], 1_999);
        assert_eq!(ledger["rows"][0]["attempts"], 3);
        let received = attempts.lock().unwrap().clone();
        assert!(
            received
                .iter()
                .all(|(headers, body)| headers["webhook-id"] == received[0].0["webhook-id"] && *body == received[0].1)
        );

        let new = shop(folder.path(), "new", 0, &provider.url(), &[]);
        let (headers, body) = &received[2];
        assert_eq!(
            deliver(&new.url(), headers, &body.replace("1999", "1")).await,
            StatusCode::UNAUTHORIZED
        );
        // Untouched it is believed; there is no such order in this shop.
        assert_eq!(deliver(&new.url(), headers, body).await, StatusCode::NOT_FOUND);
    });
}

async fn deliver(shop: &str, headers: &HeaderMap, body: &str) -> StatusCode {
    let mut request = reqwest::Client::new()
        .post(format!("{shop}/callback/payment"))
        .body(body.to_owned());
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        request = request.header(name, &headers[name]);
    }
    request.send().await.unwrap().status()
}

#[test]
fn one_order_is_charged_once() {
    let folder = tempfile::tempdir().unwrap();
    wait(async {
        let provider = pay(folder.path(), &callback(Attempts::default()).await);
        let first: Value = create(&provider.url(), 500).await.json().await.unwrap();
        let again: Value = create(&provider.url(), 500).await.json().await.unwrap();
        assert_eq!(first, again);
        assert_eq!(create(&provider.url(), 501).await.status(), StatusCode::CONFLICT);
        let totals = until(&format!("{}/ledger/totals", provider.url()), |totals| {
            totals["captured"] == 1
        })
        .await;
        assert_eq!(
            (&totals["payments"], &totals["captured_cents"]),
            (&json!(1), &json!(500))
        );
    });
}
