//! Buttons ask the engine in the name of whoever is logged in, say what follows, and do one thing once.

use serde_json::Value;

use super::enter;
use super::tab::Tab;
use crate::world::World;

/// The folded form of a button of the only stage.
fn ask(action: &str) -> String {
    format!("#ladder details[data-key^='{action} shop']")
}

/// How often an entry of the journal says this.
fn entries(world: &World, token: &str, text: &str) -> usize {
    let journal = world
        .run_with(&["journal", "show"], &[("TIDEGATE_TOKEN", token)])
        .fine();
    journal.lines().filter(|line| line.contains(text)).count()
}

#[test]
fn the_owner_approves_with_the_button_which_says_what_follows() {
    let world = World::start();
    let tab = Tab::open();
    let token = enter(&tab, &world, &world.url(), "ana");
    tab.click(&format!("{} > summary", ask("approve")));
    tab.sees(&format!("{} .ruling", ask("approve")), "10 %");
    tab.click(&format!("{} form button", ask("approve")));
    tab.sees("#told", "Done.");
    tab.sees("#ladder", "10 %");
    world.until_stage(&token, "exposure", |stage| stage["exposure"] == 1_000);
}

#[test]
fn who_has_no_right_is_told_so_before_and_after_the_press() {
    let world = World::start();
    let tab = Tab::open();
    let token = enter(&tab, &world, &world.url(), "tess");
    tab.click(&format!("{} > summary", ask("approve")));
    tab.sees(&ask("approve"), "not now");
    tab.click(&format!("{} form button", ask("approve")));
    let slot = format!("{} .answer-slot", ask("approve"));
    tab.sees(&slot, "Refused (TG9");
    tab.sees(&slot, "shop-team");
    tab.sees(&slot, "What helps");
    let stage = &world.status(&token)["plans"][0]["stages"][0];
    assert_eq!(stage["exposure"], 0, "nothing moved");
    assert_eq!(stage["approvals"][0]["by"], Value::Null);
}

#[test]
fn a_rollback_needs_its_reason_and_everybody_reads_it() {
    let world = World::start();
    let tab = Tab::open();
    let token = enter(&tab, &world, &world.url(), "ana");
    world.run_as("amir", &["approve", "shop"]).fine();
    tab.sees("#ladder .now", "10 %");
    // Until then lines come and go above the button, and it moves.
    tab.sees("#ladder", "gating");
    tab.click(&format!("{} > summary", ask("rollback")));
    tab.sees(&format!("{} .ruling", ask("rollback")), "old");
    tab.click(&format!("{} form button", ask("rollback")));
    let missing = format!(
        "document.querySelector(\"{} input[name=reason]\").validity.valueMissing",
        ask("rollback")
    );
    tab.until("the missing reason", |tab| tab.value(&missing) == true);
    assert_eq!(
        world.status(&token)["plans"][0]["stages"][0]["exposure"],
        1_000,
        "nothing was asked without a reason"
    );
    tab.type_into(
        &format!("{} input[name=reason]", ask("rollback")),
        "prices look wrong to a customer",
    );
    tab.click(&format!("{} form button", ask("rollback")));
    tab.sees("#answer", "rolled back from 10 %");
    tab.sees("#happened", "prices look wrong to a customer");
    world.until_stage(&token, "the old side", |stage| stage["exposure"] == 0);
}

#[test]
fn a_double_press_does_one_thing_with_scripts() {
    let world = World::start();
    let tab = Tab::open();
    let token = enter(&tab, &world, &world.url(), "ana");
    let form = format!("{} form", ask("hold"));
    // Both before any answer, as a trembling finger does.
    tab.value(&format!(
        "(() => {{ const form = document.querySelector(\"{form}\"); const button = form.querySelector('button'); \
         form.reason.value = 'twice'; form.requestSubmit(button); button.disabled = false; form.requestSubmit(button); }})()"
    ));
    tab.sees("#told", "Done.");
    tab.sees("#happened", "twice");
    assert_eq!(entries(&world, &token, "twice"), 1);
}

#[test]
fn without_scripts_the_page_is_read_and_its_buttons_work() {
    let world = World::start();
    let tab = Tab::open();
    tab.without_scripts();
    let token = enter(&tab, &world, &world.url(), "ana");
    assert!(tab.text("#answer").contains("Shop"), "{}", tab.text("#answer"));
    tab.click(&format!("{} > summary", ask("approve")));
    tab.click(&format!("{} form button", ask("approve")));
    tab.sees("main", "Done.");
    assert_eq!(tab.path(), "/do");
    world.until_stage(&token, "exposure", |stage| stage["exposure"] == 1_000);
    // What a browser does when asked to load the answer again: the same form once more.
    let before = world.status(&token)["incidents"].as_array().unwrap().len();
    tab.devtools("Page.reload", &serde_json::json!({}));
    tab.sees("main", "Done.");
    assert_eq!(entries(&world, &token, "ana approved"), 1);
    assert_eq!(world.status(&token)["incidents"].as_array().unwrap().len(), before);
}
