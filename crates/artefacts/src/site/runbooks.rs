//! Runbooks for high-impact failure modes: what to do, in order, what may be done without asking, and what leads there.

use maud::{Markup, html};
use tidegate_model::Estate;
use tidegate_model::hazard::Runbook;

use super::frame::domain;
use crate::RiskMap;

pub(super) fn body(estate: &Estate) -> Markup {
    let risks = RiskMap::of(estate);
    html! {
        @if estate.runbooks().is_empty() { p { b class="gap" { "no runbook is declared" } } }
        @for runbook in estate.runbooks().values() { (section(estate, &risks, runbook)) }
    }
}

fn section(estate: &Estate, risks: &RiskMap, runbook: &Runbook) -> Markup {
    html! { section class="card" id=(format!("runbook-{}", runbook.id)) {
        h2 { (runbook.title) }
        ol { @for step in &runbook.steps { li { (step) } } }
        @if !runbook.actions.is_empty() {
            h3 { "May be done without asking" }
            ul { @for action in &runbook.actions { @if let Some((owner, grant)) = estate.grant(action) {
                li { b { (grant.title) } " (" code { (action) } "), granted to the owner of " (domain(estate, &owner.id)) }
            } } }
        }
        @let led: Vec<_> = risks.risks.iter().filter(|risk| risk.runbook == runbook.id).collect();
        @if !led.is_empty() {
            h3 { "What leads here" }
            ul { @for risk in led {
                li { a href=(format!("risks.html#risk-{}", risk.id)) { (risk.title) } ", " (risk.severity.word()) }
            } }
        }
    } }
}
