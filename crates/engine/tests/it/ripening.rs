//! Errors that are told as they happen: what they may show before all are known, and what not.

use tidegate_engine::view::{objectives, status};
use tidegate_engine::{Body, Request};
use tidegate_model::seam::{ArmCounts, ExposureVersion, LaterHits, MeterCounts, Ripeness, Stratum, StratumPart};
use tidegate_model::{CriterionId, Millis, StageId};

use crate::script::run;
use crate::shop::name;
use crate::world::{Health, World, gateway};

fn entered() -> World {
    let mut world = World::shop();
    run(&mut world, "ana approve checkout\nconfirm");
    world
}

/// A second of healthy checkouts, whose errors are told as they happen, and those that `change` makes of them. Its cohort.
fn second(world: &mut World, change: impl Fn(&mut MeterCounts)) -> Stratum {
    world.wait(Millis::seconds(1));
    let mut prompt = world.stratum("checkout", Health::Well, StratumPart::Prompt, world.version());
    let mut cohort = world.stratum("checkout", Health::Well, StratumPart::Cohort, world.version());
    let errors = prompt
        .counts
        .iter_mut()
        .find(|counts| counts.criterion.as_str() == "errors");
    let errors = errors.unwrap();
    cohort.counts.push(MeterCounts {
        ripeness: Ripeness::Grown,
        ..errors.clone()
    });
    errors.ripeness = Ripeness::Young;
    change(errors);
    world.must(gateway(), Request::Evidence(prompt));
    world.skip_strata(1);
    world.expect_kept("errors as they happen");
    cohort
}

/// Cohorts come, and a second passes.
fn report(world: &mut World, cohorts: Vec<Stratum>) {
    for cohort in cohorts {
        world.must(gateway(), Request::Evidence(cohort));
    }
    world.wait(Millis::seconds(1));
    world.expect_kept("cohorts");
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
    let cohorts: Vec<Stratum> = (0..11).map(|_| second(&mut world, |_| {})).collect();
    assert_eq!(said(&world).0, "not yet");
    report(&mut world, cohorts);
    assert_eq!(
        said(&world),
        (
            "pass",
            "new 0.0 % of 1400, old 0.2 % of 12600 of those whose window is over: more than 2 % errors is excluded"
        )
    );
}

#[test]
fn open_attempts_are_neither_good_nor_bad_and_a_pass_waits_for_their_window() {
    let mut world = entered();
    let told = |world: &World| {
        let status = status(&world.estate, &world.state, world.now);
        let mut all = status
            .plans
            .into_iter()
            .flat_map(|plan| plan.stages)
            .flat_map(|stage| stage.criteria);
        let criterion = all
            .find(|one| one.id.as_str() == "errors" && one.verdict == "not yet")
            .unwrap();
        let budgets = objectives(&world.estate, &world.state, world.now);
        let spent = budgets
            .into_iter()
            .flat_map(|domain| domain.objectives)
            .find_map(|one| one.spent);
        (
            criterion.open,
            criterion.reading.speaks_in,
            spent.map(|spent| (spent.total, spent.bad, spent.open)),
        )
    };
    let mut cohorts: Vec<Stratum> = (0..3).map(|_| second(&mut world, |_| {})).collect();
    // Traffic enough has begun: what is missing is the end of the flow's window of 2 s, not attempts.
    let (open, _, spent) = told(&world);
    assert_eq!((open, spent), ((5_400, 600), Some((600, 0, 600))));
    cohorts.pop();
    report(&mut world, cohorts);
    let (open, wait, _) = told(&world);
    assert_eq!(open, (1_800, 200), "one cohort is open");
    assert!(wait.unwrap() >= Millis::seconds(2), "{wait:?}");
}

#[test]
fn a_cohort_of_which_no_alarm_has_heard_passes_nothing() {
    let mut world = entered();
    let cohorts: Vec<Stratum> = (0..11)
        .map(|_| {
            let mut cohort = second(&mut world, |_| {});
            cohort.id.index += 1_000;
            cohort
        })
        .collect();
    report(&mut world, cohorts);
    assert_eq!(said(&world).0, "not yet");
}

#[test]
fn a_cohort_whose_errors_were_told_by_a_clock_ahead_passes_nothing() {
    let mut world = entered();
    let mut cohorts = Vec::new();
    for _ in 0..11 {
        world.wait(Millis::seconds(1));
        let mut prompt = world.stratum("checkout", Health::Well, StratumPart::Prompt, world.version());
        prompt.began = prompt.began.after(Millis::minutes(6));
        let mut cohort = prompt.clone();
        cohort.id.part = StratumPart::Cohort;
        cohort.began = world.now;
        cohort
            .counts
            .iter_mut()
            .for_each(|counts| counts.ripeness = Ripeness::Grown);
        cohorts.push(cohort);
        world.must(gateway(), Request::Evidence(prompt));
        world.skip_strata(1);
    }
    report(&mut world, cohorts);
    let errors: CriterionId = name("errors");
    let tallies = &world.state.stages["checkout"].tallies;
    assert_eq!(tallies.get(&errors).map(|tally| tally.grown.new.n), None);
}

#[test]
fn cohorts_that_never_come_are_a_silence_that_pages() {
    let mut world = entered();
    for _ in 0..400 {
        second(&mut world, |_| {});
        if said(&world).0 == "no data" {
            break;
        }
    }
    let (word, why) = said(&world);
    assert_eq!(word, "no data", "{why}");
    assert!(
        world
            .state
            .incidents
            .values()
            .any(|incident| incident.summary.contains("errors"))
    );
}

#[test]
fn more_errors_so_far_are_harm_only_once_the_old_side_has_shown_that_it_meets_no_more() {
    let mut world = entered();
    // At the limit of 2 %, ten times the old side's so far: it may be that these only come sooner.
    let cohorts: Vec<Stratum> = (0..12)
        .map(|_| second(&mut world, |errors| errors.new.hits = 4))
        .collect();
    assert_eq!(said(&world).0, "not yet", "{}", said(&world).1);
    report(&mut world, cohorts);
    assert_eq!(said(&world).0, "harm", "{}", said(&world).1);
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
