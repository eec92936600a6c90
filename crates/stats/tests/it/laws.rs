//! Laws that hold for any counts.

use proptest::prelude::*;
use tidegate_stats::batch::{BatchTest, Planned};
use tidegate_stats::joint::{CompletionAlarm, ErrorAlarm, SlowAlarm};
use tidegate_stats::{Alarm, ArmCounts, HarmAlarm, Hits, Margin, PairedStratum, PassTest, RareAlarm};

fn arm() -> impl Strategy<Value = ArmCounts> {
    (0_u64..80)
        .prop_flat_map(|n| (Just(n), 0..=n))
        .prop_map(|(n, hits)| ArmCounts::new(n, hits))
}

fn strata() -> impl Strategy<Value = Vec<PairedStratum>> {
    prop::collection::vec(
        (arm(), arm()).prop_map(|(old, new)| PairedStratum::new(old, new)),
        1..40,
    )
}

/// Counts of a night, hits not above a fifth.
fn batch() -> impl Strategy<Value = ArmCounts> {
    (100_u64..400)
        .prop_flat_map(|n| (Just(n), 0..=n / 5))
        .prop_map(|(n, hits)| ArmCounts::new(n, hits))
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Old,
    New,
}

fn visitors() -> Vec<(Side, bool)> {
    (0..300)
        .map(|at| (if at % 3 == 0 { Side::New } else { Side::Old }, at % 7 == 0))
        .collect()
}

fn harm(hits: Hits, strata: &[PairedStratum]) -> Alarm {
    HarmAlarm::fold(hits, 0.05, strata).unwrap().alarm()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if crate::world::is_whole() { 2_000 } else { 512 }, rng_seed: prop::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_harmless_visitor_never_turns_quiet_into_harm(strata in strata(), at in any::<prop::sample::Index>()) {
        let at = at.index(strata.len());
        let mut better = strata.clone();
        better[at].new = better[at].new + ArmCounts::new(1, 1);
        prop_assert!(!(harm(Hits::Good, &strata) == Alarm::Quiet && harm(Hits::Good, &better) == Alarm::Harm));
        let mut calmer = strata.clone();
        calmer[at].new = calmer[at].new + ArmCounts::new(1, 0);
        prop_assert!(!(harm(Hits::Bad, &strata) == Alarm::Quiet && harm(Hits::Bad, &calmer) == Alarm::Harm));
        let rare = |strata: &[PairedStratum]| RareAlarm::fold(0.0, 0.05, strata).unwrap().alarm();
        prop_assert!(!(rare(&strata) == Alarm::Quiet && rare(&calmer) == Alarm::Harm));
    }

    /// All alarms of a completion, of errors with their limit, and of frozen thresholds.
    #[test]
    fn a_harmless_visitor_never_turns_any_joint_alarm_into_harm(strata in strata(), at in any::<prop::sample::Index>(), limit in 0.0_f64..0.5) {
        let at = at.index(strata.len());
        let with = |visitor: ArmCounts| {
            let mut more = strata.clone();
            more[at].new = more[at].new + visitor;
            more
        };
        let is_turned = |alarm: &dyn Fn(&[PairedStratum]) -> Alarm, visitor: ArmCounts| {
            alarm(&strata) != Alarm::Harm && alarm(&with(visitor)) == Alarm::Harm
        };
        let completion = |strata: &[PairedStratum]| {
            let mut alarm = CompletionAlarm::new(0.05).unwrap();
            strata.iter().for_each(|stratum| alarm.push(*stratum));
            alarm.alarm()
        };
        prop_assert!(!is_turned(&completion, ArmCounts::new(1, 1)));
        let errors = |strata: &[PairedStratum]| {
            let mut alarm = ErrorAlarm::new(limit, 0.05).unwrap();
            strata.iter().for_each(|stratum| alarm.push(*stratum));
            alarm.alarm()
        };
        prop_assert!(!is_turned(&errors, ArmCounts::new(1, 0)));
        let slow = |strata: &[PairedStratum]| {
            let mut alarm = SlowAlarm::new(0.05).unwrap();
            strata.iter().for_each(|stratum| alarm.push([*stratum; 3]));
            alarm.alarm()
        };
        prop_assert!(!is_turned(&slow, ArmCounts::new(1, 0)));
    }

    /// Few looks at large batches; the visitor may come in any of them.
    #[test]
    fn a_harmless_visitor_never_turns_a_batch_into_harm(batches in prop::collection::vec((batch(), batch()), 1..6), at in any::<prop::sample::Index>()) {
        let at = at.index(batches.len());
        let alarm = |visitor: u64| {
            let mut test = BatchTest::new(Hits::Bad, Margin::Absolute(0.05), 0.2, 0.2, Planned::Looks(5)).unwrap();
            for (now, (old, new)) in batches.iter().enumerate() {
                let more = ArmCounts::new(if now == at { visitor } else { 0 }, 0);
                test.push(PairedStratum::new(*old, *new + more));
            }
            test.alarm()
        };
        prop_assert!(!(alarm(0) == Alarm::Quiet && alarm(1) == Alarm::Harm));
    }

    /// Visitors of a stratum in whatever order they come.
    #[test]
    fn order_inside_a_stratum_does_not_matter(visitors in Just(visitors()).prop_shuffle(), split in 0_usize..300) {
        let count = |visitors: &[(Side, bool)]| visitors.iter().fold(PairedStratum::default(), |sum, (side, hit)| {
            let one = ArmCounts::new(1, u64::from(*hit));
            sum + match side {
                Side::Old => PairedStratum::new(one, ArmCounts::default()),
                Side::New => PairedStratum::new(ArmCounts::default(), one),
            }
        });
        let (first, second) = visitors.split_at(split);
        for stratum in [count(&visitors), count(first) + count(second), count(second) + count(first)] {
            prop_assert_eq!(stratum, count(&self::visitors()));
            prop_assert_eq!(HarmAlarm::fold(Hits::Good, 0.05, &[stratum]), HarmAlarm::fold(Hits::Good, 0.05, &[count(&self::visitors())]));
        }
    }

    #[test]
    fn shards_of_a_stratum_in_any_order_equal_one_stream(strata in strata(), parts in prop::collection::vec((arm(), arm()), 40)) {
        let extra: Vec<PairedStratum> = parts.into_iter().map(|(old, new)| PairedStratum::new(old, new)).collect();
        let one: Vec<_> = strata.iter().zip(&extra).map(|(a, b)| *a + *b).collect();
        let other: Vec<_> = strata.iter().zip(&extra).map(|(a, b)| *b + *a).collect();
        prop_assert_eq!(HarmAlarm::fold(Hits::Good, 0.05, &one), HarmAlarm::fold(Hits::Good, 0.05, &other));
        let pass = |strata: &[PairedStratum]| PassTest::fold(Hits::Good, Margin::Relative(0.1), 0.05, strata);
        prop_assert_eq!(pass(&one), pass(&other));
        let rare = |strata: &[PairedStratum]| RareAlarm::fold(0.0, 0.05, strata);
        prop_assert_eq!(rare(&one), rare(&other));
    }

    #[test]
    fn a_fold_equals_its_pushes_and_every_output_is_a_number(strata in strata()) {
        let mut pushed = HarmAlarm::new(Hits::Good, 0.05).unwrap();
        strata.iter().for_each(|stratum| pushed.push(*stratum));
        let folded = HarmAlarm::fold(Hits::Good, 0.05, &strata).unwrap();
        prop_assert_eq!(folded.lost_so_far().to_bits(), pushed.lost_so_far().to_bits());
        prop_assert!(!pushed.lost_so_far().is_nan() && !pushed.variance().is_nan() && !pushed.ln_evidence_max().is_nan());
        if let Some(shown) = pushed.difference() {
            prop_assert!(shown.low_pp <= shown.point_pp && shown.point_pp <= shown.high_pp);
        }
    }
}
