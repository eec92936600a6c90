//! Errors that are told as they happen: what they may show before all are known, and what not.

use tidegate_engine::{Body, Request};
use tidegate_model::seam::{ArmCounts, ExposureVersion, LaterHits, MeterCounts, Ripeness, StratumPart};
use tidegate_model::{CriterionId, Millis, StageId};

use crate::script::run;
use crate::shop::name;
use crate::world::{Health, World, gateway};

fn entered() -> World {
    let mut world = World::shop();
    run(&mut world, "ana approve checkout\nconfirm");
    world
}

/// A second of healthy checkouts, whose errors are told as they happen, and those that `change` makes of them.
fn second(world: &mut World, change: impl Fn(&mut MeterCounts)) {
    world.wait(Millis::seconds(1));
    let mut prompt = world.stratum("checkout", Health::Well, StratumPart::Prompt, world.version());
    let errors = prompt
        .counts
        .iter_mut()
        .find(|counts| counts.criterion.as_str() == "errors");
    let errors = errors.unwrap();
    errors.ripeness = Ripeness::Young;
    change(errors);
    let cohort = world.stratum("checkout", Health::Well, StratumPart::Cohort, world.version());
    for stratum in [prompt, cohort] {
        world.must(gateway(), Request::Evidence(stratum));
    }
    world.skip_strata(1);
    world.expect_kept("errors as they happen");
}

/// What the cohorts of so many seconds say about errors.
fn grown(world: &mut World, seconds: u64) {
    let prompt = world.stratum("checkout", Health::Well, StratumPart::Prompt, world.version());
    let mut cohort = prompt.clone();
    cohort.id.part = StratumPart::Cohort;
    cohort.counts.retain(|counts| counts.criterion.as_str() == "errors");
    for counts in &mut cohort.counts {
        counts.ripeness = Ripeness::Grown;
        for arm in [&mut counts.old, &mut counts.new] {
            arm.n *= seconds;
            arm.hits *= seconds;
        }
    }
    world.must(gateway(), Request::Evidence(cohort));
    world.skip_strata(1);
    world.wait(Millis::seconds(1));
}

/// The verdict on errors, and its sentence.
fn said(world: &World) -> (&str, &str) {
    let told = &world.state.stages["checkout"].verdicts["errors"];
    (told.verdict.word(), told.reading.why.as_str())
}

fn later(version: ExposureVersion, at_risk: u64, new_errors: u64) -> LaterHits {
    let arm = |hits| ArmCounts { n: at_risk, hits };
    LaterHits {
        version,
        old: arm(0),
        new: arm(new_errors),
    }
}

#[test]
fn errors_of_open_attempts_pass_nothing_and_those_of_ended_ones_do() {
    let mut world = entered();
    for _ in 0..12 {
        second(&mut world, |_| {});
    }
    assert_eq!(said(&world).0, "not yet");
    grown(&mut world, 11);
    assert_eq!(
        said(&world),
        (
            "pass",
            "new 0.0 % of 2200, old 0.2 % of 19800 of those whose window is over: more than 2 % errors is excluded"
        )
    );
}

#[test]
fn later_errors_are_harm_before_any_cohort_has_ended() {
    let mut world = entered();
    second(&mut world, |_| {});
    let version = world.version();
    second(&mut world, |errors| errors.later = vec![later(version, 180, 60)]);
    assert_eq!(world.phase("checkout"), "rolling back");
    let harm = world.journal.iter().find_map(|event| match &event.body {
        Body::HarmFound { criterion, .. } => criterion.as_ref(),
        _ => None,
    });
    assert_eq!(harm.map(CriterionId::as_str), Some("errors"));
    // Two seconds of 200 attempts; the 60 are of the first second's.
    assert_eq!(
        said(&world),
        ("harm", "new 15.0 % of 400, old 0.2 % of 3600: worse beyond chance")
    );
}

#[test]
fn later_errors_of_attempts_of_before_the_change_are_not_its() {
    let mut world = entered();
    let before = world.version();
    second(&mut world, |_| {});
    run(&mut world, "@change change checkout new r42\nconfirm");
    second(&mut world, |errors| errors.later = vec![later(before, 180, 60)]);
    assert_eq!(world.phase("checkout"), "soaking");
    let version = world.version();
    assert!(version > before);
    second(&mut world, |errors| errors.later = vec![later(version, 180, 60)]);
    assert_eq!(world.phase("checkout"), "rolling back");
}

#[test]
fn later_errors_of_an_earlier_step_warn_and_are_not_the_steps() {
    let mut world = entered();
    let first = world.version();
    run(&mut world, "counts checkout well 12\nana approve checkout\nconfirm");
    let (checkout, errors): (StageId, CriterionId) = (name("checkout"), name("errors"));
    second(&mut world, |errors| errors.later = vec![later(first, 180, 1)]);
    let tally = &world.state.stages[&checkout].tallies[&errors];
    assert_eq!(
        (tally.step.new, tally.grown.new),
        (ArmCounts { n: 1_000, hits: 2 }, ArmCounts::default())
    );
    assert_eq!(tally.attempt.new.hits, tally.step.new.hits + 1);
    second(&mut world, |errors| errors.later = vec![later(first, 180, 100)]);
    assert_eq!(world.phase("checkout"), "rolling back");
}

#[test]
fn more_later_errors_than_attempts_at_risk_are_invalid() {
    let mut world = entered();
    let version = world.version();
    second(&mut world, |errors| errors.later = vec![later(version, 3, 4)]);
    assert_eq!(said(&world), ("invalid", "more hits than attempts were reported"));
}
