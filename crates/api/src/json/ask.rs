//! Requests to the engine: one path each. Every attempt is authorised there and journalled.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use tidegate_engine::command::{Request, Side};
use tidegate_model::{ActionId, CriterionId, DomainId, IncidentId, Severity, StageId};

use super::conditions::{Conditions, Once};
use super::name::Named;
use crate::app::{Shared, Taken};
use crate::body::JsonBody;
use crate::door::{Caller, ChangeReporter, Person};
use crate::problem::Problem;

/// What a request that needs nothing more brings: `{}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A request with its reason.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Why, for the journal and for whoever is told of it.
    reason: String,
}

/// A request that needs no reason.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaybeReason {
    /// Why, if there is anything to say.
    #[serde(default)]
    reason: Option<String>,
}

/// A change of a side.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// The side that changed.
    side: Side,
    /// Names the change: a commit, a release, a ticket.
    reference: String,
    /// What was changed, in words.
    #[serde(default)]
    summary: String,
}

/// The answer to a manual criterion.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attestation {
    /// The manual criterion.
    criterion: CriterionId,
    /// Whether it holds.
    holds: bool,
    /// What was looked at.
    note: String,
}

/// An incident as declared by a person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declaration {
    /// Whose it is.
    domain: DomainId,
    /// How bad it is.
    severity: Severity,
    /// What is seen, in words.
    summary: String,
}

/// The use of an action.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Use {
    /// One that the incident grants.
    action: ActionId,
    /// Why; needed by an action that begins a runbook.
    #[serde(default)]
    reason: Option<String>,
}

/// A step of a begun runbook that was done.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finished {
    /// The action that began the runbook.
    action: ActionId,
    /// Which step, 1 first.
    #[serde(deserialize_with = "whole")]
    #[schemars(range(min = 1, max = u32::MAX))]
    step: u32,
    /// What was seen.
    #[serde(default)]
    note: String,
}

/// A whole number; JSON writes one with a fraction of nothing too, and JSON Schema calls `2.0` an integer.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number = serde_json::Number::deserialize(from)?;
    let told = number
        .as_u64()
        .or_else(|| {
            number
                .as_f64()
                .filter(|told| told.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(told))
                .map(|told| told as u64)
        })
        .and_then(|told| u32::try_from(told).ok());
    told.ok_or_else(|| {
        D::Error::custom(format_args!(
            "expected a whole number up to {}, found {number}",
            u32::MAX
        ))
    })
}

/// The lesson of an incident.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lesson {
    /// A criterion that was added to the next gate, or `none, because ...`.
    lesson: String,
}

/// What follows from a command that was taken.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Said {
    /// What follows from it, in words.
    said: String,
    /// Journal sequence of the last entry that it made.
    seq: u64,
}

pub(super) type Said200 = Result<Json<Said>, Problem>;

pub(super) async fn ask(app: &Shared, caller: &Caller, once: Once, request: Request) -> Said200 {
    decide(app, caller, Conditions { once, seen: None }, request).await
}

async fn decide(app: &Shared, caller: &Caller, conditions: Conditions, request: Request) -> Said200 {
    let Conditions {
        once: Once { key },
        seen,
    } = conditions;
    let Taken { accepted, seq } = app.ask(caller, key, request, seen.as_deref()).await?;
    Ok(Json(Said {
        said: accepted.said,
        seq,
    }))
}

pub(crate) async fn approve(
    State(app): State<Shared>,
    person: Person,
    Named(stage): Named<StageId>,
    conditions: Conditions,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Said200 {
    decide(&app, &person.caller, conditions, Request::Approve { stage }).await
}

pub(crate) async fn accept_risk(
    State(app): State<Shared>,
    person: Person,
    Named(stage): Named<StageId>,
    conditions: Conditions,
    JsonBody(Reason { reason }): JsonBody<Reason>,
) -> Said200 {
    decide(&app, &person.caller, conditions, Request::AcceptRisk { stage, reason }).await
}

pub(crate) async fn hold(
    State(app): State<Shared>,
    person: Person,
    Named(stage): Named<StageId>,
    once: Once,
    JsonBody(MaybeReason { reason }): JsonBody<MaybeReason>,
) -> Said200 {
    ask(&app, &person.caller, once, Request::Hold { stage, reason }).await
}

pub(crate) async fn resume(
    State(app): State<Shared>,
    person: Person,
    Named(stage): Named<StageId>,
    once: Once,
    JsonBody(Reason { reason }): JsonBody<Reason>,
) -> Said200 {
    ask(&app, &person.caller, once, Request::Resume { stage, reason }).await
}

pub(crate) async fn rollback(
    State(app): State<Shared>,
    person: Person,
    Named(stage): Named<StageId>,
    once: Once,
    JsonBody(Reason { reason }): JsonBody<Reason>,
) -> Said200 {
    ask(&app, &person.caller, once, Request::Rollback { stage, reason }).await
}

pub(crate) async fn change(
    State(app): State<Shared>,
    ChangeReporter(caller): ChangeReporter,
    Named(stage): Named<StageId>,
    once: Once,
    JsonBody(Change {
        side,
        reference,
        summary,
    }): JsonBody<Change>,
) -> Said200 {
    ask(
        &app,
        &caller,
        once,
        Request::NoteChange {
            stage,
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
    Named(stage): Named<StageId>,
    conditions: Conditions,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Said200 {
    decide(&app, &person.caller, conditions, Request::Finalise { stage }).await
}

pub(crate) async fn attest(
    State(app): State<Shared>,
    person: Person,
    Named(stage): Named<StageId>,
    once: Once,
    JsonBody(Attestation { criterion, holds, note }): JsonBody<Attestation>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        once,
        Request::Attest {
            stage,
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
    once: Once,
    JsonBody(Declaration {
        domain,
        severity,
        summary,
    }): JsonBody<Declaration>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        once,
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
    Named(incident): Named<IncidentId>,
    once: Once,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Said200 {
    ask(&app, &person.caller, once, Request::Acknowledge { incident }).await
}

pub(crate) async fn act(
    State(app): State<Shared>,
    person: Person,
    Named(incident): Named<IncidentId>,
    once: Once,
    JsonBody(Use { action, reason }): JsonBody<Use>,
) -> Said200 {
    let request = Request::Act {
        incident,
        action,
        reason,
    };
    ask(&app, &person.caller, once, request).await
}

pub(crate) async fn finish_step(
    State(app): State<Shared>,
    person: Person,
    Named(incident): Named<IncidentId>,
    once: Once,
    JsonBody(Finished { action, step, note }): JsonBody<Finished>,
) -> Said200 {
    let request = Request::FinishStep {
        incident,
        action,
        step,
        note,
    };
    ask(&app, &person.caller, once, request).await
}

pub(crate) async fn resolve(
    State(app): State<Shared>,
    person: Person,
    Named(incident): Named<IncidentId>,
    once: Once,
    JsonBody(Lesson { lesson }): JsonBody<Lesson>,
) -> Said200 {
    ask(&app, &person.caller, once, Request::Resolve { incident, lesson }).await
}

pub(crate) async fn revert(
    State(app): State<Shared>,
    person: Person,
    Named(action): Named<ActionId>,
    once: Once,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Said200 {
    ask(&app, &person.caller, once, Request::Revert { action }).await
}

#[cfg(test)]
mod tests {
    use super::Finished;

    #[test]
    fn a_step_is_a_whole_number_however_it_is_written() {
        let step = |told: &str| {
            let body = format!(r#"{{ "action": "shop-steps", "step": {told} }}"#);
            serde_json::from_str::<Finished>(&body)
                .ok()
                .map(|finished| finished.step)
        };
        assert_eq!(step("2"), Some(2));
        assert_eq!(step("2.0"), Some(2));
        assert_eq!(step("4294967295"), Some(u32::MAX));
        for wrong in ["2.5", "-1", "4294967296", "1e300", "\"2\""] {
            assert_eq!(step(wrong), None, "{wrong}");
        }
    }
}
