//! All incidents: the open ones with what may be done in them, the resolved ones with what was learned.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tidegate_engine::view::{IncidentView, words};
use tidegate_model::Severity;

use crate::app::Shared;
use crate::door::Visitor;
use crate::page::form::{Ask, Field, Forms, Weight};
use crate::page::view::{Part, Parts, Scene, View};
use crate::page::{incident, live, strip, time};

pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    live::render(&app, &visitor, &View::Incidents, "Incidents", &Markup::default())
        .await
        .into_response()
}

pub(crate) fn shared(scene: &Scene<'_>) -> Vec<Part> {
    vec![
        ("head", head(scene)),
        ("resolved", resolved(scene)),
        ("foot", strip::foot(scene)),
    ]
}

pub(crate) fn own(scene: &Scene<'_>, forms: &Forms<'_>) -> Vec<Part> {
    let incidents = scene.status.incidents.iter();
    let mut open: Vec<&IncidentView> = incidents.filter(|one| one.phase != "resolved").collect();
    // The worst first; among equals the newest, as they come.
    open.sort_by_key(|one| one.severity);
    vec![
        (
            "open",
            html! { @for incident in open { (incident::card(incident, forms)) } },
        ),
        ("declare", declare(scene, forms)),
    ]
}

pub(crate) fn compose(parts: &mut Parts) -> Markup {
    html! {
        (parts.place("head"))
        @for id in ["open", "declare", "resolved", "foot"] { (parts.place(id)) }
    }
}

fn head(scene: &Scene<'_>) -> Markup {
    let all = &scene.status.incidents;
    let calling = all.iter().filter(|one| one.phase == "open").count();
    let open = all.iter().filter(|one| one.phase != "resolved").count();
    strip::head(
        "Incidents",
        &html! {
            @if open == 0 { "None is open, nobody is being called." }
            @else {
                b { (words::counted(open as u64, "incident is open", "incidents are open")) } ", "
                @if calling == 0 { "each in somebody's hands." }
                @else { (words::counted(calling as u64, "waits", "wait")) " for somebody to answer." }
            }
            " A page that nobody answers climbs to the next rung and repeats at the last one, for ever."
        },
    )
}

fn resolved(scene: &Scene<'_>) -> Markup {
    let over: Vec<&IncidentView> = scene
        .status
        .incidents
        .iter()
        .filter(|one| one.phase == "resolved")
        .collect();
    html! {
        section class="card" aria-labelledby="resolved-title" {
            h2 id="resolved-title" { "Resolved" }
            @if over.is_empty() { p class="mute" { "None yet." } }
            @else {
                table class="rows" {
                    thead { tr {
                        th scope="col" { "incident" } th scope="col" { "domain" } th scope="col" { "began" }
                        th scope="col" { "resolved by" } th scope="col" { "lesson" }
                    } }
                    tbody { @for one in over { (row(one)) } }
                }
            }
        }
    }
}

fn row(one: &IncidentView) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(format!("/incidents/{}", one.id)) { (one.id) } " " span class="chip" { (one.severity.word()) }
                small { (one.summary) }
            }
            td data-label="domain" { (one.domain) }
            td data-label="began" { (time::day(one.opened)) }
            td data-label="resolved by" {
                @if one.who.is_empty() { "its own signal" } @else { (words::list(&one.who)) }
            }
            td data-label="lesson" {
                @match one.lesson.as_deref().filter(|lesson| !lesson.is_empty()) {
                    Some(lesson) => { (lesson) },
                    None => { span class="mute" { "none was written: it resolved by itself" } },
                }
            }
        }
    }
}

/// A button that calls the owner of a domain.
fn declare(scene: &Scene<'_>, forms: &Forms<'_>) -> Markup {
    let domains: Vec<(String, String)> = scene
        .estate
        .domains()
        .values()
        .map(|domain| {
            let on_call = words::list(scene.estate.on_call(&domain.owner));
            (domain.id.to_string(), format!("{} – calls {on_call}", domain.title))
        })
        .collect();
    let severities: Vec<(String, String)> = [
        (Severity::Sev1, "revenue stops or records are lost"),
        (Severity::Sev2, "revenue or a critical flow is impaired"),
        (Severity::Sev3, "degraded, a work-around exists"),
        (Severity::Sev4, "a nuisance"),
    ]
    .into_iter()
    .map(|(severity, means)| {
        let freezes = if severity.freezes() { "; stops growth" } else { "" };
        (
            severity.word().to_owned(),
            format!("{}: {means}{freezes}", severity.word()),
        )
    })
    .collect();
    if domains.is_empty() {
        return html! {};
    }
    forms.ask(&Ask {
        action: "open",
        subject: "incident",
        label: "Open an incident…",
        fields: &[
            Field::Choice {
                name: "domain",
                label: "Whose is it",
                options: &domains,
            },
            Field::Choice {
                name: "severity",
                label: "How bad is it",
                options: &severities,
            },
            Field::Text {
                name: "summary",
                label: "What is wrong (everybody reads it)",
            },
        ],
        weight: Weight::Plain,
        fixed: &[],
        agree: &[],
    })
}
