//! What the description says of a request is what becomes of it.

use serde_json::{Value, json};

use crate::world::Town;

#[tokio::test]
async fn the_description_is_served_to_whoever_asks() {
    let town = Town::new().await;
    let answer = town.get("/api/openapi.json").send().await.unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()["content-type"].to_str().unwrap()
        ),
        (200, "application/json")
    );
    let served: Value = answer.json().await.unwrap();
    assert_eq!(served, serde_json::from_str::<Value>(&tidegate_api::openapi()).unwrap());
}

#[tokio::test]
async fn a_condition_that_cannot_be_read_or_kept_is_never_taken_for_none() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let token = town.token("ana");
    let before = town.seq();
    let ask = async |path: &str, name: &'static str, value: &[u8]| {
        let value = reqwest::header::HeaderValue::from_bytes(value).unwrap();
        let asked = town.post(path).bearer_auth(&token).header(name, value).json(&json!({}));
        let answer = asked.send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.unwrap()["code"].clone(),
        )
    };
    let acknowledge = format!("/api/v1/incidents/{incident}/acknowledge");
    for value in [&b"old"[..], b"\"old", b"W/\"old\"", b"\"a\", \"b\"", b"", b"\"\xff\""] {
        let told = ask("/api/v1/stages/shop/approve", "if-match", value).await;
        assert_eq!(told, (422, json!("TG8108")), "{value:?}");
    }
    // Nothing of an incident is bound to what was seen of a stage.
    assert_eq!(ask(&acknowledge, "if-match", b"\"old\"").await, (422, json!("TG8108")));
    for key in [&b""[..], b"a b", b"\xff"] {
        assert_eq!(
            ask(&acknowledge, "idempotency-key", key).await,
            (422, json!("TG8108")),
            "{key:?}"
        );
    }
    assert_eq!(town.seq(), before, "nothing was asked of the engine");
    assert_eq!(ask(&acknowledge, "if-match", b"*").await.0, 200);
}

#[tokio::test]
async fn a_name_that_can_be_none_is_told_apart_from_one_that_nobody_has() {
    let town = Town::new().await;
    let token = town.token("ana");
    for (path, status, code) in [
        ("/api/v1/stages/none", 404, "TG8111"),
        ("/api/v1/stages/-none", 422, "TG8108"),
        ("/api/v1/stages/%ff", 422, "TG8108"),
        ("/api/v1/stages/none/criteria/a%20b", 422, "TG8108"),
        ("/api/v1/journal?from=-1", 422, "TG8108"),
        ("/api/v1/journal?limit=1001", 422, "TG8108"),
        ("/api/v1/who", 422, "TG8108"),
    ] {
        let answer = town.get(path).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code, "{path}");
    }
}
