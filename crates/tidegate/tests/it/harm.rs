//! Harm from end to end: the new side fails as real shops do, and the gate takes everybody back before anybody has looked.

use crate::postbox::Postbox;
use crate::shoppers::{Crowd, Visitor};
use crate::upstream::Mood;
use crate::world::{Options, World, until};

#[test]
fn failures_with_status_200_are_rolled_back_and_paged_up_the_ladder() {
    let postbox = Postbox::open();
    let world = World::start_with(Options {
        arguments: postbox.arguments(),
        settings: vec![("ANSWER_WITHIN", "2s".into()), ("SOAK", "10m".into())],
        ..Options::default()
    });
    let ana = world.token("ana");
    let crowd = Crowd::at(world.edge());
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "shoppers on the new side", |stage| stage["exposure"] == 1_000);
    until("requests on the new side", || (world.new.count() > 20).then_some(()));

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
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "shoppers on the new side again", |stage| {
        (&stage["exposure"], &stage["attempt"]) == (&1_000.into(), &2.into())
    });

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

#[test]
fn a_new_side_that_cannot_be_reached_is_rolled_back() {
    let world = World::start_with(Options {
        settings: vec![("SOAK", "10m".into())],
        ..Options::default()
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
        world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
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
