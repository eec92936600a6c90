//! Sides of keys over OFREP: what a gateway decides of a visitor is what a program is told of the same key.

use serde_json::{Value, json};

use crate::shoppers::{Answer, ask};
use crate::world::{Options, World};

/// Keys that are asked about; with the salt of the estate some of them lie below a tenth.
const KEYS: u32 = 60;

#[test]
fn a_program_is_told_the_side_that_a_gateway_decides_and_a_rollback_takes_every_key_back() {
    let world = World::start_with(Options {
        settings: vec![("SOAK", "10m".into())],
        ..Options::default()
    });
    let ana = world.token("ana");
    let key = world
        .run(&["token", "key", "feed", "switches"])
        .fine()
        .trim()
        .to_owned();
    let keys: Vec<String> = (0..KEYS).map(|number| format!("{number:032x}")).collect();
    let told = || -> Vec<String> { keys.iter().map(|one| side(&flag(&world, &key, one))).collect() };
    let routed = || -> Vec<String> { keys.iter().map(|one| side_of_visitor(&world, one)).collect() };
    let is_at = |exposure: u64| move |stage: &Value| stage["exposure"] == json!(exposure);

    assert!(told().iter().all(|side| side == "old"));
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "an exposure of a tenth", is_at(1_000));
    let first = told();
    crate::world::until("the gateway to have the exposure", || (routed() == first).then_some(()));
    let new = first.iter().filter(|side| *side == "new").count();
    assert!(new > 0 && new < keys.len() / 2, "{new} of {KEYS}");
    assert_eq!(told(), first, "a key keeps its side");
    let split = flag(&world, &key, &keys[0]);
    assert_eq!(
        (&split["reason"], &split["metadata"]["exposure"]),
        (&json!("SPLIT"), &json!(1_000))
    );

    let back = ["rollback", "shop", "--reason", "a test"];
    world.run_with(&back, &[("TIDEGATE_TOKEN", &ana)]).fine();
    assert!(told().iter().all(|side| side == "old"), "{:?}", told());
    let after = flag(&world, &key, &keys[0]);
    assert!(after["metadata"]["seq"].as_u64() > split["metadata"]["seq"].as_u64());
}

fn flag(world: &World, key: &str, of: &str) -> Value {
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let question = json!({ "context": { "targetingKey": of } }).to_string();
    let path = "/ofrep/v1/evaluate/flags/side:shop";
    let Answer { status, body, .. } = ask(world.admin(), "POST", path, &headers, &question).unwrap();
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn side(flag: &Value) -> String {
    flag["value"].as_str().unwrap().to_owned()
}

/// Where the gateway sends a visitor of this id.
fn side_of_visitor(world: &World, id: &str) -> String {
    let cookie = format!("tg_visitor={id}");
    let answer = ask(world.edge(), "GET", "/product/1", &[("Cookie", &cookie)], "").unwrap();
    answer.side().to_owned()
}
