//! Which side answers, and what is forwarded.

use tidegate_gateway::bucket::{bucket, is_exposed};
use tidegate_model::BasisPoints;

use crate::shop::Answer;
use crate::world::{World, honest, visitor_between};

#[tokio::test]
async fn sides_are_sticky_and_growth_moves_nobody_back() {
    let world = World::with(honest).await;
    let mut before = vec![false; 3_000];
    for (seq, percent) in [(1, 10), (2, 25), (3, 50)] {
        world.control.apply(seq, percent, |_| {}).await;
        let exposure = BasisPoints::new(percent * 100).unwrap();
        for (n, was) in before.iter_mut().enumerate() {
            let visitor = n as u128;
            let is_new = world.side(visitor, "GET", "/page").await == "new";
            assert_eq!(
                is_new,
                is_exposed(bucket("plan-a", &format!("{visitor:032x}")), exposure),
                "visitor {n}"
            );
            assert!(is_new || !*was, "visitor {n} was moved back at {percent} %");
            *was = is_new;
        }
    }
}

#[tokio::test]
async fn open_carts_drain_new_ones_go_old_and_kill_beats_the_pin() {
    let world = World::with(honest).await;
    world.control.apply(1, 50, |_| {}).await;
    let (first, second, third) = (visitor_between(20, 30), visitor_between(30, 40), visitor_between(0, 5));
    assert_eq!(world.side(first, "POST", "/enter").await, "new");
    assert_eq!(world.side(third, "POST", "/enter").await, "new");
    world.control.apply(2, 10, |_| {}).await;
    assert_eq!(world.side(first, "GET", "/page").await, "new", "an open cart stays");
    assert_eq!(world.side(second, "POST", "/enter").await, "old", "a new cart goes old");
    assert_eq!(
        world.side(first, "POST", "/pay").await,
        "new",
        "and completes where it began"
    );
    assert_eq!(world.side(first, "GET", "/page").await, "old", "then it is free");
    world.control.apply(3, 10, |u| u.killed = true).await;
    assert_eq!(
        world.side(third, "POST", "/pay").await,
        "old",
        "kill beats an open cart"
    );
}

#[tokio::test]
async fn callbacks_follow_their_order_under_kill() {
    let world = World::with(honest).await;
    world.control.apply(1, 100, |u| u.killed = true).await;
    for (reference, expected) in [("NEW-17", "new"), ("OLD-4", "old"), ("X-1", "old")] {
        let body = format!(r#"{{"order":{{"reference":"{reference}"}}}}"#);
        let request = world.client.post(world.process.url("/hook")).body(body.clone());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["x-tidegate-side"], expected, "{reference}");
        assert!(answer.headers().get("set-cookie").is_none(), "a bank is no visitor");
        let shop = if expected == "new" { &world.new } else { &world.old };
        assert_eq!(shop.asked().last().unwrap().body, body, "the body arrives whole");
    }
    world.control.apply(2, 100, |u| u.finalised = true).await;
    for body in [r#"{"order":{"reference":"X-1"}}"#, "{}"] {
        let request = world.client.post(world.process.url("/hook")).body(body);
        let answer = request.send().await.unwrap();
        let side = &answer.headers()["x-tidegate-side"];
        assert_eq!(side, "new", "{body}: the old side may be switched off");
    }
    let long = world
        .client
        .post(world.process.url("/hook"))
        .body("x".repeat(70_000))
        .send()
        .await
        .unwrap();
    assert_eq!(long.status(), 413);
}

#[tokio::test]
async fn without_a_rule_callbacks_go_to_the_safe_side() {
    let world = World::build(honest, |config| config.edge.callback = None).await;
    for (seq, finalised, expected) in [(1, false, "old"), (2, true, "new")] {
        world.control.apply(seq, 100, |u| u.finalised = finalised).await;
        assert_eq!(world.ask_as("", "POST", "/hook").await.0, expected);
    }
}

#[tokio::test]
async fn the_client_and_the_public_address_are_forwarded_and_paths_are_mapped() {
    let world = World::with(honest).await;
    world.control.apply(1, 100, |_| {}).await;
    let request = world.client.post(world.process.url("/pay?a=1"));
    let request = request
        .header("cookie", crate::world::cookie(1))
        .header("x-forwarded-for", "203.0.113.9");
    request
        .header("x-tidegate-side", "old")
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    let asked = world.new.asked().pop().unwrap();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v2/pay?a=1"));
    assert_eq!(asked.headers["x-forwarded-for"], "203.0.113.9, 127.0.0.1");
    assert_eq!(asked.headers["host"], world.process.address);
    assert_eq!(asked.headers["x-forwarded-host"], world.process.address);
    assert_eq!(asked.headers["x-forwarded-proto"], "http");
    assert_eq!(
        asked.headers["forwarded"],
        format!("for=127.0.0.1;host=\"{}\";proto=http", world.process.address)
    );
    assert_eq!(asked.headers["x-tidegate-side"], "new", "a client cannot claim a side");
    assert!(
        !asked.headers.contains_key("accept-encoding"),
        "a body that is judged must come plain"
    );
}

#[tokio::test]
async fn visitors_without_an_id_see_the_safe_side_and_get_one() {
    let world = World::with(honest).await;
    world.control.apply(1, 100, |_| {}).await;
    let answer = world.client.get(world.process.url("/page")).send().await.unwrap();
    assert_eq!(answer.headers()["x-tidegate-side"], "old");
    assert_eq!(answer.headers()["cache-control"], "private, max-age=60");
    let cookies: Vec<&str> = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|v| v.to_str().unwrap())
        .collect();
    let pairs: Vec<&str> = cookies.iter().map(|c| c.split(';').next().unwrap()).collect();
    assert_eq!(pairs.len(), 2);
    assert_eq!(world.ask_as(&pairs.join("; "), "GET", "/page").await.0, "new");
    world.control.apply(2, 100, |u| u.finalised = true).await;
    assert_eq!(world.ask_as("", "GET", "/page").await.0, "new");
    assert_eq!(
        world.ask_as("", "GET", "/nowhere").await.0,
        "new",
        "no route: the safe side of the fallback"
    );
}

#[tokio::test]
async fn an_asset_is_tried_on_the_other_side_too() {
    let world = World::with(|asked| {
        if asked.path == "/assets/missing.css" {
            Answer::json("css")
        } else {
            honest(asked)
        }
    })
    .await;
    world.control.apply(1, 0, |_| {}).await;
    let (side, status) = world.ask(1, "GET", "/assets/missing.css").await;
    assert_eq!((side.as_str(), status.as_u16()), ("new", 200));
    let (side, status) = world.ask(1, "GET", "/assets/there.css").await;
    assert_eq!((side.as_str(), status.as_u16()), ("old", 200));
}

#[tokio::test]
async fn a_refused_connection_falls_back_only_where_nothing_can_be_lost() {
    let world = World::build(honest, |config| config.edge.units[0].new = "http://127.0.0.1:1".into()).await;
    world.control.apply(1, 100, |_| {}).await;
    let (side, status) = world.ask(1, "GET", "/page").await;
    assert_eq!((side.as_str(), status.as_u16()), ("old", 200));
    let request = world
        .client
        .post(world.process.url("/enter"))
        .header("cookie", crate::world::cookie(1));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["code"], "upstream-refused");
    assert_eq!(
        world.ask(1, "GET", "/page").await.1,
        502,
        "with an open cart nothing falls back"
    );
}

#[tokio::test]
async fn a_write_is_never_repeated_on_the_other_side() {
    let world = World::build(honest, |config| {
        config.edge.units[0].new = "http://127.0.0.1:1".into();
        for route in &mut config.edge.routes {
            route.methods.clear();
        }
    })
    .await;
    world.control.apply(1, 100, |_| {}).await;
    for method in ["PUT", "DELETE", "PATCH", "POST"] {
        assert_eq!(world.ask(1, method, "/page").await.1, 502, "{method}");
    }
    assert!(world.old.asked().is_empty(), "a write reached the old side");
    assert_eq!(world.ask(1, "HEAD", "/page").await.0, "old");
    let world = World::build(honest, |config| {
        for route in &mut config.edge.routes {
            route.methods.clear();
        }
    })
    .await;
    world.control.apply(1, 0, |_| {}).await;
    for method in ["PUT", "DELETE", "PATCH", "POST"] {
        let answer = world.ask(1, method, "/assets/missing.css").await;
        assert_eq!((answer.0.as_str(), answer.1.as_u16()), ("old", 404), "{method}");
    }
    assert!(world.new.asked().is_empty(), "a write reached the new side");
}

#[tokio::test]
async fn no_cache_in_front_keeps_an_answer_while_both_sides_are_in_play() {
    let world = World::with(|_| Answer {
        status: 200,
        headers: vec![
            ("content-type", "application/json".into()),
            ("cache-control", "public, max-age=60".into()),
            ("surrogate-control", "max-age=600".into()),
            ("cloudflare-cdn-cache-control", "max-age=600".into()),
        ],
        body: "{}".into(),
    })
    .await;
    for (seq, finalised) in [(1, false), (2, true)] {
        world.control.apply(seq, 100, |u| u.finalised = finalised).await;
        for (method, path) in [(reqwest::Method::GET, "/page"), (reqwest::Method::POST, "/enter")] {
            let request = world.client.request(method, world.process.url(path));
            let answer = request.header("cookie", crate::world::cookie(1)).send().await.unwrap();
            let said = answer.headers();
            assert_eq!(said["x-tidegate-side"], "new");
            assert!(said.get("set-cookie").is_none(), "a known visitor");
            assert_eq!(
                said["cache-control"].to_str().unwrap().starts_with("private"),
                !finalised,
                "{path}"
            );
            assert_eq!(said.contains_key("surrogate-control"), finalised, "{path}");
            assert_eq!(said.contains_key("cloudflare-cdn-cache-control"), finalised, "{path}");
        }
    }
}
