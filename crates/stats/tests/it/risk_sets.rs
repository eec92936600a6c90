//! Errors told as they happen: attempts of one stratum meet theirs over the strata that follow, and the alarms look after each.

use tidegate_stats::{Alarm, ArmCounts, HarmAlarm, Hits, PairedStratum, RareAlarm, ShareTest};

use crate::error_rates::{ALPHA, SEED, most_allowed, share_of_runs};
use crate::world::{self, Chance, STEPS, binomial, poisson, seeded};

/// Chance that an attempt without an error meets its first one, by its age in strata, on a day like any other.
const HAZARD: [f64; 6] = [0.010, 0.004, 0.002, 0.001, 0.000_5, 0.000_5];
/// Chance that an open attempt ends in a stratum without one.
const ENDS: f64 = 0.25;

/// A ramp of equal steps over which hazards move.
#[derive(Clone, Copy)]
struct World {
    /// Attempts of a stratum, both sides together.
    units: f64,
    /// The new side's hazard as a multiple of the old one's.
    ratio: f64,
    /// Both hazards as a multiple of [`HAZARD`].
    height: f64,
    strata_per_step: u32,
}

fn equal() -> World {
    World {
        units: 150.0,
        ratio: 1.0,
        height: 1.0,
        strata_per_step: if world::is_whole() { 200 } else { 80 },
    }
}

/// Attempts of one stratum: both sides of it that are open and without an error.
#[derive(Clone, Copy)]
struct Cohort {
    at_risk: [u64; 2],
    age: usize,
}

/// What is pushed for one stratum: the attempts begun in it, and of the earlier ones those at risk, the oldest first.
struct Told {
    own: PairedStratum,
    later: Vec<PairedStratum>,
}

impl World {
    fn run(self, seed: u64, mut look: impl FnMut(&Told)) {
        let mut rng = seeded(seed);
        let mut open: Vec<Cohort> = Vec::new();
        let strata = self.strata_per_step * STEPS.len() as u32;
        for at in 0..strata {
            let exposure = STEPS[(at / self.strata_per_step) as usize];
            let wave = 1.0 + 0.3 * (f64::from(at) / f64::from(strata) * 25.0).sin();
            let hazard = [self.height * wave, self.height * wave * self.ratio];
            let later = open.iter_mut().map(|cohort| cohort.live(&mut rng, hazard)).collect();
            let mut begun = Cohort {
                at_risk: [1.0 - exposure, exposure].map(|share| poisson(&mut rng, self.units * share)),
                age: 0,
            };
            let own = begun.live(&mut rng, hazard);
            look(&Told { own, later });
            open.push(begun);
            open.retain(|cohort| cohort.age < HAZARD.len());
        }
    }
}

impl Cohort {
    /// One stratum passes: who was at risk, and who met an error.
    fn live(&mut self, rng: &mut Chance, wave: [f64; 2]) -> PairedStratum {
        let hazard = HAZARD[self.age];
        let [old, new] = [0, 1].map(|side| {
            let counts = ArmCounts::new(
                self.at_risk[side],
                binomial(rng, self.at_risk[side], hazard * wave[side]),
            );
            let left = counts.n - counts.hits;
            self.at_risk[side] = left - binomial(rng, left, ENDS);
            counts
        });
        self.age += 1;
        PairedStratum::new(old, new)
    }
}

/// The two alarms of a comparison at half of the alpha each.
struct Alarms {
    stratified: HarmAlarm,
    exact: RareAlarm,
}

impl Alarms {
    fn new() -> Self {
        Self {
            stratified: HarmAlarm::new(Hits::Bad, ALPHA / 2.0).unwrap(),
            exact: RareAlarm::new(0.0, ALPHA / 2.0).unwrap(),
        }
    }

    fn push(&mut self, told: &Told) {
        for at_risk in &told.later {
            self.stratified.push_later(*at_risk);
            self.exact.push(*at_risk);
        }
        self.stratified.push(told.own);
        self.exact.push(told.own);
    }

    fn is_harm(&self) -> bool {
        self.stratified.alarm() == Alarm::Harm || self.exact.alarm() == Alarm::Harm
    }
}

#[test]
fn equal_hazards_are_halted_no_more_often_than_alpha() {
    let halts = share_of_runs("halt, errors as they happen, equal", |seed| {
        let mut alarms = Alarms::new();
        equal().run(seed, |told| alarms.push(told));
        alarms.is_harm()
    });
    assert!(halts <= most_allowed(ALPHA));
}

/// Teeth: attempts of all ages in one risk set. After each step the new side's are younger, and the young err more.
#[test]
fn ages_mixed_in_one_risk_set_fail_the_same_test() {
    let busy = World {
        units: 5_000.0,
        height: 4.0,
        strata_per_step: 10,
        ..equal()
    };
    let halts = share_of_runs("halt, errors as they happen, ages mixed", |seed| {
        let mut alarm = HarmAlarm::new(Hits::Bad, ALPHA).unwrap();
        busy.run(seed, |told| {
            let sides = told.later.iter().fold(told.own, |sum, row| {
                PairedStratum::new(sum.old + row.old, sum.new + row.new)
            });
            alarm.push(sides);
        });
        alarm.alarm() == Alarm::Harm
    });
    assert!(halts > most_allowed(ALPHA), "the test has no teeth");
}

/// A limit may look at attempts that are still open: their errors so far are no more than all they will meet.
#[test]
fn a_limit_held_against_errors_so_far_is_broken_no_more_often_than_alpha() {
    // Chance that an attempt ever meets an error, at the wave's height.
    let mut open = 1.0;
    let mut limit = 0.0;
    for hazard in HAZARD {
        let erred = open * hazard * 1.3;
        limit += erred;
        open = (open - erred) * (1.0 - ENDS);
    }
    let halts = share_of_runs("halt, errors so far against their limit", |seed| {
        let mut sum = ArmCounts::new(0, 0);
        let mut is_broken = false;
        equal().run(seed, |told| {
            sum.n += told.own.new.n;
            sum.hits += told.own.new.hits + told.later.iter().map(|row| row.new.hits).sum::<u64>();
            let mut test = ShareTest::new(limit, ALPHA).unwrap();
            test.push(sum);
            is_broken |= test.alarm() == Alarm::Harm;
        });
        is_broken
    });
    assert!(halts <= most_allowed(ALPHA));
}

/// The difference is that of all errors so far, per attempt begun.
#[test]
fn twice_the_hazard_is_found_and_told_as_the_share_of_attempts() {
    let mut alarms = Alarms::new();
    let (mut new, mut old) = (ArmCounts::new(0, 0), ArmCounts::new(0, 0));
    let worse = World { ratio: 2.0, ..equal() };
    worse.run(SEED, |told| {
        alarms.push(told);
        new = new
            + ArmCounts::new(
                told.own.new.n,
                told.own.new.hits + told.later.iter().map(|row| row.new.hits).sum::<u64>(),
            );
        old = old
            + ArmCounts::new(
                told.own.old.n,
                told.own.old.hits + told.later.iter().map(|row| row.old.hits).sum::<u64>(),
            );
    });
    let share = |arm: ArmCounts| 100.0 * arm.hits as f64 / arm.n as f64;
    let difference = alarms.stratified.difference().unwrap();
    println!(
        "new {:.2} %, old {:.2} %: {:.2} points ({:.2} to {:.2}); seed {SEED}",
        share(new),
        share(old),
        difference.point_pp,
        difference.low_pp,
        difference.high_pp
    );
    assert!(alarms.is_harm());
    assert!(
        (difference.point_pp - (share(new) - share(old))).abs() < 0.2,
        "{difference:?}"
    );
    assert!(difference.low_pp < difference.point_pp && difference.point_pp < difference.high_pp);
}
