//! `tidegate latency`: how long the entry requests of a flow take, to be frozen into a plan before its stage.

use clap::Args;
use clap_complete::ArgValueCandidates;
use tidegate_api::{LatencyView, Quantiles};
use tidegate_engine::view::words;

use crate::client::{Reply, Server};
use crate::say::say;
use crate::{exit, names};

/// Requests from which a P99 stands on ten of them.
const FEW: u64 = 1_000;

/// Shows P50, P95 and P99 of a flow's entry requests on both sides, and the old side's as a plan wants them frozen.
///
/// Exit code 1 while no request of the old side was timed.
#[derive(Debug, Args)]
pub(crate) struct Latency {
    /// The flow.
    #[arg(add = ArgValueCandidates::new(names::flows))]
    flow: String,
    #[command(flatten)]
    server: Server,
}

impl Latency {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let path = format!("/api/v1/flows/{}/latency", self.flow);
        let views = match self.server.get::<Vec<LatencyView>>(&path, &[])? {
            Reply::Refused(code) => return Ok(code),
            Reply::Fine(views) => views,
        };
        if self.server.json {
            say!("{}", serde_json::to_string_pretty(&views)?);
        } else {
            say!("{}", describe(&self.flow, &views));
        }
        let is_known = views.iter().any(|view| view.old.is_some());
        Ok(if is_known { exit::FINE } else { exit::WRONG })
    }
}

fn describe(flow: &str, views: &[LatencyView]) -> String {
    if views.is_empty() {
        return format!("no data: no gateway has told anything of {flow} yet\n");
    }
    views.iter().map(|view| of_gateway(flow, view)).collect()
}

fn of_gateway(flow: &str, view: &LatencyView) -> String {
    let mut text = format!(
        "first timed requests of {flow} at {}, from {} to {}\n",
        view.gateway, view.since, view.at
    );
    for (side, quantiles) in [("old", &view.old), ("new", &view.new)] {
        let told = match quantiles {
            Some(told) => format!(
                "{}: P50 {}, P95 {}, P99 {}",
                words::counted(told.requests, "request", "requests"),
                told.p50,
                told.p95,
                told.p99
            ),
            None => "no data: no request was timed".to_owned(),
        };
        text.push_str(&format!("  {side}  {told}\n"));
    }
    if let Some(old) = &view.old {
        text.push_str(&frozen(old));
    }
    text
}

/// The old side's quantiles as a plan has them; of equal ones the lowest alone, as thresholds have to rise.
fn frozen(old: &Quantiles) -> String {
    let mut pairs: Vec<(&str, u64)> = Vec::new();
    for (name, time) in [("p50", old.p50.0), ("p95", old.p95.0), ("p99", old.p99.0)] {
        if time > pairs.last().map_or(0, |(_, before)| *before) {
            pairs.push((name, time));
        }
    }
    if pairs.is_empty() {
        return "  every quantile is below a millisecond, so none can be frozen\n".to_owned();
    }
    let pairs: Vec<String> = pairs.iter().map(|(name, time)| format!("{name}: {time}ms")).collect();
    let few = if old.requests < FEW {
        format!(" # from {} requests only: P99 stands on fewer than ten", old.requests)
    } else {
        String::new()
    };
    format!("\nfrozen: {{ {} }}{few}\n", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use tidegate_model::{GatewayId, Millis, Timestamp};

    use super::*;

    fn view(old: Option<[u64; 4]>) -> LatencyView {
        LatencyView {
            gateway: GatewayId::parse("storefront").expect("a name"),
            since: Timestamp(1_772_456_628_000),
            at: Timestamp(1_772_460_228_000),
            old: old.map(|[requests, p50, p95, p99]| Quantiles {
                requests,
                p50: Millis(p50),
                p95: Millis(p95),
                p99: Millis(p99),
            }),
            new: None,
        }
    }

    #[test]
    fn times_are_shown_with_their_span_and_the_line_that_a_plan_takes() {
        assert_eq!(
            describe("buy", &[view(Some([12_400, 180, 1_420, 2_900]))]),
            "\
first timed requests of buy at storefront, from 2026-03-02T13:03:48.000Z to 2026-03-02T14:03:48.000Z
  old  12,400 requests: P50 180ms, P95 1s420ms, P99 2s900ms
  new  no data: no request was timed

frozen: { p50: 180ms, p95: 1420ms, p99: 2900ms }
"
        );
    }

    #[test]
    fn no_data_is_said_and_nothing_is_offered_to_be_frozen() {
        assert_eq!(
            describe("buy", &[]),
            "no data: no gateway has told anything of buy yet\n"
        );
        let text = describe("buy", &[view(None)]);
        assert!(text.contains("old  no data") && !text.contains("frozen"), "{text}");
        assert!(!describe("buy", &[view(Some([9, 0, 0, 0]))]).contains("frozen:"));
    }

    #[test]
    fn what_is_frozen_rises_and_says_when_it_stands_on_little() {
        let few = frozen(&view(Some([400, 5, 5, 9])).old.expect("it has one"));
        assert_eq!(
            few,
            "\nfrozen: { p50: 5ms, p99: 9ms } # from 400 requests only: P99 stands on fewer than ten\n"
        );
    }
}
