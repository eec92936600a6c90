//! Tidegate's own surveys: shown the side that they ask for at any exposure, and counted by nobody. A stranger is no survey.

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Method;
use reqwest::header::HeaderMap;
use tidegate_gateway::live::LiveCounts;
use tidegate_gateway::{GatewayConfig, Report, Side};
use tidegate_model::edge::{Moved, Redirect, UnitUpstreams};
use tidegate_model::flow::SuccessPredicate;
use tidegate_model::seam::{ArmCounts, PASS_HEADER, SHOWN_HEADER};
use tidegate_model::{GroupId, RouteId, Timestamp, UnitId};

use crate::world::{World, cookie, gateway_id, honest, unit, until, visitor_between};

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}

/// The page is all of the flow; beside it are an address that has moved and the page of another unit, in a group.
fn paged(config: &mut GatewayConfig) {
    let page = RouteId::parse("page").unwrap();
    let flow = &mut config.flows[0];
    (flow.entry, flow.complete) = (page.clone(), page);
    let shown = SuccessPredicate {
        status: vec![200],
        text: Some("hello".into()),
        ..SuccessPredicate::default()
    };
    (flow.success_old, flow.success_new) = (shown.clone(), shown);
    let other = UnitId::parse("blog").unwrap();
    let upstreams = UnitUpstreams {
        unit: other.clone(),
        ..config.edge.units[0].clone()
    };
    config.edge.units.push(upstreams);
    let mut route = config.edge.routes[0].clone();
    let posts = GroupId::parse("posts").unwrap();
    (route.id, route.path) = ("blog".parse().unwrap(), "/blog/{id}".into());
    (route.unit, route.group) = (other, Some(posts));
    let mut moved = config.edge.routes[0].clone();
    let pages = GroupId::parse("pages").unwrap();
    (moved.id, moved.path, moved.group) = ("moved".parse().unwrap(), "/moved/{id}".into(), Some(pages.clone()));
    config.edge.routes.extend([route, moved]);
    config.edge.redirects.push(Redirect {
        from: "/before/{id}".into(),
        to: "/moved/{id}".into(),
        group: pages,
        moved: Moved::KeepingMethod,
    });
}

/// A gateway at 0 % that believes passes, and what it has counted since: it may have met the first ones as strangers.
async fn surveyed() -> World {
    let mut world = World::build(honest, paged).await;
    world.control.apply(1, 0, |_| {}).await;
    until("a pass is believed", async || {
        let pass = pass(&world, Side::New, "/nowhere");
        let (told, _) = get(&world, Method::GET, "/nowhere", &pass).await;
        told.contains_key(SHOWN_HEADER).then_some(())
    })
    .await;
    counted(&mut world).await;
    world
}

fn pass(world: &World, side: Side, path: &str) -> String {
    let passes = world.control.hub.passes();
    passes.write(&gateway_id(), (&unit(), side), path, now()).unwrap()
}

async fn get(world: &World, method: Method, path: &str, pass: &str) -> (HeaderMap, u16) {
    let request = world.client.request(method, world.process.url(path));
    let answer = request.header(PASS_HEADER, pass).send().await.unwrap();
    let (headers, status) = (answer.headers().clone(), answer.status().as_u16());
    answer.bytes().await.unwrap();
    (headers, status)
}

fn said<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

/// What was counted until a visitor came who is: requests of both sides, attempts, orders.
async fn counted(world: &mut World) -> ([u64; 2], Vec<u64>, LiveCounts) {
    let asks = world.side(visitor_between(50, 100), "GET", "/assets/mark.css");
    assert_eq!(asks.await, "old");
    let (marked, mut requests) = (now(), [0; 2]);
    world.control.hub.look();
    loop {
        let Report::Live(live) = world.control.next().await else {
            continue;
        };
        for unit in &live.units {
            requests[0] += unit.old_requests;
            requests[1] += unit.new_requests;
        }
        if live.at >= marked {
            let flow = &live.flows[0];
            let flows = vec![flow.old_begun, flow.new_begun, flow.old_orders, flow.new_orders];
            return (requests, flows, live);
        }
    }
}

#[tokio::test]
async fn a_survey_sees_the_side_it_asks_for_before_anybody_and_counts_as_nobody() {
    let mut world = surveyed().await;
    let (_, flows, before) = counted(&mut world).await;
    let seen = world.new.asked().len();
    for (side, word) in [(Side::New, "new"), (Side::Old, "old")] {
        for path in ["/page", "/page?x=1"] {
            let pass = pass(&world, side, path);
            let (told, status) = get(&world, Method::GET, path, &pass).await;
            assert_eq!((said(&told, SHOWN_HEADER), status), (Some(word), 200), "{path}");
            assert_eq!(
                said(&told, "x-tidegate-rule"),
                Some("callback-follows-order, callback-unknown, break-glass, kill, survey")
            );
            assert!(!told.contains_key("set-cookie"), "{told:?}");
        }
    }
    let pass_to_moved = pass(&world, Side::New, "/before/1?x=1");
    let (told, status) = get(&world, Method::GET, "/before/1?x=1", &pass_to_moved).await;
    let leads = (status, said(&told, SHOWN_HEADER), said(&told, "location"));
    assert_eq!(leads, (308, Some("new"), Some("/moved/1?x=1")));
    for path in ["/blog/1", "/assets/a.css"] {
        let pass = pass(&world, Side::New, path);
        let (told, _) = get(&world, Method::GET, path, &pass).await;
        let expected = if path == "/blog/1" { "elsewhere" } else { "new" };
        assert_eq!(said(&told, SHOWN_HEADER), Some(expected), "{path}");
    }
    let asked = world.new.asked();
    assert_eq!(asked.len() - seen, 3, "both pages and the file");
    assert!(
        asked.iter().all(|one| !one.headers.contains_key(PASS_HEADER)),
        "{asked:?}"
    );
    let (requests, after_flows, after) = counted(&mut world).await;
    assert_eq!((requests, after_flows), ([1, 0], flows), "the mark alone");
    let totals = |live: &LiveCounts| (live.cookieless, live.forged, live.unknown_callbacks, live.undecided);
    assert_eq!(totals(&after), totals(&before));
    assert!(
        after.units.iter().all(|unit| unit.last_new_without_cart.is_none()),
        "{after:?}"
    );
}

#[tokio::test]
async fn a_stranger_a_used_pass_and_a_write_are_visitors_like_any_other() {
    let world = surveyed().await;
    let used = pass(&world, Side::New, "/page");
    get(&world, Method::GET, "/page", &used).await;
    let of_another_path = pass(&world, Side::New, "/page?x=1");
    let forged = format!("{};new;{};{:032x};{}", unit(), now().0, 7, "00".repeat(32));
    for stranger in [used.as_str(), &of_another_path, &forged, "new"] {
        let (told, status) = get(&world, Method::GET, "/page", stranger).await;
        assert_eq!(
            (status, said(&told, "x-tidegate-side")),
            (200, Some("old")),
            "{stranger}"
        );
        assert!(
            !told.contains_key(SHOWN_HEADER) && told.contains_key("set-cookie"),
            "{stranger}"
        );
    }
    let to_write = pass(&world, Side::New, "/enter");
    let (told, _) = get(&world, Method::POST, "/enter", &to_write).await;
    assert_eq!(
        (said(&told, SHOWN_HEADER), said(&told, "x-tidegate-side")),
        (None, Some("old"))
    );
    assert!(
        world
            .old
            .asked()
            .iter()
            .all(|one| !one.headers.contains_key(PASS_HEADER))
    );
}

#[tokio::test]
async fn nobody_is_sent_to_a_side_that_was_killed_and_a_visitor_is_not_told_what_is_shown() {
    let world = surveyed().await;
    world.control.apply(2, 0, |unit| unit.killed = true).await;
    let pass = pass(&world, Side::New, "/page");
    let (told, _) = get(&world, Method::GET, "/page", &pass).await;
    assert_eq!(said(&told, SHOWN_HEADER), Some("old"));
    let asked = world.client.get(world.process.url("/page")).header("cookie", cookie(1));
    assert!(!asked.send().await.unwrap().headers().contains_key(SHOWN_HEADER));
}

/// A group of the unit that has a brake, met by a survey of another unit: as anybody without a cookie meets it, and not seen.
#[tokio::test]
async fn the_brake_does_not_see_what_a_survey_of_another_unit_meets() {
    let mut world = surveyed().await;
    let flipped = vec![GroupId::parse("pages").unwrap()];
    world.control.apply(2, 50, |unit| unit.groups = flipped).await;
    let blog = UnitId::parse("blog").unwrap();
    let passes = world.control.hub.passes();
    let of_blog = passes
        .write(&gateway_id(), (&blog, Side::New), "/moved/1", now())
        .unwrap();
    let (told, _) = get(&world, Method::GET, "/moved/1", &of_blog).await;
    assert_eq!(said(&told, SHOWN_HEADER), Some("elsewhere"));
    for _ in 0..3 {
        assert_eq!(world.ask_as("", "GET", "/moved/1").await.0, "new");
    }
    let seen = async {
        loop {
            if let Report::Brake { look, .. } = world.control.next().await
                && look.new.n >= 3
            {
                return look.new;
            }
        }
    };
    let seen = tokio::time::timeout(std::time::Duration::from_secs(20), seen).await;
    assert_eq!(seen.expect("a look of the brake"), ArmCounts { n: 3, hits: 0 });
}
