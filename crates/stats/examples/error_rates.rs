//! Prints seconds to pass and to harm in the demo's regime, simulated beside predicted: 100 attempts/s, completion
//! 0.93, strata of 1 s, seeds from 1.

use tidegate_stats::power::Traffic;
use tidegate_stats::{Alarm, ArmCounts, HarmAlarm, Hits, Margin, PairedStratum, PassTest, Passing};

const ALPHA: f64 = 0.05;
const RUNS: u64 = 2000;
const SECONDS_MAX: u32 = 600;
const BASE: f64 = 0.93;

fn main() {
    println!(
        "{:<26} {:>7} {:>7} {:>7} {:>10} {:>10}",
        "alpha 0.05, seconds to", "mean", "p50", "p95", "predicted", "pred. p95"
    );
    for (exposure, m) in [(0.1, 0.2), (0.5, 0.05)] {
        let margin = Margin::Relative(m);
        let seconds = sorted_seconds(exposure, 1.0, || {
            let mut test = PassTest::new(Hits::Good, margin, ALPHA).expect("a possible margin");
            move |stratum| {
                test.push(stratum);
                test.passing() == Passing::Pass
            }
        });
        let traffic = Traffic::split(100.0, exposure, BASE).expect("possible traffic");
        let mean = traffic.seconds_until_pass(Hits::Good, margin, ALPHA);
        let late = traffic.seconds_until_pass_with(Hits::Good, margin, ALPHA, 0.95);
        print_row(&format!("pass at {exposure}, margin {m}"), &seconds, mean, late);
    }
    for exposure in [0.1, 0.5] {
        for ratio in [0.6, 0.9] {
            let seconds = sorted_seconds(exposure, ratio, || {
                let mut alarm = HarmAlarm::new(Hits::Good, ALPHA).expect("a possible alpha");
                move |stratum| {
                    alarm.push(stratum);
                    alarm.alarm() == Alarm::Harm
                }
            });
            let traffic = Traffic::split(100.0, exposure, BASE).expect("possible traffic");
            let within = |chance| traffic.seconds_until_harm(Hits::Good, BASE * ratio, ALPHA, chance);
            print_row(
                &format!("harm at {exposure}, new x{ratio}"),
                &seconds,
                within(0.5),
                within(0.95),
            );
        }
    }
}

fn print_row(name: &str, seconds: &[u32], mean: Option<f64>, late: Option<f64>) {
    let average = seconds.iter().map(|second| f64::from(*second)).sum::<f64>() / seconds.len() as f64;
    let at = |share: f64| seconds[((seconds.len() - 1) as f64 * share) as usize];
    let shown = |predicted: Option<f64>| predicted.map_or_else(|| "never".to_owned(), |found| format!("{found:.1}"));
    println!(
        "{name:<26} {average:>7.1} {:>7} {:>7} {:>10} {:>10}",
        at(0.5),
        at(0.95),
        shown(mean),
        shown(late)
    );
}

/// Seconds until `judge` says so in each run, sorted; a run that never does counts as the longest.
fn sorted_seconds<J: FnMut(PairedStratum) -> bool>(exposure: f64, ratio: f64, judge: impl Fn() -> J) -> Vec<u32> {
    let mut seconds: Vec<u32> = (1..=RUNS)
        .map(|seed| {
            let mut chance = Chance(seed.wrapping_mul(0xD134_2543_DE82_EF95));
            let mut is_judged = judge();
            (1..=SECONDS_MAX)
                .find(|_| is_judged(second(&mut chance, exposure, ratio)))
                .unwrap_or(SECONDS_MAX)
        })
        .collect();
    seconds.sort_unstable();
    seconds
}

fn second(chance: &mut Chance, exposure: f64, ratio: f64) -> PairedStratum {
    let mut stratum = PairedStratum::default();
    // 1,000 chances of 0.1 are 100 attempts a second with a spread close to Poisson's.
    for _ in 0..1000 {
        if !chance.is_hit(0.1) {
            continue;
        }
        if chance.is_hit(exposure) {
            stratum.new = stratum.new + ArmCounts::new(1, u64::from(chance.is_hit(BASE * ratio)));
        } else {
            stratum.old = stratum.old + ArmCounts::new(1, u64::from(chance.is_hit(BASE)));
        }
    }
    stratum
}

/// SplitMix64 (Steele, Lea, Flood, 2014).
struct Chance(u64);

impl Chance {
    fn is_hit(&mut self, share: f64) -> bool {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        ((mixed >> 11) as f64) < share * (1_u64 << 53) as f64
    }
}
