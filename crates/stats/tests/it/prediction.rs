//! Predictions of power agree with simulation within 15 %.

use tidegate_stats::power::{Traffic, units_until_share_verdict};
use tidegate_stats::{Alarm, ArmCounts, HarmAlarm, Hits, Margin, PairedStratum, PassTest, Passing, ShareTest};

use crate::world::{binomial, poisson, seeded};

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

fn agrees(name: &str, simulated: f64, predicted: f64) {
    println!("{name}: simulated {simulated:.1}, predicted {predicted:.1} ({RUNS} runs, seeds from 0)");
    assert!((simulated - predicted).abs() <= 0.15 * simulated + 1.0, "{name}");
}

#[test]
fn seconds_until_pass_agree() {
    let cases = [
        (100.0, 0.1, 0.93, Hits::Good, Margin::Relative(0.2)),
        (100.0, 0.5, 0.93, Hits::Good, Margin::Relative(0.05)),
        (30.0, 0.25, 0.6, Hits::Good, Margin::Relative(0.05)),
        (100.0, 0.5, 0.002, Hits::Bad, Margin::Absolute(0.01)),
        (100.0, 0.25, 0.02, Hits::Bad, Margin::Absolute(0.01)),
    ];
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
        agrees(
            &format!("mean, {base} {margin:?}"),
            mean,
            traffic.seconds_until_pass(hits, margin, ALPHA).unwrap(),
        );
        let late = traffic.seconds_until_pass_with(hits, margin, ALPHA, 0.8).unwrap();
        agrees(&format!("p80, {base} {margin:?}"), found[(RUNS as usize * 4) / 5], late);
    }
}

#[test]
fn the_smallest_visible_drop_is_seen_in_four_runs_of_five() {
    for (units, exposure, base, hits, soak) in [
        (100.0, 0.1, 0.93, Hits::Good, 60.0),
        (30.0, 0.25, 0.6, Hits::Good, 600.0),
        (100.0, 0.5, 0.01, Hits::Bad, 300.0),
    ] {
        let traffic = Traffic::split(units, exposure, base).unwrap();
        let change = traffic.smallest_visible(hits, ALPHA, soak, 0.8).unwrap();
        let changed = if hits == Hits::Good {
            base * (1.0 - change)
        } else {
            base * (1.0 + change)
        };
        let found = strata_until(units, exposure, base, changed, || {
            let mut alarm = HarmAlarm::new(hits, ALPHA).unwrap();
            let mut age = 0.0;
            move |stratum| {
                alarm.push(stratum);
                age += 1.0;
                alarm.alarm() == Alarm::Harm || age >= 2.0 * soak
            }
        });
        let seen = found.iter().filter(|seconds| **seconds <= soak).count() as f64 / RUNS as f64;
        println!(
            "change of {:.1} % of {base} within {soak} s: seen in {seen}",
            100.0 * change
        );
        agrees("p80 of harm", found[(RUNS as usize * 4) / 5], soak);
        assert!((0.7..=0.9).contains(&seen), "{seen}");
    }
}

#[test]
fn units_until_a_share_verdict_agree() {
    for share in [0.02, 0.10] {
        let found = strata_until(100.0, 0.5, share, share, || {
            let mut test = ShareTest::new(0.05, ALPHA).unwrap();
            move |stratum: PairedStratum| {
                test.push(stratum.new);
                test.alarm() == Alarm::Harm || test.passing() == Passing::Pass
            }
        });
        let mean = found.iter().sum::<f64>() / RUNS as f64;
        agrees(
            &format!("share {share}"),
            mean,
            units_until_share_verdict(share, 0.05, ALPHA).unwrap() / 50.0,
        );
    }
}
