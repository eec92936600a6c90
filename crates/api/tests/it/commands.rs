//! Commands over JSON: taken, refused, repeated, not durable.

use serde_json::{Value, json};
use tidegate_api::access::Purpose;
use tidegate_model::DomainId;

use crate::world::Town;

#[tokio::test]
async fn an_incident_is_declared_acknowledged_acted_in_and_resolved() {
    let town = Town::new().await;
    let ana = town.token("ana");
    let incident = town.incident().await;
    let path = |what: &str| format!("/api/v1/incidents/{incident}/{what}");
    for (what, body) in [
        ("acknowledge", json!({})),
        ("act", json!({ "action": "wallet-off" })),
        ("resolve", json!({ "lesson": "none, because it was a test" })),
    ] {
        let answer = town.ask(&ana, &path(what), body).await;
        assert_eq!(answer.status(), 200, "{what}");
        let said: Value = answer.json().await.unwrap();
        assert!(
            said["said"].as_str().is_some_and(|said| !said.is_empty()) && said["seq"].is_u64(),
            "{said}"
        );
    }
    let view: Value = town
        .get(&format!("/api/v1/incidents/{incident}"))
        .bearer_auth(&ana)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(view["phase"], "resolved");
    let told: Vec<&str> = view["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| told["text"].as_str().unwrap())
        .collect();
    assert!(told.iter().any(|text| text.contains("ana acknowledged")), "{told:?}");
    let status: Value = town
        .get("/api/v1/status")
        .bearer_auth(&ana)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(status["switches"][0]["value"], json!({ "bool": false }));
    let reverted = town.ask(&ana, "/api/v1/actions/wallet-off/revert", json!({})).await;
    assert_eq!(reverted.status(), 200);
}

#[tokio::test]
async fn a_refusal_names_rule_owner_and_remedy_and_is_journalled() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let before = town.seq();
    let answer = town
        .ask(
            &town.token("eve"),
            &format!("/api/v1/incidents/{incident}/act"),
            json!({ "action": "wallet-off" }),
        )
        .await;
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(
        (problem["code"].as_str(), problem["rule"].as_str()),
        (Some("TG9001"), Some("not-authorised"))
    );
    assert_eq!(problem["owner"], "checkout-team");
    assert!(problem["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    assert_eq!(town.seq(), before + 1, "the attempt is in the journal");
    let ana = town.token("ana");
    let lesson = json!({ "lesson": "none, because of a test" });
    assert_eq!(
        town.ask(&ana, &format!("/api/v1/incidents/{incident}/resolve"), lesson.clone())
            .await
            .status(),
        200
    );
    let again = town
        .ask(&ana, &format!("/api/v1/incidents/{incident}/resolve"), lesson)
        .await;
    assert_eq!(again.status(), 409, "a state that does not allow it is a conflict");
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_happens_once() {
    let town = Town::new().await;
    let ana = town.token("ana");
    let body = json!({ "domain": "checkout", "severity": "sev3", "summary": "slow" });
    let send = || {
        town.post("/api/v1/incidents")
            .bearer_auth(&ana)
            .header("Idempotency-Key", "k1")
            .json(&body)
            .send()
    };
    let first: Value = send().await.unwrap().json().await.unwrap();
    let after_first = town.seq();
    let second: Value = send().await.unwrap().json().await.unwrap();
    assert_eq!(first["said"], second["said"]);
    assert_eq!(town.seq(), after_first);
    for bad in ["", &"k".repeat(65), "two words"] {
        let answer = town
            .post("/api/v1/incidents")
            .bearer_auth(&ana)
            .header("Idempotency-Key", bad)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 422, "`{bad}`");
    }
}

#[tokio::test]
async fn a_change_may_be_noted_by_a_service_and_reaches_the_engine_as_one() {
    let town = Town::new().await;
    let key = town.key(Purpose::Change);
    let before = town.seq();
    let change = json!({ "side": "new", "reference": "abc", "summary": "deploy" });
    let answer = town.ask(&key, "/api/v1/stages/nowhere/change", change).await;
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["rule"], "unknown-subject", "{problem}");
    assert_eq!(town.seq(), before + 1);
}

#[tokio::test]
async fn while_the_store_takes_nothing_nothing_is_acknowledged() {
    let town = Town::new().await;
    let ana = town.token("ana");
    *town.is_full.lock().unwrap() = true;
    let body = json!({ "domain": "checkout", "severity": "sev3", "summary": "slow" });
    let answer = town.ask(&ana, "/api/v1/incidents", body.clone()).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let problem: Value = answer.json().await.unwrap();
    assert!(
        problem["detail"].as_str().unwrap().contains("the disk is full"),
        "{problem}"
    );
    let health = town.get("/healthz").send().await.unwrap();
    assert_eq!(health.status(), 503);
    assert_eq!(health.json::<Value>().await.unwrap()["store_writable"], false);
    *town.is_full.lock().unwrap() = false;
    assert_eq!(town.ask(&ana, "/api/v1/incidents", body).await.status(), 200);
    assert_eq!(town.get("/healthz").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn who_owns_what_and_what_may_i_do() {
    let town = Town::new().await;
    let ana = town.token("ana");
    let incident = town.incident().await;
    let get = async |path: &str, token: &str| -> Value {
        town.get(path)
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    };
    let who = get("/api/v1/who?q=checkout.wallet", &ana).await;
    assert_eq!(
        (who["kind"].as_str(), who["domain"].as_str()),
        (Some("switch"), Some("checkout"))
    );
    assert_eq!(who["ladder"].as_array().unwrap().len(), 2);
    let nobody = get("/api/v1/who?q=checkout.walet", &ana).await;
    assert_eq!(
        (nobody["kind"].as_str(), &nobody["owner"]),
        (Some("nothing"), &Value::Null)
    );
    assert_eq!(nobody["near"][0], "switch:checkout.wallet");
    let allowed = async |name: &str| {
        let rulings = get("/api/v1/rulings", &town.token(name)).await;
        let act = format!("{incident}/wallet-off");
        rulings
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["subject"] == *act)
            .map(|one| one["allowed"].clone())
    };
    assert_eq!(allowed("ana").await, Some(Value::Bool(true)));
    assert_eq!(allowed("eve").await, Some(Value::Bool(false)));
}

#[tokio::test]
async fn the_journal_is_read_in_pages() {
    let town = Town::new().await;
    let ana = town.token("ana");
    town.incident().await;
    let all: Vec<Value> = town
        .get("/api/v1/journal")
        .bearer_auth(&ana)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(all.len(), town.seq());
    let two: Vec<Value> = town
        .get("/api/v1/journal?from=2&limit=1")
        .bearer_auth(&ana)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(two, all[1..2]);
    for bad in ["limit=0", "limit=5000", "from=x"] {
        let answer = town
            .get(&format!("/api/v1/journal?{bad}"))
            .bearer_auth(&ana)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 422, "{bad}");
    }
}

#[tokio::test]
async fn the_stream_follows_the_journal_and_ends_with_the_faces() {
    let town = Town::new().await;
    let ana = town.token("ana");
    let mut stream = town.get("/api/v1/stream").bearer_auth(&ana).send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    town.incident().await;
    let head = format!("data: {{\"seq\":{}}}", town.seq());
    let mut heard = String::new();
    while !heard.contains(&head) {
        let chunk = stream
            .chunk()
            .await
            .unwrap()
            .expect("the stream goes on until the head was told");
        heard.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(
        heard.contains("event: status") && heard.contains(&format!("id: {}", town.seq())),
        "{heard}"
    );
    town.stop.send(true).unwrap();
    let rest = async {
        while let Ok(Some(_)) = stream.chunk().await {}
        town.served.await
    };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(60), rest).await;
    ended
        .expect("a stream goes on after the faces were stopped")
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn another_estate_is_compiled_then_asked_for() {
    let town = Town::new().await;
    let files = |files: Value| json!({ "files": files, "settings": {} });
    let send = async |person: &str, body: Value| {
        let answer = town.ask(&town.token(person), "/api/v1/adopt", body).await;
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let title = || {
        town.handle.view().estate.domains()[&DomainId::parse("checkout").unwrap()]
            .title
            .clone()
    };

    let (status, wrong) = send("ana", files(json!([]))).await;
    assert_eq!((status, wrong["code"].as_str()), (422, Some("TG8117")), "{wrong}");
    assert_eq!(wrong["detail"], "error[TG0001]: no files");
    let before = town.seq();
    let (status, nowhere) = send("ana", files(json!([{ "path": "a.yaml", "text": "Nowhere" }]))).await;
    assert_eq!((status, nowhere["code"].as_str()), (422, Some("TG8118")), "{nowhere}");
    assert_eq!(town.seq(), before, "nothing is journalled of it");
    let (status, refused) = send("eve", files(json!([]))).await;
    assert_eq!((status, refused["code"].as_str()), (403, Some("TG9001")), "{refused}");

    let long = "x".repeat(1_000_000);
    let other = files(json!([{ "path": "a.yaml", "text": "Payments" }, { "path": "b.yaml", "text": long }]));
    let (status, refused) = send("eve", other.clone()).await;
    assert_eq!((status, refused["code"].as_str()), (403, Some("TG9001")), "{refused}");
    assert_eq!(title(), "Checkout");
    assert_eq!(*town.kept.lock().unwrap(), 0, "nothing is kept for who may not adopt");

    let (status, taken) = send("ana", other).await;
    assert_eq!(status, 200, "{taken}");
    assert_eq!(title(), "Payments");
    assert_eq!(*town.kept.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_key_is_its_callers_own() {
    let town = Town::new().await;
    let body = json!({ "domain": "checkout", "severity": "sev3", "summary": "looks odd" });
    let send = async |person: &str| {
        let request = town.post("/api/v1/incidents").bearer_auth(town.token(person));
        let answer = request
            .header("idempotency-key", "same")
            .json(&body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let first = send("ana").await;
    assert_eq!(first.0, 200);
    assert_eq!(send("ana").await.1["said"], first.1["said"], "the same answer again");
    assert_ne!(
        send("marek").await.1["said"],
        first.1["said"],
        "somebody else's own request"
    );
}

#[tokio::test]
async fn a_disk_that_does_not_answer_makes_the_health_fail_until_it_does() {
    let town = Town::new().await;
    let (is_full, (let_go, told)) = (town.is_full.clone(), std::sync::mpsc::channel::<()>());
    let (holds, held) = std::sync::mpsc::channel();
    let disk = std::thread::spawn(move || {
        let _hanging = is_full.lock().unwrap();
        holds.send(()).unwrap();
        told.recv()
    });
    held.recv().unwrap();
    let body = json!({ "domain": "checkout", "severity": "sev3", "summary": "looks odd" });
    let asked = town
        .post("/api/v1/incidents")
        .bearer_auth(town.token("ana"))
        .json(&body);
    let asked = tokio::spawn(asked.send());
    let health = async |status: u16| {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        loop {
            let answer = town.get("/healthz").send().await.unwrap();
            if answer.status() == status {
                break answer.json::<Value>().await.unwrap();
            }
            assert!(std::time::Instant::now() < deadline, "never {status}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let problem = health(503).await;
    assert_eq!(problem["code"], "TG8119", "{problem}");
    let_go.send(()).unwrap();
    assert!(disk.join().unwrap().is_ok());
    assert_eq!(
        asked.await.unwrap().unwrap().status(),
        200,
        "what was asked was only waiting"
    );
    health(200).await;
}

#[tokio::test]
async fn a_stream_ends_with_the_token_or_session_that_opened_it() {
    let town = Town::new().await;
    let cookie = town.session("marek").await;
    let by_token = town.get("/api/v1/stream").bearer_auth(town.token("ana"));
    let by_session = town.get("/api/v1/stream?fragments=plan").header("cookie", &cookie);
    let by_key = town.get("/ofrep/v1/stream").bearer_auth(town.key(Purpose::Switches));
    let streams = [by_token, by_session, by_key].map(|request| async { request.send().await.unwrap() });
    let mut open = Vec::new();
    for stream in streams {
        let mut stream = stream.await;
        assert_eq!(stream.status(), 200);
        assert!(stream.chunk().await.unwrap().is_some(), "what is so now");
        open.push(stream);
    }
    for holder in ["ana", "marek", "shop"] {
        assert!(town.access.revoke(holder).unwrap() > 0, "{holder}");
    }
    town.incident().await;
    for mut stream in open {
        let rest = async { while let Ok(Some(_)) = stream.chunk().await {} };
        let ended = tokio::time::timeout(std::time::Duration::from_secs(60), rest).await;
        assert!(ended.is_ok(), "a stream goes on after its reader was let out");
    }
}

#[tokio::test]
async fn a_key_stands_for_one_request_whoever_was_first() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let send = async |token: &str, path: &str, body: Value| {
        let request = town.post(path).bearer_auth(token).header("idempotency-key", "same");
        let answer = request.json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let ana = town.token("ana");
    let path = format!("/api/v1/incidents/{incident}");
    let (status, first) = send(&ana, &format!("{path}/acknowledge"), json!({})).await;
    assert_eq!(status, 200, "{first}");
    let before = town.seq();
    let (status, other) = send(&ana, &format!("{path}/act"), json!({ "action": "wallet-off" })).await;
    assert_eq!((status, other["code"].as_str()), (422, Some("TG8120")), "{other}");
    assert_eq!(town.seq(), before, "nothing was done");
    let (status, again) = send(&ana, &format!("{path}/acknowledge"), json!({})).await;
    assert_eq!((status, &again["said"]), (200, &first["said"]));

    // Two programs with keys for the same thing are two callers.
    let change = json!({ "side": "new", "reference": "a1b2c3", "summary": "" });
    let keys = ["shop", "warehouse"].map(|name| {
        let service = tidegate_model::ServiceId::parse(name).unwrap();
        let holder = tidegate_api::access::Holder::Service(service, Purpose::Change);
        town.access.issue(holder).unwrap()
    });
    let (_, one) = send(&keys[0], "/api/v1/stages/one/change", change.clone()).await;
    let (_, two) = send(&keys[1], "/api/v1/stages/two/change", change).await;
    assert!(one["detail"].as_str().unwrap().contains("one"), "{one}");
    assert!(two["detail"].as_str().unwrap().contains("two"), "{two}");
}

#[tokio::test]
async fn a_runbook_is_begun_with_a_reason_and_its_steps_are_said_done() {
    let town = Town::new().await;
    let ana = town.token("ana");
    let incident = town.incident().await;
    let act = format!("/api/v1/incidents/{incident}/act");
    let bare = town.ask(&ana, &act, json!({ "action": "release-back" })).await;
    assert_eq!(bare.status(), 409, "a runbook says why");
    let eve = town.token("eve");
    let body = json!({ "action": "release-back", "reason": "orders fail since the release" });
    assert_eq!(town.ask(&eve, &act, body.clone()).await.status(), 403);
    let begun: Value = town.ask(&ana, &act, body).await.json().await.unwrap();
    let said = begun["said"].as_str().unwrap();
    assert!(
        said.contains("orders fail since the release") && said.contains("Tidegate itself moves nothing"),
        "{said}"
    );
    let steps = format!("/api/v1/incidents/{incident}/steps");
    let done = json!({ "action": "release-back", "step": 1, "note": "the provider is well" });
    assert_eq!(town.ask(&eve, &steps, done.clone()).await.status(), 403);
    assert_eq!(town.ask(&ana, &steps, done.clone()).await.status(), 200);
    assert_eq!(town.ask(&ana, &steps, done).await.status(), 409, "once");
    let view = town.get(&format!("/api/v1/incidents/{incident}")).bearer_auth(&ana);
    let view: Value = view.send().await.unwrap().json().await.unwrap();
    assert_eq!(view["runs"][0]["left"], 0);
    assert_eq!(view["runs"][0]["reason"], "orders fail since the release");
    assert_eq!(view["runs"][0]["steps"][0]["by"], "ana");
}
