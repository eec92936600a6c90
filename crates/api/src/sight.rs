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
        | Request::FinishStep { .. }
        | Request::Revert { .. }
        | Request::Resolve { .. }
        | Request::Adopt { .. }
        | Request::StartController
        | Request::DistrustJournal
        | Request::Evidence(_)
        | Request::Look(_)
        | Request::Observe { .. }
        | Request::ObservePromise { .. }
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

/// Everything that an approval is bound to, and where the stage stands. Not every verdict: of those, what no approval outlives.
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
        stage.worsened.to_string(),
        is_final.to_string(),
    ];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    secret::digest(&texts)[..DIGITS].to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use tidegate_engine::event::{AdoptedStage, Body, Event, Reading};
    use tidegate_engine::{Request, State, apply};
    use tidegate_model::seam::{Actor, Verdict};
    use tidegate_model::{BasisPoints, CriterionId, DomainId, PlanId, StageId, Timestamp, UnitId};

    use super::{compare, of};

    fn event(body: Body) -> Event {
        Event {
            v: 1,
            at: Timestamp(1_772_442_000_000),
            actor: Actor::Controller,
            key: None,
            body,
        }
    }

    fn shop() -> StageId {
        StageId::parse("shop").unwrap()
    }

    fn judged(verdict: Verdict) -> Event {
        event(Body::CriterionJudged {
            stage: shop(),
            attempt: 1,
            step: 0,
            criterion: CriterionId::parse("errors").unwrap(),
            verdict,
            reading: Reading::default(),
            stats_version: 1,
        })
    }

    /// What somebody read of the shop, and whether they may still approve it after a verdict.
    fn may_approve_after(verdict: Verdict) -> bool {
        let mut state = State::default();
        apply(
            &mut state,
            &event(Body::EstateAdopted {
                digest: "1".repeat(64),
                owners: Vec::new(),
                stages: vec![AdoptedStage {
                    plan: PlanId::parse("move").unwrap(),
                    stage: shop(),
                    unit: UnitId::parse("shop").unwrap(),
                    owner: DomainId::parse("shop").unwrap(),
                    steps: vec![BasisPoints::FULL],
                    criteria: vec![CriterionId::parse("errors").unwrap()],
                    sources: Vec::new(),
                }],
                switches: Vec::new(),
                promises: Vec::new(),
                unreached: Vec::new(),
                undrilled: Vec::new(),
            }),
        );
        apply(&mut state, &judged(Verdict::Pass));
        let seen = of(&state, &shop(), &state.stages[&shop()]);
        apply(&mut state, &judged(verdict));
        compare(&seen, &Request::Approve { stage: shop() }, &state).is_ok()
    }

    #[test]
    fn who_saw_a_pass_does_not_approve_after_a_worse_verdict() {
        let since = Timestamp(1_772_442_000_000);
        assert!(!may_approve_after(Verdict::Harm));
        assert!(!may_approve_after(Verdict::NoData { since }));
        assert!(!may_approve_after(Verdict::SourceDown { since }));
        assert!(may_approve_after(Verdict::NotYet { needed: None }));
        assert!(may_approve_after(Verdict::Pass));
    }
}
