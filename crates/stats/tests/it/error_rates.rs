//! Both error rates over a ramp, within two binomial standard errors, and proof that the test has teeth.

use tidegate_stats::sample_ratio::{Split, SrmTest};
use tidegate_stats::{Alarm, HarmAlarm, Hits, Margin, PairedStratum, PassTest, RareAlarm, ShareTest};

use crate::world::{Ramp, STEPS, is_whole, runs};

pub(crate) const ALPHA: f64 = 0.05;
pub(crate) const SEED: u64 = 20_260_401;

pub(crate) fn most_allowed(alpha: f64) -> f64 {
    alpha + 2.0 * (alpha * (1.0 - alpha) / runs() as f64).sqrt()
}

pub(crate) fn share_of_runs(name: &str, is_hit: impl Fn(u64) -> bool) -> f64 {
    let share = (0..runs()).filter(|run| is_hit(SEED + run)).count() as f64 / runs() as f64;
    println!("{name}: {:.1} % of {} runs, seeds from {SEED}", 100.0 * share, runs());
    share
}

pub(crate) fn equal(base: f64, units: f64, strata_per_step: u32) -> Ramp {
    Ramp {
        base,
        units,
        strata_per_step,
        ratio: 1.0,
        shift: 0.0,
        swing: 1.0,
    }
}

pub(crate) fn only_strata(run: Vec<(usize, PairedStratum)>) -> Vec<PairedStratum> {
    run.into_iter().map(|(_, stratum)| stratum).collect()
}

fn is_stratified_halt(strata: &[PairedStratum], hits: Hits) -> bool {
    HarmAlarm::fold(hits, ALPHA, strata).unwrap().alarm() == Alarm::Harm
}

#[test]
fn equal_sides_are_halted_no_more_often_than_alpha() {
    for (base, units) in [(0.93, 100.0), (0.6, 30.0), (0.03, 100.0)] {
        let world = equal(base, units, 200);
        let halts = share_of_runs(&format!("halt, equal, base {base}"), |seed| {
            is_stratified_halt(&only_strata(world.run(seed)), Hits::Good)
        });
        assert!(halts <= most_allowed(ALPHA));
    }
    let errors = equal(0.01, 100.0, 200);
    let halts = share_of_runs("halt, equal, errors 1 %, stratified", |seed| {
        is_stratified_halt(&only_strata(errors.run(seed)), Hits::Bad)
    });
    assert!(halts <= most_allowed(ALPHA));
    let halts = share_of_runs("halt, equal, errors 1 %, exact", |seed| {
        RareAlarm::fold(0.0, ALPHA, &only_strata(errors.run(seed)))
            .unwrap()
            .alarm()
            == Alarm::Harm
    });
    assert!(halts <= most_allowed(ALPHA));
}

/// A day at each step, as a shop has it; a look every minute.
#[test]
fn equal_sides_are_halted_no_more_often_than_alpha_over_whole_days() {
    const RUNS: u64 = 1_500;
    if !is_whole() {
        return;
    }
    let worlds = [
        (0.03, 100.0, Hits::Good),
        (0.6, 30.0, Hits::Good),
        (0.93, 100.0, Hits::Good),
        (0.002, 300.0, Hits::Bad),
    ];
    for (base, units, hits) in worlds {
        let world = equal(base, units, 1440);
        let is_halted = |seed: &u64| is_stratified_halt(&only_strata(world.run(SEED + seed)), hits);
        let halts = (0..RUNS).filter(is_halted).count() as f64 / RUNS as f64;
        println!(
            "halt, equal, base {base}, 4 days: {:.1} % of {RUNS} runs, seeds from {SEED}",
            100.0 * halts
        );
        assert!(halts <= ALPHA + 2.0 * (ALPHA * (1.0 - ALPHA) / RUNS as f64).sqrt());
    }
}

/// Teeth: one table over the whole ramp compares late new visitors with early old ones; here completion falls over the
/// ramp, on both sides alike.
#[test]
fn a_ramp_without_stratification_fails_the_same_test() {
    let world = Ramp {
        swing: -1.0,
        ..equal(0.6, 30.0, 200)
    };
    let halts = share_of_runs("halt, equal, one stratum over the ramp", |seed| {
        let mut pooled = PairedStratum::default();
        let mut every_look = false;
        for (at, (_, stratum)) in world.run(seed).into_iter().enumerate() {
            pooled = pooled + stratum;
            if at % 20 == 0 {
                every_look |= is_stratified_halt(&[pooled], Hits::Good);
            }
        }
        every_look
    });
    assert!(halts > most_allowed(ALPHA), "the test has no teeth");
}

/// Teeth: the population rule excludes open carts because counting them halts healthy releases, even when nothing else
/// moves.
#[test]
fn counting_open_carts_fails_the_same_test() {
    let world = Ramp {
        swing: 0.0,
        ..equal(0.6, 30.0, 200)
    };
    let halts = share_of_runs("halt, equal, open carts counted", |seed| {
        is_stratified_halt(&only_strata(world.with_open_carts_counted(seed)), Hits::Good)
    });
    assert!(halts > most_allowed(ALPHA), "the test has no teeth");
}

/// Evidence for a pass starts at zero at each step, so each step is a test of its own.
fn false_passes_of_the_worst_step(world: Ramp, hits: Hits, margin: Margin, name: &str) -> f64 {
    let mut passes = [0_u64; 4];
    for seed in SEED..SEED + runs() {
        let mut tests: Vec<PassTest> = (0..4).map(|_| PassTest::new(hits, margin, ALPHA).unwrap()).collect();
        world
            .run(seed)
            .into_iter()
            .for_each(|(step, stratum)| tests[step].push(stratum));
        tests
            .iter()
            .zip(&mut passes)
            .for_each(|(test, count)| *count += u64::from(test.has_passed()));
    }
    println!(
        "pass ever, {name}: {passes:?} of {} runs by step, seeds from {SEED}",
        runs()
    );
    passes.into_iter().max().unwrap() as f64 / runs() as f64
}

#[test]
fn a_side_at_the_margin_passes_no_more_often_than_alpha() {
    for (base, units, m) in [(0.93, 100.0, 0.2), (0.93, 100.0, 0.05), (0.6, 30.0, 0.05)] {
        let world = Ramp {
            ratio: 1.0 - m,
            ..equal(base, units, 200)
        };
        let name = format!("completion {base} at margin {m}");
        assert!(false_passes_of_the_worst_step(world, Hits::Good, Margin::Relative(m), &name) <= most_allowed(ALPHA));
    }
    for (base, d) in [(0.002, 0.01), (0.0, 0.01), (0.01, 0.005)] {
        let world = Ramp {
            shift: d,
            ..equal(base, 100.0, 200)
        };
        let name = format!("errors {base} at margin +{d}");
        assert!(false_passes_of_the_worst_step(world, Hits::Bad, Margin::Absolute(d), &name) <= most_allowed(ALPHA));
    }
    let world = Ramp {
        ratio: 1.5,
        ..equal(0.02, 100.0, 200)
    };
    let name = "errors 0.02 at margin x1.5";
    assert!(false_passes_of_the_worst_step(world, Hits::Bad, Margin::Relative(0.5), name) <= most_allowed(ALPHA));
}

/// A start without any failure: everything succeeds on both sides until the new one falls to the margin.
#[test]
fn clean_strata_at_the_margin_do_not_make_a_false_pass() {
    let world = Ramp {
        ratio: 0.95,
        ..equal(1.0, 100.0, 200)
    };
    let rate = false_passes_of_the_worst_step(
        world,
        Hits::Good,
        Margin::Relative(0.05),
        "completion 1.0 at margin 0.05",
    );
    assert!(rate <= most_allowed(ALPHA));
}

#[test]
fn a_share_at_its_limit_is_judged_wrongly_no_more_often_than_alpha() {
    let world = equal(0.05, 100.0, 200);
    let wrong = share_of_runs("verdict at the limit", |seed| {
        let mut rng = crate::world::seeded(seed);
        let mut test = ShareTest::new(0.05, ALPHA).unwrap();
        (0..400).any(|_| {
            let n = crate::world::poisson(&mut rng, world.units);
            test.push(tidegate_stats::ArmCounts::new(
                n,
                crate::world::binomial(&mut rng, n, 0.05),
            ));
            test.alarm() == Alarm::Harm || test.passing() == tidegate_stats::Passing::Pass
        })
    });
    assert!(wrong <= most_allowed(ALPHA));
}

/// Share of runs in which a ramp of four steps is called mis-split; `factor` is what the new side's planned share is
/// multiplied by.
fn mis_split(alpha: f64, factor: f64) -> f64 {
    share_of_runs(&format!("split at {factor} of its plan, called a mismatch"), |seed| {
        let mut rng = crate::world::seeded(seed);
        let mut test = SrmTest::new(alpha).unwrap();
        STEPS.into_iter().flat_map(|share| [share; 200]).any(|share| {
            let units = crate::world::poisson(&mut rng, 100.0);
            let new = crate::world::binomial(&mut rng, units, share * factor);
            test.push((share * 10_000.0).round() as u32, new, units - new);
            test.split() == Split::Mismatch
        })
    })
}

#[test]
fn a_true_split_is_called_a_mismatch_no_more_often_than_alpha() {
    assert!(mis_split(ALPHA, 1.0) <= most_allowed(ALPHA));
}

#[test]
fn a_split_a_tenth_off_its_plan_is_nearly_always_called_one() {
    assert!(mis_split(0.001, 0.9) > 0.99);
}

#[test]
fn a_lost_path_is_caught_in_nearly_every_run() {
    let world = Ramp {
        ratio: 0.6,
        ..equal(0.93, 100.0, 200)
    };
    let caught = share_of_runs("40 % of new attempts fail, caught", |seed| {
        is_stratified_halt(&only_strata(world.run(seed))[..300], Hits::Good)
    });
    assert!(caught > 0.99);
}
