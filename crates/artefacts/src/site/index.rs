//! The first page: what is missing, the five artefacts, and the plans.

use maud::{Markup, html};
use tidegate_model::Estate;

use super::frame::plain;
use super::plan_file;
use crate::{OwnershipMap, RiskMap};

pub(super) fn body(estate: &Estate) -> Markup {
    let map = OwnershipMap::of(estate);
    let risks = RiskMap::of(estate);
    let stages = estate.stages().count();
    let open = risks.risks.iter().filter(|risk| !risk.gaps.is_empty()).count();
    html! {
        section class=(if map.gaps.is_empty() { "card fine" } else { "card bad" }) {
            h2 { @if map.gaps.is_empty() { "No gaps of ownership" } @else { (map.gaps.len()) " gaps of ownership" } }
            ul { @for gap in &map.gaps {
                li { b { @match &gap.owner { Some(owner) => { (owner) }, None => { "nobody" } } } ": " (plain(&gap.what)) }
            } }
        }
        div class="cards" {
            (card("ownership.html", "Ownership map", &format!("{} domains of {} teams", estate.domains().len(), map.owners.iter().filter(|owner| !owner.domains.is_empty()).count())))
            (card("escalation.html", "Escalation and incident routine", &format!("{} ladders, {} people", estate.ladders().len(), estate.people().len())))
            (card("gates.html", "Stage gates", &format!("{stages} stages with approvers and exit criteria")))
            (card("contracts.html", "Contract ownership", &format!("{} entities, {} integrations", estate.entities().len(), estate.integrations().len())))
            (card("runbooks.html", "Runbooks", &format!("{} runbooks", estate.runbooks().len())))
            (card("risks.html", "Risks", &format!("{} failure modes, {open} with a gap", risks.risks.len())))
            @for plan in estate.plans().values() {
                (card(&plan_file(&plan.id), &plan.title, "the plan in six sections"))
            }
        }
    }
}

fn card(to: &str, title: &str, words: &str) -> Markup {
    html! { a class="card" href=(to) { h2 { (title) } p { (words) } } }
}
