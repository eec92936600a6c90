//! A cutover as a script: everything that can happen to a stage happens in it once at least.

use tidegate_engine::event::{LessonAnswer, LessonOf};
use tidegate_engine::{Request, Side};
use tidegate_model::ask::Decimal;
use tidegate_model::objective::Promise;
use tidegate_model::seam::{
    Actor, ArmCounts, BrakeLook, Door, EqualityCounts, ExposureVersion, MeterCounts, Observation, SPLIT, Stratum,
    StratumId, StratumPart,
};
use tidegate_model::{Millis, Timestamp};

use crate::shop::{self, name};

/// Monday, 2 March 2026, midnight in UTC.
const DAY: Timestamp = Timestamp(1_772_409_600_000);

/// What happens, each at its time of day. The controller starts with the first line.
const LINES: &str = "
    08:50:00 gateway seen 1
    08:50:01 gus approve
    08:50:05 ana approve
    08:50:05 confirm
    09:00:00 tick
    09:00:00 confirm
    09:00:10 counts 920 6
    09:00:12 sql clean
    09:00:14 bea attest
    09:00:16 violations 0
    09:00:20 tick
    09:00:20 confirm
    09:00:25 ana hold
    09:00:30 ana resume
    09:00:40 counts 500 6
    09:00:41 confirm
    09:01:45 tick
    09:01:45 confirm
    09:01:50 gus ack inc-1
    09:02:00 gus act inc-1 wallet-off
    09:07:00 tick
    09:07:00 confirm
    09:12:00 tick
    09:12:10 confirm
    09:13:05 gus ack inc-1
    09:13:10 gus resolve inc-1
    09:13:11 ana answer inc-1
    09:13:12 gus feedback
    09:13:13 ana answer fb-1
    09:13:14 ana drill
    09:13:20 ana change v2
    09:13:30 ana approve
    09:13:30 confirm
    09:13:40 counts 880 1
    09:13:42 sql clean
    09:13:44 bea attest
    09:13:50 tick
    09:23:30 tick
    09:23:30 confirm
    09:23:35 sql clean
    09:23:40 ana accept-risk
    09:23:50 gus accept-risk
    09:23:50 confirm
    09:24:00 brake
    09:24:00 confirm
    09:24:10 ana ack inc-3
    09:24:12 ana act inc-3 checkout-steps
    09:24:14 ana done inc-3 checkout-steps
    09:24:16 confirm
    09:24:20 ana change v3
    09:24:30 ana resolve inc-3
    09:35:00 tick
    09:35:00 confirm
    09:35:10 ana approve
    09:35:10 confirm
    09:35:20 sql differs
    09:35:20 confirm
    09:35:30 ana change v4
    09:35:30 confirm
    09:35:40 counts 920 6
    09:35:42 sql clean
    09:35:44 bea attest
    09:35:50 tick
    09:35:55 ana approve
    09:35:55 confirm
    09:36:00 gateway lost
    09:36:00 confirm
    09:36:05 gateway seen 2
    09:36:10 ana adopt
    09:36:20 sql clean
    09:36:24 bea attest
    09:36:55 tick
    09:37:00 ana finalise
    09:37:00 confirm
";

/// One line.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) does: Does,
}

/// What a line does.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Nothing but that the time has come.
    Tick,
    /// Everything that is under way ends well.
    Confirm,
    /// A gateway reports strata, with hits in a thousand attempts of the new side.
    Counts {
        permille: u64,
        strata: std::ops::Range<u64>,
    },
    /// A gateway shows failures to the brake.
    Brake,
    /// A gateway connects.
    GatewaySeen { incarnation: u64 },
    /// Somebody asks for something.
    Ask(Actor, Box<Request>),
}

/// The script.
pub(crate) fn steps() -> Vec<Step> {
    let mut strata = 0;
    let lines = LINES.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| step(line, &mut strata)).collect()
}

fn step(line: &str, strata: &mut u64) -> Step {
    let (time, words) = line.split_once(' ').unwrap();
    let at = time_of_day(time);
    let words: Vec<&str> = words.split_whitespace().collect();
    let does = match words.as_slice() {
        ["tick"] => Does::Tick,
        ["confirm"] => Does::Confirm,
        ["brake"] => Does::Brake,
        ["counts", permille, count] => {
            let begin = *strata;
            *strata += count.parse::<u64>().unwrap();
            Does::Counts {
                permille: permille.parse().unwrap(),
                strata: begin..*strata,
            }
        }
        ["gateway", "seen", incarnation] => Does::GatewaySeen {
            incarnation: incarnation.parse().unwrap(),
        },
        ["gateway", "lost"] => ask(
            Actor::Controller,
            Request::GatewayLost {
                gateway: name("storefront"),
            },
        ),
        ["violations", number] => ask(
            Actor::Controller,
            Request::ObservePromise {
                promise: Promise::Invariant(name("paid-once")),
                asked: shop::estate().invariants()["paid-once"].asked(),
                unsaid: None,
                observation: Observation::Level {
                    at,
                    value: Decimal(number.parse::<i64>().unwrap() * Decimal::ONE),
                },
            },
        ),
        ["sql", how] => ask(Actor::Controller, observed(at, how)),
        [person, rest @ ..] => {
            let actor = Actor::Person {
                id: name(person),
                door: Door::Token,
            };
            ask(
                actor,
                request(rest).unwrap_or_else(|| panic!("`{line}` is no line of a script")),
            )
        }
        [] => panic!("`{line}` says nothing"),
    };
    Step { at, does }
}

fn ask(actor: Actor, request: Request) -> Does {
    Does::Ask(actor, Box::new(request))
}

fn time_of_day(text: &str) -> Timestamp {
    let seconds = text
        .split(':')
        .fold(0, |sum, part| sum * 60 + part.parse::<u64>().unwrap());
    DAY.after(Millis::seconds(seconds))
}

fn request(words: &[&str]) -> Option<Request> {
    let stage = || name("checkout");
    let why = || "looked at it".to_owned();
    Some(match words {
        ["approve"] => Request::Approve { stage: stage() },
        ["finalise"] => Request::Finalise { stage: stage() },
        ["accept-risk"] => Request::AcceptRisk {
            stage: stage(),
            reason: why(),
        },
        ["hold"] => Request::Hold {
            stage: stage(),
            reason: None,
        },
        ["resume"] => Request::Resume {
            stage: stage(),
            reason: why(),
        },
        ["attest"] => Request::Attest {
            stage: stage(),
            criterion: name("refunds"),
            holds: true,
            note: why(),
        },
        ["feedback"] => Request::FileFeedback {
            stage: stage(),
            from: "support".to_owned(),
            text: why(),
        },
        ["answer", of] => Request::AnswerLesson {
            stage: stage(),
            of: LessonOf::parse(of).ok()?,
            answer: LessonAnswer::None { because: why() },
        },
        ["drill"] => Request::RecordDrill {
            runbook: name("checkout-down"),
            worked: true,
            note: why(),
        },
        ["change", reference] => Request::NoteChange {
            stage: stage(),
            side: Side::New,
            reference: (*reference).to_owned(),
            summary: why(),
        },
        ["ack", incident] => Request::Acknowledge {
            incident: name(incident),
        },
        ["act", incident, action] => Request::Act {
            incident: name(incident),
            action: name(action),
            reason: Some(why()),
        },
        ["done", incident, action] => Request::FinishStep {
            incident: name(incident),
            action: name(action),
            step: 1,
            note: why(),
        },
        ["resolve", incident] => Request::Resolve {
            incident: name(incident),
            lesson: "none, because it is known".to_owned(),
        },
        ["adopt"] => Request::Adopt {
            candidate: shop::next_estate(),
        },
        _ => return None,
    })
}

fn observed(at: Timestamp, how: &str) -> Request {
    let differing = match how {
        "clean" => 0,
        "differs" => 7,
        other => panic!("two databases are never `{other}`"),
    };
    let counts = EqualityCounts {
        old_rows: 1_000,
        new_rows: 1_000,
        differing,
        ..EqualityCounts::default()
    };
    Request::Observe {
        stage: name("checkout"),
        criterion: name("prices"),
        observation: Observation::Equality { at, counts },
    }
}

/// The one gateway.
pub(crate) fn gateway() -> Actor {
    Actor::Gateway { id: name("storefront") }
}

/// A stratum of ten seconds, counted under a version.
pub(crate) fn stratum(index: u64, at: Timestamp, version: ExposureVersion, permille: u64) -> Request {
    let arm = |permille: u64| ArmCounts {
        n: 2_000,
        hits: 2 * permille,
    };
    Request::Evidence(Stratum {
        id: StratumId {
            gateway: name("storefront"),
            incarnation: 1,
            index,
            part: StratumPart::Cohort,
        },
        began: at,
        lasted: Millis::seconds(10),
        version,
        untracked: 0,
        fallbacks: 0,
        voided: false,
        promised: Vec::new(),
        counts: vec![
            MeterCounts::whole(name("checkout"), name(SPLIT), arm(1_000), arm(1_000)),
            // No two strata alike, as with visitors.
            MeterCounts::whole(
                name("checkout"),
                name("orders"),
                arm(920 + index % 3),
                arm(permille + index % 2),
            ),
        ],
    })
}

/// The running moment when most of the new side fails.
pub(crate) fn failures(version: ExposureVersion) -> Request {
    Request::Look(BrakeLook {
        stage: name("checkout"),
        version,
        over: Millis::seconds(5),
        old: ArmCounts { n: 0, hits: 0 },
        new: ArmCounts { n: 200, hits: 150 },
    })
}
