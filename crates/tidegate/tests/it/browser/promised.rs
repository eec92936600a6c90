//! What owners promise, end to end: gateways count, sources are asked, a budget that burns pages its owner, an entry waits for it.

use std::path::Path;

use serde_json::Value;
use tidegate_journal::{Journal, NewEntry, Options as Keeping};

use super::axe::{checker, looked_at};
use super::enter;
use super::reach::{CUT, FAULTS, nothing};
use super::tab::Tab;
use crate::postbox::Postbox;
use crate::shoppers::{Crowd, ask};
use crate::upstream::Mood;
use crate::world::{BROWSING, ESTATE, Options, World, until, until_no_more};

/// Two figures of a flow, and one that a source tells.
const PROMISED: &str = "  objectives:
    - { name: browsing, title: A page answers, p95: 5s, of: { flow: browse } }
    - { name: shown, title: Products are shown, at-least: 99%, of: { flow: browse } }
    - { name: taken, title: Orders are taken, at-least: 90%, of: { on: books, sql: \"SELECT ratio FROM taken\" } }
";

const ENTER: &str = "      enter: [{ objective: shop/shown, burn: \"< 1\" }]\n";
const STEPS: &str = "      steps:\n";

const PAID_ONCE: &str = "---
apiVersion: tidegate/v1alpha1
kind: Invariant
metadata: { name: paid-once, title: Nobody pays twice }
spec: { domain: shop, violations: { on: books, sql: \"SELECT COUNT(*) FROM twice\" }, every: 10s, severity: sev1 }
";

fn books(path: &Path, sql: &str) {
    let db = rusqlite::Connection::open(path).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    db.execute_batch(sql).unwrap();
}

/// A world that promises all of this and sends its letters to a postbox.
fn promising(postbox: &Postbox, books: &Path) -> World {
    let mut arguments = postbox.arguments();
    arguments.push(format!("--source=books=sqlite:{}", books.display()));
    let mut world = World::quiet(Options {
        arguments,
        settings: vec![("SOAK", "10m".into())],
        ..Options::default()
    });
    assert!(ESTATE.contains(BROWSING) && ESTATE.contains(STEPS));
    let estate = ESTATE
        .replace(BROWSING, PROMISED)
        .replace(STEPS, &format!("{ENTER}{STEPS}"));
    std::fs::write(world.estate().join("tidegate.yaml"), format!("{estate}{PAID_ONCE}")).unwrap();
    world.serve();
    world
}

/// The same world with everything that its journal says said so much earlier: what was measured for a minute lets nobody in.
fn aged(world: &mut World, by_ms: i64) {
    world.terminate().fine();
    let path = world.state().join("journal.sqlite3");
    let young = world.folder().join("young.sqlite3");
    std::fs::rename(&path, &young).unwrap();
    let journal = Journal::open_read_only(&young).unwrap();
    let mut copy = Journal::open(&path, Keeping::default()).unwrap();
    for entry in journal.read(1, 10_000).unwrap() {
        let text = String::from_utf8(entry.bytes).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        if let Some(digest) = read["body"]["digest"].as_str() {
            copy.put_bundle(digest, &journal.bundle(digest).unwrap().unwrap())
                .unwrap();
        }
        let (at, aged) = (format!("\"at\":{},", entry.at_ms), entry.at_ms - by_ms);
        assert!(text.contains(&at), "{text}");
        copy.append(&[NewEntry {
            at_ms: aged,
            kind: entry.kind,
            bytes: text.replacen(&at, &format!("\"at\":{aged},"), 1).into_bytes(),
        }])
        .unwrap();
    }
    drop(copy);
    world.serve();
}

/// How a promise is kept, as the API tells it.
fn kept(world: &World, token: &str, id: &str) -> Value {
    let bearer = format!("Bearer {token}");
    let answer = ask(
        world.admin(),
        "GET",
        "/api/v1/objectives",
        &[("Authorization", &bearer)],
        "",
    )
    .unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let domains: Value = serde_json::from_str(&answer.body).unwrap();
    let declared = domains[0]["declared"].as_array().unwrap();
    let one = declared.iter().find(|one| one["id"] == id);
    one.unwrap_or_else(|| panic!("no `{id}` in {domains}"))["kept"].clone()
}

#[track_caller]
fn until_kept(world: &World, token: &str, id: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let last = std::cell::RefCell::new(Value::Null);
    until_no_more(
        || format!("{what}, but {}", last.borrow()),
        || {
            *last.borrow_mut() = kept(world, token, id);
            is_so(&last.borrow()).then(|| last.borrow().clone())
        },
    )
}

#[test]
fn an_entry_waits_for_a_budget_and_one_that_burns_pages_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books.sqlite3");
    books(
        &file,
        "CREATE TABLE taken (ratio REAL); INSERT INTO taken VALUES (0.95); CREATE TABLE twice (reference TEXT);",
    );
    let postbox = Postbox::open();
    let mut world = promising(&postbox, &file);
    aged(&mut world, 7_200_000);
    let ana = world.token("ana");
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    // Nobody came yet, so nobody can tell.
    let waiting = world.until_stage(&ana, "the entry waits", |stage| {
        stage["waits_for"].to_string().contains("shop/shown")
    });
    assert_eq!(
        (&waiting["phase"], &waiting["exposure"]),
        (&"ready".into(), &0.into()),
        "{waiting}"
    );
    let crowd = Crowd::at(world.edge());
    world.until_stage(&ana, "the entry", |stage| stage["exposure"] == 1_000);
    let good = until_kept(&world, &ana, "shown", "it is kept", |kept| kept["standing"] == "kept");
    assert_eq!(
        (&good["spent"]["bad"], &good["incident"]),
        (&0.into(), &Value::Null),
        "{good}"
    );

    // Every second answer is an apology, on both sides: a comparison sees no difference.
    for side in [&world.old, &world.new] {
        side.set_mood(Mood::Fails { status: 200, each: 2 });
    }
    let burning = until_kept(&world, &ana, "shown", "it burns", |kept| kept["incident"].is_string());
    drop(crowd);
    assert_eq!(burning["standing"], "burning", "{burning}");
    let (bad, total) = (&burning["spent"]["bad"], &burning["spent"]["total"]);
    assert!(
        bad.as_u64().unwrap() * 1_000 > total.as_u64().unwrap() * 144,
        "{burning}"
    );
    assert!(burning["spent"]["left"].as_f64().unwrap() < 0.0, "{burning}");
    let incident = burning["incident"].as_str().unwrap().to_owned();
    let told = world.run_as("ana", &["status"]).fine();
    assert!(
        told.contains(&format!(
            "{incident} sev2 shop: Products are shown, promised by shop-team"
        )),
        "{told}"
    );
    until("a page to its owner", || {
        let letters = postbox.letters("ana@toy.example", &incident);
        letters
            .into_iter()
            .find(|letter| letter.text.contains("Products are shown"))
    });
    // The time of pages that apologise is as good as before, and said to be so.
    assert_eq!(kept(&world, &ana, "browsing")["standing"], "kept");

    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    tab.click("nav a[href='/objectives']");
    tab.sees("#head", "4 promises of 1 domain: 1 not kept.");
    for said in [
        "Products are shown",
        "at least 99 %",
        "flow browse",
        "burning",
        &incident,
        "owner shop-team",
    ] {
        tab.sees("#objectives", said);
    }
    for width in [360, 768, 1280] {
        tab.resize(width, 900);
        assert_eq!(tab.value(CUT), nothing(), "at {width}");
    }
    assert_eq!(tab.value(FAULTS), nothing());
    looked_at(&tab, &checker(), "/objectives with a budget that burns");
}

#[test]
fn sources_are_asked_day_and_night_and_a_violation_is_an_incident_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books.sqlite3");
    books(
        &file,
        "CREATE TABLE taken (ratio REAL); INSERT INTO taken VALUES (0.95); CREATE TABLE twice (reference TEXT);",
    );
    let postbox = Postbox::open();
    let world = promising(&postbox, &file);
    let ana = world.token("ana");
    until_kept(&world, &ana, "paid-once", "it holds", |kept| kept["standing"] == "kept");
    let told = until_kept(&world, &ana, "taken", "its source has told", |kept| {
        kept["told"].is_array()
    });
    assert_eq!(told["told"][1], "0.95", "{told}");

    books(&file, "INSERT INTO twice VALUES ('O-1'), ('O-2');");
    let violated = until_kept(&world, &ana, "paid-once", "it is violated", |kept| {
        kept["incident"].is_string()
    });
    assert_eq!(
        (&violated["standing"], &violated["spent"]),
        (&"violated".into(), &Value::Null)
    );
    let incident = violated["incident"].as_str().unwrap().to_owned();
    until("a page to the owner of payments", || {
        postbox
            .letters("ana@toy.example", "Nobody pays twice: 2 violations")
            .pop()
    });
    // What a person closes is known; one more is not.
    let lesson = ["resolve", &incident, "--lesson", "none, because both were refunded"];
    world.run_as("ana", &lesson).fine();
    let known = until_kept(&world, &ana, "paid-once", "its incident is closed", |kept| {
        kept["incident"].is_null()
    });
    assert_eq!(known["standing"], "violated", "{known}");
    books(&file, "INSERT INTO twice VALUES ('O-3');");
    let again = until_kept(&world, &ana, "paid-once", "another incident", |kept| {
        kept["incident"].is_string()
    });
    assert_ne!(again["incident"], incident.as_str());

    // A source that does not answer is neither good nor bad.
    books(&file, "DROP TABLE twice;");
    let blind = until_kept(&world, &ana, "paid-once", "nobody can tell", |kept| {
        kept["standing"] == "no-data"
    });
    assert!(blind["why"].as_str().unwrap().contains("source"), "{blind}");
}
