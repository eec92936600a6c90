//! The Ownership page: who owns X, what nobody could answer for, and the map: each team with its domains, who is on call, the
//! ladder behind it, and what is handed over.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped, html};
use tidegate_artefacts::map::{Gap, HandOff, Held, Owner};
use tidegate_artefacts::{Dress, OwnershipMap};
use tidegate_engine::view::{self, StageView, WhoView, words};

use crate::app::Shared;
use crate::body::parameter;
use crate::door::Visitor;
use crate::page::view::{Part, Parts, Scene, View};
use crate::page::{live, strip};

/// Letters of a name that somebody asks for; longer ones name nothing.
const ASKED_MAX: usize = 200;

pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let asked = parameter(query.as_deref(), "q").map(|text| text.trim().chars().take(ASKED_MAX).collect::<String>());
    let asked = asked.filter(|text| !text.is_empty());
    let snapshot = app.handle.view();
    let found = asked.as_ref().map(|text| view::who(&snapshot.estate, text));
    let top = html! {
        (strip::head("Ownership", &html! {
            "Every domain has one team that answers for it, and a ladder of people behind that team."
        }))
        (question(asked.as_deref().unwrap_or_default(), found.as_ref()))
    };
    live::render(&app, &visitor, &View::Ownership, "Ownership", &top)
        .await
        .into_response()
}

pub(crate) fn shared(scene: &Scene<'_>) -> Vec<Part> {
    let map = OwnershipMap::of(scene.estate);
    vec![
        ("gaps", gaps(&map.gaps)),
        ("owners", owners(scene, &map)),
        ("ladders", ladders(scene)),
        ("handed", handed(&map)),
        ("foot", strip::foot(scene)),
    ]
}

pub(crate) fn compose(parts: &mut Parts) -> Markup {
    html! { @for id in ["gaps", "owners", "ladders", "handed", "foot"] { (parts.place(id)) } }
}

/// The box that answers for anything that has a name.
fn question(asked: &str, found: Option<&WhoView>) -> Markup {
    html! {
        section class="card who-owns" aria-label="Who owns it?" {
            form class="search" method="get" action="/ownership" role="search" {
                label { b { "Who owns X?" } span { "a domain, route, flow, stage, switch, team or person" }
                    input type="search" name="q" value=(asked) maxlength=(ASKED_MAX); }
                button class="primary" { "Ask" }
            }
            @match found {
                None => {},
                Some(who) if who.kind == "nothing" => {
                    p class="told harm" role="status" {
                        b { "Nobody is known to own “" (asked) "”. " }
                        "Nothing in the adopted estate has that name. "
                        @if who.near.is_empty() { "Whoever is in doubt calls the first rung of the domain next to it." }
                        @else { "Near it: " @for near in &who.near { (ask(near)) " " } }
                    }
                },
                Some(who) if who.kind == "several" => {
                    div class="told harm" role="status" {
                        p { b { "“" (asked) "” means things of several owners." } }
                        ul { @for other in &who.also { li { (ask(&other.ask)) ": " (other.owner.as_deref().unwrap_or("nobody")) } } }
                    }
                },
                Some(who) => { (answer(who)) },
            }
        }
    }
}

/// Another question, one press away.
fn ask(of: &str) -> Markup {
    let query = crate::record::encoded(of);
    html! { a href=(format!("/ownership?q={query}")) { (of) } }
}

fn answer(who: &WhoView) -> Markup {
    html! {
        div class="told good" role="status" {
            p class="sentence" {
                "The " (who.kind) " " b { (who.asked) } " "
                @match (&who.owner, &who.domain) {
                    (Some(owner), Some(domain)) => { "is " b { (owner) } "’s, in domain " b { (domain) } },
                    (Some(owner), None) => { "belongs to " b { (owner) } },
                    (None, Some(domain)) => { "is in domain " b { (domain) } },
                    (None, None) => { "has no owner" },
                }
                "."
            }
            @if !who.on_call.is_empty() { p { "On call: " b { (words::list(&who.on_call)) } } }
            @if !who.ladder.is_empty() {
                ol class="steps" {
                    @for (title, people, within) in &who.ladder {
                        li { b { (title) } ": " (words::list(people)) ", answers within " (words::duration(*within)) }
                    }
                }
            }
            p { @match &who.runbook {
                Some(runbook) => { "Runbook: " b { (runbook) } },
                None => { span class="mute" { "No runbook is declared for it." } },
            } }
            @if !who.because.is_empty() {
                ul class="mute" { @for because in &who.because {
                    li { (plain(&because.says)) @if let Some(at) = &because.at { " (" (at) ")" } }
                } }
            }
        }
    }
}

fn gaps(gaps: &[Gap]) -> Markup {
    html! {
        section class=(if gaps.is_empty() { "card" } else { "card gaps" }) aria-labelledby="gaps-title" {
            h2 id="gaps-title" {
                @if gaps.is_empty() { "No gaps" } @else { (words::counted(gaps.len() as u64, "gap", "gaps")) }
            }
            @if gaps.is_empty() {
                p class="mute" { "Everything that is declared has an owner who would see it fail and could act." }
            }
            ul class="gap-list" {
                @for gap in gaps {
                    li {
                        b { @match &gap.owner { Some(owner) => { (owner) }, None => { "nobody" } } } ": " (plain(&gap.what))
                        small { "declare " (plain(&gap.remedy)) }
                    }
                }
            }
        }
    }
}

/// Sentences of the map name things in backticks; a page has none.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

fn owners(scene: &Scene<'_>, map: &OwnershipMap) -> Markup {
    html! {
        section aria-labelledby="owners-title" {
            h2 id="owners-title" class="over" { "The map" }
            div class="owners" { @for owner in &map.owners { (team(scene, owner)) } }
        }
    }
}

fn team(scene: &Scene<'_>, owner: &Owner) -> Markup {
    html! {
        section class="card team" aria-label=(owner.title) {
            h3 { (owner.title) }
            p class="phase" {
                @if owner.on_call.is_empty() { b class="bad" { "nobody on call" } }
                @else { "on call " b { (words::list(&owner.on_call)) } }
            }
            @if owner.domains.is_empty() { p class="mute" { "Owns nothing and takes part: see what is handed over." } }
            ul class="domains" { @for held in &owner.domains { (domain(scene, held)) } }
        }
    }
}

fn domain(scene: &Scene<'_>, held: &Held) -> Markup {
    let id = held.domain.as_str();
    let open = scene
        .status
        .incidents
        .iter()
        .filter(|one| one.domain == held.domain && one.phase != "resolved");
    let stages: Vec<&StageView> = scene
        .status
        .plans
        .iter()
        .flat_map(|plan| &plan.stages)
        .filter(|stage| stage.owner == held.domain)
        .collect();
    html! {
        li id=(format!("domain-{id}")) class=(if held.gaps > 0 { "has-gaps" } else { "" }) {
            div class="line" {
                b { (held.title) }
                @if held.gaps > 0 { span class="bad" { (words::counted(held.gaps as u64, "gap", "gaps")) } }
            }
            @for incident in open {
                p class="hold" { a href=(format!("/incidents/{}", incident.id)) { (incident.id) } " is " (incident.phase) ": " (incident.summary) }
            }
            @for stage in stages {
                p class="phase" {
                    "moves " a href=(format!("/#stage-{}", stage.id)) { (stage.title) } ": " b { (stage.phase) } " at " (stage.exposure)
                }
            }
            @if !held.flows.is_empty() { p class="phase" { "flows " (words::list(&held.flows)) } }
            p class="phase" {
                (words::counted(held.signals as u64, "signal", "signals")) ", "
                (words::counted(held.risks as u64, "risk", "risks")) ", "
                (words::counted(held.actions as u64, "action", "actions")) " without asking"
            }
        }
    }
}

/// Who answers for each domain, rung by rung.
fn ladders(scene: &Scene<'_>) -> Markup {
    let estate = scene.estate;
    html! {
        section class="card" aria-labelledby="ladders-title" {
            h2 id="ladders-title" { "Who is called, rung by rung" }
            table class="rows ladders" {
                thead { tr {
                    th scope="col" { "domain" } th scope="col" { "owner" } th scope="col" { "ladder" } th scope="col" { "runbook" }
                } }
                tbody {
                    @for domain in estate.domains().values() {
                        tr {
                            th scope="row" {
                                (domain.title)
                                @if !domain.responsibilities.is_empty() { small { (words::list(&domain.responsibilities)) } }
                            }
                            td data-label="owner" {
                                (domain.owner)
                                @if let Some(contact) = &domain.escalation_contact { small { "escalation contact " (contact) } }
                            }
                            td data-label="ladder" {
                                @for (place, rung) in estate.ladder_of(&domain.id).map_or(&[][..], |ladder| ladder.rungs.as_slice()).iter().enumerate() {
                                    @let people = estate.rung_people(&domain.id, place);
                                    span class="rung" {
                                        (place + 1) ". "
                                        @if people.is_empty() { b class="bad" { "nobody" } } @else { b { (words::list(&people)) } }
                                        span class="mute" { " " (rung.title) ", within " (words::duration(rung.answer_within)) }
                                    }
                                }
                            }
                            td data-label="runbook" {
                                @match domain.runbook.as_ref().and_then(|id| estate.runbooks().get(id)) {
                                    Some(runbook) => { (runbook.title) },
                                    None => { b class="blank" { "none" } },
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn handed(map: &OwnershipMap) -> Markup {
    html! {
        section class="card" aria-labelledby="handed-title" {
            h2 id="handed-title" { "What is handed over" }
            @if map.hand_offs.is_empty() { p class="mute" { "No domain depends on another one." } }
            ol class="steps" { @for one in &map.hand_offs { li { (hand_off(one)) } } }
            @if !map.owners.is_empty() {
                details class="drawing" data-key="map" {
                    summary { "The same as a drawing" }
                    div class="scroll" tabindex="0" role="region" aria-label="The map as a drawing" { (PreEscaped(map.svg(Dress::Page))) }
                }
            }
        }
    }
}

fn hand_off(one: &HandOff) -> Markup {
    html! { b { (one.from) } " needs " b { (one.to) } ", which " (one.what.join("; ")) }
}
