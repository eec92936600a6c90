//! Incidents: who is being called, when the next rung is, what may be done, and what happened so far.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tidegate_engine::view::{ActionView, IncidentView, RunStepView, RunView, StatusView, words};
use tidegate_model::{IncidentId, PersonId};

use crate::app::Shared;
use crate::door::Visitor;
use crate::page::form::{Ask, Field, Forms, Weight};
use crate::page::view::{Part, Parts, Scene, View};
use crate::page::{live, side, strip, time};
use crate::problem::{Code, Problem};

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

/// An open incident with its buttons.
pub(crate) fn card(incident: &IncidentView, forms: &Forms<'_>) -> Markup {
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
    let is_open = incident.phase == "open";
    let missed = |person: &PersonId| incident.unreached.iter().any(|(one, _)| one == person);
    let reached: Vec<&PersonId> = incident
        .who
        .iter()
        .filter(|person| !is_open || !missed(person))
        .collect();
    let who = words::list(&reached);
    if incident.phase == "resolved" {
        let by = if who.is_empty() {
            "its own signal".to_owned()
        } else {
            who
        };
        return html! { p { b { "resolved" } " by " b { (by) } " · began " (time::day(incident.opened)) } };
    }
    html! {
        p {
            b { (incident.phase) } " · began " (time::since(incident.opened)) " · "
            @if is_open && who.is_empty() { "rung " (incident.rung + 1) " of " (incident.rungs) ": " b class="bad" { "it reaches nobody" } }
            @else if is_open { "rung " (incident.rung + 1) " of " (incident.rungs) ": calling " b { (who) } }
            @else if !who.is_empty() { b { (who) } " has it" }
            @if let Some(next) = incident.next_at {
                @if is_open { " · next call " (time::until(next)) } @else { " · pager silent until " (time::until(next)) }
            }
        }
        @if is_open { @for (person, reason) in &incident.unreached { p class="bad" { b { (person) } " could not be called: " (reason) } } }
    }
}

fn buttons(incident: &IncidentView, forms: &Forms<'_>) -> Markup {
    if incident.phase == "resolved" {
        return html! {};
    }
    html! {
        (answering(incident, forms))
        div class="buttons" {
            @for action in incident.actions.iter().filter(|action| action.active_until.is_none() && !is_begun(incident, action)) {
                (act(incident, action, &action.title, forms))
            }
        }
        @for (action, until) in incident.actions.iter().filter_map(|action| Some((action, action.active_until?))) {
            div class="active" {
                p { "● in use: " b { (action.title) } ", reverted at the latest " (time::until(until)) }
                (revert(action, forms))
            }
        }
        @for run in incident.runs.iter().filter(|run| run.left > 0) {
            p class="active" { "● " b { (run.by) } " runs " (run.title) ": "
                a href=(format!("/incidents/{}", incident.id)) { (words::counted(run.left.into(), "step", "steps")) " to do" } }
        }
    }
}

/// Whether the runbook that an action begins is under way.
fn is_begun(incident: &IncidentView, action: &ActionView) -> bool {
    incident.runs.iter().any(|run| run.action == action.id && run.left > 0)
}

fn answering(incident: &IncidentView, forms: &Forms<'_>) -> Markup {
    let subject = incident.id.as_str();
    let ask = |action, label, fields, weight| {
        forms.ask(&Ask {
            action,
            subject,
            label,
            fields,
            weight,
            fixed: &[],
            agree: &[],
        })
    };
    const LESSON: Field<'_> = Field::Text {
        name: "lesson",
        label: "Lesson: a criterion added to the next gate, or “none, because …”",
    };
    html! {
        div class="buttons" {
            @if incident.phase == "open" { (ask("acknowledge", "Acknowledge: I have it", &[], Weight::Primary)) }
            (ask("resolve", "Resolve…", &[LESSON], Weight::Plain))
        }
    }
}

/// What a runbook is begun with.
const WHY: Field<'_> = Field::Text {
    name: "reason",
    label: "Why it is begun",
};

fn act(incident: &IncidentView, action: &ActionView, label: &str, forms: &Forms<'_>) -> Markup {
    forms.ask(&Ask {
        action: "act",
        subject: incident.id.as_str(),
        label,
        fields: if action.runs.is_some() { &[WHY] } else { &[] },
        weight: Weight::Plain,
        fixed: &[("action", action.id.as_str())],
        agree: &[],
    })
}

fn revert(action: &ActionView, forms: &Forms<'_>) -> Markup {
    forms.ask(&Ask {
        action: "revert",
        subject: action.id.as_str(),
        label: "End it now…",
        fields: &[],
        weight: Weight::Plain,
        fixed: &[],
        agree: &[],
    })
}

/// One incident: who is called when, what to do, what may be done, what happened.
pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor, Path(name): Path<String>) -> Response {
    let known = IncidentId::parse(&name).ok();
    let known = known.and_then(|id| Some((app.handle.view().state.incidents.get(&id)?.summary.clone(), id)));
    let Some((summary, id)) = known else {
        return Problem::new(Code::UnknownThing, format!("no incident named `{name}` is known")).into_response();
    };
    let title = format!("{id} · {summary}");
    live::render(&app, &visitor, &View::Incident(id), &title, &Markup::default())
        .await
        .into_response()
}

fn of<'a>(scene: &Scene<'a>, id: &IncidentId) -> Option<&'a IncidentView> {
    scene.status.incidents.iter().find(|incident| &incident.id == id)
}

pub(crate) fn shared(scene: &Scene<'_>, id: &IncidentId) -> Vec<Part> {
    let Some(incident) = of(scene, id) else {
        return vec![(
            "head",
            html! { h1 { (id) } p { "It was resolved long ago; the journal has it." } },
        )];
    };
    vec![
        ("head", head(incident)),
        ("rungs", rungs(scene, incident)),
        ("runbook", runbook(incident)),
        ("timeline", happened(incident)),
        ("foot", strip::foot(scene)),
    ]
}

pub(crate) fn own(scene: &Scene<'_>, id: &IncidentId, forms: &Forms<'_>) -> Vec<Part> {
    match of(scene, id).filter(|incident| incident.phase != "resolved") {
        Some(incident) => vec![
            ("answers", answers(incident, forms)),
            ("runs", runs(incident, forms)),
            ("actions", actions(incident, forms)),
        ],
        None => Vec::new(),
    }
}

pub(crate) fn compose(parts: &mut Parts, _: &IncidentId) -> Markup {
    html! {
        (parts.place("head"))
        (parts.place("answers"))
        (parts.place("runs"))
        div class="halves" {
            div class="stack" { @for id in ["rungs", "actions"] { (parts.place(id)) } }
            div class="stack" { @for id in ["runbook", "timeline"] { (parts.place(id)) } }
        }
        (parts.place("foot"))
    }
}

fn head(incident: &IncidentView) -> Markup {
    let class = match incident.phase.as_str() {
        "open" => "card incident harm",
        "resolved" => "card incident good",
        _ => "card incident wait",
    };
    html! {
        section class=(class) {
            p class="kicker" {
                a href="/incidents" { "Incidents" } " · " (incident.id) " · " (incident.severity.word()) " · "
                a href=(format!("/ownership?q={}", incident.domain)) { (incident.domain) }
            }
            h1 { (incident.summary) }
            (standing(incident))
            @if let Some(lesson) = incident.lesson.as_deref().filter(|lesson| !lesson.is_empty()) {
                p { "Lesson: " b { (lesson) } }
            }
            @if incident.phase == "resolved" {
                @for (action, until) in incident.actions.iter().filter_map(|action| Some((action, action.active_until?))) {
                    p class="so-so" { "Still in use: " b { (action.title) } ", reverted at the latest " (time::until(until)) }
                }
            }
            @for (stage, lesson) in &incident.answers {
                p { a href=(format!("/#stage-{stage}")) { "Gate of " (stage) } ": "
                    @match (&lesson.answer, &lesson.by) {
                        (Some(answer), Some(by)) => { b { (by) } " answered: " (answer) },
                        _ => b class="bad" { "its approver answers before it opens again" },
                    }
                }
            }
        }
    }
}

/// Who is called on each rung, and where the call is now.
fn rungs(scene: &Scene<'_>, incident: &IncidentView) -> Markup {
    let ladder = scene.estate.ladder_of(&incident.domain);
    let all = ladder.map_or(&[][..], |ladder| ladder.rungs.as_slice());
    let is_over = incident.phase == "resolved";
    html! {
        section class="card" aria-labelledby="rungs-title" {
            h2 id="rungs-title" { "Who is called" }
            ol class="ladder" {
                @for (place, rung) in all.iter().enumerate() {
                    @let called = place <= incident.rung as usize;
                    @let now = place == incident.rung as usize && incident.phase == "open";
                    li class=(if now { "harm" } else if called { "live" } else { "idle" }) aria-current=[now.then_some("step")] {
                        span class="sign" aria-hidden="true" { (place + 1) }
                        div class="line" {
                            b { (rung.title) }
                            span class="mute" { "answers within " span class="keep" { (words::duration(rung.answer_within)) } }
                        }
                        @if let Some(purpose) = rung.purpose() { p class="mute" { (purpose) } }
                        @let people = scene.estate.rung_people(&incident.domain, place);
                        p class="phase" { (words::list(&people)) }
                        @let missed: Vec<&(PersonId, String)> = incident.unreached.iter().filter(|(person, _)| called && people.contains(person)).collect();
                        @let is_heard = people.len() > missed.len();
                        @for (person, reason) in &missed { p class="bad" { b { (person) } " could not be called: " (reason) } }
                        @if let Some(next) = incident.next_at.filter(|_| now) {
                            p class="needs" { @if is_heard { "being called now; " }
                                @if place + 1 < all.len() { "the next rung is called " } @else { "called again " }
                                (time::until(next))
                            }
                        } @else if called && is_heard && !is_over { p class="mute" { "was called" } }
                    }
                }
            }
            @if let Some(ladder) = ladder {
                p class="mute" {
                    "After the last rung it is called again every " (words::duration(ladder.repeat_every))
                    "; an answer keeps the pager silent for " (words::duration(ladder.acknowledged_for)) "."
                }
            }
        }
    }
}

/// Taking it and ending it.
fn answers(incident: &IncidentView, forms: &Forms<'_>) -> Markup {
    html! { section aria-label="Answer" { (answering(incident, forms)) } }
}

/// Everything that was granted beforehand: what it does, for how long, and how it ends.
fn actions(incident: &IncidentView, forms: &Forms<'_>) -> Markup {
    html! {
        section class="card" aria-labelledby="actions-title" {
            h2 id="actions-title" { "What may be done without asking" }
            @if incident.actions.is_empty() { p class="mute" { "Nothing was granted to the owner of " (incident.domain) " beforehand." } }
            ul class="actions" {
                @for action in &incident.actions {
                    li {
                        @match action.active_until {
                            Some(until) => {
                                p { "● in use: " b { (action.title) } ", reverted at the latest " (time::until(until)) }
                                (revert(action, forms))
                            },
                            None if is_begun(incident, action) => p { "● under way: " b { (action.title) } },
                            None => {
                                p { b { (action.title) } }
                                @if forms.is_allowed("act", &format!("{}/{}", incident.id, action.id)) { p class="ok" { "You may do it now." } }
                                (act(incident, action, "Do it…", forms))
                            },
                        }
                    }
                }
            }
        }
    }
}

/// Runbooks that were begun in it, each with its steps to be ticked.
fn runs(incident: &IncidentView, forms: &Forms<'_>) -> Markup {
    html! { @for begun in &incident.runs {
        (run(begun, |step| tick(incident, begun, step, forms)))
    } }
}

/// A begun runbook: by whom and why, what was done, and what comes under each step that is left.
pub(crate) fn run(run: &RunView, under: impl Fn(&RunStepView) -> Markup) -> Markup {
    let title = format!("run-{}", run.action);
    html! {
        section class=(if run.left > 0 { "card wait" } else { "card good" }) aria-labelledby=(title) {
            h2 id=(title) { (run.title) }
            p { b { (run.by) } " runs it since " (time::since(run.at)) ", because: " (run.reason) ". "
                @if run.left > 0 { (words::counted(run.left.into(), "step", "steps")) " to do." } @else { "Every step is done." } }
            p class="mute" { "People do these steps and tick them. Tidegate itself moves nothing, and no tick proves that a step worked." }
            ol class="steps" { @for step in &run.steps { li {
                (step.text)
                @match &step.by {
                    Some(by) => p class="ok" { "✓ " (by) @if let Some(at) = step.at { ", " (time::since(at)) } @if !step.note.is_empty() { ": " (step.note) } },
                    None => (under(step)),
                }
            } } }
        }
    }
}

fn tick(incident: &IncidentView, run: &RunView, step: &RunStepView, forms: &Forms<'_>) -> Markup {
    const SEEN: Field<'_> = Field::MaybeText {
        name: "note",
        label: "What was seen, if there is anything to say",
    };
    forms.ask(&Ask {
        action: "finish-step",
        subject: incident.id.as_str(),
        label: &format!("Step {} is done…", step.step),
        fields: &[SEEN],
        weight: Weight::Plain,
        fixed: &[("action", run.action.as_str()), ("step", &step.step.to_string())],
        agree: &[],
    })
}

fn runbook(incident: &IncidentView) -> Markup {
    html! {
        section class="card" aria-labelledby="runbook-title" {
            h2 id="runbook-title" { "Runbook" }
            @if incident.runbook.is_empty() { p class="mute" { "The domain of this incident names none." } }
            ol class="steps" { @for step in &incident.runbook { li { (step) } } }
        }
    }
}

fn happened(incident: &IncidentView) -> Markup {
    html! {
        section class="card" aria-labelledby="timeline-title" {
            h2 id="timeline-title" { "What happened in it" }
            (side::timeline(&incident.timeline))
        }
    }
}
