//! Escalation and incident routine with named roles: who is called, when the next one is, and what each may decide.

use maud::{Markup, html};
use tidegate_model::Estate;
use tidegate_model::ladder::{DecisionScope, Target};

use super::frame::{domain, names, runbook, stage};

pub(super) fn body(estate: &Estate) -> Markup {
    html! {
        section class="card" {
            h2 { "What happens" }
            ol {
                li { "A gate that finds harm takes everybody back at once, or stops growth; then the first rung of the owner’s ladder is paged with the runbook." }
                li { "Whoever is called acknowledges. Nobody in time: the next rung is called. After the last rung it begins to repeat, until somebody answers." }
                li { "An acknowledgement is a lease: without news the pager speaks again." }
                li { "The owner’s people and those above may do what is granted without asking. Every mode ends by itself." }
                li { "An open incident of sev1 or sev2 stops growth in its scope." }
            }
        }
        @for ladder in estate.ladders().values() {
            section class="card" id=(format!("ladder-{}", ladder.id)) {
                h2 { "Ladder " (ladder.id) }
                table {
                    thead { tr { th scope="col" { "rung" } th scope="col" { "reaches" } th scope="col" { "answers within" } th scope="col" { "decides" } } }
                    tbody { @for (place, rung) in ladder.rungs.iter().enumerate() {
                        tr {
                            th scope="row" { (place + 1) ". " (rung.title) }
                            td data-label="reaches" { (names(&rung.targets.iter().map(target).collect::<Vec<_>>())) }
                            td data-label="answers within" { (rung.answer_within) }
                            td data-label="decides" { (scope(rung.scope)) @if let Some(purpose) = rung.purpose() { br; small { (purpose) } } }
                        }
                    } }
                }
                p { "The last rung is called again every " (ladder.repeat_every) "; an acknowledgement lasts " (ladder.acknowledged_for) "." }
            }
        }
        h2 { "Who is called for what" }
        table {
            thead { tr { th scope="col" { "domain" } th scope="col" { "rung by rung" } th scope="col" { "contact" } th scope="col" { "runbook" } } }
            tbody { @for one in estate.domains().values() {
                tr {
                    th scope="row" { (domain(estate, &one.id)) }
                    td data-label="rung by rung" {
                        ol { @for place in 0..estate.ladder_of(&one.id).map_or(0, |ladder| ladder.rungs.len()) {
                            li { (names(&estate.rung_people(&one.id, place))) }
                        } }
                    }
                    td data-label="contact" { @match &one.escalation_contact { Some(person) => { (person) }, None => { "-" } } }
                    td data-label="runbook" { @match &one.runbook { Some(id) => { (runbook(estate, id)) }, None => { b class="gap" { "none" } } } }
                }
            } }
        }
        h2 { "Who is told of a rollback" }
        table {
            thead { tr { th scope="col" { "stage" } th scope="col" { "told" } th scope="col" { "carries out what is left" } } }
            tbody { @for (_, one) in estate.stages() {
                tr {
                    th scope="row" { (stage(estate, &one.id)) }
                    td data-label="told" { (names(&one.communication.on_rollback)) }
                    td data-label="carries out" { (one.rollback.executor) ": " (names(estate.on_call(&one.rollback.executor))) }
                }
            } }
        }
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::OwnerOnCall => "whoever of the owner is on call".to_owned(),
        Target::Team(team) => format!("team {team}"),
        Target::Person(person) => person.to_string(),
    }
}

fn scope(scope: DecisionScope) -> &'static str {
    match scope {
        DecisionScope::Domain => "within the domain",
        DecisionScope::CrossDomain => "between domains",
        DecisionScope::Platform => "for the platform",
        DecisionScope::Organisation => "for the organisation",
    }
}
