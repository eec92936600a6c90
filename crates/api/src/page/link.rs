//! Behind a signed link: one page for one errand of one person. Opening it changes nothing; its buttons ask the engine.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use tidegate_engine::command::{CommandKey, Request};
use tidegate_engine::view::{IncidentView, RulingView, StageView, StatusView};
use tidegate_model::ActionId;
use tidegate_model::seam::Errand;

use crate::app::{App, Shared};
use crate::body::FormBody;
use crate::clock;
use crate::door::{Caller, ClientAddress};
use crate::json::tell::written;
use crate::links::{LinkError, Opened};
use crate::page::form::{Forms, once};
use crate::page::frame::{Outcome, Place, page, told};
use crate::page::lesson::told as told_of;
use crate::page::{incident, side, time};
use crate::problem::{Code, Problem};
use crate::secret;
use crate::sight::{self, Sights};

/// Shows the errand.
pub(crate) async fn show(
    State(app): State<Shared>,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
) -> Response {
    match Caller::by_link(&app, &token) {
        Ok((caller, opened)) => render(&app, &caller, &opened, &token, None).await.into_response(),
        Err(error) => dead(error, address),
    }
}

/// Asks the engine for what was pressed. A form that is sent twice asks once.
pub(crate) async fn press(
    State(app): State<Shared>,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
    headers: HeaderMap,
    form: Result<FormBody, Problem>,
) -> Response {
    let (caller, opened) = match Caller::by_link(&app, &token) {
        Ok(known) => known,
        Err(error) => return dead(error, address),
    };
    let outcome = match form.and_then(|form| checked(&app, &token, form)) {
        Ok(form) => ask(&app, &caller, &opened, &token, &form).await,
        Err(problem) => Outcome::Turned(problem),
    };
    let status = outcome.status();
    if headers.contains_key("x-fragment") {
        return (status, Html(told(&outcome).into_string())).into_response();
    }
    (status, render(&app, &caller, &opened, &token, Some(&outcome)).await).into_response()
}

fn dead(error: LinkError, address: std::net::IpAddr) -> Response {
    tracing::warn!(%address, %error, "a link was turned away");
    let what = match error {
        LinkError::Forged => "This link was not made by this controller, or a part of it is missing.",
        LinkError::Expired => "Its time is over. Log in, or use the link of a newer letter.",
    };
    let main = html! {
        section class="card narrow" { h1 { "This link does nothing" } p { (what) } p { "Nothing was changed." } p { a href="/" { "To the dashboard" } } }
    };
    (
        StatusCode::FORBIDDEN,
        page("This link does nothing", Place::Elsewhere, None, None, &main),
    )
        .into_response()
}

fn checked(app: &App, token: &str, form: FormBody) -> Result<FormBody, Problem> {
    let given = form.field("csrf").unwrap_or_default();
    if secret::same(given, &app.config.links.nonce(token)) {
        Ok(form)
    } else {
        Err(Problem::new(
            Code::FormNotOurs,
            "open the link and press the button on its page",
        ))
    }
}

async fn ask(app: &App, caller: &Caller, opened: &Opened, token: &str, form: &FormBody) -> Outcome {
    let pressed = form.field("do").unwrap_or_default();
    let request = match request(&opened.errand, pressed, form) {
        Ok(request) => request,
        Err(problem) => return Outcome::Turned(problem),
    };
    let key = CommandKey(secret::digest(&[token, &form.digest()]));
    let seen = form.field("seen").unwrap_or_default();
    match app.ask(caller, key, request, Some(seen)).await {
        Ok(taken) => Outcome::Taken {
            said: taken.accepted.said,
            seq: taken.seq,
        },
        Err(problem) => Outcome::Turned(problem),
    }
}

/// What a button of a link asks; a link of one errand cannot ask for another's.
fn request(errand: &Errand, pressed: &str, form: &FormBody) -> Result<Request, Problem> {
    let text = |name: &str| form.text(name).unwrap_or_default();
    match (errand, pressed) {
        (Errand::Incident(incident), "ack") => Ok(Request::Acknowledge {
            incident: incident.clone(),
        }),
        (Errand::Incident(incident), "resolve") => Ok(Request::Resolve {
            incident: incident.clone(),
            lesson: text("lesson"),
        }),
        (Errand::Incident(incident), other) => match other.strip_prefix("act:") {
            Some(action) => {
                let action = ActionId::parse(action)
                    .map_err(|error| Problem::new(Code::WrongShape, format!("no action's name: {error}")))?;
                Ok(Request::Act {
                    incident: incident.clone(),
                    action,
                    reason: form.text("reason"),
                })
            }
            None => Err(not_here(other)),
        },
        (Errand::Stage(stage), "approve") => Ok(Request::Approve { stage: stage.clone() }),
        (Errand::Stage(stage), "hold") => Ok(Request::Hold {
            stage: stage.clone(),
            reason: form.text("reason"),
        }),
        (Errand::Stage(stage), "answer") => written(stage.clone(), &text("lesson"), None, form.text("because")),
        (Errand::Stage(_) | Errand::Nothing, other) => Err(not_here(other)),
    }
}

fn not_here(pressed: &str) -> Problem {
    Problem::new(Code::WrongShape, format!("this link has no button `{pressed}`"))
}

async fn render(app: &App, caller: &Caller, opened: &Opened, token: &str, outcome: Option<&Outcome>) -> Html<String> {
    let sights = sight::all(&app.handle.view());
    let status = app.status().await;
    let rulings = app.rulings(&caller.actor());
    let desk = Desk {
        token,
        once: once(status.seq, clock::now()),
        nonce: app.config.links.nonce(token),
        rulings: &rulings,
        sights: &sights,
    };
    let body = match &opened.errand {
        Errand::Incident(id) => match status.incidents.iter().find(|incident| &incident.id == id) {
            Some(incident) => desk.incident(incident),
            None => html! { p { "Incident " (id) " is not known here." } },
        },
        Errand::Stage(id) => match status
            .plans
            .iter()
            .flat_map(|plan| &plan.stages)
            .find(|stage| &stage.id == id)
        {
            Some(stage) => desk.stage(&status, stage),
            None => html! { p { "Stage " (id) " is not part of the adopted estate." } },
        },
        Errand::Nothing => html! { p { "There is nothing to answer." } },
    };
    let main = html! {
        section class="card narrow errand" {
            @if let Some(outcome) = outcome { (told(outcome)) }
            (body)
            p class="mute" { "This page is for " b { (opened.person) } " and works until " (time::until(opened.until)) ". Opening it changes nothing." }
        }
    };
    page("Answer", Place::Elsewhere, None, None, &main)
}

/// The forms of one link.
struct Desk<'a> {
    token: &'a str,
    nonce: String,
    once: String,
    rulings: &'a [RulingView],
    sights: &'a Sights,
}

impl Desk<'_> {
    fn incident(&self, incident: &IncidentView) -> Markup {
        let id = incident.id.as_str();
        html! {
            h1 { (incident.id) ": " (incident.summary) }
            p { (incident.severity.word()) " · " (incident.domain) }
            (incident::standing(incident))
            @if incident.phase != "resolved" {
                @if incident.phase == "open" {
                    (self.form("acknowledge", id, &html! { button class="primary" name="do" value="ack" { "Acknowledge: I have it" } }))
                }
                @for action in &incident.actions {
                    @match action.active_until {
                        Some(until) => p { "● in use: " b { (action.title) } ", reverted at the latest " (time::until(until)) },
                        None => (self.form("act", &format!("{id}/{}", action.id), &html! {
                            @if action.runs.is_some() {
                                label { span { "Why" } input name="reason" maxlength="2000" autocomplete="off"; }
                            }
                            button class="plain" name="do" value=(format!("act:{}", action.id)) { (action.title) }
                        })),
                    }
                }
                @for run in &incident.runs { (incident::run(run, |_| html! {})) }
                @if !incident.runs.is_empty() { p { "Steps are ticked on " a href=(format!("/incidents/{id}")) { "the incident’s page" } "." } }
                @if !incident.runbook.is_empty() {
                    h2 { "Runbook" }
                    ol class="steps" { @for step in &incident.runbook { li { (step) } } }
                }
                (self.form("resolve", id, &html! {
                    label { span { "Lesson: a criterion added to the next gate, or “none, because …”" } input name="lesson" maxlength="2000" autocomplete="off"; }
                    button class="plain" name="do" value="resolve" { "Resolve" }
                }))
            }
            h2 { "What happened in it" }
            (side::timeline(&incident.timeline))
        }
    }

    fn stage(&self, status: &StatusView, stage: &StageView) -> Markup {
        let id = stage.id.as_str();
        html! {
            h1 { "Approve the next move of " (stage.title) "?" }
            p { b { (stage.phase) } " at " (stage.exposure) ", proven " (stage.proven) ", attempt " (stage.attempt) " of " (stage.attempts_max) }
            p { (status.headline.sentence) }
            @if !stage.waits_for.is_empty() { h2 { "It waits for" } ul { @for wait in &stage.waits_for { li { (wait) } } } }
            @for approval in &stage.approvals {
                p { @match &approval.by {
                    Some(by) => { "✓ approved by " b { (by) } ", for " (approval.approver) },
                    None => { "○ not yet approved by " (approval.approver) },
                } }
            }
            @for lesson in stage.lessons.iter().filter(|lesson| lesson.answer.is_none()) {
                (self.form("answer", &format!("{id}/{}", lesson.id), &html! {
                    p { (told_of(lesson)) }
                    input type="hidden" name="lesson" value=(lesson.id);
                    label { span { "No criterion is added, because" } input name="because" maxlength="2000" autocomplete="off"; }
                    button class="plain" name="do" value="answer" { "Answer" }
                }))
            }
            h2 { "Its gate" }
            ul { @for criterion in &stage.criteria {
                li { (criterion.title) ": " b { (criterion.verdict) } @if !criterion.reading.why.is_empty() { " – " (time::told(&criterion.reading.why)) } }
            } }
            (self.form("approve", id, &html! { button class="primary" name="do" value="approve" { "Approve" } }))
            (self.form("hold", id, &html! { button class="plain" name="do" value="hold" { "Hold" } }))
        }
    }

    fn form(&self, action: &str, subject: &str, content: &Markup) -> Markup {
        let forms = Forms {
            rulings: self.rulings,
            form_secret: &self.nonce,
            once: &self.once,
            sights: self.sights,
        };
        html! {
            form method="post" action=(format!("/l/{}", self.token)) {
                input type="hidden" name="csrf" value=(self.nonce);
                input type="hidden" name="once" value=(self.once);
                @if let Some(seen) = forms.seen(action, subject) { input type="hidden" name="seen" value=(seen); }
                @if let Some(ruling) = forms.ruling(action, subject) {
                    p class="ruling" { @if !ruling.allowed { b { "Not now: " } } (ruling.says) }
                }
                (content)
            }
        }
    }
}
