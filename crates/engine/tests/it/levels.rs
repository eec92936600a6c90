//! Criteria that ask a source for a number.

use tidegate_engine::state::Phase;
use tidegate_model::plan::OnHarm;
use tidegate_model::{Millis, StageId};

use crate::asked::{exposed, level, pages_about_silence, says, tell, word};
use crate::script::run;
use crate::shop::name;
use crate::world::World;

/// As long as a number must be within its bound, or beyond it.
const LASTING: Millis = Millis::seconds(4);

#[track_caller]
fn check(told: &str, expected: &str) {
    let mut world = exposed(level(LASTING), OnHarm::Hold);
    tell(&mut world, told);
    assert_eq!(says(&world), expected, "after `{told}`");
}

fn phase(world: &World) -> Phase {
    world.state.stages[&name::<StageId>("catalogue")].phase
}

#[test]
fn within_the_bound_for_long_enough_is_a_pass_and_nothing_else_is() {
    check("", "not yet: the source was not asked yet");
    check(
        "7",
        "not yet: 7 was told, at most 10 for 0s under this step; 4s is a pass",
    );
    check("7 +2 8 +2 9", "pass: 9 was told, at most 10 for 4s");
    check(
        "7 +2 11 +2 9",
        "not yet: 9 was told, at most 10 for 0s under this step; 4s is a pass",
    );
}

#[test]
fn beyond_the_bound_for_long_enough_is_harm_whatever_is_missing_between() {
    check("11", "not yet: 11 was told, beyond at most 10 for 0s; 4s is harm");
    check("11 +2 12 +2 13", "harm: 13 was told, beyond at most 10 for 4s");
    check(
        "11 +1 silent +1 nothing +1 nan +1 13",
        "harm: 13 was told, beyond at most 10 for 4s",
    );
    check("11 +4 13 +1 silent", "harm: 13 was told, beyond at most 10 for 4s");
    check(
        "11 +2 9 +2 11",
        "not yet: 11 was told, beyond at most 10 for 0s; 4s is harm",
    );
}

#[test]
fn two_numbers_beyond_with_nothing_known_for_long_between_are_no_lasting_harm() {
    check(
        "11 +7200 13",
        "not yet: 13 was told, beyond at most 10 for 0s; 4s is harm",
    );
    check(
        "11 +2 12 +2 13 +7200 13",
        "harm: 13 was told, beyond at most 10 for 2h4s",
    );
}

#[test]
fn a_bound_that_need_not_last_is_broken_at_once() {
    let mut world = exposed(level(Millis(0)), OnHarm::Rollback);
    tell(&mut world, "10");
    assert_eq!(word(&world), "pass");
    tell(&mut world, "11");
    assert_eq!(phase(&world), Phase::RollingBack);
}

#[test]
fn an_answer_that_is_missing_starts_the_pass_anew() {
    for gap in ["nothing", "nan", "silent"] {
        check(
            &format!("7 +2 {gap} +2 8"),
            "not yet: 8 was told, at most 10 for 0s under this step; 4s is a pass",
        );
    }
    check(
        "7 +7 8",
        "not yet: 8 was told, at most 10 for 0s under this step; 4s is a pass",
    );
}

#[test]
fn what_is_no_number_is_named_and_opens_nothing() {
    check("7 +4 8 nothing", "no data: no series");
    check("7 +4 8 nan", "invalid: the answer is NaN");
    check("7 +4 8 silent", "source down: connection refused");
    check("7 +4 8 3/100", "invalid: the answer is no number");
    check(
        "7 +4 8 +7",
        "invalid: the newest number, 8, is about 2026-03-02T09:00:04.000Z; one older than 6s does not count",
    );
    check(
        "+20 7@-7",
        "invalid: 7 was told about 2026-03-02T09:00:13.000Z; what is older than 6s does not count",
    );
    check(
        "7@400",
        "invalid: 7 was told about 2026-03-02T09:06:40.000Z, which is still to come",
    );
}

#[test]
fn an_old_number_beyond_the_bound_is_no_harm_and_a_number_of_before_the_step_is_no_pass() {
    check(
        "+20 11@-7 +1 11@-7",
        "invalid: 11 was told about 2026-03-02T09:00:14.000Z; what is older than 6s does not count",
    );
    // About the moment before the exposure: not heard at all.
    check("7@-1 +1", "not yet: the source was not asked yet");
}

#[test]
fn answers_that_say_nothing_are_no_sign_of_life() {
    for said in ["nothing", "nan", "silent", "7@-7", ""] {
        let mut world = exposed(level(LASTING), OnHarm::Hold);
        tell(&mut world, "7");
        for _ in 0..19 {
            tell(&mut world, &format!("+1 {said}"));
        }
        assert_eq!(pages_about_silence(&world), 0, "`{said}`");
        tell(&mut world, &format!("+1 {said}"));
        assert_eq!(pages_about_silence(&world), 1, "`{said}`");
        assert!(
            matches!(phase(&world), Phase::Soaking | Phase::Gating),
            "`{said}` rolls nothing back"
        );
        assert_ne!(word(&world), "pass");
        tell(&mut world, "+1 7 +3 7 +1 7");
        assert_eq!(
            (word(&world).as_str(), pages_about_silence(&world)),
            ("pass", 0),
            "`{said}`"
        );
    }
}

#[test]
fn each_step_and_each_change_starts_the_pass_anew() {
    let mut world = World::shop_with(|parts| {
        let stage = &mut parts.plans[0].stages[0];
        stage.gate.approval_within = Millis::minutes(600);
        stage.gate.criteria[0].measure = level(LASTING);
        let mut first = stage.steps[0].clone();
        first.to = tidegate_model::BasisPoints::new(2_000).unwrap();
        stage.steps.insert(0, first);
    });
    run(&mut world, "cleo approve catalogue\nconfirm");
    tell(&mut world, "7 +2 7 +2 7 +2 7");
    assert_eq!(word(&world), "pass");
    run(&mut world, "cleo approve catalogue\nconfirm");
    tell(&mut world, "+1 7");
    assert_eq!(
        says(&world),
        "not yet: 7 was told, at most 10 for 0s under this step; 4s is a pass"
    );
    tell(&mut world, "+2 7 +2 7");
    assert_eq!(word(&world), "pass");
    run(&mut world, "cleo change catalogue new repair-1\nconfirm");
    tell(&mut world, "+1 7");
    assert_eq!(word(&world), "not yet");
}

#[test]
fn a_run_beyond_goes_on_through_a_step_and_ends_with_a_change() {
    let mut world = exposed(level(LASTING), OnHarm::Hold);
    tell(&mut world, "11 +1 12");
    run(&mut world, "cleo change catalogue new repair-1\nconfirm");
    tell(&mut world, "+3 12");
    assert_eq!(word(&world), "not yet");
    tell(&mut world, "+4 12");
    assert_eq!(word(&world), "harm");
}
