//! The link of a letter: opening it shows, pressing its button acts, in the name of whom the letter was for.

use serde_json::Value;

use super::tab::Tab;
use crate::postbox::Postbox;
use crate::world::{Options, World, until};

fn served(postbox: &Postbox) -> World {
    World::start_with(Options {
        arguments: postbox.arguments(),
        ..Options::default()
    })
}

/// The link in the first letter to somebody about something.
fn link_for(postbox: &Postbox, person: &str, about: &str) -> String {
    until("a letter with a link", || {
        let letters = postbox.letters(person, about);
        let mut words = letters.first()?.text.split_whitespace();
        words.find(|word| word.contains("/l/")).map(str::to_owned)
    })
}

fn incident(world: &World, token: &str) -> Value {
    world.status(token)["incidents"][0].clone()
}

#[test]
fn the_link_of_a_page_shows_before_it_acts_and_acts_once() {
    let postbox = Postbox::open();
    let world = served(&postbox);
    let token = world.token("emma");
    world
        .run_as("amir", &["open", "shop", "sev2", "prices are missing"])
        .fine();
    let link = link_for(&postbox, "ana@toy.example", "prices are missing");
    let tab = Tab::open();
    for _ in 0..2 {
        tab.go(&link);
        tab.sees("main", "prices are missing");
        assert!(tab.text("main").contains("Opening it changes nothing"));
    }
    assert_eq!(incident(&world, &token)["phase"], "open", "looking changes nothing");
    tab.click("button[value=ack]");
    tab.sees("main", "Done.");
    assert_eq!(incident(&world, &token)["phase"], "acknowledged");
    assert_eq!(incident(&world, &token)["who"][0], "ana");
    assert_eq!(tab.count("button[value=ack]"), 0, "what is done is not offered again");
    tab.click("button[value='act:prices-off']");
    tab.sees("main", "in use: Stop showing prices");
    assert_eq!(world.status(&token)["switches"][0]["value"]["bool"], false);
    assert!(tab.console().is_empty(), "a link needs no session and no script");
}

#[test]
fn a_refused_press_of_a_link_can_be_pressed_again_once_it_is_right() {
    let postbox = Postbox::open();
    let world = served(&postbox);
    world
        .run_as("amir", &["open", "shop", "sev2", "prices are missing"])
        .fine();
    let link = link_for(&postbox, "ana@toy.example", "prices are missing");
    let tab = Tab::open();
    tab.without_scripts();
    tab.go(&link);
    tab.click("button[value=resolve]");
    tab.sees("main", "Refused");
    tab.type_into("input[name=lesson]", "none, because it was a rehearsal");
    tab.click("button[value=resolve]");
    tab.sees("main", "Done.");
    assert_eq!(incident(&world, &world.token("emma"))["phase"], "resolved");
}

#[test]
fn a_link_that_was_tampered_with_does_nothing_and_says_so() {
    let postbox = Postbox::open();
    let world = served(&postbox);
    world
        .run_as("amir", &["open", "shop", "sev2", "prices are missing"])
        .fine();
    let link = link_for(&postbox, "ana@toy.example", "prices are missing");
    let tab = Tab::open();
    let (most, last) = link.split_at(link.len() - 3);
    let other = if last == "AAA" { "BBB" } else { "AAA" };
    tab.go(&format!("{most}{other}"));
    tab.sees("main", "This link does nothing");
    assert_eq!(tab.count("main form"), 0);
    assert_eq!(incident(&world, &world.token("emma"))["phase"], "open");
}
