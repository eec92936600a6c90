//! Sides of keys over OFREP by hand-written requests.

use reqwest::Response;
use serde_json::{Value, json};
use tidegate_api::access::Purpose;

use crate::world::Town;

const ALL: &str = "/ofrep/v1/evaluate/flags";
const SIDE: &str = "/ofrep/v1/evaluate/flags/side:feed";

async fn evaluate(town: &Town, path: &str, context: Value) -> Response {
    let request = town.post(path).bearer_auth(town.key(Purpose::Switches));
    request.json(&json!({ "context": context })).send().await.unwrap()
}

#[tokio::test]
async fn a_unit_that_no_stage_moves_runs_every_key_on_its_old_side() {
    let town = Town::new().await;
    let flag: Value = evaluate(&town, SIDE, json!({ "targetingKey": "O-1" }))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        flag,
        json!({ "key": "side:feed", "value": "old", "variant": "old", "reason": "STATIC",
                "metadata": { "seq": 0, "exposure": 0 } })
    );
    // A colon may come escaped.
    let escaped = evaluate(&town, &SIDE.replace(':', "%3A"), json!({ "targetingKey": "O-1" })).await;
    assert_eq!(escaped.status(), 200);
}

#[tokio::test]
async fn without_a_key_there_is_no_side_and_no_default() {
    let town = Town::new().await;
    for context in [
        json!({}),
        json!({ "targetingKey": "" }),
        json!({ "targetingKey": null }),
    ] {
        let answer = evaluate(&town, SIDE, context.clone()).await;
        assert_eq!(answer.status(), 400, "{context}");
        let failure: Value = answer.json().await.unwrap();
        assert_eq!(failure["errorCode"], "TARGETING_KEY_MISSING", "{failure}");
        assert!(failure["value"].is_null(), "{failure}");
    }
    let answer = evaluate(&town, SIDE, json!({ "targetingKey": 7 })).await;
    let failure: Value = answer.json().await.unwrap();
    assert_eq!(failure["errorCode"], "INVALID_CONTEXT", "{failure}");
    let nowhere = evaluate(&town, &format!("{SIDE}s"), json!({ "targetingKey": "O-1" })).await;
    assert_eq!(nowhere.status(), 404);
}

#[tokio::test]
async fn all_flags_have_the_sides_of_a_key_when_there_is_one() {
    let town = Town::new().await;
    let keys = |flags: &Value| -> Vec<String> {
        let flags = flags["flags"].as_array().unwrap();
        flags
            .iter()
            .map(|flag| flag["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let with: Value = evaluate(&town, ALL, json!({ "targetingKey": "O-1" }))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(keys(&with), ["checkout.wallet", "side:feed"]);
    let without: Value = evaluate(&town, ALL, json!({})).await.json().await.unwrap();
    assert_eq!(keys(&without), ["checkout.wallet"]);
}

#[tokio::test]
async fn the_tag_covers_the_key_and_an_announced_one_turns_no_304_into_a_200() {
    let town = Town::new().await;
    let tag = |answer: &Response| answer.headers()["etag"].to_str().unwrap().to_owned();
    let without = tag(&evaluate(&town, ALL, json!({})).await);
    let with = tag(&evaluate(&town, ALL, json!({ "targetingKey": "O-1" })).await);
    assert_ne!(with, without);
    let key = town.key(Purpose::Switches);
    let again = |announced: &str| {
        let path = format!("{ALL}?flagConfigEtag=%22{}%22", announced.trim_matches('"'));
        let request = town.post(&path).bearer_auth(&key).header("If-None-Match", &with);
        request.json(&json!({ "context": { "targetingKey": "O-1" } })).send()
    };
    assert_eq!(again(&without).await.unwrap().status(), 304, "what an event announces");
    assert_eq!(again("newer").await.unwrap().status(), 200);
}

#[tokio::test]
async fn no_side_is_told_while_nothing_could_be_lowered() {
    let town = Town::new().await;
    let who = json!({ "targetingKey": "O-1" });
    let tag = |answer: &Response| answer.headers()["etag"].to_str().unwrap().to_owned();
    let well = [
        tag(&evaluate(&town, ALL, who.clone()).await),
        tag(&evaluate(&town, ALL, json!({})).await),
    ];
    let ana = town.token("ana");
    let incident = json!({ "domain": "checkout", "severity": "sev3", "summary": "slow" });
    *town.is_full.lock().unwrap() = true;
    assert_eq!(
        town.ask(&ana, "/api/v1/incidents", incident.clone()).await.status(),
        503
    );
    let answer = evaluate(&town, SIDE, who.clone()).await;
    assert_eq!(answer.status(), 503);
    let failure: Value = answer.json().await.unwrap();
    assert_eq!(failure["errorCode"], "GENERAL", "{failure}");
    assert!(failure["value"].is_null(), "{failure}");
    let all = evaluate(&town, ALL, who.clone()).await;
    assert!(!well.contains(&tag(&all)), "a client with the sides asks again");
    let all: Value = all.json().await.unwrap();
    let flags = all["flags"].as_array().unwrap();
    assert!(flags.iter().all(|flag| flag["key"] != "side:feed"), "{all}");
    assert_eq!(all["metadata"]["sidesWithheld"], true);
    *town.is_full.lock().unwrap() = false;
    assert_eq!(town.ask(&ana, "/api/v1/incidents", incident).await.status(), 200);
    assert_eq!(evaluate(&town, SIDE, who).await.status(), 200);
}
