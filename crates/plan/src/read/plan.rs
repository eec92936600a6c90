//! Plans: edge, declared traffic, windows in which exposure may grow, and the stages.

use tidegate_model::flow::SegmentValue;
use tidegate_model::plan::{ExpandRule, Plan, Stage, Traffic, WeeklyWindow};
use tidegate_model::{EdgeId, FlowId, PartsPerMillion, PlanId};

use super::criterion::{WEIGHT_PARTS, segment_value};
use super::domain::{AREA, AREAS, area, reference};
use super::envelope::Head;
use super::fields::{Fields, items, text, value, wrong};
use super::scalar::{MONEY, PER_HOUR, PERCENT, money, per_hour, percent};
use super::time::{PERIOD, WINDOW, period, window};
use super::{Kind, Reading};
use crate::form::{Form, Of, may, need};
use crate::sink::Place;
use crate::syntax::{Node, Shape};

/// Alpha when the plan does not say, 5 %.
const ALPHA_PPM: u32 = 50_000;

/// The fields of a `Plan`.
pub(crate) static PLAN: Form = Form::new(
    "how exposure grows, what it takes, and the way back",
    &[
        need("edge", Of::Name),
        may("alpha", Of::Percent),
        may("traffic", Of::Listed(&Of::Form(&TRAFFIC))),
        may("expand", Of::Form(&EXPAND)),
        may("not-concerned", Of::Listed(&Of::Form(&NOT_CONCERNED))),
        need("stages", Of::Listed(&Of::Form(&super::stage::STAGE))),
    ],
);

static NOT_CONCERNED: Form = Form::new(
    "a typical area of risk that the plan does not touch",
    &[need("area", Of::Words(&AREAS)), need("because", Of::Text)],
);

static TRAFFIC: Form = Form::new(
    "the traffic that is expected of a flow",
    &[
        need("flow", Of::Name),
        need("day", Of::Rate),
        need("night", Of::Rate),
        need("completion", Of::Percent),
        need("basket", Of::Money),
        may("segments", Of::Named(&Of::Named(&Of::Percent))),
    ],
);

static EXPAND: Form = Form::new(
    "when exposure may grow",
    &[
        may("within", Of::Listed(&Of::Text)),
        may("zone", Of::Text),
        may("never", Of::Listed(&Of::Text)),
    ],
);

/// Reads a `Plan`.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let edge = spec.need("edge", reading).and_then(|node| {
        reading.mark(&head.subject, "edge", node.place);
        reference(node, "the edge", Kind::Edge, EdgeId::parse, reading)
    });
    let mut declared = Vec::new();
    for node in spec.get("traffic").map(items).unwrap_or_default() {
        let read = traffic(head, node, reading);
        if read.is_none() {
            reading.tear(&head.subject, "traffic");
        }
        declared.extend(read);
    }
    let expand = spec
        .get("expand")
        .map_or_else(ExpandRule::default, |node| expand(node, reading));
    for node in spec.get("not-concerned").map(items).unwrap_or_default() {
        not_concerned(node, reading);
    }
    let alpha = match spec.get("alpha") {
        None => PartsPerMillion::new(ALPHA_PPM).ok(),
        Some(node) => value(node, "`alpha`", "a share above 0% and up to 50%", alpha, reading),
    };
    let mut stages = Vec::new();
    for node in spec.need("stages", reading).map(items).unwrap_or_default() {
        stages.extend(super::stage::read(node, reading));
    }
    spec.close(reading);
    reduce_weights(&mut stages);
    let (Some(edge), Some(alpha)) = (edge, alpha) else {
        return;
    };
    reading.parts.plans.push(Plan {
        id: PlanId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        edge,
        traffic: declared,
        expand,
        alpha,
        stages,
    });
}

/// Takes the common factor out of the weights, as far as reading has put it in: without a shared line they are as written.
fn reduce_weights(stages: &mut [Stage]) {
    let weights = || {
        stages
            .iter()
            .flat_map(|stage| &stage.gate.criteria)
            .map(|one| one.weight)
    };
    let common = weights().fold(WEIGHT_PARTS, greatest_common_divisor);
    for one in stages.iter_mut().flat_map(|stage| &mut stage.gate.criteria) {
        one.weight /= common;
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    match b {
        0 => a,
        _ => greatest_common_divisor(b, a % b),
    }
}

/// `{ area: promotions, because: there are none }`.
fn not_concerned(node: &Node, reading: &mut Reading) {
    let Some(mut fields) = Fields::open(node, "an area that is not concerned", &NOT_CONCERNED, reading) else {
        return;
    };
    let found = fields
        .need("area", reading)
        .and_then(|node| value(node, "`area`", AREA, area, reading));
    let because = fields
        .need("because", reading)
        .and_then(|node| text(node, "`because`", reading));
    fields.close(reading);
    if let (Some(found), Some(_)) = (found, because) {
        reading.not_concerned.insert(found);
    }
}

fn alpha(text: &str) -> Option<PartsPerMillion> {
    percent(text).filter(|alpha| (1..=500_000).contains(&alpha.get()))
}

fn traffic(head: &Head, node: &Node, reading: &mut Reading) -> Option<Traffic> {
    let mut fields = Fields::open(node, "declared traffic", &TRAFFIC, reading)?;
    let flow = fields
        .need("flow", reading)
        .and_then(|node| reference(node, "the flow", Kind::Flow, FlowId::parse, reading));
    let mut rate = |field: &'static str, reading: &mut Reading| {
        fields
            .need(field, reading)
            .and_then(|node| value(node, &format!("`{field}`"), PER_HOUR, per_hour, reading))
    };
    let (day_per_hour, night_per_hour) = (rate("day", reading), rate("night", reading));
    let completion = fields
        .need("completion", reading)
        .and_then(|node| value(node, "`completion`", PERCENT, percent, reading));
    let basket = fields
        .need("basket", reading)
        .and_then(|node| value(node, "`basket`", MONEY, money, reading));
    let shares = fields
        .get("segments")
        .map(|node| shares(node, reading))
        .unwrap_or_default();
    fields.close(reading);
    let flow = flow?;
    for (segment, share, place) in shares {
        reading.mark(&head.subject, &format!("share of {flow} {segment}"), place);
        reading.shares.declare(&head.name, &flow, segment, share);
    }
    Some(Traffic {
        flow,
        day_per_hour: day_per_hour?,
        night_per_hour: night_per_hour?,
        completion: completion?,
        basket: basket?,
    })
}

/// `{ payment: { card: 50%, wallet: 30% } }`: shares of the flow's attempts by segment.
fn shares(node: &Node, reading: &mut Reading) -> Vec<(SegmentValue, PartsPerMillion, Place)> {
    let Shape::Map(segments) = &node.shape else {
        wrong(node, "`segments`", SHARES, reading);
        return Vec::new();
    };
    let mut found = Vec::new();
    for (segment, values) in segments {
        let Shape::Map(values) = &values.shape else {
            wrong(values, "the shares of a segment", SHARES, reading);
            continue;
        };
        for (name, node) in values {
            let share = value(
                node,
                "the share of a segment's value",
                "a share above `0%`, such as `50%`",
                |text| percent(text).filter(|share| share.get() > 0),
                reading,
            );
            match (segment_value(&format!("{}={}", segment.text, name.text)), share) {
                (Some(value), Some(share)) => found.push((value, share, node.place)),
                (Some(_), None) => {}
                (None, _) => wrong(node, "the name of a segment or its value", "a name", reading),
            }
        }
    }
    found
}

const SHARES: &str = "a mapping such as `{ payment: { card: 50%, wallet: 30% } }`";

fn expand(node: &Node, reading: &mut Reading) -> ExpandRule {
    let Some(mut fields) = Fields::open(node, "the expand rule", &EXPAND, reading) else {
        return ExpandRule::default();
    };
    let mut within: Vec<WeeklyWindow> = Vec::new();
    for node in fields.get("within").map(items).unwrap_or_default() {
        within.extend(value(node, "a window", WINDOW, window, reading));
    }
    let zone = match fields.get("zone") {
        Some(node) => text(node, "`zone`", reading).filter(|zone| {
            let is_known = jiff::tz::TimeZone::get(zone).is_ok();
            if !is_known {
                wrong(node, "`zone`", "a time zone such as `Europe/Berlin`", reading);
            }
            is_known
        }),
        None => within.first().map(|window| window.zone.clone()),
    }
    .unwrap_or_else(|| "UTC".to_owned());
    let mut never = Vec::new();
    for node in fields.get("never").map(items).unwrap_or_default() {
        never.extend(value(node, "a period", PERIOD, |text| period(text, &zone), reading));
    }
    fields.close(reading);
    ExpandRule { within, never }
}
