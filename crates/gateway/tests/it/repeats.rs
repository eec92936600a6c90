//! Upstreams that end their connections: what is sent a second time, what never is, and what the counts say of it.

use reqwest::Method;
use tidegate_gateway::config::GatewayConfig;
use tidegate_model::RouteId;
use tidegate_model::seam::StratumPart;
use tokio::task::JoinSet;

use crate::closing::{Act, End, Upstream};
use crate::world::{World, cookie, honest};

/// Connections left in the gateway's pool: more than it tries for one request.
const POOLED: usize = 8;
/// Clients at once, each on a connection that it keeps.
const CLIENTS: u128 = 48;
/// Requests of each.
const ROUNDS: usize = 24;
/// Methods that ask for a change.
const WRITES: [Method; 4] = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A world whose old side, where everybody is, is this upstream; its routes take every method.
async fn before(upstream: &Upstream, change: impl FnOnce(&mut GatewayConfig)) -> World {
    let world = World::build(honest, |config| {
        config.edge.units[0].old = format!("http://{}", upstream.address);
        for route in &mut config.edge.routes {
            route.methods.clear();
        }
        change(config);
    })
    .await;
    world.control.apply(1, 0, |_| {}).await;
    world
}

/// Leaves connections in the pool, each of which was answered once.
async fn fill_the_pool(world: &World) {
    let mut asking = JoinSet::new();
    for _ in 0..POOLED {
        asking.spawn(world.client.get(world.process.url("/page")).send());
    }
    for answer in asking.join_all().await {
        assert_eq!(answer.unwrap().status(), 200);
    }
}

/// Keeps its first connections until their second request, where they end like this.
async fn tired(end: End) -> Upstream {
    Upstream::open(POOLED, move |seen| match (seen.turn, seen.connection < POOLED) {
        (0, true) => Act::AnswerTogether,
        (0, false) => Act::Answer,
        _ => Act::End(end),
    })
    .await
}

#[tokio::test]
async fn a_read_survives_any_number_of_dead_connections_in_the_pool() {
    for end in [End::Close, End::Reset] {
        let upstream = tired(end).await;
        let world = before(&upstream, |_| {}).await;
        fill_the_pool(&world).await;
        for _ in 0..POOLED {
            assert_eq!(world.ask(1, "GET", "/page").await.1, 200, "{end:?}");
        }
        let tries = upstream.seen().split_off(POOLED);
        let first = tries.iter().position(|t| t.turn == 1).expect("on a dead connection");
        assert!(
            tries[first + 1].turn == 0 && tries[first + 1].says_close,
            "then on a new one: {tries:?}"
        );
    }
}

#[tokio::test]
async fn a_write_never_rides_on_a_connection_that_may_be_dying() {
    let upstream = tired(End::Close).await;
    let world = before(&upstream, |_| {}).await;
    fill_the_pool(&world).await;
    for method in WRITES {
        assert_eq!(world.ask(1, method.as_str(), "/page").await.1, 200, "{method}");
    }
    let request = world.client.get(world.process.url("/page")).body("read me");
    assert_eq!(
        request.send().await.unwrap().status(),
        200,
        "a body may be gone when it is needed again"
    );
    let writes = upstream.seen().split_off(POOLED);
    assert_eq!(writes.len(), 5, "each once: {writes:?}");
    assert!(
        writes.iter().all(|w| w.turn == 0 && w.says_close),
        "each on a connection of its own: {writes:?}"
    );
}

#[tokio::test]
async fn what_never_is_answered_is_sent_twice_when_it_asks_for_no_change_and_once_when_it_does() {
    for end in [End::Close, End::Reset] {
        let upstream = Upstream::open(1, move |_| Act::End(end)).await;
        let world = before(&upstream, |_| {}).await;
        for method in WRITES.iter().chain([&Method::GET, &Method::HEAD, &Method::OPTIONS]) {
            let already = upstream.seen().len();
            assert_eq!(world.ask(1, method.as_str(), "/page").await.1, 502, "{method}");
            let sent = upstream.seen().len() - already;
            assert_eq!(sent, if method.is_safe() { 2 } else { 1 }, "{method} {end:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_asked_for_again() {
    let upstream = Upstream::open(1, |_| Act::BreakOff).await;
    let world = before(&upstream, |_| {}).await;
    let answer = world.client.get(world.process.url("/page")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err(), "the client sees that it broke off");
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn connections_that_end_behind_their_answers_are_no_failures() {
    for end in [End::Close, End::Reset] {
        let upstream = Upstream::open(1, move |_| Act::AnswerAndEnd(end)).await;
        let world = before(&upstream, |_| {}).await;
        let mut clients = JoinSet::new();
        for visitor in 1..=CLIENTS {
            let (client, url) = (world.client.clone(), world.process.url("/page"));
            clients.spawn(async move {
                for round in 0..ROUNDS {
                    // Its body is not read: the upstream's end becomes a reset.
                    let request = match round % 3 {
                        0 => client.post(&url).body("a=1"),
                        _ => client.get(&url),
                    };
                    let answer = request.header("cookie", cookie(visitor)).send().await.unwrap();
                    assert_eq!(answer.status(), 200, "round {round} of visitor {visitor}, {end:?}");
                    assert_eq!(answer.text().await.unwrap(), "{}");
                }
            });
        }
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        let posts = upstream.seen().iter().filter(|s| s.method == "POST").count();
        assert_eq!(posts, usize::try_from(CLIENTS).unwrap() * ROUNDS / 3, "each once");
    }
}

#[tokio::test]
async fn the_counts_say_what_the_visitor_saw() {
    let upstream = Upstream::open(POOLED, |seen| match (seen.connection, seen.turn) {
        (0..POOLED, 0) => Act::AnswerTogether,
        (POOLED, 0) => Act::Answer,
        _ => Act::End(End::Close),
    })
    .await;
    let mut world = before(&upstream, |config| {
        config.flows[0].entry = RouteId::parse("page").unwrap();
    })
    .await;
    fill_the_pool(&world).await;
    assert_eq!(world.ask(1, "GET", "/page").await.1, 200, "repeated");
    assert_eq!(world.ask(2, "GET", "/page").await.1, 502, "and in vain");
    assert_eq!(upstream.seen().len(), POOLED + 4);
    let errors = world.control.sum("errors", StratumPart::Prompt, 2).await;
    assert_eq!(errors, [2, 1, 0, 0], "two attempts, one of which met an error");
}
