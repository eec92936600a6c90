//! The two harm alarms of a completion as the gate runs them, at half of the alpha each: how often either of them halts a
//! healthy ramp, with failures from rare to frequent.

use tidegate_stats::{Alarm, ArmCounts, HarmAlarm, Hits, PairedStratum, RareAlarm};

use crate::error_rates::{ALPHA, SEED, most_allowed};
use crate::world::{self, Ramp};

/// Shares of completion with arrivals per stratum; the failures are 1, 7 and 40 % and move with the day.
const WORLDS: [(f64, f64); 3] = [(0.99, 100.0), (0.93, 100.0), (0.6, 30.0)];

fn healthy(base: f64, units: f64) -> Ramp {
    Ramp {
        base,
        units,
        strata_per_step: 200,
        ratio: 1.0,
        shift: 0.0,
    }
}

fn failures(stratum: PairedStratum) -> PairedStratum {
    let failed = |arm: ArmCounts| ArmCounts::new(arm.n, arm.n - arm.hits);
    PairedStratum::new(failed(stratum.old), failed(stratum.new))
}

/// Share of runs that were halted: by the exact alarm with all of the alpha to itself, and by either of the two at half.
struct Halted {
    exact: f64,
    either: f64,
}

fn halted(name: &str, run: impl Fn(u64) -> Vec<(usize, PairedStratum)>) -> Halted {
    let (mut alone, mut exact, mut stratified, mut either) = (0, 0, 0, 0);
    for seed in SEED..SEED + world::runs() {
        let strata: Vec<PairedStratum> = run(seed).into_iter().map(|(_, stratum)| stratum).collect();
        let failed: Vec<PairedStratum> = strata.iter().map(|stratum| failures(*stratum)).collect();
        let rare = RareAlarm::fold(0.0, ALPHA / 2.0, &failed).unwrap();
        let both = [
            HarmAlarm::fold(Hits::Good, ALPHA / 2.0, &strata).unwrap().alarm(),
            rare.alarm(),
        ];
        // The evidence is the same at every alpha, only what it is held against is not.
        alone += u64::from(rare.ln_evidence_max() >= -ALPHA.ln());
        stratified += u64::from(both[0] == Alarm::Harm);
        exact += u64::from(both[1] == Alarm::Harm);
        either += u64::from(both.contains(&Alarm::Harm));
    }
    let [alone, exact, stratified, either] =
        [alone, exact, stratified, either].map(|runs| runs as f64 / world::runs() as f64);
    let [alone_pc, exact_pc, stratified_pc, either_pc] = [alone, exact, stratified, either].map(|share| 100.0 * share);
    println!(
        "halt, {name}: exact {alone_pc:.1} % at alpha; at half of it exact {exact_pc:.1} %, stratified {stratified_pc:.1} %, \
         either {either_pc:.1} %; {} runs, seeds from {SEED}",
        world::runs()
    );
    Halted { exact: alone, either }
}

#[test]
fn equal_sides_are_halted_by_either_alarm_no_more_often_than_alpha() {
    for (base, units) in WORLDS {
        let world = healthy(base, units);
        let name = format!("equal, failures {:.0} %, {units} a stratum", 100.0 * (1.0 - base));
        let halted = halted(&name, |seed| world.run(seed));
        assert!(halted.exact <= most_allowed(ALPHA), "{name}: exact {}", halted.exact);
        assert!(halted.either <= most_allowed(ALPHA), "{name}: either {}", halted.either);
    }
}

/// Teeth: with the old side's open carts among its visitors, healthy releases are halted by the exact alarm too.
#[test]
fn counting_open_carts_fails_the_same_test_for_both_alarms() {
    let world = healthy(0.93, 300.0);
    let halted = halted("equal, failures 7 %, open carts counted", |seed| {
        world.with_open_carts_counted(seed)
    });
    assert!(halted.exact > most_allowed(ALPHA), "the test has no teeth");
    assert!(halted.either > most_allowed(ALPHA), "the test has no teeth");
}
