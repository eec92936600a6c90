//! Criteria that ask a source for counts.

use tidegate_engine::Request;
use tidegate_engine::state::Phase;
use tidegate_model::ask::{HitsAre, Looks};
use tidegate_model::plan::{Measure, OnHarm};
use tidegate_model::seam::{Actor, ArmCounts, Observation};
use tidegate_model::{Millis, PartsPerMillion, StageId};

use crate::asked::{counted, exposed, exposing, pages_about_silence, says, tell, word};
use crate::script::run;
use crate::shop::name;
use crate::world::World;

/// So many times the same, a second apart.
fn times(n: usize, word: &str) -> String {
    format!("+1 {word} ").repeat(n)
}

#[track_caller]
fn check(told: &str, expected: &str) {
    let mut world = exposed(counted(), OnHarm::Hold);
    tell(&mut world, told);
    assert_eq!(says(&world), expected, "after `{told}`");
}

fn altered(change: impl FnOnce(&mut Measure)) -> Measure {
    let mut measure = counted();
    change(&mut measure);
    measure
}

fn nights(planned: u32) -> Measure {
    altered(|measure| {
        if let Measure::Counted { looks, at_most, .. } = measure {
            *looks = Looks::Batches { planned };
            *at_most = None;
        }
    })
}

fn phase(world: &World) -> Phase {
    world.state.stages[&name::<StageId>("catalogue")].phase
}

#[test]
fn a_share_that_is_no_worse_passes_and_one_that_is_worse_is_harm() {
    let claim = "more than 2 % bad, or 1 % more than on the old side,";
    check(
        "",
        "not yet: new no attempts, old no attempts: more than 2 % bad, or 1 % more than on the old side, is not excluded yet",
    );
    let mut world = exposed(counted(), OnHarm::Hold);
    tell(&mut world, &times(20, "2/400:3/400"));
    assert_eq!(
        says(&world),
        format!("pass: new 0.5 % of 8000, old 0.8 % of 8000: {claim} is excluded")
    );
    check(
        &times(20, "40/400:3/400"),
        "harm: new 10.0 % of 8000, old 0.8 % of 8000: worse beyond chance",
    );
}

#[test]
fn hits_that_are_wanted_are_harm_when_they_are_missing() {
    let wanted = altered(|measure| {
        if let Measure::Counted { hits, .. } = measure {
            *hits = HitsAre::Good;
        }
    });
    let mut world = exposed(wanted.clone(), OnHarm::Hold);
    tell(&mut world, &times(20, "360/400:397/400"));
    assert_eq!(word(&world), "harm");
    let mut world = exposed(wanted, OnHarm::Hold);
    tell(&mut world, &times(20, "398/400:397/400"));
    assert_eq!(word(&world), "pass");
}

#[test]
fn a_limit_alone_needs_no_old_side_and_is_judged_at_full_exposure() {
    let alone = altered(|measure| {
        if let Measure::Counted { old, not_worse_by, .. } = measure {
            (*old, *not_worse_by) = (None, None);
        }
    });
    let mut world = exposed(alone, OnHarm::Hold);
    tell(&mut world, &times(10, "2/400"));
    assert_eq!(says(&world), "pass: new 0.5 % of 4000: more than 2 % bad is excluded");
    run(&mut world, "cleo approve catalogue\nconfirm");
    assert_eq!(phase(&world), Phase::Watching);
    tell(&mut world, &times(1, "2/400"));
    assert_eq!(word(&world), "not yet");
    tell(&mut world, &times(10, "80/400"));
    assert_eq!(word(&world), "harm");
}

/// Nothing at all may be bad, and there is no old side.
fn none_may(looks: Looks) -> Measure {
    altered(|measure| {
        if let Measure::Counted {
            old,
            not_worse_by,
            at_most,
            looks: by,
            ..
        } = measure
        {
            (*old, *not_worse_by, *by) = (None, None, looks);
            *at_most = PartsPerMillion::new(0).ok();
        }
    })
}

#[test]
fn a_limit_of_nothing_without_an_old_side_wants_so_many_attempts_or_all_batches() {
    let mut world = exposed(none_may(Looks::Stream), OnHarm::Hold);
    tell(&mut world, "+1 0/1");
    assert_eq!(word(&world), "not yet");
    tell(&mut world, "+1 0/298");
    assert_eq!(word(&world), "not yet");
    tell(&mut world, "+1 0/1");
    assert_eq!(word(&world), "pass");
    tell(&mut world, "+1 1/100");
    assert_eq!(word(&world), "harm");
    let mut world = exposed(none_may(Looks::Batches { planned: 3 }), OnHarm::Hold);
    for (night, expected) in [("a", "not yet"), ("a", "not yet"), ("b", "not yet"), ("c", "pass")] {
        tell(&mut world, &format!("+1 {night}:0/400:0/0"));
        assert_eq!(word(&world), expected, "{night}");
    }
}

#[test]
fn a_limit_of_nothing_wants_so_many_attempts_where_the_old_side_is_gone() {
    let none = altered(|measure| {
        if let Measure::Counted { at_most, .. } = measure {
            *at_most = PartsPerMillion::new(0).ok();
        }
    });
    let mut world = exposed(none, OnHarm::Hold);
    tell(&mut world, &times(20, "0/400:3/400"));
    assert_eq!(word(&world), "pass");
    run(&mut world, "cleo approve catalogue\nconfirm");
    assert_eq!(phase(&world), Phase::Watching);
    // What is told first reaches back to before the step.
    tell(&mut world, "+1 0/400 +1 0/299");
    assert_eq!(word(&world), "not yet");
    tell(&mut world, "+1 0/1");
    assert_eq!(word(&world), "pass");
}

#[test]
fn counts_of_nobody_are_invalid_when_they_last() {
    let mut world = exposed(counted(), OnHarm::Hold);
    tell(&mut world, &times(19, "0/0:0/0"));
    assert_eq!((word(&world).as_str(), pages_about_silence(&world)), ("not yet", 0));
    tell(&mut world, &times(1, "0/0:0/0"));
    assert_eq!(
        says(&world),
        "invalid: the new side had no attempts since 2026-03-02T09:00:00.000Z"
    );
    assert_eq!(pages_about_silence(&world), 1);
    let mut world = exposed(counted(), OnHarm::Hold);
    tell(&mut world, &times(20, "1/400:0/0"));
    assert_eq!(says(&world), "invalid: one side had no attempts at all");
}

#[test]
fn counts_that_cannot_be_are_invalid() {
    check(&times(1, "9/8:0/8"), "invalid: more hits than attempts were reported");
    check(
        &times(30, "1/400:1/400"),
        "invalid: both sides are the same series; one of them is probably not measured",
    );
    check(
        &times(20, "0/400:1/400"),
        "pass: new 0.0 % of 8000, old 0.2 % of 8000: more than 2 % bad, or 1 % more than on the old side, is excluded",
    );
}

#[test]
fn a_source_that_has_passed_and_says_nothing_more_passes_no_longer() {
    let good = times(20, "2/400:3/400");
    check(&format!("{good} silent"), "source down: connection refused");
    check(&format!("{good} nothing"), "no data: no series");
    check(&format!("{good} nan"), "invalid: the answer is NaN");
    check(&format!("{good} 7"), "invalid: the answer is no count");
    check(
        &format!("{good} +7"),
        "invalid: last counted at 2026-03-02T09:00:20.000Z",
    );
}

#[test]
fn harm_is_not_excused_by_an_answer_that_is_missing() {
    let compared = altered(|measure| {
        if let Measure::Counted { at_most, .. } = measure {
            *at_most = None;
        }
    });
    for gap in ["silent", "nothing", "nan"] {
        let mut world = exposed(compared.clone(), OnHarm::Hold);
        // So many events that the exact alarm, which remembers by itself, is the slower one.
        tell(&mut world, &times(5, "216/400:190/400"));
        tell(&mut world, gap);
        assert_eq!(word(&world), "harm", "{gap}");
        // Nor by better counts afterwards.
        tell(&mut world, &times(10, "100/400:300/400"));
        assert_eq!(word(&world), "harm", "{gap}");
    }
}

#[test]
fn what_was_counted_across_a_change_is_no_evidence_and_across_a_step_passes_nothing() {
    let mut world = exposed(counted(), OnHarm::Hold);
    tell(&mut world, &times(20, "2/400:3/400"));
    run(&mut world, "cleo change catalogue new repair-1\nconfirm");
    tell(&mut world, "+1 400/400:0/400");
    assert_eq!(word(&world), "not yet");
    tell(&mut world, &times(20, "2/400:3/400"));
    assert_eq!(word(&world), "pass");
}

#[test]
fn what_was_asked_for_before_the_step_was_in_force_passes_nothing_of_it() {
    for (measure, batch) in [(counted(), None), (nights(5), Some("a".to_owned()))] {
        let mut world = exposing(measure, OnHarm::Hold);
        world.wait(Millis::seconds(1));
        let asked = world.now;
        world.wait(Millis::seconds(1));
        world.confirm();
        world.wait(Millis::seconds(1));
        let arm = |n| ArmCounts { n, hits: 3 };
        let observation = Observation::Counts {
            at: asked,
            batch: batch.clone(),
            old: Some(arm(399)),
            new: arm(400),
        };
        let request = Request::Observe {
            stage: name("catalogue"),
            criterion: name("pages"),
            observation,
        };
        world.must(Actor::Controller, request);
        let tally = &world.state.stages["catalogue"].tallies["pages"];
        assert_eq!((tally.attempt.new.n, tally.step.new.n), (400, 0), "{batch:?}");
    }
}

#[test]
fn batches_are_judged_by_their_plan_and_count_once() {
    let mut world = exposed(nights(5), OnHarm::Hold);
    for night in ["a", "a", "a", "b", "b"] {
        tell(&mut world, &format!("+1 {night}:4/400:4/400"));
    }
    let (old, new) = {
        let tally = &world.state.stages["catalogue"].tallies["pages"];
        (tally.step.old.n, tally.step.new.n)
    };
    assert_eq!((old, new), (800, 800));
    assert_eq!(word(&world), "not yet");
    for night in ["c", "d", "e"] {
        tell(&mut world, &format!("+1 {night}:4/400:4/400"));
    }
    assert_eq!(
        says(&world),
        "pass: new 1.0 % of 2000, old 1.0 % of 2000: a difference of 1 % for the worse is excluded"
    );
    let mut world = exposed(nights(5), OnHarm::Rollback);
    for night in ["a", "b", "c", "d", "e"] {
        tell(&mut world, &format!("+1 {night}:90/2000:20/2000"));
    }
    assert_eq!(phase(&world), Phase::RollingBack);
}

#[test]
fn counts_that_come_in_another_way_than_planned_are_none() {
    check(
        "+1 night:2/100:3/100",
        "invalid: the plan says that the counts come as a stream, and they do not",
    );
    let mut world = exposed(nights(5), OnHarm::Hold);
    tell(&mut world, "+1 2/100:3/100");
    assert_eq!(
        says(&world),
        "invalid: the plan says that the counts come as batches, and they do not"
    );
    assert!(world.state.stages["catalogue"].tallies.is_empty());
}

#[test]
fn more_batches_than_planned_say_nothing_new() {
    let mut world = exposed(nights(2), OnHarm::Hold);
    for night in ["a", "b"] {
        tell(&mut world, &format!("+1 {night}:8/200:8/200"));
    }
    assert_eq!(word(&world), "not yet");
    for night in 0..40 {
        tell(&mut world, &format!("+1 late-{night}:8/200:8/201"));
    }
    assert_eq!(word(&world), "not yet");
}
