//! Many windows of one browser on one controller: a browser holds six connections to one address, however many ask.

use super::enter;
use super::tab::Tab;
use crate::world::World;

/// More than three times what a browser holds connections.
const WINDOWS: usize = 20;

#[test]
fn twenty_windows_of_one_browser_load_follow_and_act() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "amir");
    let first = tab.beside();
    for place in 2..=WINDOWS {
        if place > 2 {
            tab.beside();
        }
        // Pages of every kind: what one of them leaves open must not hold up another.
        tab.go(&format!(
            "{}{}",
            world.url(),
            ["/", "/journal", "/incidents"][place % 3]
        ));
        tab.until("the page", |tab| tab.count("main") == 1);
    }
    tab.go(&world.url());
    let hold = "#ladder details[data-key^='hold shop']";
    tab.click(&format!("{hold} > summary"));
    tab.type_into(&format!("{hold} input[name=reason]"), "too many windows");
    tab.click(&format!("{hold} form button"));
    tab.sees("#told", "Done.");
    // The first window has not been loaded again and hears of it when its turn comes.
    tab.switch(&first);
    tab.sees("#ladder", "too many windows");
}

#[test]
fn a_page_that_nobody_sees_has_no_stream_and_catches_up_when_it_is_seen() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "amir");
    tab.until("an open stream", |tab| tab.value(STREAMS) == 1);
    see(&tab, "hidden");
    tab.until("no stream", |tab| tab.value(STREAMS) == 0);
    world
        .run_as("amir", &["hold", "shop", "--reason", "while nobody looked"])
        .fine();
    assert!(!tab.text("#ladder").contains("while nobody looked"));
    see(&tab, "visible");
    tab.sees("#ladder", "while nobody looked");
}

/// How many streams the page holds places for.
const STREAMS: &str = "navigator.locks.query().then(({ held }) => held.length)";

/// Makes the page believe that it is seen, or not.
fn see(tab: &Tab, state: &str) {
    tab.value(&format!(
        "Object.defineProperty(document, 'visibilityState', {{ value: '{state}', configurable: true }});
         document.dispatchEvent(new Event('visibilitychange'))"
    ));
}
