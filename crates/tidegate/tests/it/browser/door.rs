//! Nobody reads or presses anything before they have said who they are.

use super::enter;
use super::tab::Tab;
use crate::world::World;

#[test]
fn who_is_not_logged_in_is_led_to_the_login_and_a_wrong_token_is_told_so() {
    let world = World::start();
    let tab = Tab::open();
    for path in ["/", "/journal", "/incidents/inc-1"] {
        tab.go(&format!("{}{path}", world.url()));
        assert_eq!(tab.path(), "/login", "{path}");
    }
    assert!(
        !tab.text("body").contains("Toy move"),
        "the login page tells nothing of the plan"
    );
    tab.type_into("input[name=token]", "not-a-token");
    tab.click("main button");
    tab.sees("main", "this token was never issued to a person, or it was revoked");
    tab.go(&world.url());
    assert_eq!(tab.path(), "/login", "a wrong token opens nothing");
}

#[test]
fn a_person_enters_comes_back_to_the_page_that_was_asked_for_and_leaves() {
    let world = World::start();
    let tab = Tab::open();
    let token = world.token("ana");
    tab.go(&format!("{}/journal", world.url()));
    tab.type_into("input[name=token]", &token);
    tab.type_into("input[name=token]", "\u{E007}");
    tab.until("the journal", |tab| tab.path() == "/journal");
    assert!(tab.text("header").contains("ana"));
    let kept = tab.value("document.cookie + JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})");
    assert_eq!(
        kept, "{}{}",
        "no script can read the session, and the token is kept nowhere"
    );
    tab.click("form.leave button");
    tab.until("the login", |tab| tab.path() == "/login");
    tab.go(&world.url());
    assert_eq!(tab.path(), "/login", "the session is over");
}

#[test]
fn a_revoked_person_is_led_out_of_an_open_page() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    world.run(&["token", "revoke", "ana"]).fine();
    // Its stream may have led the page there before anybody asks for another.
    tab.value("document.querySelector(\"nav a[href='/journal']\")?.click()");
    tab.until("the login", |tab| tab.path() == "/login");
}
