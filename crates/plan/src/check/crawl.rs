//! Crawls through the gateway: there are pages of the stage's unit to be shown.

use tidegate_model::edge::{Edge, RouteClass};
use tidegate_model::plan::{Measure, Stage};
use tidegate_model::survey::{Reach, SurveyAsk};

use crate::code::Code;
use crate::read::Reading;
use crate::sink::Finding;

/// Checks the crawls of every stage.
pub(crate) fn check(reading: &mut Reading) {
    let (edges, plans) = (
        std::mem::take(&mut reading.parts.edges),
        std::mem::take(&mut reading.parts.plans),
    );
    for plan in &plans {
        // An edge that is not there, or does not serve the unit, is complained about where it is named.
        if let Some(edge) = edges.iter().find(|edge| edge.id == plan.edge) {
            for stage in &plan.stages {
                past_the_gateway(edge, stage, reading);
            }
        }
    }
    (reading.parts.edges, reading.parts.plans) = (edges, plans);
}

fn past_the_gateway(edge: &Edge, stage: &Stage, reading: &mut Reading) {
    let is_shown = |method: &String| method == "GET";
    let has_page = edge.routes.iter().any(|route| {
        let is_read = route.methods.is_empty() || route.methods.iter().any(is_shown);
        route.unit == stage.unit && route.class == RouteClass::Page && is_read
    });
    // What has no route of its own goes to the fallback.
    if has_page || edge.fallback == stage.unit {
        return;
    }
    let subject = format!("stage `{}`", stage.id);
    for criterion in stage.gate.criteria.iter().filter(|one| is_through(&one.measure)) {
        let place = reading.place(&subject, &format!("criterion {}", criterion.id));
        let unit = reading.place(&subject, "unit");
        reading.sink.add(
            Finding::error(
                Code::PastGateway,
                place,
                format!("a crawl through the gateway meets no page of unit `{}`", stage.unit),
            )
            .expected(
                format!("a route of class `page` on edge `{}` that is of the unit", edge.id),
                "none",
            )
            .help("give the unit the routes of its pages, or ask the side itself with `on`")
            .related(unit, "the unit of the stage"),
        );
    }
}

fn is_through(measure: &Measure) -> bool {
    match measure {
        Measure::Survey { ask, .. } => match ask {
            SurveyAsk::Crawl(crawl) => crawl.on == Reach::Gateway,
            SurveyAsk::Quote(_) => false,
        },
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => false,
    }
}
