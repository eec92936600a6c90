//! Groups of routes flip whole for whoever brings no key, and redirects flip with them.

use std::collections::BTreeSet;

use tidegate_gateway::{GatewayConfig, Report};
use tidegate_model::GroupId;
use tidegate_model::edge::{CrawlerRule, FirstVisit, Moved, Redirect, Route, RouteClass};
use tidegate_model::seam::ArmCounts;

use crate::shop::{Answer, Asked};
use crate::world::{World, cookie, honest, visitor_between};

fn group(id: &str) -> GroupId {
    GroupId::parse(id).unwrap()
}

/// Two groups of pages, and one page beside them.
fn grouped(config: &mut GatewayConfig) {
    let page = config.edge.routes[0].clone();
    let of = |id: &str, path: &str, in_group: Option<&str>| Route {
        id: id.parse().unwrap(),
        path: path.to_owned(),
        group: in_group.map(group),
        ..page.clone()
    };
    config.edge.routes.extend([
        of("product", "/product/{id}", Some("products")),
        of("list", "/list/{id}", Some("products")),
        of("guide", "/guide/{id}", Some("guides")),
    ]);
}

/// The sides that requests without a key meet, over several addresses.
async fn met(world: &World, paths: &[&str]) -> BTreeSet<String> {
    let mut sides = BTreeSet::new();
    for _ in 0..20 {
        for path in paths {
            sides.insert(world.ask_as("", "GET", path).await.0);
        }
    }
    sides
}

fn only(side: &str) -> BTreeSet<String> {
    BTreeSet::from([side.to_owned()])
}

#[tokio::test]
async fn without_a_key_a_group_is_one_side_at_any_exposure_and_goes_back_at_once() {
    let world = World::build(honest, grouped).await;
    let products = ["/product/1", "/product/2", "/list/1"];
    let others = ["/guide/1", "/page"];
    for (seq, percent) in [(1, 10), (2, 50)] {
        world.control.apply(seq, percent, |_| {}).await;
        assert_eq!(met(&world, &products).await, only("old"), "{percent} %");
    }
    world.control.apply(3, 50, |u| u.groups = vec![group("products")]).await;
    assert_eq!(met(&world, &products).await, only("new"));
    assert_eq!(met(&world, &others).await, only("old"));
    let known = (visitor_between(0, 50), visitor_between(50, 100));
    assert_eq!(world.side(known.0, "GET", "/product/1").await, "new");
    assert_eq!(
        world.side(known.1, "GET", "/product/1").await,
        "old",
        "a key is placed by its bucket"
    );
    world.control.apply(4, 0, |_| {}).await;
    assert_eq!(
        met(&world, &products).await,
        only("old"),
        "the way back takes groups along"
    );
    world.control.apply(5, 100, |u| u.finalised = true).await;
    assert_eq!(met(&world, &["/product/1", "/guide/1", "/page"]).await, only("new"));
}

#[tokio::test]
async fn a_crawler_is_never_recognised_and_gets_no_key() {
    let rule = |config: &mut GatewayConfig| {
        grouped(config);
        config.edge.first_visit = FirstVisit::Bucket;
        config.edge.crawlers = Some(CrawlerRule {
            header: "x-verified-bot".into(),
        });
    };
    let world = World::build(honest, rule).await;
    world.control.apply(1, 50, |u| u.groups = vec![group("guides")]).await;
    for visitor in [visitor_between(0, 50), visitor_between(50, 100)] {
        for (path, expected) in [("/product/1", "old"), ("/guide/1", "new"), ("/page", "old")] {
            let request = world.client.get(world.process.url(path));
            let request = request
                .header("cookie", cookie(visitor))
                .header("X-Verified-Bot", "yes");
            let answer = request.send().await.unwrap();
            assert_eq!(answer.headers()["x-tidegate-side"], expected, "{path}");
            assert!(answer.headers().get("set-cookie").is_none(), "{path}");
            let caching = answer.headers()["cache-control"].to_str().unwrap();
            assert!(caching.starts_with("private"), "{path}: {caching}");
        }
    }
}

#[tokio::test]
async fn first_visits_are_placed_by_their_new_key_only_where_no_group_decides() {
    let rule = |config: &mut GatewayConfig| {
        grouped(config);
        config.edge.first_visit = FirstVisit::Bucket;
        let stock = Route {
            id: "stock".parse().unwrap(),
            class: RouteClass::Api,
            path: "/stock".into(),
            ..config.edge.routes[0].clone()
        };
        config.edge.routes.push(stock);
    };
    let world = World::build(honest, rule).await;
    world.control.apply(1, 50, |_| {}).await;
    assert_eq!(met(&world, &["/product/1", "/list/1", "/guide/1"]).await, only("old"));
    let mut sides = BTreeSet::new();
    // Each is a coin: all forty alike has a chance below 1 in 10^11.
    for _ in 0..40 {
        let answer = world.client.get(world.process.url("/page")).send().await.unwrap();
        let side = answer.headers()["x-tidegate-side"].to_str().unwrap().to_owned();
        let keys: Vec<&str> = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|v| v.to_str().unwrap())
            .collect();
        let keys: Vec<&str> = keys.iter().map(|key| key.split(';').next().unwrap()).collect();
        assert_eq!(
            world.ask_as(&keys.join("; "), "GET", "/page").await.0,
            side,
            "the next request stays"
        );
        sides.insert(side);
    }
    assert_eq!(sides.len(), 2, "{sides:?}");
    // A program that keeps no cookies meets one side.
    assert_eq!(met(&world, &["/stock"]).await, only("old"));
}

#[tokio::test]
async fn an_address_moves_with_its_group_and_comes_back_with_it() {
    let moving = |config: &mut GatewayConfig| {
        grouped(config);
        config.edge.redirects = vec![
            Redirect {
                from: "/shop/{id}".into(),
                to: "/product/{id}".into(),
                group: group("products"),
                moved: Moved::KeepingMethod,
            },
            Redirect {
                from: "/guides.html".into(),
                to: "/guide/all".into(),
                group: group("guides"),
                moved: Moved::Permanently,
            },
        ];
    };
    // The new side knows nothing of the addresses that it replaces.
    let new = |asked: &Asked| match asked.path.as_str() {
        path if path.starts_with("/shop/") || path == "/guides.html" => Answer::status(404),
        _ => honest(asked),
    };
    let world = World::build(new, moving).await;
    let ask = async |cookie: &str, path: &str| {
        let request = world.client.get(world.process.url(path)).header("cookie", cookie);
        let answer = request.send().await.unwrap();
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .map_or("-", |v| v.to_str().unwrap())
                .to_owned()
        };
        (answer.status().as_u16(), header("location"), header("cache-control"))
    };
    let stays = (200, "-".to_owned());
    let head = |(status, location, _): (u16, String, String)| (status, location);
    let (on_new, on_old) = (cookie(visitor_between(0, 50)), cookie(visitor_between(50, 100)));
    let moved = (308, "/product/7?from=mail".to_owned(), "no-store".to_owned());

    world.control.apply(1, 50, |_| {}).await;
    assert_eq!(head(ask("", "/shop/7").await), stays, "the group has not flipped");
    assert_eq!(head(ask(&on_old, "/shop/7").await), stays);
    assert_eq!(
        ask(&on_new, "/shop/7?from=mail").await,
        moved,
        "whoever is on the new side is sent to where it has the page, flipped or not"
    );
    assert_eq!(
        ask(&on_new, "/guides.html").await,
        (301, "/guide/all".to_owned(), "no-store".to_owned())
    );

    world.control.apply(2, 50, |u| u.groups = vec![group("products")]).await;
    assert_eq!(ask("", "/shop/7?from=mail").await, moved);
    assert_eq!(ask(&on_new, "/shop/7?from=mail").await, moved);
    assert_eq!(
        head(ask(&on_old, "/shop/7").await),
        stays,
        "the old side keeps its address"
    );
    assert_eq!(head(ask("", "/guides.html").await), stays, "another group");
    let posted = world.client.post(world.process.url("/shop/7")).send().await.unwrap();
    assert_eq!(posted.status(), 200, "only what reads is sent on");

    let entered = world.client.post(world.process.url("/enter")).header("cookie", &on_new);
    assert_eq!(entered.send().await.unwrap().headers()["x-tidegate-side"], "new");
    world.control.apply(3, 0, |_| {}).await;
    assert_eq!(head(ask("", "/shop/7").await), stays, "the way back takes it along");
    assert_eq!(
        ask(&on_new, "/shop/7?from=mail").await,
        moved,
        "a cart that drains stays where the page has its new address"
    );
    world.control.apply(4, 100, |u| u.finalised = true).await;
    let for_ever = (308, "/product/7".to_owned(), "-".to_owned());
    assert_eq!(ask(&on_old, "/shop/7").await, for_ever);
    assert_eq!(
        ask("", "/guides.html").await,
        (301, "/guide/all".to_owned(), "-".to_owned())
    );
    world
        .control
        .apply(5, 100, |u| (u.finalised, u.killed) = (true, true))
        .await;
    assert_eq!(head(ask("", "/shop/7").await), stays, "a kill is a kill");
    let lost =
        |asked: &Asked| asked.method == "GET" && (asked.path.starts_with("/shop/") || asked.path == "/guides.html");
    assert!(
        !world.new.asked().iter().any(lost),
        "nobody was sent to where nothing is"
    );
}

/// The brake sees in a window of its own what a flipped group answers to whoever has no key; attempts show none of it.
#[tokio::test]
async fn a_group_that_fails_whoever_has_no_key_is_seen_by_the_brake() {
    let failing = |asked: &Asked| match asked.path.starts_with("/product/") {
        true => Answer::status(500),
        false => honest(asked),
    };
    let mut world = World::build(failing, grouped).await;
    world.control.apply(1, 50, |u| u.groups = vec![group("products")]).await;
    for n in 0..10 {
        let (side, status) = world.ask_as("", "GET", &format!("/product/{n}")).await;
        assert_eq!((side.as_str(), status.as_u16()), ("new", 500));
        world.ask_as("", "GET", "/guide/1").await;
        world.ask_as("", "GET", "/page").await;
    }
    let all = [ArmCounts { n: 10, hits: 0 }, ArmCounts { n: 10, hits: 10 }];
    loop {
        let Report::Brake { look, .. } = world.control.next().await else {
            continue;
        };
        // The other window is that of attempts, and there are none.
        assert!(look.new.n == look.new.hits && look.old.hits == 0, "{look:?}");
        if [look.old, look.new] == all {
            break;
        }
    }
}
