//! Feedback and closed incidents: the approver of the next gate answers each, with a criterion or with a reason.

use std::sync::Arc;

use tidegate_engine::Request;
use tidegate_engine::state::LESSONS_OF_ONE_MAX;
use tidegate_model::seam::{Effect, Outcome};

use crate::script::{check, check_in, run};
use crate::shop;
use crate::world::{World, by};

#[test]
fn feedback_keeps_the_next_gate_shut_until_an_approver_answers() {
    check(
        "
        max feedback checkout support people cannot find their vouchers
        ana approve checkout
        show checkout
        olga answer checkout fb-1 none they are not moved yet
        ana answer checkout fb-1 none
        ana answer checkout fb-2 none it is known
        ana answer checkout fb-1 none None, because vouchers are not moved yet
        bea answer checkout fb-1 none it is known
        ",
        "
        09:00:00 max filed fb-1 against checkout, from support: people cannot find their vouchers
        09:00:00 ana approved entering checkout
        = checkout is ready at 0 %, attempt 1; it waits for: an approver's answer to fb-1 from support, filed by max: people cannot find their vouchers
        refused TG9001: olga may not: approvers of the next gate answer, executors do not (ask somebody of checkout-team)
        refused TG9015: nothing is added for fb-1, and nothing says why (say why no criterion is added)
        refused TG9002: there is no feedback or closed incident of this stage `fb-2` (`tidegate status` lists what there is)
        09:00:00 ana answered fb-1 for checkout: none, because vouchers are not moved yet
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        refused TG9003: ana has answered fb-1 already (nothing is left to answer)
        ",
    );
}

#[test]
fn a_criterion_answers_when_it_was_added_since() {
    let mut world = World::calm();
    check_in(
        &mut world,
        "
        max feedback checkout sales totals differ
        wait 1s
        ana answer checkout fb-1 criterion checkout errors
        ana answer checkout fb-1 criterion checkout totals
        ",
        "
        09:00:00 max filed fb-1 against checkout, from sales: totals differ
        refused TG9015: `checkout/errors` was there before fb-1; it was not added for it (name a criterion that was added since, or say why none is added)
        refused TG9002: `checkout/totals` is no criterion of the adopted plan (add it to the plan and adopt that, or say why none is added)
        ",
    );
    let candidate = Arc::new(shop::estate_with(|parts| {
        parts.digest = "2".repeat(64);
        let criteria = &mut parts.plans[0].stages[2].gate.criteria;
        let mut totals = criteria[1].clone();
        totals.id = shop::name("totals");
        criteria.push(totals);
    }));
    world.must(by("ana"), Request::Adopt { candidate });
    check_in(
        &mut world,
        "ana answer checkout fb-1 criterion checkout totals",
        "09:00:01 ana answered fb-1 for checkout: criterion checkout/totals was added",
    );
}

#[test]
fn an_incident_that_a_stranger_to_the_gate_closes_is_answered_by_its_approver() {
    check(
        "
        max open catalogue sev3 pages are odd
        gus resolve inc-1 the cache was cold
        cleo approve catalogue
        show catalogue
        cleo answer catalogue inc-1 none the cache is warmed before each step
        ",
        "
        09:00:00 inc-1 opened (sev3, catalogue, by max): pages are odd
        09:00:00 called cleo for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 gus resolved inc-1; lesson: the cache was cold
        09:00:00 an approver of catalogue answers inc-1 before its next gate
        09:00:00 cleo approved entering catalogue
        = catalogue is ready at 0 %, attempt 1; it waits for: an approver's answer to inc-1, closed by gus: the cache was cold
        09:00:00 cleo answered inc-1 for catalogue: none, because the cache is warmed before each step
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        ",
    );
}

#[test]
fn an_approver_who_closes_with_a_reason_has_answered_and_one_without_has_not() {
    let mut world = World::calm();
    run(&mut world, "max open checkout sev3 slow\nmax open checkout sev3 slower");
    check_in(
        &mut world,
        "
        ana resolve inc-1 None, because it was the office network
        ana resolve inc-2 none, because
        show checkout
        ",
        "
        09:00:00 ana resolved inc-1; lesson: None, because it was the office network
        09:00:00 an approver of checkout answers inc-1 before its next gate
        09:00:00 ana answered inc-1 for checkout: none, because it was the office network
        09:00:00 ana resolved inc-2; lesson: none, because
        09:00:00 an approver of checkout answers inc-2 before its next gate
        = checkout is ready at 0 %, attempt 1; it waits for: an approver's answer to inc-2, closed by ana: none, because; the approval of the owner of checkout (checkout-team) is missing
        ",
    );
}

#[test]
fn a_stage_that_has_something_to_answer_does_not_leave_the_plan() {
    let mut world = World::calm();
    run(&mut world, "max feedback checkout sales totals differ");
    let candidate = Arc::new(shop::estate_with(|parts| {
        parts.digest = "2".repeat(64);
        parts.plans[0].stages.truncate(2);
    }));
    let refusal = world.ask(by("ana"), Request::Adopt { candidate }).unwrap_err();
    assert_eq!(
        refusal.what,
        "stage `checkout` has something to answer and would disappear with it"
    );
}

/// Whoever was exposed when it began was rolled back with it; what was learned is asked of them all the same.
#[test]
fn a_lost_journal_leaves_a_lesson_to_the_stages_that_it_sent_back() {
    let mut world = World::calm();
    run(&mut world, "ana approve checkout\nconfirm\ndistrust\nconfirm");
    let seen = run(&mut world, "gus resolve inc-1 we lost an hour");
    assert_eq!(
        seen,
        [
            "09:00:00 gus resolved inc-1; lesson: we lost an hour",
            "09:00:00 an approver of checkout answers inc-1 before its next gate",
        ]
    );
}

#[test]
fn a_lost_gateway_leaves_a_lesson_to_the_stages_that_went_back_meanwhile() {
    let mut world = World::calm();
    run(
        &mut world,
        "ana approve checkout\nconfirm\ngateway lost\nana rollback checkout blind\nconfirm",
    );
    let seen = run(&mut world, "gus resolve inc-1 it died");
    assert_eq!(
        seen,
        [
            "09:00:00 gus resolved inc-1; lesson: it died",
            "09:00:00 an approver of checkout answers inc-1 before its next gate",
        ]
    );
}

/// That it was not heard of is known only when the stage is back on the old side.
#[test]
fn a_gateway_that_was_not_heard_of_leaves_a_lesson_to_the_stage_that_it_served() {
    let mut world = World::calm();
    run(
        &mut world,
        "ana approve checkout\nconfirm\nana rollback checkout blind\nwait 3s",
    );
    world.end_effects(|effect| matches!(effect, Effect::SetExposure(_)), &|_| {
        Outcome::InForce {
            acknowledged: Vec::new(),
            lapsed: vec![shop::name("shop")],
        }
    });
    let seen = run(&mut world, "gus resolve inc-1 it died");
    assert_eq!(
        seen,
        [
            "09:00:03 gus resolved inc-1; lesson: it died",
            "09:00:03 an approver of checkout answers inc-1 before its next gate",
        ]
    );
}

/// An approval is for what could be known when it was given.
#[test]
fn feedback_between_two_approvals_takes_the_first_back() {
    let mut world = World::calm();
    run(
        &mut world,
        "cleo approve catalogue\nconfirm\ncounts catalogue well 6\ncleo approve catalogue\nconfirm",
    );
    run(
        &mut world,
        "gus approve pricing\nmax feedback pricing support half of the prices are wrong\npat answer pricing fb-1 none it is known",
    );
    let seen = run(&mut world, "pat approve pricing\nshow pricing");
    assert!(
        seen.last()
            .unwrap()
            .ends_with("it waits for: the approval of platform is missing"),
        "{seen:#?}"
    );
    let seen = run(&mut world, "gus approve pricing");
    assert!(seen.iter().any(|line| line.contains("exposed pricing to")), "{seen:#?}");
}

/// Whoever floods a stage is known by name, and keeps nobody else from being heard.
#[test]
fn one_person_files_so_much_and_no_more() {
    let mut world = World::calm();
    let mut seen = Vec::new();
    for n in 0..=LESSONS_OF_ONE_MAX {
        seen = run(&mut world, &format!("max feedback checkout ana complaint {n}"));
    }
    assert_eq!(
        seen,
        [
            "refused TG9015: 20 of max are not answered at checkout; it takes no more of theirs (let an approver answer some first)"
        ]
    );
    let seen = run(
        &mut world,
        "zoe feedback checkout ana a complaint\nolga feedback checkout support it is slow\nshow checkout",
    );
    assert!(
        seen.iter()
            .any(|line| line.contains("olga filed fb-21 against checkout")),
        "{seen:#?}"
    );
    assert!(
        seen.last()
            .unwrap()
            .contains("answer to fb-1 from ana, filed by max: complaint 0"),
        "{seen:#?}"
    );
    run(&mut world, "ana answer checkout fb-1 none it is known");
    let seen = run(&mut world, "max feedback checkout ana one more");
    assert!(seen[0].contains("max filed fb-22"), "{seen:#?}");
}
