//! Readings of fixed strata keep their bits: a journal that was written by an earlier build is judged as it was then.

use tidegate_stats::{
    Alarm, ArmCounts, Difference, HarmAlarm, Hits, Margin, PairedStratum, PassTest, Passing, RareAlarm, ShareTest,
    SrmTest,
};

/// Integers alone, so that the strata are the same on every machine.
fn strata() -> Vec<PairedStratum> {
    let mut state = 20_260_401_u64;
    let mut below = move |limit: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let mut arm = |units: u64| {
        let n = below(units);
        let hits = (0..n).filter(|_| below(100) < 12).count() as u64;
        ArmCounts::new(n, hits)
    };
    (0..600)
        .map(|at| PairedStratum::new(arm(60), arm(if at < 300 { 5 } else { 50 })))
        .collect()
}

/// FNV-1a over words.
struct Digest(u64);

impl Digest {
    fn push(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn alarm(&mut self, alarm: Alarm) {
        self.push(match alarm {
            Alarm::CannotSpeak => 0,
            Alarm::Quiet => 1,
            Alarm::Harm => 2,
        });
    }

    fn difference(&mut self, shown: Difference) {
        for pp in [shown.point_pp, shown.low_pp, shown.high_pp] {
            self.push(pp.to_bits());
        }
    }

    fn passing(&mut self, passing: Passing) {
        self.push(match passing {
            Passing::CannotSpeak => 0,
            Passing::NotYet { units_needed } => 10 + units_needed.unwrap_or(0),
            Passing::Pass => 1,
        });
    }
}

fn digest(read: impl FnOnce(&mut Digest)) -> u64 {
    let mut digest = Digest(0xCBF2_9CE4_8422_2325);
    read(&mut digest);
    digest.0
}

#[test]
fn readings_of_fixed_strata_keep_their_bits() {
    let strata = strata();
    let harm = digest(|digest| {
        for hits in [Hits::Good, Hits::Bad] {
            let mut alarm = HarmAlarm::new(hits, 0.0125).unwrap();
            for stratum in &strata {
                alarm.push(*stratum);
                digest.alarm(alarm.alarm());
                for reading in [alarm.lost_so_far(), alarm.variance(), alarm.ln_evidence_max()] {
                    digest.push(reading.to_bits());
                }
                if let Some(shown) = alarm.difference() {
                    digest.difference(shown);
                }
            }
        }
    });
    let rare = digest(|digest| {
        let mut alarm = RareAlarm::new(0.1, 0.0125).unwrap();
        for stratum in &strata {
            alarm.push(*stratum);
            digest.alarm(alarm.alarm());
            digest.push(alarm.ln_evidence().to_bits());
            digest.push(alarm.ln_evidence_max().to_bits());
        }
    });
    let share = digest(|digest| {
        let mut test = ShareTest::new(0.15, 0.025).unwrap();
        for stratum in &strata {
            test.push(stratum.new);
            digest.alarm(test.alarm());
            digest.passing(test.passing());
            digest.push(test.ln_evidence().to_bits());
        }
    });
    let split = digest(|digest| {
        let mut test = SrmTest::new(0.001).unwrap();
        for (at, stratum) in strata.iter().enumerate() {
            test.push(if at < 300 { 800 } else { 4_500 }, stratum.new.n, stratum.old.n);
            digest.push(test.ln_evidence().to_bits());
        }
    });
    let pass = digest(|digest| {
        for (hits, margin) in [
            (Hits::Good, Margin::Relative(0.1)),
            (Hits::Bad, Margin::Absolute(0.02)),
            (Hits::Bad, Margin::Relative(0.2)),
        ] {
            let mut test = PassTest::new(hits, margin, 0.05).unwrap();
            for stratum in &strata {
                test.push(*stratum);
                digest.passing(test.passing());
                digest.push(u64::from(test.has_passed()));
                for reading in [test.distance(), test.variance(), test.ln_evidence()] {
                    digest.push(reading.to_bits());
                }
                if let Some(shown) = test.difference() {
                    digest.difference(shown);
                }
            }
        }
    });
    assert_eq!(
        [harm, rare, share, split, pass],
        [
            2_233_577_649_638_354_092,
            13_468_852_115_485_071_696,
            3_782_118_130_765_435_549,
            191_028_014_168_582_573,
            45_812_020_033_713_250
        ],
        "harm, rare, share, split, pass"
    );
}
