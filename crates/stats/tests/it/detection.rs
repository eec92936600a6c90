//! The detection rates of the design: how often and when harm is found over four days at 1, 5, 25 and 50 %, looked at every
//! minute, with a base rate and a traffic that move. The design does not say how its own moved, so its rates are reached
//! when they are met within three points and two standard errors, its medians within an eighth.

use tidegate_stats::{Alarm, HarmAlarm, Hits};

use crate::error_rates::{ALPHA, SEED, equal};
use crate::world::{Ramp, STEPS, is_whole, seeded};

const MINUTES: u32 = 4 * 1440;

/// A harm with what the design says of it.
struct Harm {
    base: f64,
    units: f64,
    hits: Hits,
    ratio: f64,
    /// Median minute of those found, where most are.
    median: Option<u32>,
    /// Share of runs in which it is found.
    found: f64,
}

fn good(base: f64, units: f64, ratio: f64, median: Option<u32>, found: f64) -> Harm {
    Harm {
        base,
        units,
        hits: Hits::Good,
        ratio,
        median,
        found,
    }
}

fn runs() -> u64 {
    if is_whole() { 800 } else { 100 }
}

impl Harm {
    /// Sorted minutes at which it was found.
    fn minutes(&self) -> Vec<u32> {
        let world = Ramp {
            ratio: self.ratio,
            ..equal(self.base, self.units, 1440)
        };
        let mut minutes: Vec<u32> = (SEED..SEED + runs())
            .filter_map(|seed| {
                let mut rng = seeded(seed);
                let mut alarm = HarmAlarm::new(self.hits, ALPHA).unwrap();
                (0..MINUTES).find(|minute| {
                    let exposure = STEPS[*minute as usize / 1440];
                    let day = f64::from(*minute) / 1440.0;
                    let now = Ramp {
                        units: self.units * (1.0 + 0.5 * (core::f64::consts::TAU * day).sin()),
                        ..world
                    };
                    alarm.push(now.stratum(&mut rng, exposure, f64::from(*minute) / f64::from(MINUTES)));
                    alarm.alarm() == Alarm::Harm
                })
            })
            .collect();
        minutes.sort_unstable();
        minutes
    }
}

#[test]
fn detection_rates_of_the_design_are_reached() {
    let mut harms = vec![
        good(0.03, 100.0, 0.7, Some(1698), 1.0),
        good(0.6, 30.0, 0.9, Some(1472), 1.0),
        good(0.6, 30.0, 0.95, Some(1934), 1.0),
        good(0.6, 30.0, 0.98, Some(3484), 0.94),
        Harm {
            hits: Hits::Bad,
            ..good(0.05, 200.0, 6.57 / 5.0, Some(780), 1.0)
        },
    ];
    if is_whole() {
        harms.extend([
            good(0.03, 100.0, 0.0, Some(474), 1.0),
            good(0.03, 100.0, 0.9, Some(3239), 1.0),
            good(0.03, 100.0, 0.95, None, 0.51),
            good(0.03, 100.0, 0.98, None, 0.13),
            good(0.6, 30.0, 0.99, None, 0.35),
        ]);
    }
    for harm in harms {
        let minutes = harm.minutes();
        let found = minutes.len() as f64 / runs() as f64;
        let name = format!("{} x{:.3}, {} a minute", harm.base, harm.ratio, harm.units);
        let slack = 2.0 * (harm.found * (1.0 - harm.found) / runs() as f64).sqrt();
        println!(
            "{name}: found in {:.1} % of {} runs, median minute {}, seeds from {SEED}, design {:.0} %{}",
            100.0 * found,
            runs(),
            minutes.get(minutes.len() / 2).copied().unwrap_or(MINUTES),
            100.0 * harm.found,
            harm.median.map_or(String::new(), |median| format!(" at {median}"))
        );
        assert!(found >= harm.found - 0.03 - slack, "{name}: found in {found}");
        if let Some(median) = harm.median {
            assert!(minutes[minutes.len() / 2] <= median + median / 8, "{name}");
        }
    }
}
