//! A stage whose one criterion asks a source outside, and lines that say what the source answers.

use tidegate_engine::Request;
use tidegate_model::ask::{Bound, Cadence, CountAsk, CountQuestion, Decimal, HitsAre, LevelAsk, LevelQuestion, Looks};
use tidegate_model::plan::{Measure, OnHarm};
use tidegate_model::seam::{Actor, ArmCounts, InvalidReason, Observation, Silence};
use tidegate_model::{Millis, PartsPerMillion, Timestamp};

use crate::shop::name;
use crate::world::World;

/// How often a source is asked, and how long what it says counts.
pub(crate) const CADENCE: Cadence = Cadence {
    every: Millis::seconds(1),
    timeout: Millis::seconds(1),
    stale_after: Millis::seconds(6),
};

/// A number that may be 10 at most.
pub(crate) fn level(lasting: Millis) -> Measure {
    Measure::Level {
        ask: LevelAsk {
            on: name("numbers"),
            question: LevelQuestion::Prometheus {
                query: "load".to_owned(),
            },
        },
        bound: Bound::AtMost(Decimal(10 * Decimal::ONE)),
        lasting,
        cadence: CADENCE,
    }
}

/// Refusals of 2 % at most and 1 % more than on the old side at most.
pub(crate) fn counted() -> Measure {
    Measure::Counted {
        old: Some(ask("old")),
        new: ask("new"),
        hits: HitsAre::Bad,
        at_most: PartsPerMillion::new(20_000).ok(),
        not_worse_by: PartsPerMillion::new(10_000).ok(),
        looks: Looks::Stream,
        cadence: CADENCE,
    }
}

fn ask(side: &str) -> CountAsk {
    CountAsk {
        on: name("numbers"),
        question: CountQuestion::Prometheus {
            all: format!("attempts_{side}"),
            hits: format!("refusals_{side}"),
        },
    }
}

/// The first stage of the shop, exposed, with one criterion of this measure.
pub(crate) fn exposed(measure: Measure, on_harm: OnHarm) -> World {
    let mut world = exposing(measure, on_harm);
    world.confirm();
    world
}

/// The same before its first step is in force.
pub(crate) fn exposing(measure: Measure, on_harm: OnHarm) -> World {
    let mut world = World::shop_with(|parts| {
        let stage = &mut parts.plans[0].stages[0];
        stage.gate.approval_within = Millis::minutes(600);
        stage.gate.criteria[0].measure = measure;
        stage.gate.criteria[0].on_harm = on_harm;
    });
    crate::script::run(&mut world, "cleo approve catalogue");
    world
}

/// What is answered and how time goes on, a word each: `12` or `12@-20` (of a moment so many seconds ago) is a number,
/// `3/100` counts of the new side, `3/100:2/100` of both, new first, `night:3/100:2/100` a batch, `nothing`, `nan`, `silent`,
/// `+5` seconds.
pub(crate) fn tell(world: &mut World, words: &str) {
    for word in words.split_whitespace() {
        if let Some(seconds) = word.strip_prefix('+') {
            world.wait(Millis::seconds(seconds.parse().unwrap()));
            continue;
        }
        let observation = observation(world.now, word);
        let request = Request::Observe {
            stage: name("catalogue"),
            criterion: name("pages"),
            observation,
        };
        world.must(Actor::Controller, request);
        world.expect_kept(word);
    }
}

fn observation(now: Timestamp, word: &str) -> Observation {
    let arm = |text: &str| {
        let (hits, n) = text.split_once('/').unwrap();
        ArmCounts {
            n: n.parse().unwrap(),
            hits: hits.parse().unwrap(),
        }
    };
    let parts: Vec<&str> = word.split(':').collect();
    match parts.as_slice() {
        ["nothing"] => Observation::Nothing {
            at: now,
            detail: "no series".to_owned(),
        },
        ["nan"] => Observation::Unusable {
            at: now,
            reason: InvalidReason::NotANumber,
            detail: "the answer is NaN".to_owned(),
        },
        ["silent"] => Observation::Silent(Silence {
            since: now,
            reason: "connection refused".to_owned(),
        }),
        [batch, new, old] => Observation::Counts {
            at: now,
            batch: Some((*batch).to_owned()),
            old: Some(arm(old)),
            new: arm(new),
        },
        [new, old] => Observation::Counts {
            at: now,
            batch: None,
            old: Some(arm(old)),
            new: arm(new),
        },
        [new] if new.contains('/') => Observation::Counts {
            at: now,
            batch: None,
            old: None,
            new: arm(new),
        },
        _ => {
            let (value, ago) = word.split_once('@').unwrap_or((word, "0"));
            let (value, ago): (i64, i64) = (value.parse().unwrap(), ago.parse().unwrap());
            Observation::Level {
                at: Timestamp(now.0 + ago * 1_000),
                value: Decimal(value * Decimal::ONE),
            }
        }
    }
}

/// What the criterion says now: its word, and the sentence.
pub(crate) fn says(world: &World) -> String {
    let (_, stage) = world.estate.stage(&name("catalogue")).unwrap();
    let criterion = &stage.gate.criteria[0];
    let (verdict, reading) =
        tidegate_engine::judge::judge(&world.estate, &world.state, &stage.id, criterion, world.now);
    format!("{}: {}", verdict.word(), reading.why)
}

/// The word alone.
pub(crate) fn word(world: &World) -> String {
    let says = says(world);
    says.split_once(": ").unwrap().0.to_owned()
}

/// Open incidents about the silence of the criterion.
pub(crate) fn pages_about_silence(world: &World) -> usize {
    let open = world.state.open_incidents();
    open.filter(|(_, incident)| matches!(incident.origin, tidegate_engine::event::Origin::Silence(..)))
        .count()
}
