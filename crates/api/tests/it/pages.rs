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
    let incident = town.incident().await;
    let cookie = town.session("ana").await;
    let page = town.page("/", &cookie).await;
    let send = async |page: &str| {
        let (csrf, once) = (hidden(page, "csrf"), hidden(page, "once"));
        let fields = [
            ("csrf", csrf.as_str()),
            ("once", &once),
            ("subject", &incident),
            ("do", "acknowledge"),
        ];
        town.form("/do", Some(&cookie), &fields).await.status()
    };
    let before = town.seq();
    assert_eq!(send(&page).await, 200);
    let once = town.seq();
    assert!(once > before);
    assert_eq!(send(&page).await, 200, "the same answer");
    assert_eq!(town.seq(), once, "nothing happens twice");
    let next = town.page("/", &cookie).await;
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
