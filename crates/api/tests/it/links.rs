//! Signed links: they show before they do, do one thing for one person, and cannot be made up.

use tidegate_api::links::Links;
use tidegate_model::seam::Errand;
use tidegate_model::{IncidentId, Millis, Timestamp};

use crate::world::{Town, hidden, now, person};

fn errand(incident: &str) -> Errand {
    Errand::Incident(IncidentId::parse(incident).unwrap())
}

fn soon() -> Timestamp {
    now().after(Millis::minutes(5))
}

#[tokio::test]
async fn opening_a_link_changes_nothing_however_often() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let path = town.links.sign(&errand(&incident), &person("ana"), soon());
    let before = town.seq();
    for _ in 0..3 {
        let page = town.get(&path).send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert!(page.text().await.unwrap().contains("Acknowledge: I have it"));
    }
    assert_eq!(
        town.client
            .head(format!("{}{path}", town.url))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(town.seq(), before);
}

#[tokio::test]
async fn a_press_is_taken_once_and_repeated_with_the_same_answer() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let path = town.links.sign(&errand(&incident), &person("ana"), soon());
    let csrf = hidden(&town.get(&path).send().await.unwrap().text().await.unwrap(), "csrf");
    let press = async |button: &str| town.form(&path, None, &[("csrf", &csrf), ("do", button)]).await;
    let first = press("ack").await;
    assert_eq!(first.status(), 200);
    assert!(first.text().await.unwrap().contains("Done."));
    let after = town.seq();
    assert_eq!(press("ack").await.status(), 200);
    assert_eq!(town.seq(), after, "the same button of the same link happens once");
    let acted = press("act:wallet-off").await;
    assert_eq!(acted.status(), 200, "{}", acted.text().await.unwrap());
    let view = town.handle.view();
    let journalled = view.state.incidents.values().next().unwrap();
    assert_eq!(journalled.commander(), Some(&person("ana")));
    let resolved = town
        .form(
            &path,
            None,
            &[
                ("csrf", &csrf),
                ("do", "resolve"),
                ("lesson", "none, because of a test"),
            ],
        )
        .await;
    assert_eq!(resolved.status(), 200);
}

#[tokio::test]
async fn a_refused_press_of_a_link_is_asked_again_when_its_fields_have_changed() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let path = town.links.sign(&errand(&incident), &person("ana"), soon());
    let page = town.get(&path).send().await.unwrap().text().await.unwrap();
    let (csrf, once) = (hidden(&page, "csrf"), hidden(&page, "once"));
    let resolve = async |lesson: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("once", &once),
            ("lesson", lesson),
            ("do", "resolve"),
        ];
        town.form(&path, None, &fields).await.status()
    };
    assert_ne!(resolve("").await, 200);
    assert_eq!(resolve("none, because of a test").await, 200);
}

#[tokio::test]
async fn a_link_is_no_authority_of_its_own() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let path = town.links.sign(&errand(&incident), &person("eve"), soon());
    let page = town.get(&path).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("Not now: "),
        "the ruling is shown before the button is pressed"
    );
    let before = town.seq();
    let answer = town
        .form(
            &path,
            None,
            &[("csrf", &hidden(&page, "csrf")), ("do", "act:wallet-off")],
        )
        .await;
    assert_eq!(answer.status(), 403);
    let text = answer.text().await.unwrap();
    assert!(
        text.contains("Refused") && text.contains("checkout-team") && text.contains("What helps"),
        "{text}"
    );
    assert_eq!(town.seq(), before + 1, "the refused attempt is in the journal");
}

#[tokio::test]
async fn forged_expired_and_foreign_links_change_nothing() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let good = town.links.sign(&errand(&incident), &person("ana"), soon());
    let csrf = hidden(&town.get(&good).send().await.unwrap().text().await.unwrap(), "csrf");
    let foreign = Links::new([9; 32]).sign(&errand(&incident), &person("ana"), soon());
    let expired = town.links.sign(&errand(&incident), &person("ana"), now());
    let (said, signature) = good.split_once('.').unwrap();
    let other = town.links.sign(&errand("inc-99"), &person("ana"), soon());
    let spliced = format!("{}.{signature}", other.split_once('.').unwrap().0);
    let before = town.seq();
    for path in [
        &foreign,
        &expired,
        &spliced,
        &format!("{said}."),
        &"/l/nonsense".to_owned(),
    ] {
        assert_eq!(town.get(path).send().await.unwrap().status(), 403, "{path}");
        let answer = town.form(path, None, &[("csrf", &csrf), ("do", "ack")]).await;
        assert_eq!(answer.status(), 403, "{path}");
        assert!(answer.text().await.unwrap().contains("Nothing was changed"));
    }
    assert_eq!(town.seq(), before);
}

#[tokio::test]
async fn a_press_without_its_page_or_for_another_errand_does_nothing() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let path = town.links.sign(&errand(&incident), &person("ana"), soon());
    let other = town.links.sign(&errand(&incident), &person("marek"), soon());
    let others = hidden(&town.get(&other).send().await.unwrap().text().await.unwrap(), "csrf");
    let own = hidden(&town.get(&path).send().await.unwrap().text().await.unwrap(), "csrf");
    let before = town.seq();
    for csrf in ["", "guessed", &others] {
        assert_eq!(
            town.form(&path, None, &[("csrf", csrf), ("do", "ack")]).await.status(),
            403
        );
    }
    for button in ["approve", "hold", "", "act:not a name", "finalise"] {
        assert_eq!(
            town.form(&path, None, &[("csrf", &own), ("do", button)]).await.status(),
            422,
            "{button}"
        );
    }
    assert_eq!(town.post(&path).body("do=ack").send().await.unwrap().status(), 415);
    assert_eq!(
        town.form(&path, None, &[("csrf", &own), ("do", &"x".repeat(70_000))])
            .await
            .status(),
        413
    );
    assert_eq!(town.seq(), before);
}

#[tokio::test]
async fn a_link_of_another_incident_answers_that_one_only() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let path = town.links.sign(&errand("inc-99"), &person("ana"), soon());
    let csrf = {
        let known = town.links.sign(&errand(&incident), &person("ana"), soon());
        hidden(&town.get(&known).send().await.unwrap().text().await.unwrap(), "csrf")
    };
    assert_eq!(
        town.form(&path, None, &[("csrf", &csrf), ("do", "ack")]).await.status(),
        403
    );
    assert!(
        town.get(&path)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("not known here")
    );
    assert_eq!(
        town.handle
            .view()
            .state
            .open_incidents()
            .filter(|(_, one)| one.commander().is_some())
            .count(),
        0
    );
}
