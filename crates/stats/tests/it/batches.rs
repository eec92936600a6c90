//! Batch signals: both error rates of the few-look tests, and that they find what a single look at the end would.

use tidegate_stats::batch::{BatchTest, Planned};
use tidegate_stats::fixed::{Sides, sample_size};
use tidegate_stats::{Alarm, ArmCounts, Hits, Margin, PairedStratum, Passing};

use crate::error_rates::{ALPHA, SEED, most_allowed};
use crate::world::{Chance, binomial, is_whole, poisson, runs, seeded};

/// Batches of a signal over a base rate that moves from night to night.
#[derive(Clone, Copy)]
struct Nights {
    base: f64,
    changed: f64,
    units: f64,
    share_new: f64,
    batches: u32,
}

impl Nights {
    fn batch(&self, rng: &mut Chance, night: u32) -> PairedStratum {
        let wave = 1.0 + 0.2 * f64::from(night * 7 % 5) / 5.0;
        let arm = |rng: &mut Chance, mean: f64, share: f64| {
            let units = poisson(rng, mean);
            ArmCounts::new(units, binomial(rng, units, (share * wave).min(1.0)))
        };
        let old = arm(rng, self.units * (1.0 - self.share_new), self.base);
        let new = arm(rng, self.units * self.share_new, self.changed);
        PairedStratum::new(old, new)
    }

    /// Shares of runs with harm at any look and with a pass at any look.
    fn found(&self, name: &str, hits: Hits, margin: Margin, planned: Planned) -> [f64; 2] {
        let mut counts = [0_u32; 2];
        for seed in SEED..SEED + runs() {
            let mut rng = seeded(seed);
            let mut test = BatchTest::new(hits, margin, ALPHA, ALPHA, planned).unwrap();
            let mut has_passed = false;
            for night in 0..self.batches {
                test.push(self.batch(&mut rng, night));
                has_passed |= test.passing() == Passing::Pass;
            }
            counts[0] += u32::from(test.alarm() == Alarm::Harm);
            counts[1] += u32::from(has_passed);
            assert!(test.spent_on_harm().max(test.spent_on_pass()) <= ALPHA + 1e-12);
        }
        let shares = counts.map(|count| f64::from(count) / runs() as f64);
        println!(
            "batches, {name}: harm {:.1} %, pass {:.1} % of {} runs, seeds from {SEED}",
            100.0 * shares[0],
            100.0 * shares[1],
            runs()
        );
        shares
    }
}

const EQUAL: Nights = Nights {
    base: 0.03,
    changed: 0.03,
    units: 800.0,
    share_new: 0.5,
    batches: 5,
};

#[test]
fn equal_batches_are_halted_no_more_often_than_alpha() {
    let late = Nights { batches: 12, ..EQUAL };
    let small = Nights {
        share_new: 0.1,
        batches: 12,
        ..EQUAL
    };
    let rare = Nights {
        base: 0.001,
        changed: 0.001,
        ..EQUAL
    };
    let nights = Nights { batches: 30, ..EQUAL };
    let mut worlds = vec![("equal, 5 of 5 looks", EQUAL, Planned::Looks(5))];
    if is_whole() {
        worlds.extend([
            ("equal, 12 of 4 looks", late, Planned::Looks(4)),
            ("equal, 5 of 40 looks", EQUAL, Planned::Looks(40)),
            ("equal, a tenth of the units, by units", small, Planned::Units(800)),
            ("equal, rare 0.1 %", rare, Planned::Looks(5)),
            ("equal, 30 of 30 looks", nights, Planned::Looks(30)),
        ]);
    }
    for (name, world, planned) in worlds {
        let [harm, _] = world.found(name, Hits::Bad, Margin::Absolute(0.02), planned);
        assert!(harm <= most_allowed(ALPHA), "{name}");
    }
}

#[test]
fn batches_at_the_margin_pass_no_more_often_than_alpha() {
    let errors = Nights {
        changed: 0.045,
        ..EQUAL
    };
    let good = Nights {
        base: 0.7,
        changed: 0.63,
        ..EQUAL
    };
    let clean = Nights {
        base: 0.0,
        changed: 0.01 / 1.08,
        ..EQUAL
    };
    let mut worlds = vec![("errors 3 % at x1.5", errors, Hits::Bad, Margin::Relative(0.5), 5)];
    if is_whole() {
        worlds.extend([
            ("errors 0 at +0.01", clean, Hits::Bad, Margin::Absolute(0.01), 5),
            ("good 70 % at 0.1", good, Hits::Good, Margin::Relative(0.1), 5),
            (
                "good 70 % at 0.1, 30 looks",
                Nights { batches: 30, ..good },
                Hits::Good,
                Margin::Relative(0.1),
                30,
            ),
            (
                "errors 3 % at x1.5, 12 of 4 looks",
                Nights { batches: 12, ..errors },
                Hits::Bad,
                Margin::Relative(0.5),
                4,
            ),
        ]);
    }
    for (name, world, hits, margin, looks) in worlds {
        let [_, pass] = world.found(name, hits, margin, Planned::Looks(looks));
        assert!(pass <= most_allowed(ALPHA), "{name}");
    }
}

/// The looks on the way cost little: at the sample that a single look needs for 80 %, and a tenth more, 80 % are found.
#[test]
fn few_looks_find_what_a_single_one_would() {
    let cases: &[(f64, f64)] = if is_whole() {
        &[(0.03, 0.05), (0.03, 0.036), (0.6, 0.65)]
    } else {
        &[(0.03, 0.05)]
    };
    for &(base, changed) in cases {
        let wave_mean = 1.08;
        let size = sample_size(base * wave_mean, changed * wave_mean, 0.5, ALPHA, 0.8, Sides::One).unwrap();
        let world = Nights {
            base,
            changed,
            units: 1.1 * (size.new + size.old) as f64 / 5.0,
            ..EQUAL
        };
        let name = format!("{base} to {changed}");
        let [harm, _] = world.found(&name, Hits::Bad, Margin::Relative(0.5), Planned::Looks(5));
        assert!(harm >= 0.8 - 2.0 * (0.8 * 0.2 / runs() as f64).sqrt(), "{harm}");
    }
}
