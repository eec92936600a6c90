//! Flips: what whoever has no key meets afterwards is seen by the gate, files come along with pages, and there is room for all groups.

use tidegate_model::edge::{Edge, RouteClass};
use tidegate_model::plan::{Measure, Stage};
use tidegate_model::survey::SurveyAsk;

use crate::code::Code;
use crate::read::{Reading, list};
use crate::sink::Finding;

/// Groups that a gateway tells apart; with more it does not start.
const GROUPS_MAX: usize = 64;

/// Checks the groups of every edge and the gates of stages that flip one.
pub(crate) fn check(reading: &mut Reading) {
    let (edges, plans) = (
        std::mem::take(&mut reading.parts.edges),
        std::mem::take(&mut reading.parts.plans),
    );
    for edge in &edges {
        room(edge, reading);
        files(edge, reading);
    }
    for stage in plans.iter().flat_map(|plan| &plan.stages) {
        // A criterion that could not be read may be the one that is missed here.
        if !reading.unread_gates.contains(stage.id.as_str()) {
            unseen(stage, reading);
        }
    }
    (reading.parts.edges, reading.parts.plans) = (edges, plans);
}

/// Attempts are those of visitors with a key, and a flip moves none of them: their criteria pass again on what did not change.
fn unseen(stage: &Stage, reading: &mut Reading) {
    let Some(at) = stage.steps.iter().position(|step| !step.flips.is_empty()) else {
        return;
    };
    if stage.gate.criteria.iter().any(|one| asks_outside(&one.measure)) {
        return;
    }
    let subject = format!("stage `{}`", stage.id);
    let (place, gate) = (
        reading.place(&subject, &format!("step {at}")),
        reading.place(&subject, "gate"),
    );
    let message = format!("no criterion of {subject} sees what step {} flips", at + 1);
    reading.sink.add(
        Finding::error(Code::FlipUnseen, place, message)
            .expected(
                "a criterion that asks from outside, without a key",
                "only what visitors with a key meet, rows and what people say",
            )
            .help("add for example `{ level: { on: new-shop, probe: { path: /product/1, success: { status: [200] } } }, at-most: 800ms, owner: shop }`")
            .related(gate, "the gate"),
    );
}

/// Whether a measure can see what somebody without a key meets.
fn asks_outside(measure: &Measure) -> bool {
    match measure {
        Measure::Level { .. } | Measure::Counted { .. } => true,
        Measure::Survey { ask, .. } => match ask {
            SurveyAsk::Crawl(_) => true,
            // Prices of baskets are no pages.
            SurveyAsk::Quote(_) => false,
        },
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => false,
    }
}

/// Files of no group are asked of the old side first by whoever has no key, also for a page that has flipped.
fn files(edge: &Edge, reading: &mut Reading) {
    for upstreams in &edge.units {
        let of_class = |class: RouteClass| {
            let routes = edge.routes.iter();
            routes.filter(move |route| route.unit == upstreams.unit && route.class == class)
        };
        let Some(page) = of_class(RouteClass::Page).find(|route| route.group.is_some()) else {
            continue;
        };
        let loose: Vec<_> = of_class(RouteClass::Asset)
            .filter(|route| route.group.is_none())
            .collect();
        let Some(first) = loose.first() else { continue };
        let place_of = |id, field| reading.place(&format!("route `{id}` of edge `{}`", edge.id), field);
        let (place, flips) = (place_of(&first.id, "unit"), place_of(&page.id, "group"));
        let message = format!(
            "pages of unit `{}` flip, and the files that they load do not",
            upstreams.unit
        );
        reading.sink.add(
            Finding::warning(Code::FilesStay, place, message)
                .expected(
                    "a group for each route of class `asset`",
                    format!("{} in none", list(loose.iter().map(|route| route.id.as_str()))),
                )
                .help("put them into the group of the pages that load them: else a crawler has the new page with the old side's files of the same names")
                .related(flips, "a page that flips"),
        );
    }
}

/// A gateway that does not start serves nobody, and `serve` is too late to be told.
fn room(edge: &Edge, reading: &mut Reading) {
    let mut groups = Vec::new();
    for route in &edge.routes {
        let Some(group) = route.group.as_ref().filter(|group| !groups.contains(group)) else {
            continue;
        };
        groups.push(group);
        if groups.len() > GROUPS_MAX {
            let place = reading.place(&format!("route `{}` of edge `{}`", route.id, edge.id), "group");
            let message = format!("edge `{}` has more than {GROUPS_MAX} groups of routes", edge.id);
            reading.sink.add(
                Finding::error(Code::Limit, place, message)
                    .expected(
                        format!("at most {GROUPS_MAX} groups on an edge"),
                        format!("group `{group}` as one more"),
                    )
                    .help("let routes that flip together share a group, or move some to an edge of their own"),
            );
            return;
        }
    }
}
