//! Incidents: who is being called, when the next rung is, what may be done, and what happened so far.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tidegate_engine::view::{ActionView, IncidentView, StatusView, words};

use crate::app::Shared;
use crate::clock;
use crate::door::Visitor;
use crate::page::form::{Ask, Field, Forms, Weight, once};
use crate::page::frame::{Looker, Place, page};
use crate::page::{side, time};
use crate::problem::{Code, Problem};
use crate::sight::Sights;

/// Open incidents on the Plan page.
pub(crate) fn cards(status: &StatusView, forms: &Forms<'_>) -> Markup {
    let open: Vec<&IncidentView> = status
        .incidents
        .iter()
        .filter(|incident| incident.phase != "resolved")
        .collect();
    let over = status.incidents.len() - open.len();
    html! {
        @for incident in &open { (card(incident, forms)) }
        @if over > 0 {
            details class="card past" data-key="past" {
                summary { (words::counted(over as u64, "resolved incident", "resolved incidents")) }
                ul { @for incident in status.incidents.iter().filter(|incident| incident.phase == "resolved") {
                    li { a href=(format!("/incidents/{}", incident.id)) { (incident.id) } ": " (incident.summary) }
                } }
            }
        }
    }
}

fn card(incident: &IncidentView, forms: &Forms<'_>) -> Markup {
    let class = if incident.phase == "open" {
        "card incident harm"
    } else {
        "card incident wait"
    };
    html! {
        section class=(class) aria-labelledby=(format!("title-{}", incident.id)) {
            h2 id=(format!("title-{}", incident.id)) {
                a href=(format!("/incidents/{}", incident.id)) { (incident.id) } " · " (incident.severity.word()) " · " (incident.domain)
            }
            p class="sentence" { (incident.summary) }
            (standing(incident))
            (buttons(incident, forms))
        }
    }
}

/// Where it stands: phase, rung, people, countdown.
pub(crate) fn standing(incident: &IncidentView) -> Markup {
    let who = words::list(&incident.who);
    html! {
        p {
            b { (incident.phase) } " since " (time::since(incident.opened)) " · "
            @if incident.phase == "open" { "rung " (incident.rung + 1) " of " (incident.rungs) ": calling " b { (who) } }
            @else if !who.is_empty() { b { (who) } " has it" }
            @if let Some(next) = incident.next_at {
                @if incident.phase == "open" { " · next call " (time::until(next)) } @else { " · pager silent until " (time::until(next)) }
            }
        }
    }
}

fn buttons(incident: &IncidentView, forms: &Forms<'_>) -> Markup {
    let subject = incident.id.as_str();
    if incident.phase == "resolved" {
        return html! {};
    }
    html! {
        div class="buttons" {
            @if incident.phase == "open" {
                (forms.ask(&Ask { action: "acknowledge", subject, label: "Acknowledge: I have it", fields: &[], weight: Weight::Primary, fixed: &[] }))
            }
            @for action in incident.actions.iter().filter(|action| action.active_until.is_none()) {
                (forms.ask(&Ask {
                    action: "act", subject, label: &action.title, fields: &[], weight: Weight::Plain, fixed: &[("action", action.id.as_str())],
                }))
            }
            (forms.ask(&Ask {
                action: "resolve", subject, label: "Resolve…",
                fields: &[Field::Text { name: "lesson", label: "Lesson: a criterion added to the next gate, or “none, because …”" }],
                weight: Weight::Plain, fixed: &[],
            }))
        }
        (active(&incident.actions, forms))
    }
}

fn active(actions: &[ActionView], forms: &Forms<'_>) -> Markup {
    html! {
        @for (action, until) in actions.iter().filter_map(|action| Some((action, action.active_until?))) {
            div class="active" {
                p { "● in use: " b { (action.title) } ", reverted at the latest " (time::until(until)) }
                (forms.ask(&Ask { action: "revert", subject: action.id.as_str(), label: "End it now…", fields: &[], weight: Weight::Plain, fixed: &[] }))
            }
        }
    }
}

/// One incident with its runbook and timeline.
pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor, Path(name): Path<String>) -> Response {
    let status = app.status().await;
    let Some(incident) = status.incidents.iter().find(|incident| incident.id.as_str() == name) else {
        return Problem::new(Code::UnknownThing, format!("no incident named `{name}` is known")).into_response();
    };
    let rulings = app.rulings(&visitor.caller.actor());
    let form_secret = visitor.session.form_secret();
    let forms = Forms {
        rulings: &rulings,
        form_secret: &form_secret,
        once: &once(status.seq, clock::now()),
        sights: &Sights::new(),
    };
    let looker = Looker {
        name: visitor.id.as_str(),
        form_secret: &form_secret,
    };
    let main = html! {
        h1 class="page-title" { (incident.id) ": " (incident.summary) }
        div class="columns" {
            div class="stack" { (card(incident, &forms)) (runbook(incident)) }
            section class="card" {
                h2 { "What happened in it" }
                (side::timeline(&incident.timeline))
            }
        }
    };
    page(
        &format!("{} · {}", incident.id, incident.summary),
        Place::Elsewhere,
        Some(&looker),
        false,
        &main,
    )
    .into_response()
}

fn runbook(incident: &IncidentView) -> Markup {
    html! {
        section class="card" {
            h2 { "Runbook" }
            @if incident.runbook.is_empty() { p class="mute" { "The domain of this incident names none." } }
            ol class="steps" { @for step in &incident.runbook { li { (step) } } }
        }
    }
}
