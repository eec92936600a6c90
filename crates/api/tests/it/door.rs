//! Trying to get in.

use std::time::Duration;

use serde_json::{Value, json};
use tidegate_api::access::Purpose;

use crate::world::{CONNECTIONS_MAX, Town, hidden};

async fn problem(answer: reqwest::Response, status: u16, code: &str) -> Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        (body["code"].as_str(), body["status"].as_u64()),
        (Some(code), Some(u64::from(status))),
        "{body}"
    );
    assert!(
        body["title"].is_string() && body["detail"].is_string() && body["type"].is_string(),
        "{body}"
    );
    body
}

const READS: [&str; 9] = [
    "/api/v1/status",
    "/api/v1/stages/checkout",
    "/api/v1/stages/checkout/criteria/buy",
    "/api/v1/flows/buy/latency",
    "/api/v1/incidents/inc-1",
    "/api/v1/who?q=checkout",
    "/api/v1/rulings",
    "/api/v1/journal",
    "/api/v1/stream",
];

#[tokio::test]
async fn nothing_is_read_without_a_login() {
    let town = Town::new().await;
    for path in READS {
        problem(town.get(path).send().await.unwrap(), 401, "TG8101").await;
        let wrong = town.get(path).bearer_auth("never-issued").send().await.unwrap();
        problem(wrong, 401, "TG8101").await;
    }
    for path in ["/", "/journal", "/incidents/inc-1"] {
        let answer = town.get(path).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
            (303, &*format!("/login?next={path}"))
        );
    }
    assert_eq!(town.get("/metrics").send().await.unwrap().status(), 401);
    assert_eq!(
        town.get("/healthz").send().await.unwrap().status(),
        200,
        "health needs no login"
    );
}

#[tokio::test]
async fn a_key_is_good_for_its_purpose_and_nothing_else() {
    let town = Town::new().await;
    let switches = town.key(Purpose::Switches);
    for path in READS {
        problem(
            town.get(path).bearer_auth(&switches).send().await.unwrap(),
            403,
            "TG8102",
        )
        .await;
    }
    let body = json!({ "domain": "checkout", "severity": "sev1", "summary": "x" });
    let before = town.seq();
    for purpose in [Purpose::Switches, Purpose::Change, Purpose::Metrics] {
        let key = town.key(purpose);
        problem(town.ask(&key, "/api/v1/incidents", body.clone()).await, 403, "TG8102").await;
    }
    let change = json!({ "side": "new", "reference": "abc", "summary": "deploy" });
    problem(
        town.ask(&switches, "/api/v1/stages/checkout/change", change).await,
        403,
        "TG8102",
    )
    .await;
    assert_eq!(town.seq(), before, "nothing was asked of the engine");
    let metrics = town
        .get("/metrics")
        .bearer_auth(town.key(Purpose::Metrics))
        .send()
        .await
        .unwrap();
    let text = metrics.text().await.unwrap();
    assert!(text.contains(&format!("tidegate_journal_seq {before}")), "{text}");
    assert_eq!(
        town.get("/metrics")
            .bearer_auth(&switches)
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
}

#[tokio::test]
async fn a_revoked_token_and_its_sessions_open_nothing() {
    let town = Town::new().await;
    let token = town.token("ana");
    let cookie = town.session("ana").await;
    assert_eq!(
        town.get("/api/v1/status")
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(
        town.get("/").header("cookie", &cookie).send().await.unwrap().status(),
        200
    );
    town.access.revoke("ana").unwrap();
    assert_eq!(
        town.get("/api/v1/status")
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    assert_eq!(
        town.get("/").header("cookie", &cookie).send().await.unwrap().status(),
        303
    );
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let cookie = town.session("ana").await;
    let before = town.seq();
    for csrf in [None, Some("guessed")] {
        let mut fields = vec![("do", "acknowledge"), ("subject", incident.as_str())];
        fields.extend(csrf.map(|csrf| ("csrf", csrf)));
        let answer = town.form("/do", Some(&cookie), &fields).await;
        assert_eq!(answer.status(), 403);
        assert!(answer.text().await.unwrap().contains("TG8103"));
    }
    // JSON with a session's cookie needs the form secret too; another person's is no good.
    let path = format!("/api/v1/incidents/{incident}/acknowledge");
    let other = town.session("marek").await;
    let foreign = hidden(&town.page("/", &other).await, "csrf");
    for secret in ["", "guessed", &foreign] {
        let answer = town
            .post(&path)
            .header("cookie", &cookie)
            .header("x-csrf-token", secret)
            .json(&json!({}))
            .send()
            .await
            .unwrap();
        problem(answer, 403, "TG8103").await;
    }
    assert_eq!(town.seq(), before);
    let own = hidden(&town.page("/", &cookie).await, "csrf");
    let answer = town
        .post(&path)
        .header("cookie", &cookie)
        .header("x-csrf-token", own)
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn who_tries_tokens_is_slowed_down_and_valid_ones_are_not() {
    let town = Town::new().await;
    let cookie = town.session("ana").await;
    for _ in 0..10 {
        assert_eq!(town.form("/login", None, &[("token", "wrong")]).await.status(), 401);
    }
    let token = town.token("ana");
    let slowed = town.form("/login", None, &[("token", "wrong again")]).await;
    assert_eq!(slowed.status(), 429);
    assert!(slowed.headers().contains_key("retry-after"));
    let text = slowed.text().await.unwrap();
    assert!(
        text.contains("wrong tokens came from this address too often; wait"),
        "{text}"
    );
    let valid = town.form("/login", None, &[("token", &token)]).await;
    assert_eq!(valid.status(), 303);
    let wrong = town.get("/api/v1/status").bearer_auth("wrong").send().await.unwrap();
    problem(wrong, 429, "TG8104").await;
    assert_eq!(
        town.get("/api/v1/status")
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(
        town.get("/").header("cookie", &cookie).send().await.unwrap().status(),
        200
    );
}

#[tokio::test]
async fn a_login_link_is_shown_by_get_and_used_once_by_post() {
    let town = Town::new().await;
    let link = town.access.issue_login(crate::world::person("ana")).unwrap();
    for _ in 0..2 {
        let page = town.get(&format!("/login?login={link}")).send().await.unwrap();
        assert!(page.headers().get("set-cookie").is_none(), "opening it changes nothing");
        assert!(page.text().await.unwrap().contains("Enter as ana"));
    }
    assert_eq!(town.form("/login", None, &[("token", &link)]).await.status(), 303);
    assert_eq!(town.form("/login", None, &[("token", &link)]).await.status(), 401);
    assert_eq!(
        town.get(&format!("/login?login={link}")).send().await.unwrap().status(),
        403
    );
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let town = Town::new().await;
    let cookie = town.session("ana").await;
    let csrf = hidden(&town.page("/", &cookie).await, "csrf");
    assert_eq!(
        town.form("/logout", Some(&cookie), &[("csrf", "guessed")])
            .await
            .status(),
        403
    );
    assert_eq!(
        town.form("/logout", Some(&cookie), &[("csrf", &csrf)]).await.status(),
        303
    );
    assert_eq!(
        town.get("/").header("cookie", &cookie).send().await.unwrap().status(),
        303
    );
}

#[tokio::test]
async fn bodies_are_limited_and_typed() {
    let town = Town::new().await;
    let token = town.token("ana");
    let post = |kind: &str, body: String| {
        town.post("/api/v1/incidents")
            .bearer_auth(&token)
            .header("content-type", kind.to_owned())
            .body(body)
            .send()
    };
    let good = r#"{"domain":"checkout","severity":"sev2","summary":"s"}"#;
    let before = town.seq();
    problem(post("text/plain", good.into()).await.unwrap(), 415, "TG8105").await;
    problem(
        post("application/json", "x".repeat(70_000)).await.unwrap(),
        413,
        "TG8106",
    )
    .await;
    problem(post("application/json", "{".into()).await.unwrap(), 400, "TG8107").await;
    problem(
        post("application/json", r#"{"domain":"checkout"}"#.into())
            .await
            .unwrap(),
        422,
        "TG8108",
    )
    .await;
    let extra = good.replace("\"s\"", "\"s\",\"colour\":\"red\"");
    let told = problem(post("application/json", extra).await.unwrap(), 422, "TG8108").await;
    assert!(told["detail"].as_str().unwrap().contains("colour"), "{told}");
    problem(
        post("application/json", good.replace("sev2", "sev9")).await.unwrap(),
        422,
        "TG8108",
    )
    .await;
    assert_eq!(town.seq(), before);
    assert_eq!(
        post("application/json; charset=utf-8", good.into())
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let town = Town::new().await;
    let token = town.token("ana");
    problem(
        town.get("/api/v1/nothing").bearer_auth(&token).send().await.unwrap(),
        404,
        "TG8109",
    )
    .await;
    problem(
        town.get("/api/v1/adopt").bearer_auth(&token).send().await.unwrap(),
        405,
        "TG8110",
    )
    .await;
    problem(
        town.post("/api/v1/status").bearer_auth(&token).send().await.unwrap(),
        405,
        "TG8110",
    )
    .await;
    for path in [
        "/api/v1/stages/none",
        "/api/v1/stages/checkout/criteria/none",
        "/api/v1/flows/none/latency",
    ] {
        problem(town.get(path).bearer_auth(&token).send().await.unwrap(), 404, "TG8111").await;
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let town = Town::new().await;
    for path in ["/login", "/healthz", "/nothing", "/api/v1/status", "/asset/page.js"] {
        let answer = town.get(path).send().await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(
            header("content-security-policy").contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!header("content-security-policy").contains("unsafe"), "{path}");
        assert_eq!(
            (header("x-content-type-options"), header("referrer-policy")),
            ("nosniff".into(), "no-referrer".into())
        );
    }
}

#[tokio::test]
async fn the_silent_keep_nobody_out_for_long() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let town = Town::new().await;
    let address = town.url.strip_prefix("http://").unwrap().to_owned();
    let connect = || async { tokio::net::TcpStream::connect(&address).await.unwrap() };
    // One more than there are places; most say nothing at all, one sends a part of a head.
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        silent.push(connect().await);
    }
    silent[0].write_all(b"GET /healthz HTTP/1.1\r\nhost: ").await.unwrap();
    let answer = town
        .get("/healthz")
        .timeout(Duration::from_secs(60))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    for mut stream in silent {
        let mut said = Vec::new();
        let ended = stream.read_to_end(&mut said).await;
        assert!(
            ended.is_err() || said.is_empty() || said.starts_with(b"HTTP/1.1 4"),
            "{said:?}"
        );
    }
}

#[tokio::test]
async fn a_stream_stays_open_beyond_the_limit_of_a_head() {
    let town = Town::new().await;
    let mut stream = town
        .get("/api/v1/stream")
        .bearer_auth(town.token("ana"))
        .send()
        .await
        .unwrap();
    assert!(stream.chunk().await.unwrap().is_some(), "the head of the journal");
    // Whoever came later and said nothing is sent away before.
    let address = town.url.strip_prefix("http://").unwrap();
    let mut silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut said = Vec::new();
    let ended = tokio::io::AsyncReadExt::read_to_end(&mut silent, &mut said).await;
    assert!(ended.is_err() || said.is_empty(), "{said:?}");
    town.incident().await;
    let event = stream.chunk().await.unwrap().expect("the stream is open");
    assert!(!event.is_empty());
}
