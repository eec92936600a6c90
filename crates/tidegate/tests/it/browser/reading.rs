//! What a stranger reads on the Plan page, in each state of a stage.

use super::enter;
use super::tab::Tab;
use crate::postbox::Postbox;
use crate::shoppers::Crowd;
use crate::upstream::Mood;
use crate::world::{Options, World};

/// Asserts that an element shows each of these.
fn says(tab: &Tab, selector: &str, all: &[&str]) {
    for text in all {
        tab.sees(selector, text);
    }
}

#[test]
fn before_the_start_it_says_what_is_needed_and_from_whom() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "tess");
    says(&tab, "#answer", &["Shop", "10 %", "shop-team"]);
    says(
        &tab,
        "#ladder",
        &[
            "Toy move",
            "ready, it may begin",
            "0 % on the new side",
            "owner shop",
            "proven 0 %",
            "attempt 1 of 3",
            "not yet approved by",
            "shop-team",
        ],
    );
    says(&tab, "#gates", &["No stage is exposed"]);
    says(&tab, "#switches", &["shop.prices", "on"]);
}

#[test]
fn an_exposed_stage_shows_its_gate_with_both_sides_and_the_way_back() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    world.run_as("ana", &["approve", "shop"]).fine();
    let _crowd = Crowd::at(world.edge());
    says(
        &tab,
        "#ladder",
        &["10 % on the new side", "step 1 of 3", "Way back open", "Roll back"],
    );
    says(
        &tab,
        "#gates",
        &[
            "Gate of Shop, step 10 %",
            "criterion",
            "old",
            "new",
            "difference",
            "can see",
            "verdict",
            "signal of shop",
        ],
    );
    tab.until("both sides with what they are a share of", |tab| {
        let gate = tab.text("#gates");
        gate.contains("100 %") || gate.contains("100.0 %")
    });
    tab.until("a drawing with its words", |tab| {
        let said = tab.value("document.querySelector('#charts svg[role=img]')?.getAttribute('aria-label') ?? ''");
        said.as_str().unwrap().contains("old side last at")
    });
    world
        .run_as("amir", &["hold", "shop", "--reason", "the night shift wants to watch"])
        .fine();
    says(
        &tab,
        "#answer",
        &[
            "Somebody is needed",
            "Shop is held at 10 % by amir",
            "the night shift wants to watch",
        ],
    );
    says(&tab, "#ladder", &["Lift the hold"]);
}

#[test]
fn after_harm_it_says_what_happened_why_and_who_is_called() {
    // Without a mail server nobody can be called, and the next rung would follow at once.
    let postbox = Postbox::open();
    let world = World::start_with(Options {
        arguments: postbox.arguments(),
        ..Options::default()
    });
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "tess");
    // Half of them: at nine of ten the brake might be first.
    world.new.set_mood(Mood::Fails { status: 200, each: 2 });
    world.run_as("ana", &["approve", "shop"]).fine();
    let _crowd = Crowd::at(world.edge());
    says(
        &tab,
        "#answer",
        &[
            "Harm",
            "Shop was rolled back from 10 % because this failed: completion of browse is not worse",
            "rung 1",
        ],
    );
    says(
        &tab,
        "#ladder",
        &[
            "rolled back, its visitors are on the old side again",
            "0 % on the new side",
        ],
    );
    says(&tab, "#gates", &["harm", "worse beyond chance", "100.0 %"]);
    says(
        &tab,
        "#incidents",
        &["inc-1", "rung 1 of 4", "calling ana", "next call", "Acknowledge"],
    );
    says(&tab, "#happened", &["rolled", "called ana"]);
    world.run_as("emma", &["ack", "inc-1"]).fine();
    says(&tab, "#incidents", &["acknowledged", "emma has it"]);
    tab.click("#incidents h2 a");
    says(
        &tab,
        "main",
        &[
            "Runbook",
            "look at the verdict",
            "What happened in it",
            "emma acknowledged",
        ],
    );
    tab.go(&world.url());
    tab.click("#happened a.seq");
    tab.until("the journal entry that it leads to", |tab| {
        tab.path() == "/journal" && tab.count("li:target") == 1
    });
    tab.click("li:target summary");
    tab.sees("li:target", "hash");
}
