//! Visitors told apart: a gate that watches phones sees what happens to phones, whatever everybody else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::shoppers::Visitor;
use crate::world::{ESTATE, Options, World};

const PHONE: &str = "Mozilla/5.0 (Linux; Android 15) Mobile";
const DESK: &str = "Mozilla/5.0 (X11; Linux x86_64)";

/// The estate of the other tests, where phones have a criterion of their own and everybody else is only looked at.
fn estate() -> String {
    let flow = "  success: { status: [200], text: in stock }\n  window: 1s\n";
    assert!(ESTATE.contains(flow));
    let segments = "  segments: { device: { header: user-agent, values: { phone: { contains: [mobile] } } } }\n";
    let criterion = "          - { incidents: sev2";
    let watched =
        "          - { name: phones, flow: browse, completion: not worse, segment: device=phone, max-silence: 1m }\n";
    ESTATE
        .replace(flow, &format!("{flow}{segments}"))
        .replace(criterion, &format!("{watched}{criterion}"))
}

#[test]
fn a_segment_is_judged_by_itself_and_the_rest_is_explored() {
    let mut world = World::quiet(Options {
        settings: vec![("SOAK", "10m".into())],
        ..Options::default()
    });
    std::fs::write(world.estate().join("tidegate.yaml"), estate()).unwrap();
    world.serve();
    let ana = world.token("ana");
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "exposure", |stage| stage["exposure"] == 1_000);
    let is_over = Arc::new(AtomicBool::new(false));
    let shoppers = std::thread::spawn({
        let (edge, is_over) = (world.edge(), is_over.clone());
        move || {
            let mut visit = 0_u32;
            while !is_over.load(Ordering::Relaxed) {
                // One of four has a phone.
                let device = if visit.is_multiple_of(4) { PHONE } else { DESK };
                let mut visitor = Visitor::default();
                for path in ["/", "/product/1"] {
                    visitor.get_with(edge, path, &[("User-Agent", device)]).unwrap();
                }
                visit += 1;
            }
        }
    });
    let n = |criterion: &serde_json::Value, side: &str| criterion["reading"][side][0].as_u64().unwrap_or(0);
    let stage = world.until_stage(&ana, "counts of everybody, of phones and of the rest", |stage| {
        let [all, phones] = [0, 1].map(|at| n(&stage["criteria"][at], "old"));
        let explored = stage["exploration"].to_string();
        all > 200 && phones > 50 && explored.contains("device=other")
    });
    is_over.store(true, Ordering::Relaxed);
    shoppers.join().unwrap();
    let [all, phones] = [0, 1].map(|at| &stage["criteria"][at]);
    assert_eq!(
        (phones["id"].as_str(), &phones["segment"]),
        (Some("phones"), &"device=phone".into())
    );
    let share = n(phones, "old") as f64 / n(all, "old") as f64;
    assert!((0.15..0.35).contains(&share), "{share} of all have a phone: {phones}");
    let explored = stage["exploration"].as_array().unwrap();
    assert_eq!(explored.len(), 1, "phones have a criterion of their own: {explored:?}");
}
