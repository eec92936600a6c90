//! Why a criterion says what it says: the explanation never says another thing, and its numbers are those of the journal.

use tidegate_engine::judge::{Asks, Explanation, Says, alpha_of_try, explain, judge};
use tidegate_engine::state::CELLS_MAX;
use tidegate_engine::{Body, Request};
use tidegate_model::plan::{Criterion, Measure, OnHarm};
use tidegate_model::seam::{StratumPart, Verdict};
use tidegate_stats::{ArmCounts, HarmAlarm, Hits, Margin, PairedStratum, PassTest, Passing};

use crate::asked::{counted, exposed, level, tell};
use crate::script::run;
use crate::shop::name;
use crate::world::{Health, World, gateway};

const SEED: u64 = 20_260_404;

/// Small numbers without order, the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Reports a stratum of checkout with these counts of completion: old, new.
fn report(world: &mut World, old: (u64, u64), new: (u64, u64)) {
    report_parts(world, &[StratumPart::Prompt, StratumPart::Cohort], old, new);
}

fn report_parts(world: &mut World, parts: &[StratumPart], old: (u64, u64), new: (u64, u64)) {
    for &part in parts {
        let mut stratum = world.stratum("checkout", Health::Well, part, world.version());
        for counts in &mut stratum.counts {
            let share = |(n, hits): (u64, u64)| match counts.criterion.as_str() {
                "orders" => (n, hits),
                "split" => (n, n),
                _ => (n, (n - hits) / 20),
            };
            (counts.old.n, counts.old.hits) = share(old);
            (counts.new.n, counts.new.hits) = share(new);
        }
        world.must(gateway(), Request::Evidence(stratum));
    }
    world.skip_strata(1);
    world.expect_kept("a stratum");
}

fn criteria(world: &World, stage: &str) -> Vec<Criterion> {
    world.estate.stage(&name(stage)).unwrap().1.gate.criteria.clone()
}

fn explained(world: &World, stage: &str, criterion: &Criterion) -> Explanation {
    explain(&world.estate, &world.state, &name(stage), criterion, world.now).unwrap()
}

/// The verdict is the judge's, and follows from the tests and checks that are shown.
fn agrees(world: &World, stage: &str) {
    for criterion in criteria(world, stage) {
        let shown = explained(world, stage, &criterion);
        let (verdict, reading) = judge(&world.estate, &world.state, &name(stage), &criterion, world.now);
        assert_eq!((&shown.verdict, &shown.reading.why), (&verdict, &reading.why));
        if matches!(criterion.measure, Measure::Level { .. }) {
            let all_hold = shown.checks.iter().all(|check| check.holds);
            assert!(
                verdict != Verdict::Pass || all_hold && shown.checks.len() == 3,
                "{shown:#?}"
            );
        }
        let is_tested = match &criterion.measure {
            Measure::Completion { .. } | Measure::Errors { .. } | Measure::Latency { .. } => true,
            Measure::Counted { .. } | Measure::Slower { .. } => true,
            Measure::Level { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. } => false,
        };
        if !is_tested || shown.tests.is_empty() {
            continue;
        }
        let alarm = shown.alarms().any(|test| test.says == Says::Harm);
        let believed = shown.checks.iter().all(|check| check.holds);
        let passes = shown.passes().count() > 0 && shown.passes().all(|test| test.says == Says::Pass);
        assert_eq!(verdict == Verdict::Harm, alarm || shown.was_harm, "{shown:#?}");
        let expected = believed && passes && !alarm && !shown.was_harm;
        assert_eq!(verdict == Verdict::Pass, expected, "{shown:#?}");
        for test in &shown.tests {
            let across = test.ln_evidence.zip(test.ln_needed).map(|(has, needs)| has >= needs);
            match test.says {
                Says::Harm => assert!(across != Some(false), "{test:?}"),
                Says::Quiet if test.name == "stratified" || test.name == "exact" => {
                    assert!(across != Some(true), "{test:?}");
                }
                Says::Pass if test.name == "stratified" => assert_eq!(across, Some(true), "{test:?}"),
                Says::Quiet | Says::Pass | Says::NotYet | Says::CannotSpeak => {}
            }
        }
    }
}

/// Strata of a criterion as the journal has them.
fn journalled(world: &World, criterion: &str) -> Vec<PairedStratum> {
    let counted = world.journal.iter().filter_map(|event| match &event.body {
        Body::EvidenceRecorded { stratum, late: false } => Some(stratum),
        _ => None,
    });
    let arm = |counts: tidegate_model::seam::ArmCounts| ArmCounts::new(counts.n, counts.hits);
    counted
        .flat_map(|stratum| &stratum.counts)
        .filter(|counts| counts.criterion.as_str() == criterion)
        .map(|counts| PairedStratum::new(arm(counts.old), arm(counts.new)))
        .collect()
}

fn checkout_exposed() -> World {
    let mut world = World::shop_with(|parts| {
        let stage = &mut parts.plans[0].stages[2];
        stage.gate.approval_within = tidegate_model::Millis::minutes(600);
        stage.gate.criteria[0].on_harm = OnHarm::Hold;
        stage.gate.criteria[1].on_harm = OnHarm::Hold;
    });
    run(&mut world, "ana approve checkout\nconfirm");
    world
}

#[test]
fn the_explanation_of_random_counts_is_the_verdict() {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    for case in 0..24 {
        let mut world = checkout_exposed();
        let loss = [0, 0, 60, 400][case % 4];
        for _ in 0..40 {
            world.wait(tidegate_model::Millis::seconds(1));
            let (old, new) = (80 + dice.below(40), 5 + dice.below(12));
            let hits = |n: u64, permille: u64| n * permille / 1_000;
            let noise = dice.below(40);
            report(
                &mut world,
                (old, hits(old, 900 + noise)),
                (new, hits(new, 930 - loss + noise)),
            );
            agrees(&world, "checkout");
        }
    }
}

#[test]
fn the_explanation_of_what_sources_say_is_the_verdict() {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    let words = [
        "7",
        "11",
        "2/400:3/400",
        "60/400:3/400",
        "0/0:0/0",
        "silent",
        "nothing",
        "nan",
        "7@-9",
        "a:2/90:1/80",
        "+1",
        "+1",
    ];
    for measure in [counted(), level(tidegate_model::Millis::seconds(3))] {
        for _ in 0..12 {
            let mut world = exposed(measure.clone(), OnHarm::Hold);
            for _ in 0..40 {
                let at = usize::try_from(dice.below(words.len() as u64)).unwrap();
                tell(&mut world, words[at]);
                agrees(&world, "catalogue");
            }
        }
    }
}

#[test]
fn the_shown_numbers_are_those_of_the_journalled_strata() {
    let mut world = checkout_exposed();
    let mut dice = Dice(SEED);
    for _ in 0..200 {
        world.wait(tidegate_model::Millis::seconds(1));
        let (old, new) = (90 + dice.below(20), 9 + dice.below(4));
        report(&mut world, (old, old - dice.below(9)), (new, new - dice.below(2)));
    }
    let criterion = &criteria(&world, "checkout")[0];
    let shown = explained(&world, "checkout", criterion);
    let (plan, stage) = world.estate.stage(&name("checkout")).unwrap();
    let strata = journalled(&world, "orders");
    let alpha = alpha_of_try(plan, criterion, 1);
    let alarm = HarmAlarm::fold(Hits::Good, alpha / 2.0, &strata).unwrap();
    let stratified = shown.alarms().find(|test| test.name == "stratified").unwrap();
    assert_eq!(stratified.statistic, Some(alarm.lost_so_far()));
    assert_eq!(stratified.variance, Some(alarm.variance()));
    let margin = Margin::Relative(stage.steps[0].margin.ratio());
    let pass = PassTest::fold(Hits::Good, margin, plan.alpha.ratio(), &strata).unwrap();
    let passing = shown.passes().next().unwrap();
    assert_eq!(passing.statistic, Some(pass.distance()));
    assert_eq!(passing.says == Says::Pass, pass.passing() == Passing::Pass);
    let allowance = shown.allowance.unwrap();
    // Three stages have seven criteria of one weight.
    assert!((allowance.share - 0.05 / 7.0).abs() < 1e-12 && allowance.weights == 7);
    assert!((allowance.of_try - alpha).abs() < 1e-18 && (allowance.spent - alpha).abs() < 1e-12);
    assert!(shown.tests.iter().any(|test| test.asks == Asks::Pass));
}

#[test]
fn a_change_spends_a_second_share_and_the_first_stays_spent() {
    let mut world = checkout_exposed();
    let criterion = &criteria(&world, "checkout")[0];
    let first = explained(&world, "checkout", criterion).allowance.unwrap();
    run(&mut world, "ana change checkout new repair-1\nconfirm");
    let second = explained(&world, "checkout", criterion).allowance.unwrap();
    assert_eq!((first.this_try, second.this_try), (1, 2));
    assert!((second.of_try - first.of_try / 4.0).abs() < 1e-15);
    assert!((second.spent - first.spent - second.of_try).abs() < 1e-15);
    assert!(second.spent < second.share);
}

#[test]
fn a_chart_that_is_merged_takes_nothing_from_a_verdict() {
    let mut world = checkout_exposed();
    let mut dice = Dice(SEED);
    for _ in 0..CELLS_MAX + 10 {
        let hits = 80 + dice.below(20);
        report_parts(&mut world, &[StratumPart::Cohort], (100, hits), (11, 10));
    }
    assert!(world.state.stages["checkout"].cells["orders"].len() < CELLS_MAX);
    let criterion = &criteria(&world, "checkout")[0];
    let (_, reading) = judge(&world.estate, &world.state, &name("checkout"), criterion, world.now);
    let strata = journalled(&world, "orders");
    let alarm = HarmAlarm::fold(Hits::Good, 0.01, &strata).unwrap();
    assert_eq!(reading.lost, Some(alarm.lost_so_far()));
    assert_eq!(reading.strata, strata.len() as u64);
}

#[test]
fn a_verdict_is_journalled_with_its_account() {
    let mut world = checkout_exposed();
    for _ in 0..60 {
        world.wait(tidegate_model::Millis::seconds(1));
        report(&mut world, (90, 80), (10, 6));
    }
    let judged = world.journal.iter().rev().find_map(|event| match &event.body {
        Body::CriterionJudged {
            criterion,
            verdict: Verdict::Harm,
            reading,
            ..
        } if criterion.as_str() == "orders" => Some(reading.clone()),
        _ => None,
    });
    let reading = judged.unwrap();
    let account = reading.account.clone().unwrap();
    let spent = world.journal.iter().find_map(|event| match &event.body {
        Body::HarmFound { spent, .. } => *spent,
        _ => None,
    });
    assert_eq!(spent, Some(account.alpha_spent));
    assert_eq!((account.margin, account.is_margin_relative), (Some(0.05), true));
    assert!(account.alpha_of_try < account.alpha_share && account.alpha_share < account.alpha_plan);
    let money = account.money.unwrap();
    let lost = reading.lost.unwrap();
    assert!(
        lost > 0.0 && (lost * 6_000.0 - money.minor as f64).abs() < 1.0,
        "{lost} {money}"
    );
    assert!(account.money_most.is_none_or(|most| most.minor >= money.minor));
    assert!(reading.can_see.is_some());
    // What an older version did not write is no difference; what it wrote is.
    let older = tidegate_engine::event::Reading {
        account: None,
        ..reading.clone()
    };
    assert!(reading.confirms(&older) && reading.confirms(&reading));
    // Nor are predictions, which another version may make in another way.
    let predicted = tidegate_engine::event::Reading {
        can_see: reading.can_see.map(|share| share / 2.0),
        account: Some(tidegate_engine::event::Account {
            harm_in: Some(tidegate_model::Millis(7)),
            ..reading.account.clone().unwrap()
        }),
        ..reading.clone()
    };
    assert!(predicted != reading && reading.confirms(&predicted));
    let other = tidegate_engine::event::Reading { lost: None, ..older };
    assert!(!reading.confirms(&other));
}
