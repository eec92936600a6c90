//! Harm from end to end: the new side fails as real shops do, and the gate takes everybody back before anybody has looked.

use std::path::PathBuf;

use serde_json::Value;
use tidegate_journal::{Journal, NewEntry, Options};

use crate::postbox::Postbox;
use crate::shoppers::{Crowd, Visitor, ask};
use crate::upstream::Mood;
use crate::world::{self, World, until};

#[test]
fn failures_with_status_200_are_rolled_back_and_paged_up_the_ladder() {
    let postbox = Postbox::open();
    let world = World::start_with(world::Options {
        arguments: postbox.arguments(),
        settings: vec![("ANSWER_WITHIN", "2s".into()), ("SOAK", "10m".into())],
        ..world::Options::default()
    });
    let ana = world.token("ana");
    let crowd = Crowd::at(world.edge());
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "shoppers on the new side", |stage| stage["exposure"] == 1_000);
    until("requests on the new side", || (world.new.count() > 20).then_some(()));

    let reasons = || -> Value {
        let bearer = format!("Bearer {ana}");
        let path = "/api/v1/stages/shop/criteria/browse-completion";
        let answer = ask(world.admin(), "GET", path, &[("Authorization", &bearer)], "").unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap()
    };
    let live = until("tests of the live counts", || {
        let live = reasons();
        let tests = live["explanation"]["tests"].as_array()?.len();
        (tests == 3).then_some(live)
    });
    assert_eq!(live["criterion"]["kind"], "completion", "{live}");
    assert!(live["told"].to_string().contains("pass? stratified"), "{live}");

    world.new.set_mood(Mood::Fails { status: 200, each: 2 });
    let stage = world.until_stage(&ana, "the gate's rollback", |stage| stage["phase"] == "rolled back");
    assert_eq!(
        (&stage["exposure"], &stage["attempt"]),
        (&0.into(), &1.into()),
        "{stage}"
    );
    assert_eq!(Visitor::default().get(world.edge(), "/").unwrap().side(), "old");
    let told = world.run(&["journal", "show"]).fine();
    assert!(told.contains("browse-completion"), "{told}");
    assert_why(&world, "harm");
    let after = reasons();
    assert_eq!(
        (&after["explanation"], &after["criterion"]["verdict"]),
        (&Value::Null, &"harm".into()),
        "{after}"
    );
    assert!(after["told"].to_string().contains("Counts of this step"), "{after}");

    // Nobody answers at the first rung, so the second is called; then somebody has it, and nobody else is called.
    until("a page to the owner", || {
        postbox.letters("ana@toy.example", "inc-1").pop()
    });
    let page = until("a page to the next rung", || {
        postbox.letters("emma@toy.example", "inc-1").pop()
    });
    assert!(
        page.text.contains(&format!("{}/l/", world.url())),
        "no link in {page:?}"
    );
    world.run_as("emma", &["ack", "inc-1"]).fine();

    // The same stage cannot be tried again on what is known to fail; a named change makes it possible.
    let early = world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]);
    assert_eq!(early.code, Some(3), "{early:?}");
    world.new.set_mood(Mood::Fine);
    let change = ["change", "shop", "new", "commit-17", "--summary", "sells again"];
    world.run_with(&change, &[("TIDEGATE_TOKEN", &ana)]).fine();
    world
        .run_as(
            "emma",
            &["resolve", "inc-1", "--lesson", "none, because the test says so"],
        )
        .fine();
    world.until_stage(&ana, "the second attempt", |stage| stage["phase"] == "ready");
    // Emma is no approver: what she learned is answered by one.
    let answer = ["answer", "shop", "inc-1", "--none", "the new side sells again"];
    world.run_with(&answer, &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "shoppers on the new side again", |stage| {
        (&stage["exposure"], &stage["attempt"]) == (&1_000.into(), &2.into())
    });

    let at_once = world.run(&["why", "browse-completion"]).fine();
    assert!(at_once.contains("attempt 2, step 1, exposure 10 %"), "{at_once}");
    let timed = until("a time of the old side", || {
        let ran = world.run_with(&["latency", "browse"], &[("TIDEGATE_TOKEN", &ana)]);
        (ran.code == Some(0)).then_some(ran.stdout)
    });
    assert!(timed.contains("requests: P50 "), "{timed}");

    let (answered, unanswered) = crowd.counts();
    assert_eq!(unanswered, 0, "of {answered}");
    let verified = world.run(&["journal", "verify", "--recompute"]).fine();
    assert!(
        verified.contains(" verdicts recomputed from the counts, 0 differ"),
        "{verified}"
    );
    assert!(
        !verified.contains("\n0 verdicts"),
        "a verdict was there to recompute: {verified}"
    );
}

/// What `why` says after a rollback is what the journal said at its last verdict, computed again from the counts before it.
fn assert_why(world: &World, verdict: &str) {
    let asked = world.run(&["why", "browse-completion", "--json"]).fine();
    let why: Value = serde_json::from_str(&asked).unwrap();
    let entries = world.run(&["journal", "show", "--json"]).fine();
    let entries: Vec<Value> = entries
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let judged = |entry: &Value| entry["kind"] == "criterion-judged" && entry["criterion"] == "browse-completion";
    let place = entries.iter().rposition(|entry| judged(&entry["body"])).unwrap();
    let journalled = &entries[place]["body"];
    assert_eq!(why["journalled"]["seq"], place + 1, "{asked}");
    assert_eq!(why["explanation"]["verdict"], journalled["verdict"], "{asked}");
    assert_eq!(
        why["explanation"]["reading"]["new"], journalled["reading"]["new"],
        "{asked}"
    );

    let told = world.run(&["why", "browse-completion"]).fine();
    assert!(
        told.starts_with(&format!("browse-completion of shop: {verdict}\n")),
        "{told}"
    );
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Counted by storefront at 10 %",
        "harm? stratified",
        "Chance of a false alarm",
        &format!("recomputed {verdict}: equal to the last bit of its numbers"),
    ] {
        assert!(words.contains(part), "no `{part}` in {told}");
    }
    // A journal that says another thing than its counts give is found out, though its chain holds.
    let forged = forge(world, place + 1, (r#"{"verdict":"harm"}"#, r#"{"verdict":"pass"}"#));
    let found = world.run(&["why", "browse-completion", "--state", forged.to_str().unwrap()]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.stdout.contains("harm: DIFFERS from the journal"), "{found:?}");
    let unknown = world.run(&["why", "browse-complete"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.stderr.contains("nearest: `browse-completion`"), "{unknown:?}");
    let early = world.run(&["why", "browse-completion", "--at", "1"]);
    assert_eq!(early.code, Some(2), "{early:?}");
}

/// A copy of the journal in which one entry says something else; returns its folder.
fn forge(world: &World, seq: usize, (instead_of, says): (&str, &str)) -> PathBuf {
    let folder = world.folder().join("forged");
    std::fs::create_dir(&folder).unwrap();
    let journal = Journal::open_read_only(&world.state().join("journal.sqlite3")).unwrap();
    let mut copy = Journal::open(&folder.join("journal.sqlite3"), Options::default()).unwrap();
    for entry in journal.read(1, 10_000).unwrap() {
        let mut text = String::from_utf8(entry.bytes).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        if let Some(digest) = read["body"]["digest"].as_str() {
            copy.put_bundle(digest, &journal.bundle(digest).unwrap().unwrap())
                .unwrap();
        }
        if entry.seq == seq as u64 {
            assert!(text.contains(instead_of), "{text}");
            text = text.replace(instead_of, says);
        }
        let entry = NewEntry {
            at_ms: entry.at_ms,
            kind: entry.kind,
            bytes: text.into_bytes(),
        };
        copy.append(&[entry]).unwrap();
    }
    folder
}

#[test]
fn a_new_side_that_cannot_be_reached_is_rolled_back() {
    let world = World::start_with(world::Options {
        settings: vec![("SOAK", "10m".into())],
        ..world::Options::default()
    });
    let ana = world.token("ana");
    let _crowd = Crowd::at(world.edge());
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    until("requests on the new side", || (world.new.count() > 20).then_some(()));
    world.new.set_mood(Mood::Unreachable);
    world.until_stage(&ana, "the gate's rollback", |stage| stage["phase"] == "rolled back");
    let answer = Visitor::default().get(world.edge(), "/product/3").unwrap();
    assert_eq!((answer.status, answer.side()), (200, "old"));
}

#[test]
fn a_sound_new_side_passes_every_step_by_itself() {
    let world = World::start();
    let ana = world.token("ana");
    let _crowd = Crowd::at(world.edge());
    let mut exposures = Vec::new();
    let mut approve = |exposure: u32| {
        world.until_stage(&ana, "an approval asked", |stage| {
            stage["exposure"] == exposure && stage["waits_for"].to_string().contains("approval")
        });
        exposures.push(exposure);
        // A gate that has passed may not be able to tell for a moment.
        until("an approval taken", || {
            let told = world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]);
            let is_early = told.stderr.contains("TG9004");
            (!is_early).then(|| told.fine())
        });
    };
    approve(0);
    approve(1_000);
    approve(5_000);
    world.until_stage(&ana, "everybody moved", |stage| stage["exposure"] == 10_000);
    let mut visitor = Visitor::default();
    visitor.get(world.edge(), "/").unwrap();
    assert_eq!(visitor.get(world.edge(), "/").unwrap().side(), "new");
    let verified = world.run(&["journal", "verify", "--recompute"]).fine();
    assert!(verified.contains(", 0 differ"), "{verified}");
}
