//! What people tell beside decisions: drills over the whole way, and what is refused of feedback and answers.

use serde_json::{Value, json};

use crate::world::Town;

async fn problem(town: &Town, who: &str, path: &str, body: Value) -> (u16, Value) {
    let answer = town.ask(&town.token(who), path, body).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_drill_is_told_by_whoever_answers_for_the_runbook_and_shown() {
    let town = Town::new().await;
    let path = "/api/v1/runbooks/checkout-down/drill";
    let (status, refused) = problem(&town, "eve", path, json!({ "worked": true, "note": "fine" })).await;
    assert_eq!((status, &refused["rule"]), (403, &json!("not-authorised")), "{refused}");
    let (status, refused) = problem(&town, "ana", path, json!({ "worked": true, "note": " " })).await;
    assert_eq!((status, &refused["code"]), (409, &json!("TG9015")), "{refused}");
    let cookie = town.session("ana").await;
    let page = town.page("/risks", &cookie).await;
    assert!(page.contains("undrilled"), "{page}");
    let (status, said) = problem(
        &town,
        "ana",
        path,
        json!({ "worked": false, "note": "the switch was stuck" }),
    )
    .await;
    assert_eq!(status, 200, "{said}");
    let page = town.page("/risks", &cookie).await;
    assert!(page.contains("did not work when ana drilled it"), "{page}");
    let secret = crate::world::hidden(&page, "csrf");
    let pressed = [
        ("csrf", secret.as_str()),
        ("do", "drill"),
        ("subject", "checkout-down"),
        ("holds", "yes"),
        ("note", "back within a minute"),
    ];
    assert_eq!(town.form("/do", Some(&cookie), &pressed).await.status(), 200);
    let status: Value = town
        .get("/api/v1/status")
        .bearer_auth(town.token("ana"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let last = &status["drills"][0]["last"];
    assert_eq!((&last["by"], &last["worked"]), (&json!("ana"), &json!(true)), "{last}");
    assert_eq!(last["note"], "back within a minute");
}

#[tokio::test]
async fn an_answer_is_a_criterion_or_a_reason_and_never_both() {
    let town = Town::new().await;
    for body in [
        json!({ "of": "fb-1" }),
        json!({ "of": "fb-1", "criterion": "errors", "because": "known" }),
        json!({ "of": "", "because": "known" }),
        json!({ "of": "fb-1", "criterion": "a/b/c" }),
    ] {
        let (status, wrong) = problem(&town, "ana", "/api/v1/stages/checkout/answer", body.clone()).await;
        assert_eq!((status, &wrong["code"]), (422, &json!("TG8108")), "{body}: {wrong}");
    }
    let body = json!({ "of": "fb-1", "because": "known" });
    let (status, refused) = problem(&town, "ana", "/api/v1/stages/nowhere/answer", body).await;
    assert_eq!((status, &refused["code"]), (409, &json!("TG9002")), "{refused}");
    let body = json!({ "from": "support", "text": "slow" });
    let (status, refused) = problem(&town, "ana", "/api/v1/stages/nowhere/feedback", body).await;
    assert_eq!((status, &refused["code"]), (409, &json!("TG9002")), "{refused}");
}
