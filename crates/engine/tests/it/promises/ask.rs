//! Deeds as requests: who has authority for them, and what they are called in the world as it is.

use tidegate_engine::event::{LessonAnswer, LessonOf, Origin};
use tidegate_engine::{CommandKey, Request};
use tidegate_model::ask::Decimal;
use tidegate_model::objective::Promise;
use tidegate_model::seam::{
    Actor, ArmCounts, Compared, Door, EqualityCounts, InvalidReason, Observation, Silence, StratumPart,
};
use tidegate_model::{DomainId, IncidentId, Millis, StageId, Timestamp};

use super::action::{Answer, Deed, Place, Sight, Vow, Who};
use super::edits::ADDED;
use crate::shop::name;
use crate::world::{Health, World, by};
use crate::{reconciled, surveys};

/// The incident at this place among the open ones, newest first.
fn incident(world: &World, place: usize) -> Option<(IncidentId, DomainId)> {
    let mut open: Vec<_> = world.state.open_incidents().collect();
    open.sort_by_key(|(_, incident)| std::cmp::Reverse(incident.timeline.first().copied()));
    open.get(place)
        .map(|(id, incident)| ((*id).clone(), incident.domain.clone()))
}

/// The first that waits for an answer at a place.
pub(super) fn owed(world: &World, place: Place) -> Option<LessonOf> {
    let stage = world.state.stages.get(&name::<StageId>(place.name()))?;
    let open = stage.lessons.iter().find(|lesson| lesson.answer.is_none())?;
    Some(open.of.clone())
}

/// Whether there is one.
pub(super) fn is_open(world: &World, place: usize) -> bool {
    incident(world, place).is_some()
}

/// Whether an incident may stand in the way of a stage.
pub(super) fn freezes(world: &World, place: Place, at: usize) -> bool {
    let Some((id, domain)) = incident(world, at) else {
        return false;
    };
    let known = &world.state.incidents[&id];
    let is_everywhere = match &known.origin {
        Origin::Gateway(_) => true,
        Origin::Promise(promise) => {
            let kept = world.state.promises.of(promise);
            kept.is_some_and(|kept| kept.adopted.stages.contains(&name(place.name())))
        }
        Origin::Criterion(..)
        | Origin::Brake(_)
        | Origin::Silence(..)
        | Origin::Waiting(_)
        | Origin::Journal
        | Origin::PromiseSilent(..)
        | Origin::Person(_) => false,
    };
    known.severity.freezes() && (domain.as_str() == place.name() || is_everywhere)
}

/// Whether the answer to a key is known.
pub(super) fn is_answered(world: &World, key: &str) -> bool {
    world.state.answers.by_key.contains_key(&CommandKey(key.to_owned()))
}

pub(super) fn actor(world: &World, who: Who, deed: &Deed) -> Actor {
    match who {
        Who::Right => by(right(world, deed)),
        Who::Person(id) => by(id),
        Who::Linked(id) => Actor::Person {
            id: name(id),
            door: Door::Link,
        },
        Who::Service(id) => Actor::Service { id: name(id) },
        Who::Gateway(id) => Actor::Gateway { id: name(id) },
        Who::Controller => Actor::Controller,
    }
}

/// Somebody with authority: of a stage's approvers the first who has not approved, or accepted, yet.
fn right(world: &World, deed: &Deed) -> &'static str {
    match deed {
        Deed::AcceptRisk(place) => {
            let stage = world.state.stages.get(&name::<StageId>(place.name()));
            let is_half = stage.is_some_and(|stage| !stage.risks.is_empty());
            if is_half { "hal" } else { place.people()[0] }
        }
        Deed::Approve(place) | Deed::Finalise(place) => {
            let stage = world.state.stages.get(&name::<StageId>(place.name()));
            let given = |person: &str| {
                stage.is_some_and(|stage| stage.approvals.iter().any(|given| given.by.as_str() == person))
            };
            let people = place.people();
            people
                .iter()
                .copied()
                .find(|person| !given(person))
                .unwrap_or(people[0])
        }
        Deed::Hold(place)
        | Deed::Resume(place)
        | Deed::Rollback(place)
        | Deed::Change(place, _)
        | Deed::Open(place, _)
        | Deed::Shout(place)
        | Deed::Feedback(place)
        | Deed::Answer(place)
        | Deed::AnswerAdded(place)
        | Deed::Report(place)
        | Deed::Observe(place) => place.people()[0],
        Deed::Attest { .. } => "pat",
        Deed::Acknowledge(at) | Deed::Act(at, _) | Deed::Finish(at, _) | Deed::Resolve(at, _) => {
            incident(world, *at).map_or("ana", |(_, domain)| owner(&domain))
        }
        Deed::Drill(_) | Deed::Revert(_) | Deed::Start | Deed::Tick | Deed::LoseGateway => "ana",
    }
}

fn owner(domain: &DomainId) -> &'static str {
    match domain.as_str() {
        "catalogue" => "cleo",
        "pricing" => "pat",
        _ => "ana",
    }
}

pub(super) fn request(world: &World, deed: &Deed) -> Request {
    let open = |at: usize| incident(world, at).map_or_else(|| name("inc-999"), |(id, _)| id);
    match deed {
        Deed::Approve(place) => Request::Approve {
            stage: name(place.name()),
        },
        Deed::AcceptRisk(place) => Request::AcceptRisk {
            stage: name(place.name()),
            reason: "the sale begins".to_owned(),
        },
        Deed::Finalise(place) => Request::Finalise {
            stage: name(place.name()),
        },
        Deed::Hold(place) => Request::Hold {
            stage: name(place.name()),
            reason: None,
        },
        Deed::Resume(place) => Request::Resume {
            stage: name(place.name()),
            reason: "looked at it".to_owned(),
        },
        Deed::Rollback(place) => Request::Rollback {
            stage: name(place.name()),
            reason: "it looks wrong".to_owned(),
        },
        Deed::Change(place, side) => Request::NoteChange {
            stage: name(place.name()),
            side: *side,
            reference: "abc123".to_owned(),
            summary: String::new(),
        },
        Deed::Attest { holds, is_manual } => Request::Attest {
            stage: name("pricing"),
            criterion: name(if *is_manual { "look" } else { "prices" }),
            holds: *holds,
            note: "looked".to_owned(),
        },
        Deed::Open(place, severity) => Request::OpenIncident {
            domain: name(place.name()),
            severity: *severity,
            summary: "people complain".to_owned(),
        },
        Deed::Acknowledge(at) => Request::Acknowledge { incident: open(*at) },
        Deed::Act(at, action) => Request::Act {
            incident: open(*at),
            action: name(action),
            reason: (*at < 3).then(|| "it looks wrong".to_owned()),
        },
        Deed::Finish(at, step) => Request::FinishStep {
            incident: open(*at),
            action: name("checkout-by-hand"),
            step: *step,
            note: String::new(),
        },
        Deed::Revert(action) => Request::Revert { action: name(action) },
        Deed::Resolve(at, is_told) => Request::Resolve {
            incident: open(*at),
            lesson: match (is_told, at) {
                (true, 1) => "the cache was cold".to_owned(),
                (true, _) => "none, because it was a drill".to_owned(),
                (false, _) => " ".to_owned(),
            },
        },
        Deed::Drill(worked) => Request::RecordDrill {
            runbook: name("checkout-down"),
            worked: *worked,
            note: "tried".to_owned(),
        },
        Deed::Feedback(place) => Request::FileFeedback {
            stage: name(place.name()),
            from: "support".to_owned(),
            text: "people complain".to_owned(),
        },
        Deed::Answer(place) => Request::AnswerLesson {
            stage: name(place.name()),
            of: owed(world, *place).unwrap_or_else(|| LessonOf::Feedback(name("fb-999"))),
            answer: LessonAnswer::None {
                because: "it is known".to_owned(),
            },
        },
        Deed::AnswerAdded(place) => Request::AnswerLesson {
            stage: name(place.name()),
            of: owed(world, *place).unwrap_or_else(|| LessonOf::Feedback(name("fb-999"))),
            answer: LessonAnswer::Criterion {
                stage: name(place.name()),
                criterion: name(ADDED),
            },
        },
        Deed::Shout(place) => Request::Hold {
            stage: name(place.name()),
            reason: Some("!".repeat(tidegate_engine::command::TEXT_BYTES_MAX + 1)),
        },
        Deed::Start => Request::StartController,
        Deed::Tick => Request::Tick,
        Deed::LoseGateway => Request::GatewayLost { gateway: name("shop") },
        Deed::Report(place) => {
            Request::Evidence(world.stratum(place.name(), Health::Worse, StratumPart::Prompt, world.version()))
        }
        Deed::Observe(place) => observation(world, *place, Sight::Differs),
    }
}

/// What the source of a promise says; nothing where nobody promises it.
pub(super) fn vow(world: &World, vow: Vow, answer: Answer) -> Option<Request> {
    let promise = match vow {
        Vow::PaidOnce => Promise::Invariant(name("paid-once")),
        Vow::Answers => Promise::Objective(name("pricing"), name("answers")),
        Vow::Shares => Promise::Objective(name("pricing"), name("shares")),
    };
    let asked = world.state.promises.of(&promise)?.adopted.asked.clone();
    let mut observation = said(world.now, answer);
    if let Observation::Level { value, .. } = &mut observation {
        // Within are no violation and everything; beyond, three and a half.
        *value = match (vow, value.0 > 10 * Decimal::ONE) {
            (Vow::Answers, _) => *value,
            (Vow::PaidOnce, is_beyond) => Decimal(if is_beyond { 3 * Decimal::ONE } else { 0 }),
            (Vow::Shares, is_beyond) => Decimal(if is_beyond { Decimal::ONE / 2 } else { Decimal::ONE }),
        };
    }
    Some(Request::ObservePromise {
        promise,
        asked,
        unsaid: None,
        observation,
    })
}

/// What a source outside says to the question of a criterion of pricing.
pub(super) fn answer(world: &World, of: &str, answer: Answer) -> Request {
    Request::Observe {
        stage: name("pricing"),
        criterion: name(of),
        observation: said(world.now, answer),
    }
}

fn said(at: Timestamp, answer: Answer) -> Observation {
    let level = |at, value: i64| Observation::Level {
        at,
        value: Decimal(value * Decimal::ONE),
    };
    let counts = |(old_n, old_hits), (new_n, new_hits)| Observation::Counts {
        at,
        batch: None,
        old: Some(ArmCounts {
            n: old_n,
            hits: old_hits,
        }),
        new: ArmCounts {
            n: new_n,
            hits: new_hits,
        },
    };
    let pages = |at, faulty, gap| Observation::Surveyed {
        at,
        found: surveys::found(10, faulty, gap),
    };
    let rows = |compared| Observation::Reconciled {
        at,
        found: reconciled::found(compared),
    };
    match answer {
        Answer::Sound => pages(at, 0, None),
        Answer::Faulty => pages(at, 9, None),
        Answer::Gappy => pages(at, 0, Some("/a: no answer")),
        Answer::Scant => Observation::Surveyed {
            at,
            found: surveys::found(4, 0, None),
        },
        Answer::Early => pages(Timestamp(at.0 + 60_000), 0, None),
        Answer::Clean => rows(Compared::Clean),
        Answer::Torn => rows(Compared::Diverged),
        Answer::Doubtful => rows(Compared::Inconclusive),
        Answer::Night => Observation::Counts {
            at,
            batch: Some("night".to_owned()),
            old: None,
            new: ArmCounts { n: 900, hits: 0 },
        },
        Answer::Begun => pages(Timestamp(at.0 - 3_000), 0, None),
        Answer::Within => level(at, 7),
        Answer::Beyond => level(at, 11),
        Answer::Old => level(Timestamp(at.0 - 60_000), 7),
        Answer::Equal => counts((9_000, 30), (9_001, 30)),
        Answer::Refused => counts((9_000, 30), (9_000, 900)),
        Answer::Nobody => counts((0, 0), (0, 0)),
        Answer::Few => counts((9, 0), (8, 0)),
        Answer::Absurd => counts((9, 0), (8, 9)),
        Answer::Nothing => Observation::Nothing {
            at,
            detail: "no series".to_owned(),
        },
        Answer::NotANumber => Observation::Unusable {
            at,
            reason: InvalidReason::NotANumber,
            detail: "the answer is NaN".to_owned(),
        },
        Answer::Silent => Observation::Silent(Silence {
            since: at,
            reason: "connection refused".to_owned(),
        }),
    }
}

/// What the controller's own look at two databases gives.
pub(super) fn observation(world: &World, place: Place, sight: Sight) -> Request {
    let clean = EqualityCounts {
        old_rows: 1_000,
        new_rows: 1_000,
        ..EqualityCounts::default()
    };
    let few = EqualityCounts {
        old_rows: 5,
        new_rows: 5,
        ..EqualityCounts::default()
    };
    let seen = |at, counts| Observation::Equality { at, counts };
    let observation = match sight {
        Sight::Clean => seen(world.now, clean),
        Sight::Differs => seen(world.now, EqualityCounts { differing: 10, ..clean }),
        Sight::Few => seen(world.now, few),
        Sight::Silent => Observation::Silent(Silence {
            since: world.now,
            reason: "connection refused".to_owned(),
        }),
        Sight::Old => {
            let hour = i64::try_from(Millis::minutes(60).0).unwrap();
            seen(tidegate_model::Timestamp(world.now.0 - hour), clean)
        }
    };
    Request::Observe {
        stage: name(place.name()),
        criterion: name("prices"),
        observation,
    }
}
