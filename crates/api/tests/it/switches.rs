//! OFREP 0.3 by hand-written requests: what real clients stumble over.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use tidegate_api::access::Purpose;

use crate::world::Town;

const ALL: &str = "/ofrep/v1/evaluate/flags";
const ONE: &str = "/ofrep/v1/evaluate/flags/checkout.wallet";

async fn evaluate(town: &Town, path: &str, key: &str) -> Response {
    town.post(path)
        .bearer_auth(key)
        .json(&json!({ "context": {} }))
        .send()
        .await
        .unwrap()
}

fn tag(answer: &Response) -> String {
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn one_switch_has_value_variant_and_reason() {
    let town = Town::new().await;
    let key = town.key(Purpose::Switches);
    let flag: Value = evaluate(&town, ONE, &key).await.json().await.unwrap();
    assert_eq!(flag["key"], "checkout.wallet");
    assert_eq!(
        (&flag["value"], &flag["variant"], &flag["reason"]),
        (&json!(true), &json!("on"), &json!("STATIC"))
    );
    assert!(flag["metadata"]["seq"].is_u64());
    // A missing targeting key is fine for a switch; so is the other header.
    let answer = town
        .post(ONE)
        .header("X-API-Key", &key)
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn errors_always_have_details() {
    let town = Town::new().await;
    let key = town.key(Purpose::Switches);
    let send = |path: &str, body: &str| {
        town.post(path)
            .bearer_auth(&key)
            .header("content-type", "application/json")
            .body(body.to_owned())
            .send()
    };
    for (path, body, status, code) in [
        (
            "/ofrep/v1/evaluate/flags/nowhere",
            "{\"context\":{}}",
            404,
            "FLAG_NOT_FOUND",
        ),
        (ONE, "{", 400, "PARSE_ERROR"),
        (ONE, "{\"context\":[]}", 400, "INVALID_CONTEXT"),
        (ALL, "", 400, "PARSE_ERROR"),
        (ALL, "{\"context\":7}", 400, "INVALID_CONTEXT"),
    ] {
        let answer = send(path, body).await.unwrap();
        assert_eq!(answer.status(), status, "{path} {body}");
        let failure: Value = answer.json().await.unwrap();
        assert_eq!(failure["errorCode"], code, "{failure}");
        assert!(
            failure["errorDetails"]
                .as_str()
                .is_some_and(|details| !details.is_empty()),
            "{failure}"
        );
        assert_eq!(failure["key"].is_string(), path != ALL, "{failure}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_401_forever_and_never_429() {
    let town = Town::new().await;
    for _ in 0..30 {
        let answer = evaluate(&town, ALL, "wrong").await;
        assert_eq!(answer.status(), 401);
        assert!(answer.json::<Value>().await.unwrap()["errorDetails"].is_string());
    }
    assert_eq!(evaluate(&town, ALL, &town.key(Purpose::Metrics)).await.status(), 403);
}

#[tokio::test]
async fn the_tag_changes_with_the_answer_and_only_then() {
    let town = Town::new().await;
    let key = town.key(Purpose::Switches);
    let first = evaluate(&town, ALL, &key).await;
    let old = tag(&first);
    let body: Value = first.json().await.unwrap();
    assert_eq!(body["flags"][0]["value"], true);
    assert_eq!(body["eventStreams"][0]["type"], "sse");
    let ask = |tag: &str, query: &str| {
        town.post(&format!("{ALL}{query}"))
            .bearer_auth(&key)
            .header("If-None-Match", tag.to_owned())
            .json(&json!({ "context": {} }))
            .send()
    };
    for form in [old.clone(), old.trim_matches('"').to_owned(), format!("W/{old}")] {
        let unchanged = ask(&form, "").await.unwrap();
        assert_eq!(
            (unchanged.status().as_u16(), tag(&unchanged)),
            (304, old.clone()),
            "{form}"
        );
        assert!(unchanged.bytes().await.unwrap().is_empty());
    }
    // An incident alone moves the journal, not the switches.
    let incident = town.incident().await;
    assert_eq!(ask(&old, "").await.unwrap().status(), 304);
    let ana = town.token("ana");
    assert_eq!(
        town.ask(
            &ana,
            &format!("/api/v1/incidents/{incident}/act"),
            json!({ "action": "wallet-off" })
        )
        .await
        .status(),
        200
    );
    let changed = ask(&old, "").await.unwrap();
    let new = tag(&changed);
    assert_ne!(new, old);
    let body: Value = changed.json().await.unwrap();
    assert_eq!(
        (&body["flags"][0]["value"], &body["flags"][0]["variant"]),
        (&json!(false), &json!("off"))
    );
    assert_eq!(body["metadata"]["seq"], body["flags"][0]["metadata"]["seq"]);
    // The announced tag may turn a 304 into a 200, never the reverse.
    let announced = |tag: &str| format!("?flagConfigEtag=%22{}%22", tag.trim_matches('"'));
    assert_eq!(ask(&new, &announced(&new)).await.unwrap().status(), 304);
    assert_eq!(ask(&new, &announced("newer")).await.unwrap().status(), 200);
    assert_eq!(ask(&old, &announced(&new)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_flip_is_announced_on_the_stream_without_its_value() {
    let town = Town::new().await;
    let key = town.key(Purpose::Switches);
    let body: Value = evaluate(&town, ALL, &key).await.json().await.unwrap();
    let url = body["eventStreams"][0]["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&town.url));
    // The address itself is the key: browsers cannot send one.
    let mut stream = town.client.get(&url).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let incident = town.incident().await;
    let ana = town.token("ana");
    assert_eq!(
        town.ask(
            &ana,
            &format!("/api/v1/incidents/{incident}/act"),
            json!({ "action": "wallet-off" })
        )
        .await
        .status(),
        200
    );
    let new = tag(&evaluate(&town, ALL, &key).await);
    let mut heard = String::new();
    while !heard.contains(new.trim_matches('"')) {
        heard.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().expect("the stream goes on")).unwrap());
    }
    assert!(
        heard.contains("event: message") && heard.contains("\"type\":\"refetchEvaluation\""),
        "{heard}"
    );
    assert!(!heard.contains("wallet"), "{heard}");
    for forged in [
        url.replace("key=", "key=0"),
        url.replace("day=", "day=1"),
        format!("{}/ofrep/v1/stream", town.url),
    ] {
        assert_eq!(town.client.get(&forged).send().await.unwrap().status(), 401, "{forged}");
    }
}

#[tokio::test]
async fn who_reads_too_often_is_told_to_wait_and_nobody_else_is() {
    let town = Town::limited(Duration::from_secs(60), 3).await;
    let key = town.key(Purpose::Switches);
    let mut refused = None;
    for path in [ALL, ONE].iter().cycle().take(1_000) {
        let answer = evaluate(&town, path, &key).await;
        if answer.status() != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a thousand reads take longer than three a second");
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"1".parse().unwrap())
    );
    let said: Value = refused.json().await.unwrap();
    assert_eq!(said["errorCode"], "GENERAL");
    let details = said["errorDetails"].as_str().unwrap();
    assert!(details.starts_with("TG8123: 3 reads of switches"), "{details}");
    // Somebody else reads; and so does the same key in a second that begins.
    assert_eq!(evaluate(&town, ONE, &town.token("ana")).await.status(), 200);
    let mut again = evaluate(&town, ONE, &key).await;
    for _ in 0..100_000 {
        if again.status() == 200 {
            break;
        }
        again = evaluate(&town, ONE, &key).await;
    }
    assert_eq!(again.status(), 200);
}
