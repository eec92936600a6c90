//! Areas: where shops lose revenue most often is owned, and watched by a criterion that reads data. An estate whose domains
//! name no area is not asked.

use std::collections::BTreeSet;

use tidegate_model::StageId;
use tidegate_model::domain::{Area, Domain};
use tidegate_model::plan::Measure;

use crate::code::Code;
use crate::read::{Reading, list};
use crate::sink::Finding;

/// Checks that every area is covered, and every domain that covers one is watched.
pub(crate) fn check(reading: &mut Reading) {
    let domains = reading.parts.domains.clone();
    let covered: BTreeSet<Area> = domains.iter().flat_map(|domain| domain.areas.iter().copied()).collect();
    let Some(plan) = reading.parts.plans.first().map(|plan| format!("plan `{}`", plan.id)) else {
        return;
    };
    if covered.is_empty() {
        return;
    }
    let missing: Vec<&str> = Area::ALL
        .iter()
        .filter(|area| !covered.contains(area) && !reading.not_concerned.contains(area))
        .map(|area| area.word())
        .collect();
    if !missing.is_empty() {
        let place = reading.place(&plan, "");
        reading.sink.add(
            Finding::error(
                Code::AreaNotCovered,
                place,
                format!("no domain covers {}", list(missing.iter().copied())),
            )
            .expected(
                "each typical area of risk under `areas` of a domain, or under `not-concerned` of a plan",
                format!("only {}", list(covered.iter().map(|area| area.word()))),
            )
            .help("name the domain that covers it, or say why the plan does not touch it: `not-concerned: [{ area: promotions, because: ... }]`"),
        );
    }
    let watched = watched(reading);
    for domain in domains.iter().filter(|domain| !domain.areas.is_empty()) {
        if !watched.contains(domain.id.as_str()) {
            let place = reading.place(&format!("domain `{}`", domain.id), "areas");
            reading.sink.add(
                Finding::error(
                    Code::AreaNotWatched,
                    place,
                    format!(
                        "domain `{}` covers {} and no gate would see it fail",
                        domain.id,
                        list(domain.areas.iter().map(|area| area.word()))
                    ),
                )
                .expected(
                    "a failure mode of the domain with a signal that reads data",
                    "none; what a person ticks does not count",
                )
                .help(
                    "declare what can go wrong as a `FailureMode` of this domain, and name a criterion under `signals`",
                ),
            );
        } else if domain.areas.contains(&Area::Observability) && !shows_silence(domain, reading) {
            let place = reading.place(&format!("domain `{}`", domain.id), "areas");
            reading.sink.add(
                Finding::error(
                    Code::AreaNotWatched,
                    place,
                    format!(
                        "domain `{}` covers observability and nothing shows that a gate sees too little",
                        domain.id
                    ),
                )
                .expected(
                    format!("a signal with `owner: {}` over a source, such as how many targets are scraped", domain.id),
                    "signals of flows or of other domains alone",
                )
                .help("a flow that is not counted has no errors: name a `level`, `counts` or comparison of what gates read by under `signals` of its failure mode"),
            );
        }
    }
}

/// Whether a failure mode of the domain has a signal that is the domain's own and asks a source: what is counted of a flow cannot
/// show that too little of it was counted.
fn shows_silence(domain: &Domain, reading: &Reading) -> bool {
    let asks_source = |measure: &Measure| match measure {
        Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. } => true,
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => false,
    };
    let shows = |stage: &StageId, name: &str| {
        let stages = reading.parts.plans.iter().flat_map(|plan| &plan.stages);
        let mut criteria = stages
            .filter(|known| known.id == *stage)
            .flat_map(|known| &known.gate.criteria);
        reading.unread_gates.contains(stage.as_str())
            || criteria
                .any(|known| known.id.as_str() == name && known.owner == domain.id && asks_source(&known.measure))
    };
    let modes = reading.parts.failure_modes.iter();
    modes
        .filter(|mode| mode.domain == domain.id)
        .any(|mode| mode.signals.iter().any(|(stage, name)| shows(stage, name)))
}

/// Domains with a failure mode that a criterion other than a person's word would show.
fn watched(reading: &Reading) -> BTreeSet<String> {
    let reads_data = |stage: &str, criterion: &str| {
        let stages = reading.parts.plans.iter().flat_map(|plan| &plan.stages);
        stages
            .filter(|known| known.id.as_str() == stage)
            .flat_map(|known| &known.gate.criteria)
            .any(|known| known.id.as_str() == criterion && !matches!(known.measure, Measure::Manual { .. }))
            || reading.unread_gates.contains(stage)
    };
    reading
        .parts
        .failure_modes
        .iter()
        .filter(|mode| {
            mode.signals
                .iter()
                .any(|(stage, name)| reads_data(stage.as_str(), name))
        })
        .map(|mode| mode.domain.to_string())
        .collect()
}
