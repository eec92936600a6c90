//! What a person reads of a criterion.

use tidegate_engine::event::{Account, Reading};
use tidegate_model::{CriterionId, DomainId, Millis, Money};

use super::*;

fn criterion(kind: &str, verdict: &str, reading: Reading) -> CriterionView {
    CriterionView {
        id: CriterionId::parse("buy").expect("a name"),
        title: "flow “buy”, completed".into(),
        kind: kind.into(),
        segment: Some("payment=card".into()),
        owner: DomainId::parse("checkout").expect("a name"),
        verdict: verdict.into(),
        since: None,
        evidence_at: None,
        reading,
        slowed: None,
        after: None,
        open: (0, 0),
        series: Vec::new(),
    }
}

fn told(criterion: &CriterionView) -> String {
    let mut text = String::new();
    describe_criterion(criterion, &mut text);
    text
}

#[test]
fn a_criterion_has_both_sides_what_was_lost_what_can_be_seen_and_when_it_speaks() {
    let reading = Reading {
        old: Some((9_140, 5_651)),
        new: Some((482, 275)),
        difference: Some(-0.0477),
        interval: Some((-0.079, 0.016)),
        lost: Some(23.0),
        can_see: Some(0.31),
        speaks_in: Some(Millis::minutes(9)),
        account: Some(Account {
            alpha_plan: 0.05,
            alpha_share: 0.02,
            alpha_of_try: 0.012,
            alpha_spent: 0.012,
            this_try: 1,
            margin: Some(0.05),
            is_margin_relative: true,
            limit: None,
            money: Some(Money {
                minor: 138_000,
                currency: "EUR".into(),
            }),
            money_most: None,
            harm_in: None,
        }),
        why: "a loss of 5.0 % is not excluded yet".into(),
        ..Reading::default()
    };
    assert_eq!(
        told(&criterion("completion", "not yet", reading)),
        "      not yet      flow “buy”, completed, only payment=card - a loss of 5.0 % is not excluded yet
                   old 61.8 % of 9,140; new 57.1 % of 482; difference −4.8 pp [−7.9, +1.6]; lost 23, 1,380 EUR; can see 31.0 % of the old side's; speaks in 9 min\n"
    );
}

#[test]
fn attempts_that_may_still_turn_bad_are_told_beside_their_side() {
    let reading = Reading {
        old: Some((900, 9)),
        new: Some((100, 1)),
        ..Reading::default()
    };
    let young = CriterionView {
        open: (0, 40),
        ..criterion("errors", "not yet", reading)
    };
    let text = told(&young);
    assert!(
        text.contains("old 1.0 % of 900; new 1.0 % of 100 (40 still open)"),
        "{text}"
    );
}

#[test]
fn what_was_not_counted_is_left_out_and_never_a_zero() {
    let nothing = Reading {
        old: Some((0, 0)),
        new: Some((0, 0)),
        why: "nothing was counted since 14:00:00".into(),
        ..Reading::default()
    };
    let text = told(&criterion("completion", "no data", nothing));
    assert_eq!(text.lines().count(), 1, "{text}");
    let rows = Reading {
        old: Some((1_000, 0)),
        new: Some((998, 2)),
        difference: Some(0.002),
        ..Reading::default()
    };
    let text = told(&criterion("sql", "harm", rows));
    assert!(text.ends_with("old 1,000 rows, new 998, 2 differ\n"), "{text}");
}
