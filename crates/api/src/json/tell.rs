//! What people tell beside decisions: feedback, answers to it, and how drills went. One path each.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use tidegate_engine::command::Request;
use tidegate_engine::event::{LessonAnswer, LessonOf};
use tidegate_model::{CriterionId, RunbookId, StageId};

use super::ask::{Said200, ask};
use super::conditions::Once;
use super::name::Named;
use crate::app::Shared;
use crate::body::JsonBody;
use crate::door::Person;
use crate::problem::{Code, Problem};

/// Feedback as somebody heard it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feedback {
    /// Where it comes from, such as `support`.
    from: String,
    /// What was heard.
    text: String,
}

/// A criterion's name, or a stage's before it.
const CRITERION_PATTERN: &str =
    "^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9](/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$";

/// An answer: a criterion that was added, or why none was.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["criterion"], "properties": { "criterion": { "type": "string" }, "because": { "type": "null" } } },
    { "required": ["because"], "properties": { "because": { "type": "string" }, "criterion": { "type": "null" } } },
]))]
pub(crate) struct Answer {
    /// What is answered, such as `fb-1` or `inc-3`.
    of: Taught,
    /// A criterion of the stage that was added for it, or `stage/criterion` of another; either this or `because`.
    #[serde(default)]
    #[schemars(extend("pattern" = CRITERION_PATTERN))]
    criterion: Option<String>,
    /// Why none is added.
    #[serde(default)]
    because: Option<String>,
}

/// Feedback or a closed incident, by its name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = LESSON_PATTERN, "maxLength" = 63))]
struct Taught(LessonOf);

/// How the names of what has to be answered begin, and what follows.
const LESSON_PATTERN: &str = "^(fb|inc)-[0-9]+$";

impl TryFrom<String> for Taught {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        taught(&text).map(Self)
    }
}

/// What a name of feedback or of an incident names.
fn taught(text: &str) -> Result<LessonOf, String> {
    let number = text.strip_prefix("fb-").or_else(|| text.strip_prefix("inc-"));
    let is_number = number.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let of = if is_number { LessonOf::parse(text).ok() } else { None };
    of.ok_or_else(|| format!("`{text}` names no feedback or incident; expected something like `fb-1` or `inc-3`"))
}

/// How a drill went.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drill {
    /// Whether the runbook did what it is for.
    worked: bool,
    /// What was done and seen.
    note: String,
}

pub(crate) async fn feedback(
    State(app): State<Shared>,
    person: Person,
    Named(stage): Named<StageId>,
    once: Once,
    JsonBody(Feedback { from, text }): JsonBody<Feedback>,
) -> Said200 {
    ask(&app, &person.caller, once, Request::FileFeedback { stage, from, text }).await
}

pub(crate) async fn answer(
    State(app): State<Shared>,
    person: Person,
    Named(stage): Named<StageId>,
    once: Once,
    JsonBody(given): JsonBody<Answer>,
) -> Said200 {
    let request = answering(stage, given.of.0, given.criterion.as_deref(), given.because)?;
    ask(&app, &person.caller, once, request).await
}

pub(crate) async fn drill(
    State(app): State<Shared>,
    person: Person,
    Named(runbook): Named<RunbookId>,
    once: Once,
    JsonBody(Drill { worked, note }): JsonBody<Drill>,
) -> Said200 {
    ask(
        &app,
        &person.caller,
        once,
        Request::RecordDrill { runbook, worked, note },
    )
    .await
}

/// An answer as a form has it, where what is answered is text too.
pub(crate) fn written(
    stage: StageId,
    of: &str,
    criterion: Option<&str>,
    because: Option<String>,
) -> Result<Request, Problem> {
    let of = taught(of).map_err(|text| Problem::new(Code::WrongShape, text))?;
    answering(stage, of, criterion, because)
}

/// An answer as it is written: a criterion of the stage, or of another as `stage/criterion`; else a reason.
fn answering(
    stage: StageId,
    of: LessonOf,
    criterion: Option<&str>,
    because: Option<String>,
) -> Result<Request, Problem> {
    let wrong = |text: String| Problem::new(Code::WrongShape, text);
    let answer = match (criterion, because) {
        (Some(written), None) => {
            let (at, name) = written.split_once('/').unwrap_or((stage.as_str(), written));
            let named = |error| wrong(format!("no criterion's name: {error}"));
            LessonAnswer::Criterion {
                stage: StageId::parse(at).map_err(named)?,
                criterion: CriterionId::parse(name).map_err(named)?,
            }
        }
        (None, Some(because)) => LessonAnswer::None { because },
        (Some(_), Some(_)) | (None, None) => {
            return Err(wrong("expected either `criterion` or `because`".to_owned()));
        }
    };
    Ok(Request::AnswerLesson { stage, of, answer })
}
