//! Criteria over the rows of an entity: what each end of a comparison says, how long it says it, and what a gate asks anew.

use std::collections::BTreeMap;

use tidegate_engine::Request;
use tidegate_model::entity::{Entity, Record, Resolver};
use tidegate_model::plan::{Against, Measure, OnHarm};
use tidegate_model::seam::{Actor, Compared, Observation, Reconciled, Silence};
use tidegate_model::{BasisPoints, Millis, Timestamp};

use crate::script::run;
use crate::shop::name;
use crate::world::World;

/// Pricing is exposed to half of the visitors, and soaks for 5 s.
const PRICING_EXPOSED: &str = "
    cleo approve catalogue
    confirm
    counts catalogue well 6
    cleo approve catalogue
    confirm
    pat approve pricing
    gus approve pricing
    confirm
    pat attest pricing look yes
    ";

/// What pricing keeps on both sides.
pub(crate) fn prices() -> Entity {
    Entity {
        id: name("prices"),
        title: "Prices".to_owned(),
        owner: Resolver::Domain(name("pricing")),
        records: vec![Record {
            fields: Vec::new(),
            system: name("old"),
            from: BTreeMap::new(),
        }],
        critical: Vec::new(),
        comparison: None,
    }
}

/// The shop whose prices are an entity's; compared every 2 s, and what began more than 20 s ago does not count.
fn shop(on_harm: OnHarm) -> World {
    let mut world = World::shop_with(|parts| {
        parts.entities.push(prices());
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = Millis::minutes(600);
            if stage.id.as_str() == "pricing" {
                let prices = &mut stage.gate.criteria[0];
                prices.measure = Measure::Reconcile {
                    entity: name("prices"),
                    against: Against::Sides,
                    every: Millis::seconds(2),
                    stale_after: Millis::seconds(20),
                };
                prices.on_harm = on_harm;
                prices.max_silence = Millis::seconds(30);
            }
        }
    });
    run(&mut world, PRICING_EXPOSED);
    world
}

pub(crate) fn found(compared: Compared) -> Reconciled {
    Reconciled {
        compared,
        changed_keys: None,
        old_rows: 1_000,
        new_rows: 1_000,
        ledger_rows: None,
        is_whole: compared == Compared::Clean,
        skipped: 0,
        differing: match compared {
            Compared::Diverged => 10,
            Compared::Clean | Compared::Inconclusive => 0,
        },
        classes: BTreeMap::new(),
        healed: 0,
        moving: 0,
        doubts: Vec::new(),
        totals: Vec::new(),
        digest: String::new(),
        took: Millis(5),
    }
}

fn tell(world: &mut World, observation: Observation) {
    let request = Request::Observe {
        stage: name("pricing"),
        criterion: name("prices"),
        observation,
    };
    world.must(Actor::Controller, request);
    world.expect_kept("a comparison");
}

fn compared(world: &mut World, at: Timestamp, found: Reconciled) {
    tell(world, Observation::Reconciled { at, found });
}

/// What the criterion says now.
fn word(world: &World) -> &'static str {
    let said = &world.state.stages["pricing"].verdicts;
    said.get("prices").map_or("nothing", |said| said.verdict.word())
}

#[test]
fn each_end_of_a_comparison_has_its_verdict() {
    let rows = |old_rows, new_rows, of: Compared| Reconciled {
        old_rows,
        new_rows,
        ..found(of)
    };
    let skipped = |of: Compared| Reconciled {
        skipped: 1,
        is_whole: false,
        ..found(of)
    };
    let empty_ledger = Reconciled {
        ledger_rows: Some(0),
        ..found(Compared::Clean)
    };
    for (what, found, expected) in [
        ("clean", found(Compared::Clean), "pass"),
        ("diverged", found(Compared::Diverged), "harm"),
        ("inconclusive", found(Compared::Inconclusive), "not yet"),
        ("no rows", rows(0, 0, Compared::Inconclusive), "no data"),
        ("an old side without rows", rows(0, 9, Compared::Diverged), "no data"),
        ("a new side without rows", rows(9, 0, Compared::Diverged), "harm"),
        ("a skipped part", skipped(Compared::Inconclusive), "no data"),
        (
            "a difference beside a skipped part",
            skipped(Compared::Diverged),
            "harm",
        ),
        ("an empty ledger", empty_ledger, "no data"),
        ("nothing on the new side yet", rows(9, 0, Compared::Clean), "no data"),
        (
            "nothing on the new side that the ledger could know",
            Reconciled {
                ledger_rows: Some(9),
                ..rows(9, 0, Compared::Clean)
            },
            "no data",
        ),
        (
            "clean, and not whole",
            Reconciled {
                is_whole: false,
                ..found(Compared::Clean)
            },
            "no data",
        ),
    ] {
        let mut world = shop(OnHarm::Hold);
        let now = world.now;
        compared(&mut world, now, found);
        assert_eq!(word(&world), expected, "{what}");
    }
}

#[test]
fn silence_and_foreign_answers_never_pass() {
    let mut world = shop(OnHarm::Hold);
    let now = world.now;
    let silent = Silence {
        since: now,
        reason: "the comparing process ended by itself".to_owned(),
    };
    tell(&mut world, Observation::Silent(silent));
    assert_eq!(word(&world), "source down");
    let at = world.now;
    let counts = tidegate_model::seam::EqualityCounts {
        old_rows: 9,
        new_rows: 9,
        ..Default::default()
    };
    tell(&mut world, Observation::Equality { at, counts });
    assert_eq!(word(&world), "invalid");
}

#[test]
fn a_gate_asks_anew_and_what_was_compared_before_does_not_open_it() {
    let mut world = shop(OnHarm::Hold);
    let before = world.now;
    compared(&mut world, before, found(Compared::Clean));
    assert_eq!(word(&world), "pass");
    world.wait(Millis::seconds(5));
    let stage = |world: &World| world.state.stages["pricing"].clone();
    assert_eq!((stage(&world).phase.words(), word(&world)), ("gating", "not yet"));
    assert_eq!(stage(&world).passed, None, "an older verdict has opened the gate");
    // Begun before the gate asked, heard after it.
    compared(&mut world, before, found(Compared::Clean));
    assert_eq!(word(&world), "not yet");
    let now = world.now;
    compared(&mut world, now, found(Compared::Clean));
    assert_eq!((word(&world), stage(&world).passed.is_some()), ("pass", true));
}

#[test]
fn a_verdict_that_is_too_old_is_no_data_and_its_owner_is_paged() {
    let mut world = shop(OnHarm::Hold);
    world.wait(Millis::seconds(5));
    let now = world.now;
    compared(&mut world, now, found(Compared::Clean));
    assert_eq!(word(&world), "pass");
    world.wait(Millis::seconds(19));
    assert_eq!(word(&world), "pass");
    world.wait(Millis::seconds(2));
    world.must(Actor::Controller, Request::Tick);
    assert_eq!(word(&world), "no data");
    let silent = |world: &World| {
        world
            .state
            .open_incidents()
            .any(|(_, incident)| incident.domain.as_str() == "pricing")
    };
    assert!(!silent(&world));
    world.wait(Millis::seconds(31));
    assert!(silent(&world), "nobody was paged");
    let now = world.now;
    compared(&mut world, now, found(Compared::Clean));
    assert!(!silent(&world), "it is over when the rows are compared again");
}

#[test]
fn a_difference_that_stayed_takes_exposure_back_where_the_plan_says_so() {
    let mut world = shop(OnHarm::Rollback);
    let now = world.now;
    compared(&mut world, now, found(Compared::Diverged));
    let stage = &world.state.stages["pricing"];
    assert_eq!(
        (stage.phase.words(), stage.exposure),
        ("rolling back", BasisPoints::ZERO)
    );
}

#[test]
fn harm_is_unsaid_by_a_later_comparison_alone() {
    let mut world = shop(OnHarm::Hold);
    let diverged = world.now;
    compared(&mut world, diverged, found(Compared::Diverged));
    world.wait(Millis::seconds(60));
    assert_eq!(word(&world), "harm");
    let now = world.now;
    compared(&mut world, now, found(Compared::Inconclusive));
    assert_eq!(word(&world), "harm", "nothing certain takes back nothing");
    let silent = Silence {
        since: now,
        reason: "the database does not answer".to_owned(),
    };
    tell(&mut world, Observation::Silent(silent));
    assert_eq!(word(&world), "harm");
    compared(&mut world, diverged, found(Compared::Clean));
    assert_eq!(word(&world), "harm", "a comparison that began no later");
    compared(&mut world, now, found(Compared::Clean));
    assert_eq!(word(&world), "pass");
}

#[test]
fn a_comparison_of_before_the_step_shows_no_rows_whose_risk_could_be_accepted() {
    for of in [Compared::Clean, Compared::Inconclusive] {
        let mut world = shop(OnHarm::Hold);
        let now = world.now;
        compared(&mut world, now, found(of));
        assert!(reading(&world).new.is_some(), "{of}");
        let pricing = world.state.stages.get_mut(&name::<tidegate_model::StageId>("pricing"));
        pricing.unwrap().step_since_at = now.after(Millis(1));
        assert_eq!(reading(&world).new, None, "{of}");
    }
}

/// The numbers that the criterion would be judged by now.
fn reading(world: &World) -> tidegate_engine::event::Reading {
    let (_, stage) = world.estate.stage(&name("pricing")).unwrap();
    let criterion = stage.gate.criteria.iter().find(|known| known.id.as_str() == "prices");
    tidegate_engine::judge::judge(&world.estate, &world.state, &stage.id, criterion.unwrap(), world.now).1
}

#[test]
fn a_comparison_that_begins_in_the_future_is_invalid() {
    let mut world = shop(OnHarm::Hold);
    let later = world.now.after(Millis::seconds(1));
    compared(&mut world, later, found(Compared::Clean));
    assert_eq!(word(&world), "invalid");
}
