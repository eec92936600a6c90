//! What somebody saw of a stage when they decided: an approval is for that and for nothing that came after it. Compared at the
//! door, just before the engine is asked.

use std::collections::BTreeMap;

use tidegate_engine::command::Request;
use tidegate_engine::event::Opening;
use tidegate_engine::state::{StageState, State};
use tidegate_model::StageId;
use tidegate_runtime::Snapshot;

use crate::problem::{Code, Problem};
use crate::secret;

/// Digits of a sight; enough to tell the states of one stage apart.
const DIGITS: usize = 16;

/// The sight of each stage, by its name.
pub(crate) type Sights = BTreeMap<String, String>;

/// What is to be seen of every stage now.
pub(crate) fn all(snapshot: &Snapshot) -> Sights {
    let state = &snapshot.state;
    let sights = state
        .stages
        .iter()
        .map(|(id, stage)| (id.to_string(), of(state, id, stage)));
    sights.collect()
}

/// Turns a decision away that was made on something else than what is so now.
///
/// # Errors
/// [`Code::Changed`].
pub(crate) fn compare(seen: &str, request: &Request, state: &State) -> Result<(), Problem> {
    let stage = match request {
        Request::Approve { stage } | Request::Finalise { stage } | Request::AcceptRisk { stage, .. } => stage,
        Request::Hold { .. }
        | Request::Resume { .. }
        | Request::Rollback { .. }
        | Request::NoteChange { .. }
        | Request::Attest { .. }
        | Request::RecordDrill { .. }
        | Request::FileFeedback { .. }
        | Request::AnswerLesson { .. }
        | Request::OpenIncident { .. }
        | Request::Acknowledge { .. }
        | Request::Act { .. }
        | Request::Revert { .. }
        | Request::Resolve { .. }
        | Request::Adopt { .. }
        | Request::StartController
        | Request::DistrustJournal
        | Request::Evidence(_)
        | Request::Look(_)
        | Request::Observe { .. }
        | Request::GatewaySeen { .. }
        | Request::GatewayLost { .. }
        | Request::Receive(_)
        | Request::Tick => return Ok(()),
    };
    // A stage that is not known is the engine's to refuse.
    let now = state.stages.get(stage).map(|known| of(state, stage, known));
    match now {
        Some(now) if now != seen => Err(Problem::new(
            Code::Changed,
            format!("what you read of {stage} is no longer what would happen; look again, then decide"),
        )),
        Some(_) | None => Ok(()),
    }
}

/// Everything that an approval is bound to, and where the stage stands.
fn of(state: &State, id: &StageId, stage: &StageState) -> String {
    let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let is_final = stage
        .asked
        .as_ref()
        .is_some_and(|asked| asked.opens == Opening::Finalisation);
    let texts = [
        state.estate.clone().unwrap_or_default(),
        id.to_string(),
        stage.phase.words().to_owned(),
        stage.attempt.to_string(),
        number(stage.step),
        number(stage.passed),
        stage.restarts.to_string(),
        is_final.to_string(),
    ];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    secret::digest(&texts)[..DIGITS].to_owned()
}
