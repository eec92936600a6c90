//! Pages over HTTP: what they say, and that their buttons work without a script.

use crate::world::{Town, hidden};

#[tokio::test]
async fn the_plan_page_answers_and_its_buttons_work_without_a_script() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let cookie = town.session("ana").await;
    let page = town.page("/", &cookie).await;
    assert!(
        page.contains("orders fail") && page.contains("checkout.wallet"),
        "{page}"
    );
    let csrf = hidden(&page, "csrf");
    let press = async |fields: &[(&str, &str)]| {
        let mut all = vec![("csrf", csrf.as_str()), ("subject", incident.as_str())];
        all.extend(fields);
        town.form("/do", Some(&cookie), &all).await
    };
    let answer = press(&[("do", "acknowledge")]).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("Done."));
    assert_eq!(press(&[("do", "act"), ("action", "wallet-off")]).await.status(), 200);
    // A missing text is asked for before the engine is.
    let before = town.seq();
    assert_eq!(press(&[("do", "resolve"), ("lesson", " ")]).await.status(), 422);
    assert_eq!(press(&[("do", "dance")]).await.status(), 422);
    assert_eq!(town.seq(), before);
    assert!(town.page("/", &cookie).await.contains("ana used wallet-off"));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_asks_once_and_the_next_page_asks_again() {
    let town = Town::new().await;
    let cookie = town.session("ana").await;
    let page = town.page("/risks", &cookie).await;
    let send = async |page: &str| {
        let (csrf, once) = (hidden(page, "csrf"), hidden(page, "once"));
        let fields = [
            ("csrf", csrf.as_str()),
            ("once", &once),
            ("subject", "checkout-down"),
            ("do", "drill"),
            ("holds", "yes"),
            ("note", "back within a minute"),
        ];
        town.form("/do", Some(&cookie), &fields).await.status()
    };
    let before = town.seq();
    assert_eq!(send(&page).await, 200);
    let once = town.seq();
    assert!(once > before);
    assert_eq!(send(&page).await, 200, "the same answer");
    assert_eq!(town.seq(), once, "nothing happens twice");
    let next = town.page("/risks", &cookie).await;
    assert_eq!(send(&next).await, 200);
    assert!(town.seq() > once, "a new press is asked anew");
}

#[tokio::test]
async fn a_refusal_is_shown_in_place_with_its_remedy() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let cookie = town.session("eve").await;
    let csrf = hidden(&town.page("/", &cookie).await, "csrf");
    let body = format!("csrf={csrf}&do=act&action=wallet-off&subject={incident}");
    let answer = town
        .post("/do")
        .header("cookie", &cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-fragment", "1")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    let text = answer.text().await.unwrap();
    assert!(
        text.contains("TG9001") && text.contains("checkout-team") && text.contains("What helps"),
        "{text}"
    );
    assert!(!text.contains("<html"), "the answer alone, not a page");
}

#[tokio::test]
async fn the_journal_page_and_the_incident_page_are_read() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let cookie = town.session("ana").await;
    let journal = town.page("/journal", &cookie).await;
    assert!(
        journal.contains("incident-opened") && journal.contains("tidegate journal verify"),
        "{journal}"
    );
    let page = town.page(&format!("/incidents/{incident}"), &cookie).await;
    assert!(page.contains("orders fail") && page.contains("Runbook"), "{page}");
    let unknown = town
        .get("/incidents/inc-99")
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn the_stream_of_a_page_carries_the_fragments_that_changed() {
    let town = Town::new().await;
    let cookie = town.session("ana").await;
    let mut stream = town
        .get("/api/v1/stream?fragments=plan")
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(stream.status(), 200);
    town.incident().await;
    let mut heard = String::new();
    while !heard.contains("orders fail") {
        heard.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().expect("the stream goes on")).unwrap());
    }
    assert!(
        heard.contains("event: fragment") && heard.contains("\"id\":\"incidents\""),
        "{heard}"
    );
}

#[tokio::test]
async fn every_page_leads_to_every_other_and_says_what_is_wrong_on_each() {
    let town = Town::new().await;
    town.incident().await;
    let cookie = town.session("ana").await;
    let paths = [
        "/",
        "/incidents",
        "/objectives",
        "/ownership",
        "/risks",
        "/data",
        "/pages",
        "/journal",
    ];
    for path in paths {
        let page = town.page(path, &cookie).await;
        for other in paths {
            assert!(page.contains(&format!("href=\"{other}\"")), "{path} leads to {other}");
        }
        assert!(page.contains("orders fail"), "{path} says what is wrong: {page}");
        assert!(page.contains("<span class=\"badge\">1"), "{path} counts open incidents");
    }
}

#[tokio::test]
async fn an_incident_is_declared_on_its_page_and_resolved_with_a_lesson() {
    let town = Town::new().await;
    let cookie = town.session("ana").await;
    let page = town.page("/incidents", &cookie).await;
    assert!(page.contains("None is open, nobody is being called."), "{page}");
    let csrf = hidden(&page, "csrf");
    let open = [
        ("csrf", csrf.as_str()),
        ("do", "open"),
        ("domain", "checkout"),
        ("severity", "sev1"),
        ("summary", "nobody can pay"),
    ];
    assert_eq!(town.form("/do", Some(&cookie), &open).await.status(), 200);
    let wrong = [
        ("csrf", csrf.as_str()),
        ("do", "open"),
        ("domain", "checkout"),
        ("severity", "bad"),
        ("summary", "x"),
    ];
    assert_eq!(town.form("/do", Some(&cookie), &wrong).await.status(), 422);
    let page = town.page("/incidents", &cookie).await;
    assert!(
        page.contains("nobody can pay") && page.contains("1 incident is open"),
        "{page}"
    );
    let one = town.page("/incidents/inc-1", &cookie).await;
    // Each rung with its people, the granted action with what it does and for how long, and the way back.
    for said in [
        "On call",
        "Leads",
        "marek",
        "being called now",
        "Turn the wallet off",
        "checkout.wallet = off for 15 min, then back by itself",
        "You may do it now.",
    ] {
        assert!(one.contains(said), "{said}: {one}");
    }
    let resolve = [
        ("csrf", csrf.as_str()),
        ("do", "resolve"),
        ("subject", "inc-1"),
        ("lesson", "none, because it was a drill"),
    ];
    assert_eq!(town.form("/do", Some(&cookie), &resolve).await.status(), 200);
    let page = town.page("/incidents", &cookie).await;
    assert!(
        page.contains("none, because it was a drill") && page.contains("None is open"),
        "{page}"
    );
}

#[tokio::test]
async fn who_owns_it_is_answered_with_the_ladder_and_nobody_is_an_answer() {
    let town = Town::new().await;
    let cookie = town.session("eve").await;
    let known = town.page("/ownership?q=checkout.wallet", &cookie).await;
    assert!(
        known.contains("The switch <b>checkout.wallet</b>")
            && known.contains("checkout-team")
            && known.contains("marek"),
        "{known}"
    );
    let unknown = town.page("/ownership?q=%3Cb%3Enothing", &cookie).await;
    assert!(
        unknown.contains("Nobody is known to own “&lt;b&gt;nothing”"),
        "{unknown}"
    );
    assert!(
        unknown.contains("checkout") && unknown.contains("gap"),
        "the map stands below it"
    );
}

#[tokio::test]
async fn a_domain_without_an_objective_is_a_gap_with_its_owners_name() {
    let town = Town::new().await;
    let cookie = town.session("ana").await;
    let page = town.page("/objectives", &cookie).await;
    assert!(
        page.contains("Nobody has said what must hold") && page.contains("checkout-team"),
        "{page}"
    );
}

#[tokio::test]
async fn the_journal_is_searched_verified_and_exported() {
    let town = Town::new().await;
    town.incident().await;
    let cookie = town.session("ana").await;
    let found = town.page("/journal?q=ORDERS+fail", &cookie).await;
    assert!(found.contains("1 entry with “ORDERS fail”"), "{found}");
    assert!(
        found.contains("inc-1 opened") && !found.contains("the controller started"),
        "{found}"
    );
    let none = town.page("/journal?q=unheard", &cookie).await;
    assert!(none.contains("0 entries with “unheard”"), "{none}");
    let verified = town.page("/journal?verify=now", &cookie).await;
    assert!(verified.contains("The chain holds."), "{verified}");
    let export = town
        .get("/journal/export")
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert!(
        export.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .contains("attachment")
    );
    let lines = export.text().await.unwrap();
    assert_eq!(lines.lines().count(), town.seq());
    let stranger = town.get("/journal/export").send().await.unwrap();
    assert_eq!(stranger.status(), 303, "nobody exports it unseen");
}

#[tokio::test]
async fn every_page_follows_the_journal_and_an_unknown_one_is_a_problem() {
    let town = Town::new().await;
    let cookie = town.session("ana").await;
    for view in [
        "incidents",
        "incident:inc-1",
        "objectives",
        "ownership",
        "risks",
        "data",
        "journal",
    ] {
        let mut stream = town
            .get(&format!("/api/v1/stream?fragments={view}"))
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(stream.status(), 200, "{view}");
        let mut heard = String::new();
        while !heard.contains("\"id\":\"strip\"") || !heard.contains("\"id\":\"foot\"") {
            let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
            heard.push_str(std::str::from_utf8(&chunk).unwrap());
            if view == "incident:inc-1" && heard.contains("\"id\":\"head\"") {
                break;
            }
        }
    }
    let unknown = town
        .get("/api/v1/stream?fragments=nowhere")
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn surveys_are_told_to_people_and_to_nobody_else() {
    let town = Town::new().await;
    assert_eq!(town.get("/api/v1/surveys").send().await.unwrap().status(), 401);
    let answer = town
        .get("/api/v1/surveys")
        .bearer_auth(town.token("ana"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.text().await.unwrap(),
        "[]",
        "no gate of this estate looks at pages"
    );
    let cookie = town.session("ana").await;
    let page = town.page("/pages", &cookie).await;
    assert!(page.contains("No gate looks at pages or baskets"), "{page}");
    assert!(page.contains("data-live=\"pages\""), "{page}");
}

#[tokio::test]
async fn a_runbook_is_begun_on_the_incident_page_and_ticked_there() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let cookie = town.session("ana").await;
    let path = format!("/incidents/{incident}");
    let page = town.page(&path, &cookie).await;
    assert!(
        page.contains(
            "opens runbook checkout-down: people do 1 step and tick them here; Tidegate itself moves nothing"
        ),
        "it says before what it does and does not: {page}"
    );
    let csrf = hidden(&page, "csrf");
    let press = async |fields: &[(&str, &str)]| {
        let mut all = vec![
            ("csrf", csrf.as_str()),
            ("subject", incident.as_str()),
            ("action", "release-back"),
        ];
        all.extend(fields);
        town.form("/do", Some(&cookie), &all).await.status()
    };
    assert_eq!(press(&[("do", "act"), ("reason", "orders fail")]).await, 200);
    let page = town.page(&path, &cookie).await;
    assert!(
        page.contains("because: orders fail") && page.contains("Step 1 is done…"),
        "{page}"
    );
    assert_eq!(press(&[("do", "finish-step"), ("step", "one")]).await, 422);
    assert_eq!(
        press(&[("do", "finish-step"), ("step", "1"), ("note", "it is back")]).await,
        200
    );
    let page = town.page(&path, &cookie).await;
    assert!(
        page.contains("Every step is done.") && page.contains("it is back"),
        "{page}"
    );
}
