//! Plans: edge, declared traffic, windows in which exposure may grow, and the stages.

use tidegate_model::plan::{ExpandRule, Plan, Traffic, WeeklyWindow};
use tidegate_model::{EdgeId, FlowId, PartsPerMillion, PlanId};

use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, items, text, value, wrong};
use super::scalar::{MONEY, PER_HOUR, PERCENT, money, per_hour, percent};
use super::time::{PERIOD, WINDOW, period, window};
use super::{Kind, Reading};
use crate::syntax::Node;

/// Alpha when the plan does not say, 5 %.
const ALPHA_PPM: u32 = 50_000;

/// Reads a `Plan`.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let edge = spec.need("edge", reading).and_then(|node| {
        reading.mark(&head.subject, "edge", node.place);
        reference(node, "the edge", Kind::Edge, EdgeId::parse, reading)
    });
    let mut declared = Vec::new();
    for node in spec.get("traffic").map(items).unwrap_or_default() {
        declared.extend(traffic(node, reading));
    }
    let expand = spec
        .get("expand")
        .map_or_else(ExpandRule::default, |node| expand(node, reading));
    let alpha = match spec.get("alpha") {
        None => PartsPerMillion::new(ALPHA_PPM).ok(),
        Some(node) => value(node, "`alpha`", "a share above 0% and up to 50%", alpha, reading),
    };
    let mut stages = Vec::new();
    for node in spec.need("stages", reading).map(items).unwrap_or_default() {
        stages.extend(super::stage::read(node, reading));
    }
    spec.close(reading);
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

fn alpha(text: &str) -> Option<PartsPerMillion> {
    percent(text).filter(|alpha| (1..=500_000).contains(&alpha.get()))
}

fn traffic(node: &Node, reading: &mut Reading) -> Option<Traffic> {
    let mut fields = Fields::open(node, "declared traffic", reading)?;
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
    fields.close(reading);
    Some(Traffic {
        flow: flow?,
        day_per_hour: day_per_hour?,
        night_per_hour: night_per_hour?,
        completion: completion?,
        basket: basket?,
    })
}

fn expand(node: &Node, reading: &mut Reading) -> ExpandRule {
    let Some(mut fields) = Fields::open(node, "the expand rule", reading) else {
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
