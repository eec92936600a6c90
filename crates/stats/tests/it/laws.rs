//! Laws that hold for any counts.

use proptest::prelude::*;
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

fn harm(hits: Hits, strata: &[PairedStratum]) -> Alarm {
    HarmAlarm::fold(hits, 0.05, strata).unwrap().alarm()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, rng_seed: prop::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

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

    #[test]
    fn shards_of_a_stratum_in_any_order_equal_one_stream(strata in strata(), parts in prop::collection::vec((arm(), arm()), 40)) {
        let extra: Vec<PairedStratum> = parts.into_iter().map(|(old, new)| PairedStratum::new(old, new)).collect();
        let one: Vec<_> = strata.iter().zip(&extra).map(|(a, b)| *a + *b).collect();
        let other: Vec<_> = strata.iter().zip(&extra).map(|(a, b)| *b + *a).collect();
        prop_assert_eq!(HarmAlarm::fold(Hits::Good, 0.05, &one), HarmAlarm::fold(Hits::Good, 0.05, &other));
        let pass = |strata: &[PairedStratum]| PassTest::fold(Hits::Good, Margin::Relative(0.1), 0.05, strata);
        prop_assert_eq!(pass(&one), pass(&other));
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
