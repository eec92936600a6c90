//! Traffic through the edge of a served estate: what each side is asked, and what the visitor gets back.

use crate::shoppers::{Visitor, ask};
use crate::world::World;

#[test]
fn pages_api_and_assets_pass_as_they_are() {
    let world = World::start();
    let mut visitor = Visitor::default();
    let page = visitor.get(world.edge(), "/product/7?colour=red").unwrap();
    assert_eq!((page.status, page.headers["content-type"].as_str()), (200, "text/html"));
    assert_eq!(
        page.body,
        "<h1>/product/7?colour=red</h1><p>in stock, says the old shop</p>"
    );
    let price = visitor.get(world.edge(), "/api/price/7").unwrap();
    assert_eq!(price.body, "{\"side\":\"old\",\"price_cents\":1250}");
    let asset = visitor.get(world.edge(), "/assets/shop.css").unwrap();
    assert!(asset.body.contains("margin"), "{asset:?}");
    let posted = ask(world.edge(), "POST", "/anything", &[], "name=value").unwrap();
    assert_eq!((posted.status, posted.side()), (200, "old"));
    assert_eq!((world.old.count(), world.new.count()), (4, 0));
}

#[test]
fn the_upstream_learns_who_asks_and_what_they_asked_for() {
    let world = World::start();
    let headers = [("Accept-Language", "fr"), ("Cookie", "basket=7")];
    ask(world.edge(), "GET", "/product/7", &headers, "").unwrap();
    let asked = world.old.asked();
    let [asked] = &asked[..] else {
        panic!("asked once, not {asked:?}")
    };
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/product/7"));
    assert_eq!(asked.headers["accept-language"], "fr");
    assert!(asked.headers["cookie"].contains("basket=7"), "{asked:?}");
    assert_eq!(asked.headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(asked.headers["x-forwarded-host"], world.edge().to_string());
}

#[test]
fn an_old_side_that_cannot_be_reached_is_said_to_be_and_comes_back() {
    let world = World::start();
    world.old.set_mood(crate::upstream::Mood::Unreachable);
    let answer = Visitor::default().get(world.edge(), "/product/7").unwrap();
    assert!((502..=504).contains(&answer.status), "{answer:?}");
    world.old.set_mood(crate::upstream::Mood::Fine);
    crate::world::until("the old side back", || {
        let answer = Visitor::default().get(world.edge(), "/product/7").unwrap();
        (answer.status == 200).then_some(())
    });
}
