//! A page by mail, and the people who answer it or do not.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use axum::extract::Form;
use axum::response::Html;

use crate::world::{Program, rows, shop, until, wait};

/// The old shop's prices in cents.
const OLD_PRICES: &str =
    "SELECT sku, CAST(ROUND(CAST(price AS REAL) * 100) AS INTEGER) AS price_cents FROM products ORDER BY sku";

/// Sends one message by hand and returns the last reply.
fn send(smtp: &str, to: &[&str], text: &str) -> String {
    let mut stream = TcpStream::connect(smtp).unwrap();
    let mut replies = BufReader::new(stream.try_clone().unwrap());
    let mut next = |command: &str, expected: &str| {
        stream.write_all(command.as_bytes()).unwrap();
        let mut reply = String::new();
        loop {
            reply.clear();
            replies.read_line(&mut reply).unwrap();
            if reply.as_bytes()[3] == b' ' {
                break;
            }
        }
        assert!(reply.starts_with(expected), "{command:?} got {reply}");
        reply
    };
    next("", "220");
    next("EHLO test\r\n", "250");
    next("DATA\r\n", "503");
    next("MAIL FROM:<tidegate@x>\r\n", "250");
    for one in to {
        next(&format!("RCPT TO:<{one}>\r\n"), "250");
    }
    next("DATA\r\n", "354");
    let kept = next(&format!("{text}\r\n.\r\n"), "250");
    next("QUIT\r\n", "221");
    kept
}

#[test]
fn a_dot_stuffed_message_arrives_as_it_was_written() {
    let mail = Program::start(&["mail"]);
    let text = "Subject: Page\r\nMessage-ID: <1@x>\r\n\r\nfirst\r\n..\r\n..dots\r\nlast";
    let smtp = mail.ready["smtp"].as_str().unwrap();
    send(smtp, &["a@x", "b@x"], text);
    wait(async {
        let found = until(&format!("{}/messages?to=B@x", mail.url()), |box_| box_["received"] == 1).await;
        let message = &found["messages"][0];
        assert_eq!(message["body"], "first\n.\n.dots\nlast\n");
        assert_eq!(
            (&message["subject"], &message["message_id"]),
            (&"Page".into(), &"<1@x>".into())
        );
        let other = until(&format!("{}/messages?to=c@x", mail.url()), |_| true).await;
        assert_eq!(other["messages"].as_array().unwrap().len(), 0);
        assert_eq!(
            reqwest::get(format!("{}/messages/1", mail.url()))
                .await
                .unwrap()
                .status(),
            200
        );
    });
}

type Pressed = Arc<Mutex<Vec<(String, String)>>>;

async fn paging_site(pressed: Pressed) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/answer", listener.local_addr().unwrap());
    let shows = async || {
        let form = |button: &str| {
            format!(
                "<form method=\"post\" action=\"/answer\"><input type=\"hidden\" name=\"token\" value=\"t1\"><button name=\"do\" value=\"{button}\">x</button></form>"
            )
        };
        Html(["ack", "act:wallet-off", "act:other"].map(form).concat())
    };
    let takes = async move |Form(fields): Form<std::collections::BTreeMap<String, String>>| {
        pressed
            .lock()
            .unwrap()
            .push((fields["do"].clone(), fields["token"].clone()));
        axum::response::Redirect::to("/answer")
    };
    let router = axum::Router::new().route("/answer", axum::routing::get(shows).post(takes));
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

#[test]
fn one_person_stays_silent_and_the_next_acknowledges_and_acts() {
    let mail = Program::start(&["mail"]);
    let mut oncall = Program::start(&[
        "oncall",
        "--mail",
        &mail.url(),
        "--after-ms",
        "1",
        "--person",
        "a@x=ignore",
        "--person",
        "b@x=answer,act:wallet-off,approve",
    ]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let pressed = Pressed::default();
    let link = runtime.block_on(paging_site(Arc::clone(&pressed)));
    let smtp = mail.ready["smtp"].as_str().unwrap().to_owned();
    let page = |id: u8| format!("Message-ID: <{id}@x>\r\nSubject: Page\r\n\r\nAnswer here:\r\n{link}");
    send(&smtp, &["a@x"], &page(1));
    let silent = [oncall.line(), oncall.line()].map(|line| line["step"].as_str().unwrap().to_owned());
    assert_eq!(silent, ["mail", "ignored"]);
    assert!(pressed.lock().unwrap().is_empty());
    send(&smtp, &["b@x"], &page(2));
    let steps = [(); 4].map(|()| oncall.line()["step"].as_str().unwrap().to_owned());
    assert_eq!(steps, ["mail", "ack", "act:wallet-off", "not_offered"]);
    let expected = ["ack", "act:wallet-off"].map(|button| (button.to_owned(), "t1".to_owned()));
    assert_eq!(*pressed.lock().unwrap(), expected);
    // The same mail twice is one page.
    send(&smtp, &["b@x"], &page(2));
    assert_eq!(oncall.line()["step"], "seen_before");
}

type Noted = Arc<Mutex<Vec<(String, serde_json::Value)>>>;

/// Where a change is noted: who says so, and what.
async fn changes_of(stage: &str, noted: Noted) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let takes = async move |headers: axum::http::HeaderMap, axum::Json(change): axum::Json<serde_json::Value>| {
        let who = headers["authorization"].to_str().unwrap().to_owned();
        assert!(headers.contains_key("idempotency-key"));
        noted.lock().unwrap().push((who, change));
        axum::Json(serde_json::json!({}))
    };
    let router = axum::Router::new().route(&format!("/api/v1/stages/{stage}/change"), axum::routing::post(takes));
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

#[test]
fn she_who_is_called_for_prices_repairs_them_and_notes_it_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let unpaid = "http://127.0.0.1:9";
    let old = shop(folder.path(), "old", 0, unpaid, &[]);
    let faults = ["--price-fault", "1%", "--repair-from", &old.url(), "--admin-key", "k1"];
    let new = shop(folder.path(), "new", 0, unpaid, &faults);
    let mail = Program::start(&["mail"]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let noted = Noted::default();
    let api = runtime.block_on(changes_of("pricing", Arc::clone(&noted)));
    let mut oncall = Program::start(&[
        "oncall",
        "--mail",
        &mail.url(),
        "--after-ms",
        "1",
        "--person",
        "p@x=answer,repair:pricing",
        "--at",
        &format!("pricing={}", new.url()),
        "--key",
        "pricing=k1",
        "--api",
        &api,
        "--token",
        "pricing=t1",
    ]);
    let link = runtime.block_on(paging_site(Pressed::default()));
    let smtp = mail.ready["smtp"].as_str().unwrap().to_owned();
    let page = |id: u8, about: &str| {
        format!("Message-ID: <{id}@x>\r\nSubject: Pricing: this failed: {about}\r\n\r\nAnswer here:\r\n{link}")
    };
    let prices = || {
        let old = rows(&folder.path().join("old.db"), OLD_PRICES);
        let new = rows(
            &folder.path().join("new.db"),
            "SELECT sku, price_cents FROM items ORDER BY sku",
        );
        (old, new)
    };
    send(&smtp, &["p@x"], &page(1, "the P95 of quotes"));
    let steps = [(); 2].map(|()| oncall.line()["step"].as_str().unwrap().to_owned());
    assert_eq!(steps, ["mail", "ack"]);
    assert!(noted.lock().unwrap().is_empty());
    let (before, faulty) = prices();
    assert_ne!(before, faulty, "1 % of the prices differ");
    send(&smtp, &["p@x"], &page(2, "prices are equal on both sides"));
    let steps = [(); 3].map(|()| oncall.line()["step"].as_str().unwrap().to_owned());
    assert_eq!(steps, ["mail", "ack", "repair"]);
    let (old_prices, repaired) = prices();
    assert_eq!(old_prices, repaired);
    let noted = noted.lock().unwrap();
    let [(who, change)] = &noted[..] else {
        panic!("noted once, not {noted:?}")
    };
    assert_eq!((who.as_str(), &change["side"]), ("Bearer t1", &"new".into()));
}

/// A page that offers one button and says "too early" so many times before it takes it.
async fn reluctant_site(refusals: u32) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/answer", listener.local_addr().unwrap());
    let left = Arc::new(Mutex::new(refusals));
    let shows = async || Html("<form method=\"post\"><button name=\"do\" value=\"approve\">x</button></form>");
    let takes = async move || {
        let mut left = left.lock().unwrap();
        let is_early = *left > 0;
        *left = left.saturating_sub(1);
        if is_early {
            axum::http::StatusCode::CONFLICT
        } else {
            axum::http::StatusCode::OK
        }
    };
    let router = axum::Router::new().route("/answer", axum::routing::get(shows).post(takes));
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

#[test]
fn who_may_not_approve_yet_asks_again() {
    let mail = Program::start(&["mail"]);
    let mut oncall = Program::start(&[
        "oncall",
        "--mail",
        &mail.url(),
        "--after-ms",
        "1",
        "--person",
        "a@x=approve",
    ]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let link = runtime.block_on(reluctant_site(1));
    let letter = format!("Message-ID: <1@x>\r\nSubject: Approve\r\n\r\nAnswer here:\r\n{link}");
    send(mail.ready["smtp"].as_str().unwrap(), &["a@x"], &letter);
    assert_eq!(oncall.line()["step"], "mail");
    let statuses = [(); 2].map(|()| oncall.line()["status"].as_u64().unwrap());
    assert_eq!(statuses, [409, 200]);
}

#[test]
fn who_may_not_approve_yet_answers_other_mail_meanwhile() {
    let mail = Program::start(&["mail"]);
    let mut oncall = Program::start(&[
        "oncall",
        "--mail",
        &mail.url(),
        "--after-ms",
        "1",
        "--person",
        "a@x=answer,approve",
    ]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let early = runtime.block_on(reluctant_site(u32::MAX));
    let paged = runtime.block_on(paging_site(Pressed::default()));
    let smtp = mail.ready["smtp"].as_str().unwrap().to_owned();
    let letter = |id: u8, link: &str| format!("Message-ID: <{id}@x>\r\nSubject: {id}\r\n\r\nAnswer here:\r\n{link}");
    send(&smtp, &["a@x"], &letter(1, &early));
    let mut next = |subject: &str, step: &str| loop {
        let line = oncall.line();
        if line["subject"] == subject && line["step"] == step {
            return line["status"].as_u64();
        }
    };
    assert_eq!(next("1", "approve"), Some(409));
    send(&smtp, &["a@x"], &letter(2, &paged));
    assert_eq!(next("2", "ack"), Some(200));
    assert_eq!(next("1", "approve"), Some(409), "and goes on asking");
}
