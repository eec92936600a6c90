//! A button was pressed: from the fields of a form to a request, and the answer in place or on the whole page.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use tidegate_engine::command::{CommandKey, Request, Side};
use tidegate_model::{
    ActionId, BasisPoints, CriterionId, DomainId, IncidentId, NameError, RunbookId, Severity, StageId,
};

use crate::app::{App, Shared, command_key};
use crate::body::FormBody;
use crate::door::{Caller, Visitor};
use crate::json::tell::written;
use crate::page::frame::{Outcome, told};
use crate::page::plan;
use crate::problem::{Code, Problem};
use crate::secret;

/// The script asks for the answer alone with this header.
const FRAGMENT_HEADER: &str = "x-fragment";

pub(crate) async fn press(
    State(app): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
    form: Result<FormBody, Problem>,
) -> Response {
    let outcome = match form {
        Ok(form) if form.field("csrf").is_some_and(|given| visitor.session.owns_form(given)) => {
            ask(&app, &visitor, &form).await
        }
        Ok(_) => turned(Problem::new(
            Code::FormNotOurs,
            "load the page again and press the button there",
        )),
        Err(problem) => turned(problem),
    };
    let status = outcome.status();
    if headers.contains_key(FRAGMENT_HEADER) {
        (status, Html(told(&outcome).into_string())).into_response()
    } else {
        (status, plan::render(&app, &visitor, Some(&outcome)).await).into_response()
    }
}

fn turned(problem: Problem) -> Outcome {
    Outcome::Turned(problem)
}

async fn ask(app: &App, visitor: &Visitor, form: &FormBody) -> Outcome {
    let key = match key(visitor, form) {
        Ok(key) => key,
        Err(problem) => return turned(problem),
    };
    if form.field("do") == Some("rollback-all") {
        return roll_everything_back(app, &visitor.caller, form, &key).await;
    }
    match request(form) {
        Ok(request) => {
            // A form that says nothing of what was seen decides on nothing.
            let seen = form.field("seen").unwrap_or_default();
            one(app, &visitor.caller, key, request, Some(seen)).await
        }
        Err(problem) => turned(problem),
    }
}

/// The same for a form that was sent twice, as a double click does; another for every other press. A form that does not
/// name the showing of its page is never taken for a repetition.
fn key(visitor: &Visitor, form: &FormBody) -> Result<CommandKey, Problem> {
    match form.field("once") {
        Some(_) => Ok(CommandKey(secret::digest(&[&visitor.session.secret, &form.digest()]))),
        None => command_key(None),
    }
}

/// Asks the engine once and says how it ended.
async fn one(app: &App, caller: &Caller, key: CommandKey, request: Request, seen: Option<&str>) -> Outcome {
    match app.ask(caller, key, request, seen).await {
        Ok(taken) => Outcome::Taken {
            said: taken.accepted.said,
            seq: taken.seq,
        },
        Err(problem) => turned(problem),
    }
}

/// Every exposed stage of a plan, one request each; the first refusal is shown, the others are asked all the same.
async fn roll_everything_back(app: &App, caller: &Caller, form: &FormBody, key: &CommandKey) -> Outcome {
    let plan = form.text("subject").unwrap_or_default();
    let reason = match required(form, "reason") {
        Ok(reason) => reason,
        Err(problem) => return turned(problem),
    };
    let status = app.status().await;
    let exposed = status
        .plans
        .iter()
        .filter(|one| one.id.as_str() == plan)
        .flat_map(|plan| &plan.stages)
        .filter(|stage| stage.exposure > BasisPoints::ZERO && stage.phase != "finalised");
    let mut said = Vec::new();
    let mut head = status.seq;
    let mut refused = None;
    for stage in exposed {
        let request = Request::Rollback {
            stage: stage.id.clone(),
            reason: reason.clone(),
        };
        let key = CommandKey(secret::digest(&[&key.0, stage.id.as_str()]));
        match one(app, caller, key, request, None).await {
            Outcome::Taken { said: one, seq } => {
                said.push(one);
                head = seq;
            }
            Outcome::Turned(problem) => refused = refused.or(Some(problem)),
        }
    }
    match refused {
        Some(problem) => Outcome::Turned(problem),
        None if said.is_empty() => turned(Problem::new(Code::UnknownThing, "nothing of this plan is exposed")),
        None => Outcome::Taken {
            said: said.join(" "),
            seq: head,
        },
    }
}

fn required(form: &FormBody, name: &str) -> Result<String, Problem> {
    form.text(name)
        .ok_or_else(|| Problem::new(Code::WrongShape, format!("expected a text in `{name}`, found nothing")))
}

fn named<T>(form: &FormBody, name: &str, parse: fn(&str) -> Result<T, NameError>) -> Result<T, Problem> {
    parse(form.field(name).unwrap_or_default())
        .map_err(|error| Problem::new(Code::WrongShape, format!("in `{name}`: {error}")))
}

fn request(form: &FormBody) -> Result<Request, Problem> {
    let stage = || named(form, "subject", StageId::parse);
    let incident = || named(form, "subject", IncidentId::parse);
    match form.field("do").unwrap_or_default() {
        "approve" => Ok(Request::Approve { stage: stage()? }),
        "accept-risk" => Ok(Request::AcceptRisk {
            stage: stage()?,
            reason: required(form, "reason")?,
        }),
        "hold" => Ok(Request::Hold {
            stage: stage()?,
            reason: form.text("reason"),
        }),
        "resume" => Ok(Request::Resume {
            stage: stage()?,
            reason: required(form, "reason")?,
        }),
        "rollback" => Ok(Request::Rollback {
            stage: stage()?,
            reason: required(form, "reason")?,
        }),
        "finalise" => Ok(Request::Finalise { stage: stage()? }),
        "change" => Ok(Request::NoteChange {
            stage: stage()?,
            side: side(form)?,
            reference: required(form, "reference")?,
            summary: form.text("summary").unwrap_or_default(),
        }),
        "attest" => Ok(Request::Attest {
            stage: stage()?,
            criterion: named(form, "criterion", CriterionId::parse)?,
            holds: holds(form)?,
            note: required(form, "note")?,
        }),
        "feedback" => Ok(Request::FileFeedback {
            stage: stage()?,
            from: required(form, "from")?,
            text: required(form, "text")?,
        }),
        "answer" => written(
            stage()?,
            &required(form, "lesson")?,
            form.text("added").as_deref(),
            form.text("because"),
        ),
        "drill" => Ok(Request::RecordDrill {
            runbook: named(form, "subject", RunbookId::parse)?,
            worked: holds(form)?,
            note: required(form, "note")?,
        }),
        "open" => Ok(Request::OpenIncident {
            domain: named(form, "domain", DomainId::parse)?,
            severity: severity(form)?,
            summary: required(form, "summary")?,
        }),
        "acknowledge" => Ok(Request::Acknowledge { incident: incident()? }),
        "act" => Ok(Request::Act {
            incident: incident()?,
            action: named(form, "action", ActionId::parse)?,
            reason: form.text("reason"),
        }),
        "finish-step" => Ok(Request::FinishStep {
            incident: incident()?,
            action: named(form, "action", ActionId::parse)?,
            step: step(form)?,
            note: form.text("note").unwrap_or_default(),
        }),
        "resolve" => Ok(Request::Resolve {
            incident: incident()?,
            lesson: required(form, "lesson")?,
        }),
        "revert" => Ok(Request::Revert {
            action: named(form, "subject", ActionId::parse)?,
        }),
        other => Err(Problem::new(Code::WrongShape, format!("there is no button `{other}`"))),
    }
}

fn side(form: &FormBody) -> Result<Side, Problem> {
    match form.field("side") {
        Some("old") => Ok(Side::Old),
        Some("new") => Ok(Side::New),
        Some(_) | None => Err(Problem::new(Code::WrongShape, "expected `side` to be `old` or `new`")),
    }
}

fn step(form: &FormBody) -> Result<u32, Problem> {
    let given = form.field("step").unwrap_or_default();
    given
        .parse()
        .map_err(|_| Problem::new(Code::WrongShape, "expected `step` to be the number of a step, 1 first"))
}

fn severity(form: &FormBody) -> Result<Severity, Problem> {
    let given = form.field("severity").unwrap_or_default();
    [Severity::Sev1, Severity::Sev2, Severity::Sev3, Severity::Sev4]
        .into_iter()
        .find(|severity| severity.word() == given)
        .ok_or_else(|| Problem::new(Code::WrongShape, "expected `severity` to be `sev1` to `sev4`"))
}

fn holds(form: &FormBody) -> Result<bool, Problem> {
    match form.field("holds") {
        Some("yes") => Ok(true),
        Some("no") => Ok(false),
        Some(_) | None => Err(Problem::new(Code::WrongShape, "expected `holds` to be `yes` or `no`")),
    }
}
