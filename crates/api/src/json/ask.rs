//! Requests to the engine: one path each. Every attempt is authorised there and journalled.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use serde::{Deserialize, Serialize};
use tidegate_engine::command::{Request, Side};
use tidegate_model::{ActionId, CriterionId, DomainId, IncidentId, Severity, StageId};

use crate::app::{Shared, Taken, command_key};
use crate::body::JsonBody;
use crate::door::{Caller, ChangeReporter, Person};
use crate::problem::{Code, Problem};

/// What a request that needs nothing more brings: `{}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A request with its reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    reason: String,
}

/// A request that needs no reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaybeReason {
    #[serde(default)]
    reason: Option<String>,
}

/// A change of a side.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    side: Side,
    reference: String,
    #[serde(default)]
    summary: String,
}

/// The answer to a manual criterion.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attestation {
    criterion: CriterionId,
    holds: bool,
    note: String,
}

/// An incident as declared by a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declaration {
    domain: DomainId,
    severity: Severity,
    summary: String,
}

/// The use of an action.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Use {
    action: ActionId,
}

/// The lesson of an incident.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lesson {
    lesson: String,
}

/// What follows from a command that was taken.
#[derive(Debug, Serialize)]
pub(crate) struct Said {
    said: String,
    seq: u64,
}

pub(super) type Said200 = Result<Json<Said>, Problem>;

pub(super) async fn ask(app: &Shared, caller: &Caller, headers: &HeaderMap, request: Request) -> Said200 {
    let given = match headers.get("idempotency-key") {
        None => None,
        Some(value) => Some(
            value
                .to_str()
                .map_err(|_| Problem::new(Code::WrongShape, "the Idempotency-Key is not ASCII"))?,
        ),
    };
    let seen = headers.get(IF_MATCH).and_then(|value| value.to_str().ok());
    let seen = seen
        .map(|value| value.trim().trim_matches('"'))
        .filter(|value| *value != "*");
    let Taken { accepted, seq } = app.ask(caller, command_key(given)?, request, seen).await?;
    Ok(Json(Said {
        said: accepted.said,
        seq,
    }))
}

fn stage(name: &str) -> Result<StageId, Problem> {
    StageId::parse(name).map_err(|error| Problem::new(Code::WrongShape, format!("no stage's name: {error}")))
}

fn incident(name: &str) -> Result<IncidentId, Problem> {
    IncidentId::parse(name).map_err(|error| Problem::new(Code::WrongShape, format!("no incident's name: {error}")))
}

pub(crate) async fn approve(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::Approve { stage: stage(&name)? },
    )
    .await
}

pub(crate) async fn accept_risk(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Reason { reason }): JsonBody<Reason>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::AcceptRisk {
            stage: stage(&name)?,
            reason,
        },
    )
    .await
}

pub(crate) async fn hold(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(MaybeReason { reason }): JsonBody<MaybeReason>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::Hold {
            stage: stage(&name)?,
            reason,
        },
    )
    .await
}

pub(crate) async fn resume(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Reason { reason }): JsonBody<Reason>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::Resume {
            stage: stage(&name)?,
            reason,
        },
    )
    .await
}

pub(crate) async fn rollback(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Reason { reason }): JsonBody<Reason>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::Rollback {
            stage: stage(&name)?,
            reason,
        },
    )
    .await
}

pub(crate) async fn change(
    State(app): State<Shared>,
    ChangeReporter(caller): ChangeReporter,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Change {
        side,
        reference,
        summary,
    }): JsonBody<Change>,
) -> Said200 {
    ask(
        &app,
        &caller,
        &headers,
        Request::NoteChange {
            stage: stage(&name)?,
            side,
            reference,
            summary,
        },
    )
    .await
}

pub(crate) async fn finalise(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::Finalise { stage: stage(&name)? },
    )
    .await
}

pub(crate) async fn attest(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Attestation { criterion, holds, note }): JsonBody<Attestation>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::Attest {
            stage: stage(&name)?,
            criterion,
            holds,
            note,
        },
    )
    .await
}

pub(crate) async fn open_incident(
    State(app): State<Shared>,
    person: Person,
    headers: HeaderMap,
    JsonBody(Declaration {
        domain,
        severity,
        summary,
    }): JsonBody<Declaration>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::OpenIncident {
            domain,
            severity,
            summary,
        },
    )
    .await
}

pub(crate) async fn acknowledge(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::Acknowledge {
            incident: incident(&name)?,
        },
    )
    .await
}

pub(crate) async fn act(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Use { action }): JsonBody<Use>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::Act {
            incident: incident(&name)?,
            action,
        },
    )
    .await
}

pub(crate) async fn resolve(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Lesson { lesson }): JsonBody<Lesson>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        &headers,
        Request::Resolve {
            incident: incident(&name)?,
            lesson,
        },
    )
    .await
}

pub(crate) async fn revert(
    State(app): State<Shared>,
    person: Person,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Said200 {
    let action =
        ActionId::parse(&name).map_err(|error| Problem::new(Code::WrongShape, format!("no action's name: {error}")))?;
    ask(&app, &person.caller, &headers, Request::Revert { action }).await
}
