//! Errors told as they happen: attempts of one stratum meet theirs over the strata that follow, and the alarms look after each.
//! Attempts begun at one exposure are one risk set, and stay in it until their window closes.

use std::collections::BTreeMap;

use tidegate_stats::{Alarm, ArmCounts, HarmAlarm, Hits, PairedStratum, RareAlarm, Rest, ShareTest};

use crate::error_rates::{ALPHA, SEED, most_allowed, share_of_runs};
use crate::world::{self, Chance, STEPS, binomial, poisson, seeded};

/// When the attempts of a side meet their first error, and when the others complete: shares of all, by age in strata.
#[derive(Clone)]
struct Pace {
    errors: Vec<f64>,
    completions: Vec<f64>,
}

/// Most errors come at the entry, in a window of 6 strata; so many times as many.
fn spread(times: f64) -> Pace {
    let errors = [0.010, 0.004, 0.002, 0.001, 0.000_5, 0.000_5];
    Pace {
        errors: errors.map(|share| times * share).to_vec(),
        completions: vec![0.1, 0.3, 0.2, 0.1, 0.05, 0.05],
    }
}

/// Errors and completions both come with the payment, in a window of so many strata.
fn paying_at(age: usize, window: usize, errors: f64) -> Pace {
    let at = |share: f64| (0..window).map(|one| if one == age { share } else { 0.0 }).collect();
    Pace {
        errors: at(errors),
        completions: at(0.8),
    }
}

/// A ramp of equal steps over which errors move.
#[derive(Clone)]
struct World {
    /// Attempts of a stratum, both sides together.
    units: f64,
    /// Paces of the old side and of the new one.
    paces: [Pace; 2],
    /// Share of the new side at each step.
    steps: Vec<f64>,
    strata_per_step: u32,
}

fn equal() -> World {
    World {
        units: 150.0,
        paces: [spread(1.0), spread(1.0)],
        steps: STEPS.to_vec(),
        strata_per_step: if world::is_whole() { 200 } else { 80 },
    }
}

/// Attempts of one stratum, by side.
struct Cohort {
    step: usize,
    age: usize,
    begun: [u64; 2],
    open: [u64; 2],
    erred: [u64; 2],
}

/// What happened in one stratum to the attempts begun in it, and to those begun before it at each step.
struct Told {
    own: PairedStratum,
    later: BTreeMap<usize, PairedStratum>,
    /// Attempts whose window closed with this stratum, and all errors of them.
    ended: PairedStratum,
}

const NOBODY: PairedStratum = PairedStratum::new(ArmCounts::new(0, 0), ArmCounts::new(0, 0));

/// Who is at risk of a first error.
#[derive(Clone, Copy)]
enum AtRisk {
    /// Whoever has met none while the window is open.
    WithinWindow,
    /// Only those of them who have not completed: a fault, kept to show what it does.
    NotCompleted,
}

impl Cohort {
    /// One stratum passes: who was at risk, and who met an error.
    fn live(&mut self, rng: &mut Chance, paces: &[Pace; 2], wave: f64, who: AtRisk) -> PairedStratum {
        let [old, new] = [0, 1].map(|side| {
            let Pace { errors, completions } = &paces[side];
            let erred_before: f64 = errors[..self.age].iter().sum::<f64>() * wave;
            let open = 1.0 - erred_before - completions[..self.age].iter().sum::<f64>();
            let error = errors[self.age] * wave;
            let at_risk = match who {
                AtRisk::WithinWindow => self.begun[side] - self.erred[side],
                AtRisk::NotCompleted => self.open[side],
            };
            let erred = binomial(rng, self.open[side], error / open);
            self.erred[side] += erred;
            self.open[side] -= erred;
            self.open[side] -= binomial(rng, self.open[side], completions[self.age] / (open - error));
            ArmCounts::new(at_risk, erred)
        });
        self.age += 1;
        PairedStratum::new(old, new)
    }
}

impl World {
    fn run(&self, seed: u64, who: AtRisk, mut look: impl FnMut(&Told)) {
        let mut rng = seeded(seed);
        let mut open: Vec<Cohort> = Vec::new();
        let strata = self.strata_per_step * self.steps.len() as u32;
        for at in 0..strata {
            let step = (at / self.strata_per_step) as usize;
            let wave = 1.0 + 0.3 * (f64::from(at) / f64::from(strata) * 25.0).sin();
            let mut later: BTreeMap<usize, PairedStratum> = BTreeMap::new();
            for cohort in &mut open {
                let row = cohort.live(&mut rng, &self.paces, wave, who);
                let sum = later.entry(cohort.step).or_insert(NOBODY);
                *sum = both(*sum, row);
            }
            let begun = [1.0 - self.steps[step], self.steps[step]].map(|share| poisson(&mut rng, self.units * share));
            let mut cohort = Cohort {
                step,
                age: 0,
                begun,
                open: begun,
                erred: [0, 0],
            };
            let own = cohort.live(&mut rng, &self.paces, wave, who);
            open.push(cohort);
            let mut ended = NOBODY;
            for cohort in open.extract_if(.., |cohort| cohort.age >= self.paces[0].errors.len()) {
                let [old, new] = [0, 1].map(|side| ArmCounts::new(cohort.begun[side], cohort.erred[side]));
                ended = both(ended, PairedStratum::new(old, new));
            }
            look(&Told { own, later, ended });
        }
    }

    /// Share of runs in which either alarm of a comparison finds harm, at half of the alpha each.
    fn halts(&self, name: &str, who: AtRisk) -> f64 {
        self.halts_against(name, who, Against::OldWithItsRest)
    }

    fn halts_against(&self, name: &str, who: AtRisk, against: Against) -> f64 {
        share_of_runs(&format!("halt, errors as they happen, {name}"), |seed| {
            let mut alarms = Alarms::new(against);
            self.run(seed, who, |told| alarms.push(told));
            alarms.is_harm()
        })
    }
}

fn both(a: PairedStratum, b: PairedStratum) -> PairedStratum {
    PairedStratum::new(a.old + b.old, a.new + b.new)
}

/// What the new side's errors so far are held against.
#[derive(Clone, Copy)]
enum Against {
    /// Those of the old side and what its open attempts are expected to meet still.
    OldWithItsRest,
    /// Those of the old side so far: a fault, kept to show what it does.
    OldSoFar,
}

/// The two alarms of a comparison at half of the alpha each.
struct Alarms {
    against: Against,
    stratified: HarmAlarm,
    exact: RareAlarm,
    told: PairedStratum,
    ended: PairedStratum,
}

impl Alarms {
    fn new(against: Against) -> Self {
        Self {
            against,
            stratified: HarmAlarm::new(Hits::Bad, ALPHA / 2.0).unwrap(),
            exact: RareAlarm::new(0.0, ALPHA / 2.0).unwrap(),
            told: NOBODY,
            ended: NOBODY,
        }
    }

    fn push(&mut self, told: &Told) {
        let later: Vec<PairedStratum> = told.later.values().copied().collect();
        self.told = both(self.told, told.own);
        for row in &later {
            self.told.old.hits += row.old.hits;
            self.told.new.hits += row.new.hits;
        }
        self.ended = both(self.ended, told.ended);
        let rest = match self.against {
            Against::OldWithItsRest => Rest::expected(self.told, self.ended, (u64::MAX, u64::MAX)),
            Against::OldSoFar => None,
        };
        self.stratified.push_young(told.own, &later, rest);
        later.iter().for_each(|at_risk| self.exact.add(*at_risk));
        self.exact.add(told.own);
        self.exact.look(rest);
    }

    fn is_harm(&self) -> bool {
        self.stratified.alarm() == Alarm::Harm || self.exact.alarm() == Alarm::Harm
    }
}

#[test]
fn equal_sides_are_halted_no_more_often_than_alpha() {
    assert!(equal().halts("equal", AtRisk::WithinWindow) <= most_allowed(ALPHA));
}

/// A checkout that pays two strata sooner and fails as often is no worse.
#[test]
fn a_side_that_is_only_quicker_is_halted_no_more_often_than_alpha() {
    let quicker = World {
        paces: [paying_at(4, 6, 0.02), paying_at(2, 6, 0.02)],
        ..equal()
    };
    assert!(quicker.halts("quicker", AtRisk::WithinWindow) <= most_allowed(ALPHA));
    let slower = World {
        paces: [paying_at(2, 6, 0.02), paying_at(4, 6, 0.02)],
        ..equal()
    };
    assert!(slower.halts("slower", AtRisk::WithinWindow) <= most_allowed(ALPHA));
}

/// Teeth: without those who completed, a quicker side's risk set shrinks first, and what the slower side then meets is
/// compared with nobody.
#[test]
fn taking_out_who_completed_halts_a_side_that_is_only_quicker() {
    let quicker = World {
        units: 600.0,
        paces: [paying_at(4, 6, 0.02), paying_at(2, 6, 0.02)],
        strata_per_step: 80,
        ..equal()
    };
    let halts = quicker.halts("quicker, without who completed", AtRisk::NotCompleted);
    assert!(halts > most_allowed(ALPHA), "the test has no teeth");
}

#[test]
fn more_errors_on_a_slower_side_are_found() {
    let harmful = World {
        paces: [paying_at(2, 6, 0.02), paying_at(4, 6, 0.05)],
        ..equal()
    };
    let found = harmful.halts("slower, 5 % against 2 %", AtRisk::WithinWindow);
    assert!(found > 0.95, "{found}");
}

/// Where very many come, what a quicker side has met so far is beyond chance; what the old side is still to meet explains it.
/// Teeth: without that rest it is halted.
#[test]
fn a_quicker_side_is_held_against_what_the_old_side_is_still_to_meet() {
    let quicker = World {
        units: 5_000.0,
        paces: [paying_at(4, 6, 0.02), paying_at(2, 6, 0.02)],
        ..equal()
    };
    let (who, rest, so_far) = (AtRisk::WithinWindow, Against::OldWithItsRest, Against::OldSoFar);
    let held = quicker.halts_against("quicker, very many", who, rest);
    assert!(held <= most_allowed(ALPHA), "{held}");
    let halts = quicker.halts_against("quicker, very many, without the rest", who, so_far);
    assert!(halts > most_allowed(ALPHA), "the test has no teeth");
}

/// A new side that meets every error at the entry against an old one that meets them as its long window ends, both in full
/// traffic from the first stratum on: what few ended attempts say of a whole window of open ones is taken at its upper end.
#[test]
fn a_side_that_is_quicker_by_a_long_window_is_not_halted_when_the_first_attempts_end() {
    let mut cases = vec![(30, 2_000.0)];
    if world::is_whole() {
        cases.extend([(30, 600.0), (300, 32.0)]);
    }
    for (window, units) in cases {
        let quicker = World {
            units,
            paces: [paying_at(window - 1, window, 0.02), paying_at(0, window, 0.02)],
            steps: vec![0.5],
            strata_per_step: 3 * window as u32,
        };
        let halts = quicker.halts(
            &format!("at the entry, window {window}, {units} a stratum"),
            AtRisk::WithinWindow,
        );
        assert!(halts <= most_allowed(ALPHA), "{halts}");
    }
}

/// Teeth: attempts of all exposures in one risk set. After each step the new side's are younger, and the young err more.
#[test]
fn exposures_mixed_in_one_risk_set_halt_what_is_healthy() {
    let busy = World {
        units: 5_000.0,
        paces: [spread(4.0), spread(4.0)],
        strata_per_step: 10,
        ..equal()
    };
    let mixed = share_of_runs("halt, errors as they happen, exposures mixed", |seed| {
        let mut alarm = HarmAlarm::new(Hits::Bad, ALPHA).unwrap();
        busy.run(seed, AtRisk::WithinWindow, |told| {
            alarm.push(told.later.values().fold(told.own, |sum, row| both(sum, *row)));
        });
        alarm.alarm() == Alarm::Harm
    });
    assert!(mixed > most_allowed(ALPHA), "the test has no teeth");
    assert!(busy.halts("busy", AtRisk::WithinWindow) <= most_allowed(ALPHA));
}

/// A limit may look at attempts that are still open: their errors so far are no more than all they will meet.
#[test]
fn a_limit_held_against_errors_so_far_is_broken_no_more_often_than_alpha() {
    // The share that ever meets an error, at the wave's height.
    let limit = 1.3 * spread(1.0).errors.iter().sum::<f64>();
    let halts = share_of_runs("halt, errors so far against their limit", |seed| {
        let mut sum = ArmCounts::new(0, 0);
        let mut is_broken = false;
        equal().run(seed, AtRisk::WithinWindow, |told| {
            sum.n += told.own.new.n;
            sum.hits += told.own.new.hits + told.later.values().map(|row| row.new.hits).sum::<u64>();
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
fn twice_the_errors_are_found_and_told_as_a_share_of_attempts() {
    let worse = World {
        paces: [spread(1.0), spread(2.0)],
        ..equal()
    };
    let mut alarms = Alarms::new(Against::OldWithItsRest);
    let mut sums = [ArmCounts::new(0, 0); 2];
    worse.run(SEED, AtRisk::WithinWindow, |told| {
        alarms.push(told);
        let later = told.later.values().map(|row| [row.old.hits, row.new.hits]);
        let [old, new] = later.fold([0, 0], |sum, row| [sum[0] + row[0], sum[1] + row[1]]);
        sums[0] = sums[0] + told.own.old + ArmCounts::new(0, old);
        sums[1] = sums[1] + told.own.new + ArmCounts::new(0, new);
    });
    let [old, new] = sums.map(|arm| 100.0 * arm.hits as f64 / arm.n as f64);
    let difference = alarms.stratified.difference().unwrap();
    println!(
        "new {new:.2} %, old {old:.2} %: {:.2} points ({:.2} to {:.2}); seed {SEED}",
        difference.point_pp, difference.low_pp, difference.high_pp
    );
    assert!(alarms.is_harm());
    assert!((difference.point_pp - (new - old)).abs() < 0.2, "{difference:?}");
    assert!(difference.low_pp < difference.point_pp && difference.point_pp < difference.high_pp);
}
