//! Switches as the OpenFeature providers of others read them, while the controller is there, away, and back.

mod client;

use serde_json::{Value, json};

pub(crate) use client::{CLIENTS, PYTHON};

use crate::world::{ESTATE, Options, World, until, until_no_more};
use client::Client;

const PRICES: &str = "shop.prices";
const BANNER: &str = "shop.banner";

/// The usual estate with a switch of words beside the one of yes and no.
fn served() -> (World, String) {
    served_with(&[])
}

/// The same with further arguments of `serve`.
fn served_with(arguments: &[&str]) -> (World, String) {
    let mut world = World::quiet(Options {
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        ..Options::default()
    });
    let switch = "    - { name: shop.prices, default: on, title: Prices are shown }\n";
    let action = "    - { action: prices-off, ";
    assert!(ESTATE.contains(switch) && ESTATE.contains(action));
    let estate = ESTATE
        .replace(
            switch,
            &format!("{switch}    - {{ name: shop.banner, default: summer, title: Which banner is shown }}\n"),
        )
        .replace(
            action,
            &format!("    - {{ action: plain-banner, sets: {{ shop.banner: plain }}, expires: 2h, title: Show the plain banner }}\n{action}"),
        );
    std::fs::write(world.estate().join("tidegate.yaml"), estate).unwrap();
    world.serve();
    let key = world.run(&["token", "key", "toy-shop", "switches"]).fine();
    (world, key.trim().to_owned())
}

/// Kills the controller and lets it come back later at the same address.
fn away(world: &mut World) {
    let address = world.admin().to_string();
    world.kill();
    world.options.arguments = vec!["--listen".to_owned(), address];
}

fn use_both(world: &World) {
    world
        .run_as("ana", &["open", "shop", "sev2", "prices are wrong"])
        .fine();
    world.run_as("ana", &["act", "inc-1", "prices-off"]).fine();
    world.run_as("ana", &["act", "inc-1", "plain-banner"]).fine();
}

#[track_caller]
fn check(told: &Value, value: Value, variant: &str) {
    assert_eq!(
        (&told["value"], &told["variant"], &told["reason"], &told["error"]),
        (&value, &json!(variant), &json!("STATIC"), &Value::Null),
        "{told}"
    );
}

#[track_caller]
fn check_otherwise(told: &Value, value: Value, error: &str) {
    assert_eq!(
        (&told["value"], &told["error"], &told["reason"]),
        (&value, &json!(error), &json!("ERROR")),
        "{told}"
    );
}

/// What a provider that asks for every evaluation does.
fn asks_every_time(start: fn(&World, &str) -> Client) {
    let (mut world, key) = served();
    let mut client = start(&world, &key);
    check(&client.ask(PRICES, json!(false)), json!(true), "on");
    check(&client.ask(BANNER, json!("none")), json!("summer"), "summer");
    check_otherwise(&client.ask("shop.nothing", json!(true)), json!(true), "FLAG_NOT_FOUND");
    check_otherwise(&client.ask(BANNER, json!(false)), json!(false), "TYPE_MISMATCH");
    use_both(&world);
    check(&client.ask(PRICES, json!(true)), json!(false), "off");
    check(&client.ask(BANNER, json!("none")), json!("plain"), "plain");
    away(&mut world);
    for otherwise in [true, false] {
        check_otherwise(&client.ask(PRICES, json!(otherwise)), json!(otherwise), "GENERAL");
    }
    check_otherwise(&client.ask(BANNER, json!("none")), json!("none"), "GENERAL");
    world.serve();
    check(&client.ask(PRICES, json!(true)), json!(false), "off");
    let mut stranger = start(&world, "never-issued");
    check_otherwise(&stranger.ask(PRICES, json!(true)), json!(true), "GENERAL");
    world.run(&["token", "revoke", "toy-shop"]).fine();
    check_otherwise(&client.ask(PRICES, json!(true)), json!(true), "GENERAL");
}

#[test]
fn the_javascript_provider_for_servers_reads_switches_and_falls_back_to_what_its_caller_gave() {
    asks_every_time(Client::javascript);
}

#[test]
fn the_python_provider_reads_switches_and_falls_back_to_what_its_caller_gave() {
    asks_every_time(Client::python);
}

/// What a provider that keeps a copy of all switches does.
fn keeps_a_copy(changes: &str) -> Client {
    let (mut world, key) = served();
    let mut client = Client::web(&world, &key, changes);
    check(&client.ask(PRICES, json!(false)), json!(true), "on");
    check(&client.ask(BANNER, json!("none")), json!("summer"), "summer");
    check_otherwise(&client.ask("shop.nothing", json!(true)), json!(true), "FLAG_NOT_FOUND");
    use_both(&world);
    until_told(&mut client, PRICES, &json!(false));
    until_told(&mut client, BANNER, &json!("plain"));
    away(&mut world);
    // The last that was heard, not what the caller gave.
    for _ in 0..3 {
        check(&client.ask(PRICES, json!(true)), json!(false), "off");
    }
    world.serve();
    world.run_as("ana", &["revert", "prices-off"]).fine();
    until_told(&mut client, PRICES, &json!(true));
    check(&client.ask(BANNER, json!("none")), json!("plain"), "plain");
    client
}

fn until_told(client: &mut Client, flag: &str, value: &Value) {
    let otherwise = if value.is_boolean() {
        json!(!value.as_bool().unwrap())
    } else {
        json!("none")
    };
    until_no_more(
        || format!("{flag} as {value}"),
        || (client.ask(flag, otherwise.clone())["value"] == *value).then_some(()),
    );
}

#[test]
fn the_javascript_provider_for_browsers_polls_by_tag_and_keeps_the_last_value() {
    let mut client = keeps_a_copy("polling");
    let statuses = client.ask(PRICES, json!(false))["statuses"].clone();
    assert!(statuses["304"].as_u64() > Some(0), "{statuses}");
    assert_eq!(statuses.as_object().unwrap().len(), 2, "200 and 304: {statuses}");
}

#[test]
fn the_javascript_provider_for_browsers_hears_of_changes_and_keeps_the_last_value() {
    let mut client = keeps_a_copy("sse");
    let statuses = client.ask(PRICES, json!(false))["statuses"].clone();
    // It fetches when it is told to, and not all the time.
    assert!(statuses["200"].as_u64() < Some(20), "{statuses}");
}

/// So many reads of switches are answered in a second; each of these clients asks more often.
const SELDOM: [&str; 2] = ["--switch-reads-max", "2"];

/// What a provider that asks for every evaluation does when it asks too often.
fn is_told_to_wait(start: fn(&World, &str) -> Client) {
    let (world, key) = served_with(&SELDOM);
    let mut client = start(&world, &key);
    let told = until("an evaluation that is told to wait", || {
        let told = client.ask(PRICES, json!(false));
        if told["error"].is_null() {
            check(&told, json!(true), "on");
            return None;
        }
        Some(told)
    });
    check_otherwise(&told, json!(false), "GENERAL");
    until_told(&mut client, PRICES, &json!(true));
}

#[test]
fn the_javascript_provider_for_servers_takes_what_its_caller_gave_while_it_is_told_to_wait() {
    is_told_to_wait(Client::javascript);
}

#[test]
fn the_python_provider_takes_what_its_caller_gave_while_it_is_told_to_wait() {
    is_told_to_wait(Client::python);
}

#[test]
fn the_javascript_provider_for_browsers_keeps_the_last_value_while_it_is_told_to_wait() {
    let (world, key) = served_with(&SELDOM);
    let mut client = Client::web(&world, &key, "polling");
    let mut turned_away = 0;
    for _ in 0..2 {
        until("a poll that is told to wait", || {
            let told = client.ask(PRICES, json!(false));
            check(&told, json!(true), "on");
            let count = told["statuses"]["429"].as_u64().unwrap_or(0);
            (count > turned_away).then(|| turned_away = count)
        });
    }
    use_both(&world);
    until_told(&mut client, PRICES, &json!(false));
    check(&client.ask(BANNER, json!("none")), json!("plain"), "plain");
}
