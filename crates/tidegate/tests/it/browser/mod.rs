//! The pages in a real browser: what a person reads there, and what happens when a person presses a button.

mod axe;
mod buttons;
mod door;
mod driver;
mod facts;
mod front;
mod links;
mod live;
mod many;
mod pages;
mod promised;
mod reach;
mod reading;
mod room;
mod tab;

use crate::world::World;
use tab::Tab;

/// Logs somebody in by typing a fresh token, and returns that token for the command line.
fn enter(tab: &Tab, world: &World, url: &str, person: &str) -> String {
    let token = world.token(person);
    tab.go(url);
    tab.type_into("input[name=token]", &token);
    tab.click("main button");
    tab.until("the Plan page", |tab| tab.path() == "/" && tab.count("#answer") == 1);
    token
}
