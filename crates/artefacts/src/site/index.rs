//! The first page: what is missing, the five artefacts, and the plans.

use maud::{Markup, html};
use tidegate_model::Estate;

use super::frame::{counted, plain};
use super::plan_file;
use crate::{OwnershipMap, RiskMap};

pub(super) fn body(estate: &Estate) -> Markup {
    let map = OwnershipMap::of(estate);
    let risks = RiskMap::of(estate);
    let stages = estate.stages().count();
    let open = risks.risks.iter().filter(|risk| !risk.gaps.is_empty()).count();
    let owning = map.owners.iter().filter(|owner| !owner.domains.is_empty()).count();
    html! {
        section class=(if map.gaps.is_empty() { "card fine" } else { "card bad" }) {
            h2 { @if map.gaps.is_empty() { "No gaps of ownership" } @else { (counted(map.gaps.len(), "gap", "gaps")) " of ownership" } }
            ul { @for gap in &map.gaps {
                li { b { @match &gap.owner { Some(owner) => { (owner) }, None => { "nobody" } } } ": " (plain(&gap.what)) }
            } }
        }
        div class="cards" {
            (card("ownership.html", "Ownership map", &format!("{} of {}", counted(estate.domains().len(), "domain", "domains"), counted(owning, "team", "teams"))))
            (card("escalation.html", "Escalation and incident routine", &format!("{}, {}", counted(estate.ladders().len(), "ladder", "ladders"), counted(estate.people().len(), "person", "people"))))
            (card("gates.html", "Stage gates", &format!("{} with approvers and exit criteria", counted(stages, "stage", "stages"))))
            (card("contracts.html", "Contract ownership", &format!("{}, {}", counted(estate.entities().len(), "entity", "entities"), counted(estate.integrations().len(), "integration", "integrations"))))
            (card("runbooks.html", "Runbooks", &counted(estate.runbooks().len(), "runbook", "runbooks")))
            (card("risks.html", "Risks", &format!("{}, {open} with a gap", counted(risks.risks.len(), "failure mode", "failure modes"))))
            @for plan in estate.plans().values() {
                (card(&plan_file(&plan.id), &plan.title, "the plan in six sections"))
            }
        }
    }
}

fn card(to: &str, title: &str, words: &str) -> Markup {
    html! { a class="card" href=(to) { h2 { (title) } p { (words) } } }
}
