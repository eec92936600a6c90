//! The smallest visible change agrees with the one that simulation finds for four runs of five, within 10 %.

use tidegate_stats::joint::{CompletionAlarm, ErrorAlarm};
use tidegate_stats::limit_power::LimitTraffic;
use tidegate_stats::power::Traffic;
use tidegate_stats::special::normal_quantile;
use tidegate_stats::{Alarm, ArmCounts, HarmAlarm, Hits, PairedStratum, RareAlarm, ShareTest};

use crate::world::{Chance, binomial, is_whole, poisson, seeded};

/// Runs at each of the tried changes.
const TRIED_RUNS: u64 = 200;

/// Changes that are tried, as multiples of the predicted one.
const TRIED: [f64; 5] = [0.84, 0.92, 1.0, 1.08, 1.16];

/// Soak at one exposure, in strata of one second.
#[derive(Clone, Copy, Debug)]
struct Soak {
    units: f64,
    exposure: f64,
    base: f64,
    hits: Hits,
    strata: u32,
    alpha: f64,
}

impl Soak {
    fn changed(&self, change: f64) -> f64 {
        match self.hits {
            Hits::Good => self.base * (1.0 - change).max(0.0),
            Hits::Bad => (self.base * (1.0 + change)).min(1.0),
        }
    }

    fn stratum(&self, rng: &mut Chance, change: f64) -> PairedStratum {
        let n = poisson(rng, self.units * self.exposure);
        let m = poisson(rng, self.units * (1.0 - self.exposure));
        let new = ArmCounts::new(n, binomial(rng, n, self.changed(change)));
        PairedStratum::new(ArmCounts::new(m, binomial(rng, m, self.base)), new)
    }

    fn is_seen(&self, seed: u64, change: f64) -> bool {
        let mut rng = seeded(seed);
        let mut alarm = HarmAlarm::new(self.hits, self.alpha).unwrap();
        (0..self.strata).any(|_| {
            alarm.push(self.stratum(&mut rng, change));
            alarm.alarm() == Alarm::Harm
        })
    }
}

/// The multiple of the predicted change that is seen in four runs of five: a line through the tried ones, in normal
/// deviates.
fn simulated_ratio(is_seen: impl Fn(u64, f64) -> bool) -> f64 {
    let mut first_seed = 0;
    let points = TRIED.map(|multiple| {
        let seeds = first_seed..first_seed + TRIED_RUNS;
        first_seed = seeds.end;
        let seen = seeds.filter(|seed| is_seen(*seed, multiple)).count() as f64;
        (multiple, normal_quantile((seen + 0.5) / (TRIED_RUNS as f64 + 1.0)))
    });
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>()
        / points.iter().map(|point| (point.0 - x) * (point.0 - x)).sum::<f64>();
    x + (normal_quantile(0.8) - y) / slope
}

fn agrees(name: &str, predicted: f64, ratio: f64) {
    println!(
        "{name}: predicted {predicted:.4}, simulated {:.4}, {} runs, seeds from 0",
        predicted * ratio,
        TRIED_RUNS * TRIED.len() as u64
    );
    assert!((0.9..=1.1).contains(&ratio), "{name}: {ratio}");
}

fn soak(units: f64, exposure: f64, base: f64, hits: Hits, strata: u32, alpha: f64) -> Soak {
    Soak {
        units,
        exposure,
        base,
        hits,
        strata,
        alpha,
    }
}

#[test]
fn the_smallest_visible_change_is_the_one_that_simulation_finds() {
    let mut cases = vec![
        soak(100.0, 0.01, 0.93, Hits::Good, 300, 0.05),
        soak(100.0, 0.05, 0.93, Hits::Good, 120, 0.05),
        soak(100.0, 0.50, 0.93, Hits::Good, 60, 0.0125),
        soak(30.0, 0.25, 0.6, Hits::Good, 300, 0.05),
        soak(100.0, 0.01, 0.01, Hits::Bad, 600, 0.05),
        soak(100.0, 0.25, 0.01, Hits::Bad, 300, 0.05),
        soak(1.0, 0.25, 0.6, Hits::Good, 14400, 0.05),
    ];
    if is_whole() {
        cases.extend([
            soak(100.0, 0.25, 0.93, Hits::Good, 60, 0.0125),
            soak(30.0, 0.01, 0.6, Hits::Good, 1440, 0.05),
            soak(30.0, 0.05, 0.6, Hits::Good, 600, 0.0125),
            soak(30.0, 0.50, 0.6, Hits::Good, 300, 0.05),
            soak(100.0, 0.05, 0.03, Hits::Good, 1440, 0.05),
            soak(100.0, 0.25, 0.03, Hits::Good, 600, 0.05),
            soak(100.0, 0.50, 0.03, Hits::Good, 600, 0.05),
            soak(100.0, 0.05, 0.01, Hits::Bad, 600, 0.0125),
            soak(100.0, 0.50, 0.01, Hits::Bad, 300, 0.05),
            soak(200.0, 0.05, 0.05, Hits::Bad, 300, 0.05),
            soak(1.0, 0.05, 0.6, Hits::Good, 14400, 0.05),
            soak(3.0, 0.01, 0.6, Hits::Good, 14400, 0.05),
            soak(0.3, 0.5, 0.6, Hits::Good, 14400, 0.05),
        ]);
    }
    for case in cases {
        let traffic = Traffic::split(case.units, case.exposure, case.base).unwrap();
        let predicted = traffic
            .smallest_visible(case.hits, case.alpha, f64::from(case.strata), 0.8)
            .unwrap();
        let ratio = simulated_ratio(|seed, multiple| case.is_seen(seed, predicted * multiple));
        let Soak {
            units,
            exposure,
            base,
            strata,
            alpha,
            ..
        } = case;
        let name = format!("change of {base}, {units} a stratum at {exposure}, {strata} strata, alpha {alpha}");
        agrees(&name, predicted, ratio);
    }
}

/// Rises of rare bad events, seen by the exact alarm.
#[test]
fn the_smallest_visible_rise_is_the_one_that_simulation_finds() {
    let mut cases = vec![
        soak(100.0, 0.01, 0.01, Hits::Bad, 600, 0.0125),
        soak(100.0, 0.25, 0.002, Hits::Bad, 900, 0.0125),
    ];
    if is_whole() {
        cases.extend([
            soak(100.0, 0.01, 0.07, Hits::Bad, 300, 0.025),
            soak(100.0, 0.05, 0.002, Hits::Bad, 900, 0.0125),
            soak(100.0, 0.50, 0.01, Hits::Bad, 600, 0.0125),
            soak(1.0, 0.05, 0.01, Hits::Bad, 14_400, 0.025),
        ]);
    }
    for case in cases {
        let traffic = Traffic::split(case.units, case.exposure, case.base).unwrap();
        let predicted = traffic
            .smallest_visible_rise(case.alpha, f64::from(case.strata), 0.8)
            .unwrap();
        let ratio = simulated_ratio(|seed, multiple| {
            let mut rng = seeded(seed);
            let mut alarm = RareAlarm::new(0.0, case.alpha).unwrap();
            (0..case.strata).any(|_| {
                alarm.push(case.stratum(&mut rng, predicted * multiple));
                alarm.alarm() == Alarm::Harm
            })
        });
        let Soak {
            units,
            exposure,
            base,
            strata,
            ..
        } = case;
        let name = format!("rise of {base}, {units} a stratum at {exposure}, {strata} strata, exact alarm");
        agrees(&name, predicted, ratio);
    }
}

/// What a share exceeds its limit by, seen by the limit's alarm.
#[test]
fn the_smallest_visible_breach_is_the_one_that_simulation_finds() {
    let mut cases = vec![(5.0, 0.01, 600_u32), (25.0, 0.05, 300)];
    if is_whole() {
        cases.extend([
            (50.0, 0.001, 600),
            (50.0, 0.01, 1_200),
            (100.0, 0.05, 600),
            (0.5, 0.05, 7_200),
        ]);
    }
    for (per_s, limit, strata) in cases {
        let traffic = LimitTraffic {
            per_s,
            limit,
            stratum_s: 1.0,
        };
        let predicted = traffic.smallest_visible(0.025, f64::from(strata), 0.8).unwrap() - limit;
        let ratio = simulated_ratio(|seed, multiple| {
            let mut rng = seeded(seed);
            let mut test = ShareTest::new(limit, 0.025).unwrap();
            (0..strata).any(|_| {
                let n = poisson(&mut rng, per_s);
                test.push(ArmCounts::new(n, binomial(&mut rng, n, limit + predicted * multiple)));
                test.alarm() == Alarm::Harm
            })
        });
        agrees(
            &format!("breach of {limit}, {per_s} a stratum, {strata} strata"),
            predicted,
            ratio,
        );
    }
}

/// Drops of a completion and rises of errors, seen by any test of the criterion.
#[test]
fn what_a_criterion_sees_is_what_simulation_finds() {
    let mut cases = vec![
        soak(100.0, 0.05, 0.93, Hits::Good, 60, 0.05),
        soak(100.0, 0.25, 0.01, Hits::Bad, 300, 0.05),
    ];
    if is_whole() {
        cases.extend([
            soak(100.0, 0.01, 0.99, Hits::Good, 120, 0.05),
            soak(30.0, 0.25, 0.6, Hits::Good, 600, 0.0125),
            soak(100.0, 0.05, 0.002, Hits::Bad, 600, 0.0125),
            soak(100.0, 0.5, 0.02, Hits::Bad, 600, 0.0125),
        ]);
    }
    for case in cases {
        let Soak {
            units,
            exposure,
            base,
            hits,
            strata,
            alpha,
        } = case;
        let traffic = Traffic::split(units, exposure, base).unwrap();
        let limit = 2.0 * base;
        let predicted = match hits {
            Hits::Good => traffic.smallest_visible_drop(alpha, f64::from(strata), 0.8),
            Hits::Bad => traffic.smallest_visible_errors(limit, alpha, f64::from(strata), 0.8),
        }
        .unwrap();
        let ratio = simulated_ratio(|seed, multiple| {
            let mut rng = seeded(seed);
            let mut completion = CompletionAlarm::new(alpha).unwrap();
            let mut errors = ErrorAlarm::new(limit.min(0.9), alpha).unwrap();
            (0..strata).any(|_| {
                let stratum = case.stratum(&mut rng, predicted * multiple);
                match hits {
                    Hits::Good => {
                        completion.push(stratum);
                        completion.alarm() == Alarm::Harm
                    }
                    Hits::Bad => {
                        errors.push(stratum);
                        errors.alarm() == Alarm::Harm
                    }
                }
            })
        });
        let name = format!("change of {base}, {units} a stratum at {exposure}, {strata} strata, all tests");
        agrees(&name, predicted, ratio);
    }
}
