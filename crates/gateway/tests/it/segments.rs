//! Visitors told apart by what their entry requests say, on both sides alike.

use std::collections::BTreeMap;

use tidegate_gateway::config::GatewayConfig;
use tidegate_model::flow::{Segment, SegmentSource, SegmentValue, SegmentWord};
use tidegate_model::seam::{Meter, MeterKind, Ripeness};
use tidegate_model::{CriterionId, SegmentId};

use crate::shop::Answer;
use crate::world::{World, cookie, honest};

/// The values that are metered, by segment.
const METERED: [(&str, &str); 6] = [
    ("payment", "card"),
    ("payment", "invoice"),
    ("payment", "other"),
    ("device", "phone"),
    ("device", "other"),
    ("country", "at"),
];

fn segment(name: &str, read: SegmentSource, words: &[(&str, &str)]) -> Segment {
    let words = words.iter().map(|(name, text)| SegmentWord {
        name: (*name).to_owned(),
        equals: Vec::new(),
        contains: vec![(*text).to_owned()],
    });
    Segment {
        id: SegmentId::parse(name).unwrap(),
        read,
        words: words.collect(),
    }
}

/// Counts errors and completions of each metered value, as `payment-card-errored` and `payment-card-completed`.
fn told_apart(config: &mut GatewayConfig, payment: SegmentSource) {
    let flow = &mut config.flows[0];
    flow.segments = vec![
        segment("payment", payment, &[("card", "card"), ("invoice", "invoice")]),
        segment(
            "device",
            SegmentSource::Header("user-agent".into()),
            &[("phone", "Mobile")],
        ),
        segment("country", SegmentSource::Query("land".into()), &[("at", "at")]),
    ];
    let stage = config.counting.meters[0].stage.clone();
    for (segment, value) in METERED {
        for (kind, word) in [(MeterKind::Errored, "errored"), (MeterKind::Completed, "completed")] {
            config.counting.meters.push(Meter {
                stage: stage.clone(),
                criterion: CriterionId::parse(&format!("{segment}-{value}-{word}")).unwrap(),
                flow: flow.id.clone(),
                kind,
                segment: Some(SegmentValue {
                    segment: SegmentId::parse(segment).unwrap(),
                    value: value.to_owned(),
                }),
            });
        }
    }
}

/// Old n, old hits, new n, new hits of each meter, once this many attempts have ended in the whole flow.
async fn counts(world: &mut World, attempts: u64) -> BTreeMap<String, [u64; 4]> {
    let mut sums = BTreeMap::<String, [u64; 4]>::new();
    let seen = |sums: &BTreeMap<String, [u64; 4]>, name: &str| sums.get(name).map_or(0, |s| s[0] + s[2]);
    while seen(&sums, "completion") < attempts || seen(&sums, "errors") < attempts {
        let counts = world.control.stratum().await.counts;
        for counts in counts.into_iter().filter(|counts| counts.ripeness != Ripeness::Young) {
            let sum = sums.entry(counts.criterion.to_string()).or_default();
            let came = [counts.old.n, counts.old.hits, counts.new.n, counts.new.hits];
            sum.iter_mut().zip(came).for_each(|(total, n)| *total += n);
        }
    }
    sums
}

#[tokio::test]
async fn a_side_that_fails_one_way_to_pay_is_seen_in_that_segment_alone() {
    let lossy = |asked: &crate::shop::Asked| match asked.path.as_str() {
        "/v2/pay" if asked.headers["user-agent"].contains("card") => Answer::json(r#"{"errors":[1]}"#),
        _ => honest(asked),
    };
    let mut world = World::build(lossy, |config| {
        told_apart(config, SegmentSource::Body("/cart/payment".into()));
    })
    .await;
    world.control.apply(1, 50, |_| {}).await;
    let mut truth = BTreeMap::<String, [u64; 4]>::new();
    for visitor in 1..=90_u128 {
        let pay = ["card", "Invoice", "beans"][usize::try_from(visitor % 3).unwrap()];
        let device = if visitor.is_multiple_of(2) { "mobile" } else { "desk" };
        let land = if visitor.is_multiple_of(5) { "AT" } else { "de" };
        let agent = format!("{device} {pay}");
        let request = world.client.post(world.process.url(&format!("/enter?land={land}")));
        let body = format!(r#"{{"cart":{{"payment":"{pay}"}},"mail":"secret@example.test"}}"#);
        let request = request.header("cookie", cookie(visitor)).header("user-agent", &agent);
        let answer = request.body(body.clone()).send().await.unwrap();
        let is_new = answer.headers()["x-tidegate-side"] == "new";
        let shop = if is_new { &world.new } else { &world.old };
        assert_eq!(shop.asked().last().unwrap().body, body, "the shop has it all");
        let request = world.client.post(world.process.url("/pay"));
        let request = request.header("cookie", cookie(visitor)).header("user-agent", &agent);
        let order: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        let payment = match pay {
            "card" => "card",
            "Invoice" => "invoice",
            _ => "other",
        };
        let device = if device == "mobile" { "phone" } else { "other" };
        let mut of = vec![format!("payment-{payment}"), format!("device-{device}")];
        of.extend((land == "AT").then(|| "country-at".to_owned()));
        for name in of {
            let at = if is_new { 2 } else { 0 };
            let sum = truth.entry(format!("{name}-completed")).or_default();
            sum[at] += 1;
            sum[at + 1] += u64::from(order.pointer("/data/order").is_some());
            truth.entry(format!("{name}-errored")).or_default()[at] += 1;
        }
    }
    let sums = counts(&mut world, 90).await;
    for (name, expected) in &truth {
        assert_eq!(&sums[name], expected, "{name}");
    }
    assert_eq!(truth.len(), 2 * METERED.len());
    let (card, invoice) = (truth["payment-card-completed"], truth["payment-invoice-completed"]);
    assert!(card[2] > 0 && card[3] == 0 && invoice[2] > 0 && invoice[3] == invoice[2]);
}

#[tokio::test]
async fn how_a_side_fails_does_not_decide_where_it_is_counted() {
    let mut world = World::build(honest, |config| {
        told_apart(config, SegmentSource::Form("order[payment]".into()));
        config.edge.units[0].new = "http://127.0.0.1:1".into();
    })
    .await;
    world.control.apply(1, 100, |_| {}).await;
    let ask = |visitor: u128| {
        let request = world.client.post(world.process.url("/enter"));
        request.header("cookie", cookie(visitor))
    };
    let parts = concat!(
        "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"order[payment]\"\r\n\r\ninvoice\r\n--b--\r\n"
    );
    // Read no further than its length.
    let long = format!("order%5Bpayment%5D=card&note={}", "x".repeat(70_000));
    let requests = [
        ask(1).body("a=b&order%5Bpayment%5D=credit+card"),
        ask(2)
            .header("content-type", "multipart/form-data; boundary=b")
            .body(parts),
        ask(3).body("order%5Bpayment%5D=beans"),
        ask(4).body(long),
        ask(5),
    ];
    for request in requests {
        assert_eq!(request.send().await.unwrap().status(), 502);
    }
    let sums = counts(&mut world, 5).await;
    let of = |name: &str| sums[&format!("payment-{name}-errored")];
    assert_eq!(of("card"), [0, 0, 1, 1]);
    assert_eq!(of("other"), [0, 0, 3, 3]);
    assert_eq!(of("invoice"), [0, 0, 1, 1]);
}

#[tokio::test]
async fn a_body_that_is_too_long_to_read_arrives_whole() {
    let world = World::build(honest, |config| {
        told_apart(config, SegmentSource::Body("/payment".into()));
    })
    .await;
    world.control.apply(1, 0, |_| {}).await;
    for length in [1, 60_000, 65_536, 65_537, 300_000] {
        let body = "x".repeat(length);
        let request = world.client.post(world.process.url("/enter")).body(body.clone());
        assert_eq!(request.send().await.unwrap().status(), 200);
        assert_eq!(world.old.asked().last().unwrap().body.len(), length);
    }
}
