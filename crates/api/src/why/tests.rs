//! What a person reads of a verdict.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use tidegate_engine::event::Reading;
use tidegate_engine::judge::{Allowance, Asks, Check, Explanation, Says, Test};
use tidegate_engine::view::words;
use tidegate_model::plan::{Criterion, Measure, OnHarm};
use tidegate_model::seam::Verdict;
use tidegate_model::{BasisPoints, CriterionId, DomainId, FlowId, Millis, Money, PartsPerMillion, StageId, Timestamp};

use super::{Section, small, tell};

fn criterion(measure: Measure) -> Criterion {
    Criterion {
        id: CriterionId::parse("buy").unwrap(),
        title: "flow “buy”, completed".into(),
        measure,
        segment: None,
        on_harm: OnHarm::Rollback,
        owner: DomainId::parse("checkout").unwrap(),
        weight: 4,
        max_silence: Millis::minutes(5),
    }
}

fn completion() -> Criterion {
    criterion(Measure::Completion {
        flow: FlowId::parse("buy").unwrap(),
    })
}

fn account() -> tidegate_engine::event::Account {
    tidegate_engine::event::Account {
        alpha_plan: 0.05,
        alpha_share: 0.02,
        alpha_of_try: 0.012_158,
        alpha_spent: 0.012_158,
        this_try: 1,
        margin: Some(0.05),
        is_margin_relative: true,
        limit: None,
        money: Some(Money {
            minor: 138_000,
            currency: "EUR".into(),
        }),
        money_most: Some(Money {
            minor: 228_550,
            currency: "EUR".into(),
        }),
        harm_in: Some(Millis::seconds(200)),
    }
}

fn reading() -> Reading {
    Reading {
        old: Some((9_140, 5_651)),
        new: Some((482, 275)),
        difference: Some(-0.0477),
        interval: Some((-0.079, -0.016)),
        lost: Some(23.0),
        can_see: Some(0.31),
        speaks_in: Some(Millis::minutes(9)),
        strata: 42,
        account: Some(account()),
        why: "new 57.1 % of 482, old 61.8 % of 9,140: worse beyond chance".into(),
        ..Reading::default()
    }
}

fn test(name: &str, asks: Asks, says: Says) -> Test {
    Test {
        name: name.into(),
        asks,
        says,
        alpha: 0.006_079,
        old: Some((9_140, 5_651)),
        new: (482, 275),
        against: None,
        statistic: None,
        rest: None,
        variance: None,
        boundary: None,
        ln_evidence: None,
        ln_needed: Some(5.1),
        needed: None,
    }
}

fn explanation() -> Explanation {
    Explanation {
        stage: StageId::parse("checkout").unwrap(),
        criterion: CriterionId::parse("buy").unwrap(),
        title: "flow “buy”, completed".into(),
        segment: Some("payment=card".into()),
        at: Timestamp(1_772_460_228_000),
        attempt: 1,
        restarts: 0,
        step: Some(1),
        exposure: BasisPoints::new(5_000).unwrap(),
        verdict: Verdict::Harm,
        reading: reading(),
        was_harm: false,
        strata_of_attempt: 80,
        strata_of_step: 42,
        open_of_step: (0, 0),
        allowance: Some(Allowance {
            plan: 0.05,
            weight: 4,
            weights: 10,
            share: 0.02,
            this_try: 1,
            of_try: 0.012_158,
            spent: 0.012_158,
        }),
        totals: Vec::new(),
        tests: vec![
            Test {
                statistic: Some(40.0),
                variance: Some(120.0),
                boundary: Some(36.4),
                ln_evidence: Some(6.1),
                ..test("stratified", Asks::Harm, Says::Harm)
            },
            Test {
                ln_evidence: Some(3.2),
                ..test("exact", Asks::Harm, Says::Quiet)
            },
            Test {
                against: Some(0.05),
                statistic: Some(-3.0),
                variance: Some(115.0),
                boundary: Some(33.0),
                needed: Some(1_240),
                ..test("stratified", Asks::Pass, Says::NotYet)
            },
        ],
        checks: vec![
            Check {
                name: "counts".into(),
                holds: true,
                detail: "no stratum has more hits than attempts".into(),
            },
            Check {
                name: "fallbacks".into(),
                holds: false,
                detail: "12 of 482 attempts were served by the old side".into(),
            },
        ],
    }
}

fn text(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text.push_str(&format!("{}\n", section.title));
        for row in &section.rows {
            text.push_str(&format!("- {}: {}\n", row.what, row.says));
        }
    }
    text
}

#[test]
fn a_verdict_is_told_with_its_counts_tests_alpha_checks_and_sight() {
    let told = tell(&completion(), &reading(), Some(&explanation()));
    assert_eq!(
        text(&told),
        "\
Counts of this step
- old: 5,651 of 9,140 attempts completed (61.8 %)
- new: 275 of 482 attempts completed (57.1 %)
- difference: −4.8 pp, [−7.9, −1.6] at any look, over the attempt
- lost so far: 23 completed, 1,380 EUR at the declared basket; up to 2,286 EUR is not excluded
- strata: 42 strata of this step, 80 of the attempt
Tests
- harm? stratified: yes, worse beyond chance; 40.0 fewer completed than the old side's share, harm needs 36.4 fewer: reached (variance 120.0); ln of the evidence 6.10, 5.10 needed: reached; alpha 0.608 %
- harm? exact: no alarm, which is no pass; ln of the evidence 3.20 at its highest, 5.10 needed: not reached; alpha 0.608 %
- pass? stratified: not decided yet; -3.0 completed clear of the margin of 5.0 %, 33.0 needed: 36.0 missing (variance 115.0); 1,240 attempts more on the new side at the present shares; alpha 0.608 %
Chance of a false alarm (alpha)
- plan: 5.00 %, over all stages and tries
- this criterion: 2.00 %, weight 4 of 10
- this try: 1.22 %, try 1
- spent: 1.22 % of its share, this try included
Can the counts be believed?
- counts: yes: no stratum has more hits than attempts
- fallbacks: no: 12 of 482 attempts were served by the old side
What this step can still see
- smallest harm: 31.0 % of the old side's: found with a chance of 80 % before its time is over
- pass: in about 9 min at the present traffic
- harm: one as large as the margin of 5.0 % would be found in about 3 min 20 s, with a chance of 80 %
"
    );
}

#[test]
fn without_an_explanation_the_journalled_numbers_are_told_and_no_tests() {
    let told = text(&tell(&completion(), &reading(), None));
    assert!(told.contains("- new: 275 of 482 attempts completed"), "{told}");
    assert!(told.contains("- this try: 1.22 %, try 1"), "{told}");
    assert!(!told.contains("Tests") && !told.contains("believed"), "{told}");
}

#[test]
fn what_was_not_counted_is_no_zero() {
    let nothing = Reading {
        old: Some((0, 0)),
        new: Some((0, 0)),
        ..Reading::default()
    };
    let told = text(&tell(&completion(), &nothing, None));
    assert_eq!(told, "Counts of this step\n- old: no attempts\n- new: no attempts\n");
    assert_eq!(tell(&completion(), &Reading::default(), None), []);
}

#[test]
fn bad_hits_are_more_and_never_lost_orders() {
    let errors = criterion(Measure::Errors {
        flow: FlowId::parse("buy").unwrap(),
        at_most: PartsPerMillion::new(10_000).unwrap(),
        not_worse_by: PartsPerMillion::new(5_000).unwrap(),
    });
    let mut explanation = explanation();
    explanation.tests[0].statistic = Some(-3.0);
    explanation.tests[1] = Test {
        statistic: Some(0.021),
        against: Some(0.01),
        ln_evidence: Some(1.0),
        ..test("limit", Asks::Harm, Says::Quiet)
    };
    let told = text(&tell(&errors, &reading(), Some(&explanation)));
    assert!(told.contains("3.0 fewer failed than the old side's share"), "{told}");
    assert!(told.contains("harm needs 36.4 more: 39.4 missing"), "{told}");
    assert!(told.contains("2.1 % of the new side, limit 1.0 %"), "{told}");
    assert!(told.contains("5.10 needed: not told apart from the limit"), "{told}");
    explanation.tests[0].statistic = Some(3.0);
    let told = text(&tell(&errors, &reading(), Some(&explanation)));
    assert!(told.contains("3.0 more failed than the old side's share"), "{told}");
}

#[test]
fn a_gain_is_no_loss() {
    let gain = Reading {
        lost: Some(-4.0),
        account: None,
        ..reading()
    };
    let told = text(&tell(&completion(), &gain, None));
    assert!(
        told.contains("lost so far: none, 4 more completed than on the old side\n"),
        "{told}"
    );
}

#[test]
fn a_small_chance_keeps_three_digits() {
    let shown: Vec<String> = [0.05, 0.012_158, 0.006_079, 0.000_633, 0.000_000_4].map(small).into();
    assert_eq!(shown, ["5.00 %", "1.22 %", "0.608 %", "0.0633 %", "4.00e-5 %"]);
    assert_eq!(words::percent(0.05), "5.0 %");
}
