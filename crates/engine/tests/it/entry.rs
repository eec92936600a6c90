//! What must hold when a stage is entered, and how drills and letters make it hold.

use tidegate_model::plan::EntryCondition;
use tidegate_model::{Millis, Severity};

use crate::script::{check_in, run};
use crate::shop::name;
use crate::world::World;

/// Checkout asks for these at its door, and nobody is in a hurry.
fn asking(conditions: &[EntryCondition]) -> World {
    World::shop_with(|parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = Millis::minutes(600);
            if stage.id.as_str() == "checkout" {
                stage.enter = conditions.to_vec();
            }
        }
    })
}

#[test]
fn a_way_back_that_was_never_drilled_keeps_a_stage_shut_until_it_works() {
    let mut world = asking(&[EntryCondition::RollbackDrilled {
        within: Millis::minutes(10),
    }]);
    check_in(
        &mut world,
        "
        ana approve checkout
        show checkout
        olga drill checkout-down failed the switch was stuck
        show checkout
        olga drill checkout-down worked back within a minute
        ",
        "
        09:00:00 ana approved entering checkout
        = checkout is ready at 0 %, attempt 1; it waits for: the way back, runbook checkout-down of ops, was never drilled; within 10m is asked for
        09:00:00 olga drilled checkout-down, it did not work: the switch was stuck
        = checkout is ready at 0 %, attempt 1; it waits for: the way back, runbook checkout-down of ops, did not work when it was drilled at 2026-03-02T09:00:00.000Z
        09:00:00 olga drilled checkout-down, it worked: back within a minute
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        ",
    );
}

#[test]
fn a_drill_grows_old_and_counts_again_after_a_rollback() {
    let mut world = asking(&[EntryCondition::RollbackDrilled {
        within: Millis::minutes(5),
    }]);
    run(
        &mut world,
        "
        olga drill checkout-down worked back within a minute
        ana approve checkout
        confirm
        wait 299s
        ana rollback checkout it looks wrong
        confirm
        wait 2s
        ana change checkout new abc
        ana approve checkout
        ",
    );
    check_in(
        &mut world,
        "
        show checkout
        ana drill checkout-down worked again
        ",
        "
        = checkout is ready at 0 %, attempt 2; it waits for: the way back, runbook checkout-down of ops, was last drilled at 2026-03-02T09:00:00.000Z, longer than 5m ago
        09:05:01 ana drilled checkout-down, it worked: again
        09:05:01 exposed checkout to 10 % (step 1), as approved
        09:05:01 calm of checkout says pass
        ",
    );
}

#[test]
fn whoever_has_nothing_to_do_with_a_runbook_tells_of_no_drill() {
    let mut world = asking(&[]);
    check_in(
        &mut world,
        "
        max drill checkout-down worked I looked
        ana drill unheard-of worked I looked
        ana drill checkout-down worked
        @change drill checkout-down worked I looked
        ",
        "
        refused TG9001: max may not: whoever answers for what the runbook is for, and its executors, say how a drill went (ask somebody who may)
        refused TG9002: there is no runbook `unheard-of` (`tidegate status` lists what there is)
        refused TG9015: the drill of checkout-down says nothing of what was seen (say what was done and what was seen)
        refused TG9001: service change may not: whoever answers for what the runbook is for, and its executors, say how a drill went (ask somebody who may)
        ",
    );
}

#[test]
fn an_open_incident_of_another_domain_keeps_a_stage_shut_that_asks_for_none() {
    let mut world = asking(&[EntryCondition::NoIncident {
        at_least: Severity::Sev3,
    }]);
    check_in(
        &mut world,
        "
        max open pricing sev4 a typo
        max open pricing sev3 prices are slow
        ana approve checkout
        show checkout
        pat resolve inc-2 none, because it is known
        ",
        "
        09:00:00 inc-1 opened (sev4, pricing, by max): a typo
        09:00:00 rung 1 of inc-1 reaches nobody
        09:00:00 called gus for inc-1 (rung 2, call 2); next at 09:01:00
        09:00:00 inc-2 opened (sev3, pricing, by max): prices are slow
        09:00:00 rung 1 of inc-2 reaches nobody
        09:00:00 called gus for inc-2 (rung 2, call 2); next at 09:01:00
        09:00:00 ana approved entering checkout
        = checkout is ready at 0 %, attempt 1; it waits for: no incident at sev3 or worse may be open to enter checkout, and inc-2 of pricing (pricing-team) is
        09:00:00 pat resolved inc-2; lesson: none, because it is known
        09:00:00 an approver of pricing answers inc-2 before its next gate
        09:00:00 pat answered inc-2 for pricing: none, because it is known
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        ",
    );
}

#[test]
fn a_contact_is_verified_by_an_answer_through_a_letter() {
    let mut world = asking(&[EntryCondition::ContactVerified {
        within: Millis::minutes(10),
    }]);
    check_in(
        &mut world,
        "
        ana approve checkout
        show checkout
        ana@letter approve checkout
        ",
        "
        09:00:00 ana approved entering checkout
        = checkout is ready at 0 %, attempt 1; it waits for: ana, on the first rung of checkout (checkout-team), has answered no letter within 10m
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        ",
    );
}

#[test]
fn a_criterion_of_an_earlier_stage_that_is_not_judged_passes_nothing() {
    let mut world = asking(&[EntryCondition::Passes {
        stage: name("catalogue"),
        criterion: name("pages"),
    }]);
    check_in(
        &mut world,
        "
        ana approve checkout
        show checkout
        cleo approve catalogue
        confirm
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        = checkout is ready at 0 %, attempt 1; it waits for: catalogue/pages of catalogue (catalogue-team) is not judged now, and must pass
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        = checkout is ready at 0 %, attempt 1; it waits for: catalogue/pages of catalogue (catalogue-team) says not yet, and must pass
        ",
    );
    let seen = run(&mut world, "counts catalogue well 6");
    assert!(
        seen.iter()
            .any(|line| line.ends_with("exposed checkout to 10 % (step 1), as approved")),
        "{seen:#?}"
    );
}

/// Nobody measures a stage any more that has come through all of its gates.
#[test]
fn a_criterion_of_an_earlier_stage_that_is_finalised_has_passed() {
    let mut world = World::shop_with(|parts| {
        let stages = &mut parts.plans[0].stages;
        for stage in stages.iter_mut() {
            stage.gate.approval_within = Millis::minutes(600);
        }
        let calm = stages[2].gate.criteria[3].clone();
        stages[0].gate.criteria.push(calm);
        stages[2].enter = vec![EntryCondition::Passes {
            stage: name("catalogue"),
            criterion: name("calm"),
        }];
    });
    run(
        &mut world,
        "
        cleo approve catalogue
        confirm
        counts catalogue well 6
        cleo approve catalogue
        confirm
        wait 10s
        cleo finalise catalogue
        confirm
        ",
    );
    assert_eq!(world.phase("catalogue"), "finalised");
    let seen = run(&mut world, "ana approve checkout");
    assert!(
        seen.iter()
            .any(|line| line.ends_with("exposed checkout to 10 % (step 1), as approved")),
        "{seen:#?}"
    );
}

/// That its own approval comes late is seen to by the approval.
#[test]
fn a_stage_that_waits_for_its_approval_too_long_is_not_shut_by_that() {
    let mut world = World::shop_with(|parts| {
        parts.plans[0].stages[2].enter = vec![EntryCondition::NoIncident {
            at_least: Severity::Sev3,
        }];
    });
    let seen = run(&mut world, "wait 100s");
    assert!(
        seen.iter().any(|line| line.contains("checkout waits for its approval")),
        "{seen:#?}"
    );
    let seen = run(&mut world, "ana approve checkout");
    assert!(
        seen.iter()
            .any(|line| line.ends_with("exposed checkout to 10 % (step 1), as approved")),
        "{seen:#?}"
    );
}
