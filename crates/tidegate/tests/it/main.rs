//! The program as people start it: real processes on loopback, an estate written for the test, two plain upstreams.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod shoppers;
mod upstream;
mod world;

#[test]
fn a_world_serves() {
    let world = world::World::start();
    let token = world.token("ana");
    let status = world.status(&token);
    println!("{status:#}");
    let answer = shoppers::Visitor::default().get(world.edge(), "/product/1").unwrap();
    println!("{answer:?}");
    assert_eq!(answer.side(), "old");
    println!("{}", world.run(&["check", "estate"]).fine());
}
