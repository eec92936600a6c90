//! What owners promise: counts and numbers become budgets, and a budget that burns too fast, or a violation, pages the owner once.

mod changed;
mod entered;
mod silent;
mod told;

use tidegate_engine::Request;
use tidegate_engine::event::Origin;
use tidegate_engine::state::{Incident, IncidentPhase};
use tidegate_engine::view::{KeptView, PromiseStanding, objectives};
use tidegate_model::ask::{Decimal, LevelAsk, LevelQuestion};
use tidegate_model::objective::{Invariant, MeasuredOn, Objective, Promise, Target};
use tidegate_model::plan::EntryCondition;
use tidegate_model::seam::{
    Actor, ExposureVersion, InvalidReason, Observation, PromiseMeter, PromisedCounts, Silence, Stratum, StratumId,
    StratumPart,
};
use tidegate_model::{Millis, Parts, PartsPerMillion, Severity, Timestamp};

use crate::shop::name;
use crate::world::World;

const MINUTE: Millis = Millis::minutes(1);

fn ask() -> LevelAsk {
    LevelAsk {
        on: name("numbers"),
        question: LevelQuestion::Prometheus {
            query: "one".to_owned(),
        },
    }
}

/// Checkout promises that 99.9 % of its attempts complete and that a thousand an hour are worked off, and that nobody pays twice.
fn promising_with(conditions: Vec<EntryCondition>) -> World {
    World::shop_with(|parts| promise(parts, conditions))
}

fn promise(parts: &mut Parts, conditions: Vec<EntryCondition>) {
    {
        let checkout = parts
            .domains
            .iter_mut()
            .find(|one| one.id.as_str() == "checkout")
            .unwrap();
        let objective = |id: &str, target, of| Objective {
            id: name(id),
            title: format!("{id} of checkout"),
            target,
            of: Some(of),
        };
        checkout.objectives = vec![
            objective(
                "orders",
                Target::AtLeast(PartsPerMillion::new(999_000).unwrap()),
                MeasuredOn::Flow(name("buy")),
            ),
            objective("worked-off", Target::PerHour(1_000), MeasuredOn::Source(ask())),
            objective(
                "captured",
                Target::AtLeast(PartsPerMillion::new(999_000).unwrap()),
                MeasuredOn::Source(ask()),
            ),
            objective(
                "answers",
                Target::Within {
                    quantile: PartsPerMillion::new(950_000).unwrap(),
                    limit: Millis(300),
                },
                MeasuredOn::Source(ask()),
            ),
        ];
        parts.invariants.push(Invariant {
            id: name("paid-once"),
            title: "nobody pays twice".to_owned(),
            domain: name("checkout"),
            violations: ask(),
            every: MINUTE,
            severity: Severity::Sev1,
        });
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = Millis::minutes(6_000);
            stage.gate.fresh_for = Millis::minutes(6_000);
            if stage.id.as_str() == "checkout" {
                stage.enter = conditions;
                return;
            }
        }
    }
}

fn promising() -> World {
    promising_with(Vec::new())
}

/// A minute passes, and the gateway tells what it counted in it.
fn minute(world: &mut World, index: u64, total: u64, bad: u64) {
    counted(world, index, meter("checkout", "orders"), (total, bad));
}

/// A minute passes, and the gateway tells what it counted for this.
fn counted(world: &mut World, index: u64, of: PromiseMeter, counts: (u64, u64)) {
    world.wait(MINUTE);
    let stratum = stratum(world, index, of, counts);
    world.must(Actor::Gateway { id: name("shop") }, Request::Evidence(stratum));
}

fn stratum(world: &World, index: u64, of: PromiseMeter, (total, bad): (u64, u64)) -> Stratum {
    Stratum {
        id: StratumId {
            gateway: name("shop"),
            incarnation: 1,
            index,
            part: StratumPart::Prompt,
        },
        began: Timestamp(world.now.0 - 1_000),
        lasted: Millis::seconds(1),
        version: ExposureVersion::default(),
        untracked: 0,
        fallbacks: 0,
        voided: false,
        counts: Vec::new(),
        promised: vec![PromisedCounts { of, total, bad }],
    }
}

/// What gateways count for an objective on the flow of checkout.
fn meter(domain: &str, objective: &str) -> PromiseMeter {
    PromiseMeter {
        domain: name(domain),
        objective: name(objective),
        flow: name("buy"),
        within: None,
    }
}

/// What a source says, to the question that is asked now.
fn asking(world: &World, promise: &Promise, observation: Observation) -> Request {
    let kept = world.state.promises.of(promise).unwrap();
    Request::ObservePromise {
        promise: promise.clone(),
        asked: kept.adopted.asked.clone(),
        unsaid: None,
        observation,
    }
}

fn orders() -> Promise {
    Promise::Objective(name("checkout"), name("orders"))
}

fn worked_off() -> Promise {
    Promise::Objective(name("checkout"), name("worked-off"))
}

fn captured() -> Promise {
    Promise::Objective(name("checkout"), name("captured"))
}

fn answers() -> Promise {
    Promise::Objective(name("checkout"), name("answers"))
}

fn paid_once() -> Promise {
    Promise::Invariant(name("paid-once"))
}

fn tell(world: &mut World, promise: &Promise, observation: Observation) {
    let request = asking(world, promise, observation);
    world.must(Actor::Controller, request);
}

/// A minute passes, and a source tells a share about now, in parts per million.
fn shared(world: &mut World, ppm: i64) {
    world.wait(MINUTE);
    let at = world.now;
    tell(
        world,
        &captured(),
        Observation::Level {
            at,
            value: Decimal(ppm),
        },
    );
}

/// A minute passes, and a source tells a whole number about now.
fn told(world: &mut World, promise: &Promise, number: i64) {
    world.wait(MINUTE);
    let (at, value) = (world.now, Decimal(number * Decimal::ONE));
    tell(world, promise, Observation::Level { at, value });
}

/// Open incidents of a promise.
fn open<'a>(world: &'a World, promise: &Promise) -> Vec<&'a Incident> {
    let origin = Origin::Promise(promise.clone());
    let all = world.state.open_incidents();
    all.filter(|(_, one)| one.origin == origin)
        .map(|(_, one)| one)
        .collect()
}

fn close(world: &mut World, promise: &Promise) {
    let origin = Origin::Promise(promise.clone());
    let found = world.state.open_incidents().find(|(_, one)| one.origin == origin);
    let incident = found.unwrap().0.clone();
    let request = Request::Resolve {
        incident,
        lesson: "none, because it was known".to_owned(),
    };
    let ana = Actor::Person {
        id: name("ana"),
        door: tidegate_model::seam::Door::Token,
    };
    world.must(ana, request);
}

fn kept(world: &World, id: &str) -> KeptView {
    let all = objectives(&world.estate, &world.state, world.now);
    let domain = all.into_iter().find(|one| one.domain.as_str() == "checkout").unwrap();
    let declared = domain.declared.into_iter().find(|one| one.id == id).unwrap();
    declared.kept.unwrap()
}

#[test]
fn a_budget_that_burns_too_fast_pages_its_owner_once_and_again_only_for_what_is_bad_afterwards() {
    let mut world = promising();
    for index in 0..360 {
        minute(&mut world, index, 100, 0);
    }
    // 14.4 times 0.1 % of an hour is 86 of 6,000; five minutes of 2 % are 10.
    minute(&mut world, 360, 1_000, 86);
    assert_eq!(
        open(&world, &orders()),
        Vec::<&Incident>::new(),
        "86 of 6,900 are 12.5 times"
    );
    minute(&mut world, 361, 100, 90);
    let summary = "orders of checkout, promised by checkout-team: at least 99.9 %, and its budget burns 25.5 times as fast \
                   as it lasts (176 of 6900 bad within 1h, 176 of 1400 bad within 5m)";
    let opened = open(&world, &orders());
    assert_eq!(opened.len(), 1);
    assert_eq!(
        (opened[0].summary.as_str(), opened[0].severity),
        (summary, Severity::Sev2)
    );
    assert_eq!(opened[0].domain, name("checkout"));
    assert!(opened[0].called.contains(&name("ana")), "the owner's on-call was paged");
    minute(&mut world, 362, 100, 90);
    assert_eq!(open(&world, &orders()).len(), 1, "it is known");
    assert_eq!(kept(&world, "orders").standing, PromiseStanding::Burning);

    close(&mut world, &orders());
    for index in 363..370 {
        minute(&mut world, index, 100, 0);
    }
    assert_eq!(open(&world, &orders()).len(), 0, "what was bad before was closed");
    assert_eq!(kept(&world, "orders").standing, PromiseStanding::Overspent);
    for index in 370..375 {
        minute(&mut world, index, 100, 20);
    }
    assert_eq!(open(&world, &orders()).len(), 1, "it is bad again");
    world.expect_kept("a burning budget");
}

#[test]
fn a_slow_burn_pages_too_stops_nothing_and_is_succeeded_by_another_incident_when_it_becomes_a_quick_one() {
    let mut world = promising();
    // 0.8 % is eight times the budget: too slow for the hour, too fast for six.
    for index in 0..60 {
        minute(&mut world, index, 1_000, 8);
    }
    let opened = open(&world, &orders());
    assert_eq!((opened.len(), opened[0].severity), (1, Severity::Sev3));
    assert!(opened[0].summary.contains("within 6h"), "{}", opened[0].summary);
    minute(&mut world, 60, 1_000, 900);
    minute(&mut world, 61, 1_000, 900);
    let severities: Vec<Severity> = open(&world, &orders()).iter().map(|one| one.severity).collect();
    assert_eq!(severities, [Severity::Sev2], "nobody is called for both");
    let lessons = world.state.incidents.values().filter_map(|one| match &one.phase {
        IncidentPhase::Resolved { by, lesson } => Some((by.clone(), lesson.as_str())),
        IncidentPhase::Open | IncidentPhase::Acknowledged { .. } | IncidentPhase::Mitigating { .. } => None,
    });
    let succeeded = |(by, lesson): (Option<_>, &str)| by.is_none() && lesson.starts_with("none, because it is inc-");
    assert!(lessons.into_iter().any(succeeded));
    world.expect_kept("a burn that became worse");
}

#[test]
fn one_failure_of_few_attempts_pages_nobody_and_nothing_counted_is_neither_good_nor_bad() {
    let mut world = promising();
    minute(&mut world, 0, 1, 1);
    assert_eq!(open(&world, &orders()).len(), 0);
    let spent = kept(&world, "orders").spent.unwrap();
    assert_eq!((spent.bad, spent.total), (1, 1));
    world.wait(Millis::minutes(10));
    let later = kept(&world, "orders");
    assert_eq!(later.standing, PromiseStanding::NoData);
    assert_eq!(
        later.why.as_deref(),
        Some("nothing was counted within 5m: nobody came, or no gateway stands before this flow")
    );
    let rates: Vec<bool> = later
        .spent
        .unwrap()
        .burns
        .iter()
        .map(|burn| burn.rate.is_some())
        .collect();
    assert_eq!(rates, [false, true, true]);
    let untold = kept(&world, "worked-off");
    assert_eq!((untold.standing, untold.spent), (PromiseStanding::NoData, None));
}

#[test]
fn a_number_beyond_its_bound_is_a_bad_slice_and_a_silence_is_none() {
    let mut world = promising();
    for _ in 0..60 {
        told(&mut world, &answers(), 300);
    }
    assert_eq!(kept(&world, "answers").standing, PromiseStanding::Kept);
    // The same moment again tells nothing new; what is too old, or nothing at all, is no slice.
    let (at, value) = (world.now, Decimal(999 * Decimal::ONE));
    tell(&mut world, &answers(), Observation::Level { at, value });
    world.wait(Millis::minutes(7));
    tell(
        &mut world,
        &answers(),
        Observation::Level {
            at: Timestamp(at.0 + 1),
            value,
        },
    );
    let silent = Observation::Silent(Silence {
        since: world.now,
        reason: "no answer".to_owned(),
    });
    let before = world.journal.len();
    tell(&mut world, &answers(), silent.clone());
    tell(&mut world, &answers(), silent);
    assert_eq!(world.journal.len(), before + 1, "a silence that goes on is told once");
    let spent = kept(&world, "answers").spent.unwrap();
    assert_eq!((spent.total, spent.bad), (60, 0));
    assert_eq!(kept(&world, "answers").standing, PromiseStanding::NoData);
    // An hour has room for 60 slices, and six for 360: the ninth is more than 14.4 %.
    for bad in 0..9 {
        assert_eq!(open(&world, &answers()).len(), 0, "after {bad}");
        told(&mut world, &answers(), 301);
    }
    assert_eq!(open(&world, &answers())[0].severity, Severity::Sev2);
}

#[test]
fn who_has_closed_an_incident_is_not_called_for_what_would_have_called_nobody() {
    let mut world = promising();
    for index in 0..60 {
        minute(&mut world, index, 100, 0);
        told_share(&mut world, 1_000_000);
    }
    for index in 60..70 {
        minute(&mut world, index, 100, 100);
        told_share(&mut world, 0);
    }
    assert_eq!((open(&world, &orders()).len(), open(&world, &captured()).len()), (1, 1));
    close(&mut world, &orders());
    close(&mut world, &captured());
    for index in 70..78 {
        minute(&mut world, index, 200, u64::from(index % 2 == 0) * 3);
        told_share(&mut world, 985_000);
    }
    assert_eq!((open(&world, &orders()).len(), open(&world, &captured()).len()), (0, 0));
    // Nor is the first quarter of an hour of a promise an hour of it.
    let mut world = promising();
    for _ in 0..15 {
        shared(&mut world, 985_000);
    }
    assert_eq!(open(&world, &captured()).len(), 0);
    world.expect_kept("closed incidents");
}

/// A source tells a share about this moment.
fn told_share(world: &mut World, ppm: i64) {
    let (at, value) = (world.now, Decimal(ppm));
    tell(world, &captured(), Observation::Level { at, value });
}

#[test]
fn every_violation_of_an_invariant_is_an_incident_until_a_person_has_closed_as_many() {
    let mut world = promising();
    told(&mut world, &paid_once(), 0);
    assert_eq!(kept(&world, "paid-once").standing, PromiseStanding::Kept);
    told(&mut world, &paid_once(), 2);
    let opened = open(&world, &paid_once());
    assert_eq!((opened.len(), opened[0].severity), (1, Severity::Sev1));
    assert!(
        opened[0]
            .summary
            .starts_with("nobody pays twice: 2 violations were told about"),
        "{}",
        opened[0].summary
    );
    close(&mut world, &paid_once());
    told(&mut world, &paid_once(), 2);
    assert_eq!(open(&world, &paid_once()).len(), 0, "both are known");
    assert_eq!(
        kept(&world, "paid-once").standing,
        PromiseStanding::Violated,
        "and violations still"
    );
    told(&mut world, &paid_once(), 3);
    assert!(
        open(&world, &paid_once())[0]
            .summary
            .ends_with("; 2 of them were known")
    );
    close(&mut world, &paid_once());
    told(&mut world, &paid_once(), 0);
    told(&mut world, &paid_once(), 1);
    assert_eq!(open(&world, &paid_once()).len(), 1, "another one, after all were gone");
    world.expect_kept("violations");
}

#[test]
fn a_source_is_asked_about_what_has_one_and_by_the_controller_alone() {
    let mut world = promising();
    let observation = Observation::Level {
        at: world.now,
        value: Decimal(0),
    };
    for (actor, promise) in [
        (Actor::Controller, orders()),
        (Actor::Controller, Promise::Invariant(name("no-such"))),
        (Actor::Gateway { id: name("shop") }, paid_once()),
    ] {
        let observation = observation.clone();
        let request = Request::ObservePromise {
            promise,
            asked: String::new(),
            unsaid: None,
            observation,
        };
        let answer = world.ask(actor, request);
        assert!(answer.is_err(), "{answer:?}");
    }
    assert_eq!(world.state.promises.of(&paid_once()).unwrap().told, None);
}
