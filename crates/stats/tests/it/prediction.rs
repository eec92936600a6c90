//! Predicted times until a pass agree with simulation within 10 %.

use tidegate_stats::limit_power::LimitTraffic;
use tidegate_stats::power::{Traffic, units_until_share_verdict};
use tidegate_stats::{Alarm, ArmCounts, Hits, Margin, PairedStratum, PassTest, Passing, ShareTest};

use crate::world::{binomial, is_whole, poisson, seeded};

const RUNS: u64 = 400;
const ALPHA: f64 = 0.05;
const STRATA_MAX: u32 = 20_000;

/// Sorted strata until `judge` says so; strata of `units`, one a second.
fn strata_until<J: FnMut(PairedStratum) -> bool>(
    units: f64,
    exposure: f64,
    base: f64,
    changed: f64,
    judge: impl Fn() -> J,
) -> Vec<f64> {
    let mut found: Vec<f64> = (0..RUNS)
        .map(|seed| {
            let mut rng = seeded(seed);
            let mut is_judged = judge();
            let at = (1..=STRATA_MAX).find(|_| {
                let (n, m) = (
                    poisson(&mut rng, units * exposure),
                    poisson(&mut rng, units * (1.0 - exposure)),
                );
                let (a, b) = (binomial(&mut rng, n, changed), binomial(&mut rng, m, base));
                is_judged(PairedStratum::new(ArmCounts::new(m, b), ArmCounts::new(n, a)))
            });
            f64::from(at.unwrap_or(STRATA_MAX))
        })
        .collect();
    found.sort_by(f64::total_cmp);
    found
}

/// Within a tenth, and the second that a look may come later.
fn agrees(name: &str, simulated: f64, predicted: f64) {
    println!("{name}: simulated {simulated:.1}, predicted {predicted:.1}, {RUNS} runs, seeds from 0");
    assert!((simulated - predicted).abs() <= 0.1 * simulated + 1.0, "{name}");
}

fn late(found: &[f64]) -> f64 {
    found[(RUNS as usize * 4) / 5]
}

#[test]
fn seconds_until_pass_agree() {
    let mut cases = vec![
        (100.0, 0.1, 0.93, Hits::Good, Margin::Relative(0.2)),
        (100.0, 0.5, 0.93, Hits::Good, Margin::Relative(0.05)),
        (30.0, 0.25, 0.6, Hits::Good, Margin::Relative(0.05)),
        (100.0, 0.5, 0.002, Hits::Bad, Margin::Absolute(0.01)),
        (100.0, 0.25, 0.02, Hits::Bad, Margin::Absolute(0.01)),
    ];
    if is_whole() {
        cases.extend([
            (100.0, 0.01, 0.93, Hits::Good, Margin::Relative(0.3)),
            (100.0, 0.05, 0.93, Hits::Good, Margin::Relative(0.1)),
            (100.0, 0.05, 0.6, Hits::Good, Margin::Relative(0.1)),
            (1.0, 0.25, 0.6, Hits::Good, Margin::Relative(0.2)),
            (0.3, 0.5, 0.6, Hits::Good, Margin::Relative(0.2)),
            (100.0, 0.05, 0.02, Hits::Bad, Margin::Relative(0.5)),
        ]);
    }
    for (units, exposure, base, hits, margin) in cases {
        let found = strata_until(units, exposure, base, base, || {
            let mut test = PassTest::new(hits, margin, ALPHA).unwrap();
            move |stratum| {
                test.push(stratum);
                test.passing() == Passing::Pass
            }
        });
        let traffic = Traffic::split(units, exposure, base).unwrap();
        let mean = found.iter().sum::<f64>() / RUNS as f64;
        let name = format!("{base} {margin:?} at {exposure} of {units}/s");
        let predicted = traffic.seconds_until_pass(hits, margin, ALPHA).unwrap();
        agrees(&format!("mean seconds, {name}"), mean, predicted);
        let predicted = traffic.seconds_until_pass_with(hits, margin, ALPHA, 0.8).unwrap();
        agrees(&format!("p80 seconds, {name}"), late(&found), predicted);
    }
}

#[test]
fn seconds_until_a_limit_is_kept_agree() {
    let mut cases = vec![(50.0, 0.01, 0.001), (50.0, 0.05, 0.02), (50.0, 0.05, 0.04)];
    if is_whole() {
        cases.extend([
            (5.0, 0.01, 0.0),
            (50.0, 0.01, 0.008),
            (500.0, 0.01, 0.009),
            (0.5, 0.05, 0.01),
        ]);
    }
    for (per_s, limit, share) in cases {
        let found = strata_until(2.0 * per_s, 0.5, share, share, || {
            let mut test = ShareTest::new(limit, ALPHA).unwrap();
            move |stratum: PairedStratum| {
                test.push(stratum.new);
                test.passing() == Passing::Pass
            }
        });
        let traffic = LimitTraffic {
            per_s,
            limit,
            stratum_s: 1.0,
        };
        let predicted = traffic.seconds_until_pass(share, ALPHA, 0.8).unwrap();
        agrees(
            &format!("p80 seconds, {share} of at most {limit} at {per_s}/s"),
            late(&found),
            predicted,
        );
    }
}

#[test]
fn units_until_a_share_verdict_agree() {
    for share in [0.02, 0.10] {
        let found = strata_until(10.0, 0.5, share, share, || {
            let mut test = ShareTest::new(0.05, ALPHA).unwrap();
            move |stratum: PairedStratum| {
                test.push(stratum.new);
                test.alarm() == Alarm::Harm || test.passing() == Passing::Pass
            }
        });
        let mean = 5.0 * found.iter().sum::<f64>() / RUNS as f64;
        let predicted = units_until_share_verdict(share, 0.05, ALPHA).unwrap();
        agrees(&format!("mean units, share {share}"), mean, predicted);
    }
}
