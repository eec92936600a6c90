//! Times of entry requests, from what gateways said last. Never evidence, never journalled.

use std::sync::Arc;

use tidegate_api::{Latencies, LatencyView, Quantiles};
use tidegate_gateway::LiveCounts;
use tidegate_model::{FlowId, Millis, Timestamp};

use super::Live;

/// The longest that a gateway remembers a time.
const REMEMBERED: Millis = Millis(2 * 24 * 3_600_000);

/// Reads the times of a flow out of the live counts.
pub(super) fn latencies(live: Live) -> Latencies {
    Arc::new(move |flow| {
        let all = live.borrow();
        all.values().filter_map(|counts| view(counts, flow)).collect()
    })
}

fn view(counts: &LiveCounts, flow: &FlowId) -> Option<LatencyView> {
    let told = counts.flows.iter().find(|told| &told.flow == flow)?;
    let [old, new] = [told.old_latency, told.new_latency].map(|side| {
        side.map(|told| Quantiles {
            requests: told.n,
            p50: told.p50,
            p95: told.p95,
            p99: told.p99,
        })
    });
    // The number of a start is its time, or one more than the last.
    let started = i64::try_from(counts.incarnation).map_or(Timestamp(0), Timestamp);
    let remembered = i64::try_from(REMEMBERED.0).map_or(counts.at, |span| Timestamp(counts.at.0.saturating_sub(span)));
    Some(LatencyView {
        gateway: counts.gateway.clone(),
        since: started.max(remembered).min(counts.at),
        at: counts.at,
        old,
        new,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use tokio::sync::watch;

    use super::*;

    fn counts(started: i64, at: i64) -> LiveCounts {
        let told = json!({
            "gateway": "storefront", "incarnation": started, "at": at, "over": 1_000,
            "version": { "epoch": 1, "seq": 1 }, "leased": true, "glass_broken": false, "units": [],
            "flows": [{
                "flow": "buy", "old_begun": 1_300, "new_begun": 0, "old_orders": 800, "new_orders": 0,
                "old_latency": { "n": 1_240, "p50": 180, "p95": 420, "p99": 900 },
            }],
            "cookieless": 0, "forged": 0, "unknown_callbacks": 0, "undecided": 0, "connections": 0,
        });
        serde_json::from_value(told).expect("what a gateway says")
    }

    #[test]
    fn times_are_those_of_the_flow_and_reach_no_further_back_than_the_gateway_remembers() {
        let day = 24 * 3_600_000;
        let told = |started: i64, flow: &str| {
            let counts = counts(started, 10 * day);
            let (_show, live) = watch::channel(BTreeMap::from([(counts.gateway.clone(), Arc::new(counts))]));
            latencies(live)(&FlowId::parse(flow).expect("a name"))
        };
        let fresh = told(9 * day, "buy");
        assert_eq!(fresh[0].since, Timestamp(9 * day));
        assert_eq!(
            fresh[0].old.map(|old| (old.requests, old.p95)),
            Some((1_240, Millis(420)))
        );
        assert_eq!(fresh[0].new, None);
        assert_eq!(told(day, "buy")[0].since, Timestamp(8 * day));
        assert_eq!(told(day, "browse"), []);
    }
}
