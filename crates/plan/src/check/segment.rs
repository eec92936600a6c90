//! Segments: what a criterion or a declared share names is declared by the flow, and shares are no more than the whole.

use std::collections::BTreeMap;

use tidegate_model::flow::{Flow, OTHER, Segment, SegmentSource, SegmentValue, SegmentWord};
use tidegate_model::{FlowId, PlanId};

use super::plan::flow_of;
use crate::code::Code;
use crate::read::{Reading, list, nearest};
use crate::sink::{Finding, Place};

const WHOLE_PPM: u64 = 1_000_000;

/// Checks every segment that is named.
pub(crate) fn check(reading: &mut Reading) {
    let mut findings = Vec::new();
    for stage in reading.parts.plans.iter().flat_map(|plan| &plan.stages) {
        let subject = format!("stage `{}`", stage.id);
        for criterion in &stage.gate.criteria {
            if let (Some(named), Some(flow)) = (&criterion.segment, flow_of(criterion)) {
                let place = reading.place(&subject, &format!("segment of {}", criterion.id));
                findings.extend(unknown(flow, named, place, reading));
            }
        }
    }
    for flow in &reading.parts.flows {
        findings.extend(bodiless(flow, reading));
        findings.extend(
            flow.segments
                .iter()
                .flat_map(|segment| overlapping(flow, segment, reading)),
        );
    }
    let mut sums: BTreeMap<(&PlanId, &FlowId, &str), (u64, Place)> = BTreeMap::new();
    for (plan, flow, named, share) in reading.shares.iter() {
        let place = reading.place(&format!("plan `{plan}`"), &format!("share of {flow} {named}"));
        findings.extend(unknown(flow, named, place, reading));
        let sum = sums.entry((plan, flow, named.segment.as_str())).or_insert((0, place));
        *sum = (sum.0 + u64::from(share.get()), place);
    }
    for ((_, flow, segment), (sum, place)) in sums {
        if sum > WHOLE_PPM {
            findings.push(
                Finding::error(
                    Code::ShareSum,
                    place,
                    format!("shares of segment `{segment}` of flow `{flow}` are more than the whole"),
                )
                .expected("100 % in all, or less", format!("{} %", sum as f64 / 10_000.0))
                .help("what the declared values leave is the share of `other`"),
            );
        }
    }
    for finding in findings {
        reading.sink.add(finding);
    }
}

/// Requests by these methods bring no body (RFC 9110 §9.3.1, §9.3.2).
const WITHOUT_BODY: [&str; 2] = ["GET", "HEAD"];

/// A segment in a body, where the request that begins an attempt has none.
fn bodiless(flow: &Flow, reading: &Reading) -> Option<Finding> {
    let segment = flow.segments.iter().find(|segment| match segment.read {
        SegmentSource::Body(_) | SegmentSource::Form(_) => true,
        SegmentSource::Header(_) | SegmentSource::Cookie(_) | SegmentSource::Query(_) => false,
    })?;
    let mut routes = reading.parts.edges.iter().flat_map(|edge| &edge.routes);
    let entry = routes.find(|route| route.id == flow.entry && route.unit == flow.unit)?;
    let has_none = |method: &String| WITHOUT_BODY.contains(&method.as_str());
    if entry.methods.is_empty() || !entry.methods.iter().all(has_none) {
        return None;
    }
    let subject = format!("flow `{}`", flow.id);
    Some(
        Finding::error(
            Code::SegmentWithoutBody,
            reading.place(&subject, "segments"),
            format!(
                "segment `{}` is read from a body that `{}` does not have",
                segment.id, flow.entry
            ),
        )
        .expected(
            "`header`, `cookie` or `query`, or an entry with a body",
            format!("an entry by {}", list(entry.methods.iter().map(String::as_str))),
        )
        .help("everybody would be `other`: read it from elsewhere, or let the flow begin where it is sent")
        .related(reading.place(&subject, "entry"), "the request that begins an attempt"),
    )
}

/// Values that nobody has: an earlier value takes each of their texts. Letters match in either case.
fn overlapping(flow: &Flow, segment: &Segment, reading: &Reading) -> Vec<Finding> {
    let lower = |texts: &[String]| -> Vec<String> { texts.iter().map(|text| text.to_lowercase()).collect() };
    let mut findings = Vec::new();
    for (at, word) in segment.words.iter().enumerate() {
        let takes = |earlier: &&SegmentWord| {
            let (equal, part) = (lower(&earlier.equals), lower(&earlier.contains));
            let by_part = |text: &String| part.iter().any(|one| text.contains(one.as_str()));
            let equals = lower(&word.equals);
            let contains = lower(&word.contains);
            equals.iter().all(|text| equal.contains(text) || by_part(text)) && contains.iter().all(by_part)
        };
        let Some(earlier) = segment.words[..at].iter().find(takes) else {
            continue;
        };
        let place = reading.place(&format!("flow `{}`", flow.id), "segments");
        let message = format!("value `{}` of segment `{}` is never met", word.name, segment.id);
        findings.push(
            Finding::error(Code::SegmentsOverlap, place, message)
                .expected(
                    "texts that no earlier value takes",
                    format!("texts that `{}` takes first", earlier.name),
                )
                .help("put the narrower value first, or give each its own texts: a request has one value"),
        );
    }
    findings
}

fn unknown(flow: &FlowId, named: &SegmentValue, place: Place, reading: &Reading) -> Option<Finding> {
    // A flow that is not declared is complained about where it is named.
    let flow: &Flow = reading.parts.flows.iter().find(|found| found.id == *flow)?;
    let declared = reading.place(&format!("flow `{}`", flow.id), "segments");
    let names = || flow.segments.iter().map(|segment| segment.id.as_str());
    let Some(segment) = flow.segments.iter().find(|segment| segment.id == named.segment) else {
        let expected = match flow.segments.as_slice() {
            [] => format!("a segment of flow `{}`, and it declares none", flow.id),
            _ => format!("a segment of flow `{}`: {}", flow.id, list(names())),
        };
        let help = match nearest(named.segment.as_str(), names()) {
            Some(near) => format!("did you mean `{near}={}`?", named.value),
            None => format!(
                "add to the flow: `segments: {{ {}: {{ header: x-{}, values: [{}] }} }}`",
                named.segment, named.segment, named.value
            ),
        };
        return Some(
            Finding::error(
                Code::UnknownSegment,
                place,
                format!("flow `{}` has no segment `{}`", flow.id, named.segment),
            )
            .expected(expected, format!("`{named}`"))
            .help(help)
            .related(declared, "the flow"),
        );
    };
    let values = || segment.words.iter().map(|word| word.name.as_str()).chain([OTHER]);
    if values().any(|value| value == named.value) {
        return None;
    }
    let help = match nearest(&named.value, values()) {
        Some(near) => format!("did you mean `{}={near}`?", named.segment),
        None => format!(
            "add `{}` to its `values`: undeclared texts are counted as `other`",
            named.value
        ),
    };
    Some(
        Finding::error(
            Code::UnknownSegment,
            place,
            format!("segment `{}` has no value `{}`", segment.id, named.value),
        )
        .expected(
            format!("a value of segment `{}`: {}", segment.id, list(values())),
            format!("`{named}`"),
        )
        .help(help)
        .related(declared, "the segments of the flow"),
    )
}
