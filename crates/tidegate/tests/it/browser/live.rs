//! The page follows what happens without being loaded again.

use super::enter;
use super::front::Front;
use super::tab::Tab;
use crate::world::World;

/// Marks the document, so that loading it again would be seen.
fn mark(tab: &Tab) {
    tab.value("document.documentElement.dataset.mark = 'same'");
}

fn is_same_document(tab: &Tab) -> bool {
    tab.value("document.documentElement.dataset.mark") == "same"
}

#[test]
fn what_somebody_does_at_the_command_line_is_seen_at_once() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "tess");
    tab.sees("#ladder", "not yet approved by");
    mark(&tab);
    world.run_as("ana", &["approve", "shop"]).fine();
    tab.sees("#happened", "ana approved");
    tab.sees("#ladder .now", "10 %");
    world
        .run_as("amir", &["hold", "shop", "--reason", "lunch first"])
        .fine();
    tab.sees("#answer", "held at 10 % by amir");
    tab.sees("#ladder", "lunch first");
    assert!(is_same_document(&tab), "the page was not loaded again");
}

#[test]
fn a_page_survives_a_restart_of_the_controller() {
    let mut world = World::start();
    let front = Front::of(world.admin());
    let tab = Tab::open();
    enter(&tab, &world, &front.url(), "ana");
    tab.until("an open stream", |tab| {
        tab.value("document.getElementById('link-lost').hidden") == true
    });
    mark(&tab);
    world.kill();
    tab.sees("#link-lost", "The connection is lost");
    world.serve();
    front.lead_to(world.admin());
    tab.until("the connection again", |tab| {
        tab.value("document.getElementById('link-lost').hidden") == true
    });
    world
        .run_as("amir", &["hold", "shop", "--reason", "after the restart"])
        .fine();
    tab.sees("#ladder", "after the restart");
    assert!(is_same_document(&tab), "the page was not loaded again");
}

#[test]
fn what_is_being_typed_is_not_taken_away_by_news() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    let hold = "#ladder details[data-key^='hold shop']";
    tab.click(&format!("{hold} > summary"));
    tab.type_into(&format!("{hold} input[name=reason]"), "half a sen");
    world
        .run_as("amir", &["hold", "shop", "--reason", "amir was faster"])
        .fine();
    tab.sees("#happened", "amir was faster");
    let typed = tab.value(&format!("document.querySelector(\"{hold} input[name=reason]\").value"));
    assert_eq!(typed, "half a sen");
    tab.type_into(&format!("{hold} input[name=reason]"), "tence");
    tab.click(&format!("{hold} form button"));
    tab.sees("#happened", "half a sentence");
    tab.sees("#ladder", "amir was faster");
}

/// Remembers the last part of each name that the page was told of, shown or not.
fn overhear(tab: &Tab) {
    tab.value(
        "(() => { const parse = JSON.parse; window.heard = {}; \
         JSON.parse = (text) => { const said = parse(text); if (said && said.id) window.heard[said.id] = said.html; return said; }; })()",
    );
}

fn hears(tab: &Tab, text: &str) {
    tab.until(&format!("news of {text}"), |tab| {
        tab.value(&format!("(window.heard.ladder || '').includes('{text}')")) == true
    });
}

#[test]
fn a_part_is_not_replaced_between_the_press_and_the_release_of_a_pointer() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    let hold = "#ladder details[data-key^='hold shop']";
    let summary = format!("{hold} > summary");
    overhear(&tab);
    tab.press(&summary);
    tab.value(&format!(
        "document.querySelector(\"{summary}\").dataset.mark = 'pressed'"
    ));
    world
        .run_as("amir", &["hold", "shop", "--reason", "amir was faster"])
        .fine();
    hears(&tab, "amir was faster");
    let mark = tab.value(&format!("document.querySelector(\"{summary}\").dataset.mark"));
    assert_eq!(mark, "pressed", "it is still there to be let go of");
    assert!(!tab.text("#ladder").contains("amir was faster"));
    tab.release();
    tab.sees("#ladder", "amir was faster");
    assert_eq!(tab.count(&format!("{hold}[open]")), 1, "the click was one");
}

/// Over a menu of the browser or in another window nobody tells of the release.
#[test]
fn a_press_whose_release_nobody_tells_of_does_not_stop_the_page() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    overhear(&tab);
    tab.value("document.body.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, buttons: 2 }))");
    world
        .run_as("amir", &["hold", "shop", "--reason", "amir was faster"])
        .fine();
    hears(&tab, "amir was faster");
    assert!(!tab.text("#ladder").contains("amir was faster"));
    tab.value("document.body.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, buttons: 0 }))");
    tab.sees("#ladder", "amir was faster");
}
