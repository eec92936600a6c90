//! How often the cases came to which state, so that what never happens is never taken for what never fails.

use std::collections::BTreeMap;

use tidegate_engine::Body;
use tidegate_engine::event::{Cause, LessonAnswer, Opening, Origin};
use tidegate_engine::state::IncidentPhase;
use tidegate_model::plan::OnHarm;
use tidegate_model::seam::{InvalidReason, Outcome, Verdict};

use super::goals::{DEEP, KINDS, PHASES};
use super::play::Play;
use crate::world::World;

/// Counts by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    counts: BTreeMap<String, u64>,
    read: usize,
}

impl Reach {
    /// Takes in what has happened since the last look, and where everything stands.
    pub(super) fn look(&mut self, world: &World) {
        for event in &world.journal[self.read..] {
            self.count(format!("event {}", event.body.kind()));
            for word in deep(&event.body) {
                self.count(word);
            }
        }
        self.read = world.journal.len();
        for (id, stage) in &world.state.stages {
            self.count(format!("{id} is {}", stage.phase.words()));
            if stage.attempt > 1 && stage.phase.is_exposed() {
                self.count("second attempt exposed".to_owned());
            }
        }
        for incident in world.state.incidents.values() {
            self.count(format!("incident {}", phase(&incident.phase)));
            if incident.rung == 2 && incident.attempt > 4 {
                self.count("top rung called again".to_owned());
            }
        }
        if world.state.actions.len() > 1 {
            self.count("two modes active".to_owned());
        }
        if world
            .state
            .stages
            .values()
            .filter(|stage| stage.phase.is_exposed())
            .count()
            > 1
        {
            self.count("two stages exposed".to_owned());
        }
    }

    /// The end of a case.
    pub(super) fn end(&mut self, play: &Play) {
        *self.counts.entry("key used again".to_owned()).or_default() += play.repeats;
        self.read = 0;
    }

    fn count(&mut self, word: String) {
        *self.counts.entry(word).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (word, n) in &other.counts {
            *self.counts.entry(word.clone()).or_default() += n;
        }
    }

    /// What was never reached of what must be.
    pub(super) fn missing(&self) -> Vec<String> {
        let kinds = KINDS.iter().map(|kind| format!("event {kind}"));
        let phases = PHASES.iter().map(|phase| format!("checkout is {phase}"));
        let rest = DEEP.iter().map(|&word| word.to_owned());
        let expected = kinds.chain(phases).chain(rest);
        expected.filter(|word| !self.counts.contains_key(word)).collect()
    }

    /// Everything that was counted, a line each.
    pub(super) fn lines(&self) -> String {
        let lines: Vec<String> = self.counts.iter().map(|(word, n)| format!("{n:>8} {word}")).collect();
        lines.join("\n")
    }
}

fn phase(phase: &IncidentPhase) -> &'static str {
    match phase {
        IncidentPhase::Open => "open",
        IncidentPhase::Acknowledged { .. } => "acknowledged",
        IncidentPhase::Mitigating { .. } => "mitigating",
        IncidentPhase::Resolved { .. } => "resolved",
    }
}

/// What an event means beyond its kind.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a kind without anything deeper is counted by its kind"
)]
fn deep(body: &Body) -> Vec<String> {
    let word = match body {
        Body::CommandRefused { refusal, .. } => format!("refused {:?}", refusal.rule),
        Body::StepExposed {
            step, because, attempt, ..
        } => match because {
            Opening::AcceptedRisk(_) => "exposed on accepted risk".to_owned(),
            Opening::Entry | Opening::Step(_) | Opening::Finalisation => {
                format!("exposed step {step} attempt {attempt}")
            }
        },
        Body::RollbackBegun { cause, .. } => format!("rollback by {}", by(cause)),
        Body::RolledBack { lapsed, .. } if !lapsed.is_empty() => "rolled back by a lapsed lease".to_owned(),
        Body::HarmFound { on_harm, criterion, .. } => match (on_harm, criterion) {
            (OnHarm::Rollback, _) => "harm rolls back".to_owned(),
            (OnHarm::Hold, Some(criterion)) => format!("harm of {criterion} holds"),
            (OnHarm::Hold, None) => "the brake holds past the way back".to_owned(),
        },
        Body::StageHeld {
            criterion: None,
            reason,
            ..
        } if reason.contains("does not know") => "held by a cut journal".to_owned(),
        Body::LessonAnswered {
            answer: LessonAnswer::Criterion { .. },
            ..
        } => "answered with a criterion".to_owned(),
        Body::ApprovalAsked { standing, .. } if !standing.is_empty() => "asked again beside what stands".to_owned(),
        Body::StageFinalised { stage, .. } => format!("finalised {stage}"),
        Body::EvidenceRecorded { late: true, .. } => "late evidence".to_owned(),
        Body::CriterionJudged {
            verdict: Verdict::Pass,
            criterion,
            ..
        } => return vec![format!("{criterion} passes"), verdict_word(&Verdict::Pass)],
        Body::CriterionJudged { verdict, .. } => verdict_word(verdict),
        Body::ControllerStarted { epoch, .. } if *epoch > 1 => "controller restarted".to_owned(),
        Body::OpeningDeferred { until, .. } => {
            if until.is_some() {
                "deferred to a window".to_owned()
            } else {
                "deferral over".to_owned()
            }
        }
        Body::IncidentOpened { origin, .. } => format!("incident about {}", about(origin)),
        Body::RungCalled { rung, sent, .. } => {
            if sent.is_empty() {
                format!("rung {rung} reaches nobody")
            } else {
                format!("rung {rung} called")
            }
        }
        Body::ActionReverted { expired, .. } => {
            if *expired {
                "mode expired".to_owned()
            } else {
                "mode reverted".to_owned()
            }
        }
        Body::IncidentResolved { by, .. } => {
            if by.is_some() {
                "resolved by a person".to_owned()
            } else {
                "resolved by itself".to_owned()
            }
        }
        Body::ActionTaken { begun: Some(_), .. } => "runbook begun".to_owned(),
        Body::RunbookStepDone { left: 0, .. } => "runbook done".to_owned(),
        Body::ActionTaken { switches, .. } if switches.is_empty() => "rollback as an action".to_owned(),
        Body::EffectEnded {
            outcome: Outcome::FailedForGood { .. },
            ..
        } => "effect failed".to_owned(),
        _ => return Vec::new(),
    };
    vec![word]
}

fn by(cause: &Cause) -> &'static str {
    match cause {
        Cause::Harm(_) => "gate",
        Cause::Brake => "brake",
        Cause::Person(_) => "person",
        Cause::Action(_) => "action",
        Cause::Restored => "restored",
        Cause::Unknown(_) => "unknown",
    }
}

fn about(origin: &Origin) -> &'static str {
    match origin {
        Origin::Criterion(..) => "a criterion",
        Origin::Brake(_) => "the brake",
        Origin::Silence(..) => "silence",
        Origin::Waiting(_) => "waiting",
        Origin::Gateway(_) => "a gateway",
        Origin::Journal => "the journal",
        Origin::Promise(_) => "a promise",
        Origin::PromiseSilent(..) => "the silence of a promise",
        Origin::Person(_) => "what a person saw",
    }
}

fn verdict_word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Invalid { reason } => match reason {
            InvalidReason::SampleRatio => "invalid: split".to_owned(),
            InvalidReason::Identical => "invalid: identical".to_owned(),
            InvalidReason::Impossible => "invalid: impossible".to_owned(),
            InvalidReason::Fallbacks => "invalid: fallbacks".to_owned(),
            InvalidReason::ZeroDenominator => "invalid: zero".to_owned(),
            InvalidReason::Stale => "invalid: stale".to_owned(),
            InvalidReason::NotANumber => "invalid: not a number".to_owned(),
            InvalidReason::Infinite => "invalid: infinite".to_owned(),
            InvalidReason::Null => "invalid: null".to_owned(),
            InvalidReason::SeveralSeries => "invalid: several series".to_owned(),
            InvalidReason::Shape => "invalid: shape".to_owned(),
        },
        Verdict::Pass
        | Verdict::Harm
        | Verdict::NotYet { .. }
        | Verdict::NoData { .. }
        | Verdict::SourceDown { .. } => format!("verdict {}", verdict.word()),
    }
}
