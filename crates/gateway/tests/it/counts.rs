//! Counts against what the clients saw.

use tidegate_model::seam::{ArmCounts, MeterCounts, Ripeness, StratumPart};

use crate::shop::Answer;
use crate::world::{World, cookie, honest};
use tidegate_gateway::Report;

/// The new side loses every third order with status 200.
fn lossy(asked: &crate::shop::Asked) -> Answer {
    let n: u128 = asked.headers["cookie"]
        .split(['=', ';'])
        .nth(1)
        .and_then(|id| u128::from_str_radix(id, 16).ok())
        .unwrap();
    match asked.path.as_str() {
        "/v2/pay" if n.is_multiple_of(3) => Answer::json(r#"{"data":null,"errors":[{"message":"declined"}]}"#),
        "/enter" if n.is_multiple_of(7) => Answer::status(500),
        _ => honest(asked),
    }
}

#[tokio::test]
async fn strata_equal_what_the_clients_saw() {
    let mut world = World::with(lossy).await;
    world.control.apply(1, 50, |_| {}).await;
    let mut truth = [0_u64; 4];
    let mut errors = [0_u64; 4];
    for visitor in 1..=300_u128 {
        let (side, status) = world.ask(visitor, "POST", "/enter").await;
        let at = if side == "new" { 2 } else { 0 };
        truth[at] += 1;
        errors[at] += 1;
        errors[at + 1] += u64::from(status.is_server_error());
        if visitor.is_multiple_of(10) {
            continue;
        }
        let request = world
            .client
            .post(world.process.url("/pay"))
            .header("cookie", cookie(visitor));
        let body: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        truth[at + 1] += u64::from(body.pointer("/data/order").is_some());
    }
    // A forged bucket is routed by its recomputed bucket and never counted.
    let forged = format!("tg_id={:032x}; tg_id_b=99999", 5_000);
    world.ask_as(&forged, "POST", "/enter").await;
    world.ask_as(&forged, "POST", "/pay").await;
    // A visitor without an id is not counted either.
    world.ask_as("", "POST", "/enter").await;
    let (mut as_they_happened, mut grown) = ([0; 4], [0; 4]);
    let mut split = [0; 4];
    let mut cohort = [0; 4];
    let add = |sum: &mut [u64; 4], old: ArmCounts, new: ArmCounts| {
        for (total, n) in sum.iter_mut().zip([old.n, old.hits, new.n, new.hits]) {
            *total += n;
        }
    };
    let add_all = |sum: &mut [u64; 4], c: &MeterCounts| {
        add(sum, c.old, c.new);
        for row in &c.later {
            let hits = |arm: ArmCounts| ArmCounts { n: 0, ..arm };
            add(sum, hits(row.old), hits(row.new));
        }
    };
    // Quiet strata after the last attempt prove that nothing more comes.
    let mut quiet = 0;
    while cohort[0] + cohort[2] < 300 || quiet < 3 {
        let stratum = world.control.stratum().await;
        assert!(!stratum.voided);
        assert_eq!(stratum.version.seq, 1);
        let is_empty = stratum.counts.iter().all(|c| c.old.n + c.new.n == 0);
        quiet = if is_empty { quiet + 1 } else { 0 };
        for counts in &stratum.counts {
            match counts.criterion.as_str() {
                "errors" if counts.ripeness == Ripeness::Young => add_all(&mut as_they_happened, counts),
                "errors" => add_all(&mut grown, counts),
                "split" => add_all(&mut split, counts),
                "completion" => add_all(&mut cohort, counts),
                "latency" => assert_eq!(counts.new.hits + counts.old.hits, 0),
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!(cohort, truth);
    assert_eq!((as_they_happened, grown), (errors, errors));
    assert_eq!(split, [truth[0], truth[0], truth[2], truth[2]]);
    assert!(
        truth[3] < truth[2] && errors[3] > 0,
        "the faults were there: {truth:?} {errors:?}"
    );
}

#[tokio::test]
async fn the_brake_sees_orders_that_fail_with_status_200() {
    let mut world = World::with(|asked| match asked.path.as_str() {
        "/v2/pay" => Answer::json(r#"{"errors":[1]}"#),
        _ => honest(asked),
    })
    .await;
    world.control.apply(1, 50, |_| {}).await;
    let mut new = 0;
    for visitor in 1..=40_u128 {
        new += u64::from(world.side(visitor, "POST", "/enter").await == "new");
        assert_eq!(world.ask(visitor, "POST", "/pay").await.1, 200);
    }
    let look = loop {
        if let Report::Brake { look, .. } = world.control.next().await
            && look.old.n + look.new.n >= 40
        {
            break look;
        }
    };
    assert_eq!((look.new.n, look.new.hits), (new, new));
    assert_eq!((look.old.n, look.old.hits), (40 - new, 0));
}

#[tokio::test]
async fn live_counts_tell_when_the_new_side_was_last_entered() {
    let mut world = World::with(honest).await;
    world.control.apply(1, 100, |_| {}).await;
    world.ask(1, "POST", "/enter").await;
    world.control.hub.look();
    let live = loop {
        if let Report::Live(live) = world.control.next().await
            && live.units[0].new_open == 1
            && live.flows[0].new_latency.is_some()
        {
            break live;
        }
    };
    assert_eq!(live.flows[0].new_begun, 1);
    let latency = live.flows[0].new_latency.unwrap();
    assert!(latency.n == 1 && latency.p50 == latency.p99, "{latency:?}");
    assert_eq!(live.flows[0].old_latency, None);
    let last = live.units[0].last_new_without_cart.unwrap();
    world.control.apply(2, 100, |u| u.killed = true).await;
    world.ask(1, "POST", "/pay").await;
    world.ask(2, "GET", "/page").await;
    world.control.hub.look();
    let live = loop {
        if let Report::Live(live) = world.control.next().await
            && live.version.seq == 2
            && live.units[0].killed
            && live.units[0].old_requests > 0
        {
            break live;
        }
    };
    assert_eq!(live.units[0].last_new_without_cart, Some(last));
    assert_eq!(live.units[0].new_open, 0);
    let sum = world.control.sum("completion", StratumPart::Cohort, 1).await;
    assert_eq!(sum, [0, 0, 1, 0], "a killed attempt has not completed");
}
