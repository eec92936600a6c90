//! Nobody sheds what a stage owes by another version of the estate: not by its absence, not by another unit or owner, not by names.

use std::sync::Arc;

use tidegate_engine::Request;
use tidegate_model::plan::{Approver, EntryCondition, Stage};
use tidegate_model::{Millis, Parts};

use crate::script::run;
use crate::shop::{self, name};
use crate::world::{World, by};

/// Pat, who has no part in checkout, adopts the calm shop with a change; the answer in words.
fn adopt(world: &mut World, digest: char, change: impl FnOnce(&mut Parts)) -> String {
    let candidate = Arc::new(shop::estate_with(|parts| {
        parts.digest = digest.to_string().repeat(64);
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = Millis::minutes(600);
        }
        change(parts);
    }));
    let answer = world.ask(by("pat"), Request::Adopt { candidate });
    world.expect_kept("an adoption");
    match answer {
        Ok(_) => "adopted".to_owned(),
        Err(refusal) => refusal.what,
    }
}

fn checkout(parts: &mut Parts) -> &mut Stage {
    &mut parts.plans[0].stages[2]
}

fn is_exposed(seen: &[String], stage: &str) -> bool {
    seen.iter().any(|line| line.contains(&format!("exposed {stage} to")))
}

#[test]
fn a_stage_in_the_scope_of_an_open_incident_stays_in_the_plan_and_with_its_owner() {
    let mut world = World::calm();
    run(&mut world, "max open checkout sev3 odd");
    assert_eq!(
        adopt(&mut world, '2', |parts| parts.plans[0].stages.truncate(2)),
        "stage `checkout` is in the scope of inc-1 and would disappear before it is closed"
    );
    assert_eq!(
        adopt(&mut world, '3', |parts| checkout(parts).owner = name("pricing")),
        "stage `checkout` is in the scope of inc-1 and would go from checkout to pricing before it is closed"
    );
    let seen = run(&mut world, "gus resolve inc-1 it was odd");
    assert!(seen[1].contains("answers inc-1 before its next gate"), "{seen:#?}");
    assert_eq!(
        adopt(&mut world, '4', |parts| parts.plans[0].stages.truncate(2)),
        "stage `checkout` has something to answer and would disappear with it"
    );
}

/// What is owed would stay with an empty shell, while another stage cuts the unit over.
#[test]
fn what_a_stage_owes_does_not_stay_behind_while_its_unit_moves_on() {
    let moved = |parts: &mut Parts| {
        let mut again = parts.plans[0].stages[2].clone();
        again.id = name("checkout-again");
        parts.plans[0].stages.push(again);
        let units = &mut parts.edges[0].units;
        let mut unit = units[2].clone();
        unit.unit = name("spare");
        units.push(unit);
        checkout(parts).unit = name("spare");
    };
    for (owes, what) in [
        ("max feedback checkout sales totals differ", "has something to answer"),
        ("max open checkout sev3 odd", "is in the scope of inc-1"),
        ("ana hold checkout", "is held"),
    ] {
        let mut world = World::calm();
        run(&mut world, owes);
        assert_eq!(
            adopt(&mut world, '2', moved),
            format!("stage `checkout` {what} and would cut another unit over")
        );
    }
    assert_eq!(adopt(&mut World::calm(), '2', moved), "adopted");
}

#[test]
fn a_criterion_that_comes_back_under_its_name_was_not_added() {
    let mut world = World::calm();
    run(&mut world, "max feedback checkout sales totals differ\nwait 1s");
    let without = |parts: &mut Parts| {
        checkout(parts).gate.criteria.remove(1);
    };
    assert_eq!(adopt(&mut world, '2', without), "adopted");
    let seen = run(&mut world, "ana answer checkout fb-1 criterion checkout errors");
    assert!(seen[0].contains("no criterion of the adopted plan"), "{seen:#?}");
    run(&mut world, "wait 1s");
    assert_eq!(adopt(&mut world, '3', |_| {}), "adopted");
    let seen = run(&mut world, "ana answer checkout fb-1 criterion checkout errors");
    assert!(seen[0].contains("was there before fb-1"), "{seen:#?}");
}

#[test]
fn an_answer_that_is_a_criterion_falls_with_the_criterion() {
    let mut world = World::calm();
    run(&mut world, "max feedback checkout sales totals differ\nwait 1s");
    let added = |parts: &mut Parts| {
        let mut totals = checkout(parts).gate.criteria[1].clone();
        totals.id = name("totals");
        checkout(parts).gate.criteria.push(totals);
    };
    assert_eq!(adopt(&mut world, '2', added), "adopted");
    run(&mut world, "ana answer checkout fb-1 criterion checkout totals");
    assert_eq!(adopt(&mut world, '3', |_| {}), "adopted");
    let seen = run(&mut world, "ana approve checkout\nshow checkout");
    assert!(!is_exposed(&seen, "checkout"), "{seen:#?}");
    assert!(
        seen.last()
            .unwrap()
            .ends_with("an approver's answer to fb-1 from sales, filed by max: totals differ"),
        "{seen:#?}"
    );
    let seen = run(&mut world, "ana answer checkout fb-1 none it was a filter");
    assert!(is_exposed(&seen, "checkout"), "{seen:#?}");
}

/// A gate that is behind asks nothing any more, and only its approvers speak for a gate.
#[test]
fn a_criterion_answers_in_a_gate_that_is_still_to_come_and_for_its_approvers() {
    let mut world = World::calm();
    run(&mut world, "max feedback checkout sales totals differ\nwait 1s");
    let added = |parts: &mut Parts| {
        let stages = &mut parts.plans[0].stages;
        stages[0].gate.approvers = vec![Approver::OwnerOf(name("checkout"))];
        let mut quiet = stages[2].gate.criteria[3].clone();
        quiet.id = name("quiet");
        stages[0].gate.criteria.push(quiet.clone());
        stages[1].gate.criteria.push(quiet);
    };
    assert_eq!(adopt(&mut world, '2', added), "adopted");
    let seen = run(&mut world, "ana answer checkout fb-1 criterion pricing quiet");
    assert!(
        seen[0].starts_with("refused TG9001: ana approves no gate of pricing"),
        "{seen:#?}"
    );
    run(
        &mut world,
        "
        ana approve catalogue
        confirm
        counts catalogue well 6
        ana approve catalogue
        confirm
        wait 10s
        ana finalise catalogue
        confirm
        ",
    );
    assert_eq!(world.phase("catalogue"), "finalised");
    let seen = run(&mut world, "ana answer checkout fb-1 criterion catalogue quiet");
    assert!(
        seen[0].starts_with("refused TG9015: no gate that is still to come asks `catalogue/quiet`"),
        "{seen:#?}"
    );
}

/// Checkout asks for these at its door.
fn asking(condition: EntryCondition) -> impl Fn(&mut Parts) {
    move |parts| checkout(parts).enter = vec![condition.clone()]
}

#[test]
fn an_answered_letter_verifies_the_addresses_that_there_were() {
    let asks = asking(EntryCondition::ContactVerified {
        within: Millis::minutes(10),
    });
    let mut world = World::calm();
    assert_eq!(adopt(&mut world, '2', &asks), "adopted");
    run(&mut world, "ana@letter hold checkout\nana resume checkout");
    let moved = |parts: &mut Parts| {
        asks(parts);
        parts.people[0].methods.truncate(1);
    };
    assert_eq!(adopt(&mut world, '3', moved), "adopted");
    let seen = run(&mut world, "ana approve checkout\nshow checkout");
    assert!(!is_exposed(&seen, "checkout"), "{seen:#?}");
    assert!(
        seen.last()
            .unwrap()
            .contains("ana, on the first rung of checkout (checkout-team), has answered no letter"),
        "{seen:#?}"
    );
    run(&mut world, "ana@letter hold checkout");
    let seen = run(&mut world, "ana resume checkout\nana approve checkout");
    assert!(is_exposed(&seen, "checkout"), "{seen:#?}");
}

#[test]
fn a_drill_tried_the_steps_that_there_were() {
    let asks = asking(EntryCondition::RollbackDrilled {
        within: Millis::minutes(10),
    });
    let mut world = World::calm();
    assert_eq!(adopt(&mut world, '2', &asks), "adopted");
    run(&mut world, "olga drill checkout-down worked fine");
    let edited = |parts: &mut Parts| {
        asks(parts);
        parts.runbooks[0].steps.pop();
    };
    assert_eq!(adopt(&mut world, '3', edited), "adopted");
    let seen = run(&mut world, "ana approve checkout\nshow checkout");
    assert!(!is_exposed(&seen, "checkout"), "{seen:#?}");
    assert!(seen.last().unwrap().contains("was never drilled"), "{seen:#?}");
    assert!(is_exposed(
        &run(&mut world, "olga drill checkout-down worked again"),
        "checkout"
    ));
}

/// A title or another stage is no reason to try anything again.
#[test]
fn what_an_adoption_leaves_alone_stays_proven() {
    let asks = asking(EntryCondition::RollbackDrilled {
        within: Millis::minutes(10),
    });
    let mut world = World::calm();
    assert_eq!(adopt(&mut world, '2', &asks), "adopted");
    run(
        &mut world,
        "olga drill checkout-down worked fine\nana@letter hold checkout",
    );
    let titled = |parts: &mut Parts| {
        asks(parts);
        parts.runbooks[0].title.push('!');
        parts.people[0].title.push('!');
    };
    assert_eq!(adopt(&mut world, '3', titled), "adopted");
    assert_eq!((world.state.drills.len(), world.state.reached.len()), (1, 1));
}

/// Whoever tried the way back carries it out, or answers for the stage.
#[test]
fn a_drill_by_somebody_who_does_not_carry_the_way_back_out_is_none() {
    let asks = asking(EntryCondition::RollbackDrilled {
        within: Millis::minutes(10),
    });
    let mut world = World::calm();
    assert_eq!(adopt(&mut world, '2', &asks), "adopted");
    let seen = run(
        &mut world,
        "pat drill checkout-down worked I looked\nana approve checkout\nshow checkout",
    );
    assert!(
        seen.last()
            .unwrap()
            .contains("was drilled by pat, who does not carry this way back out"),
        "{seen:#?}"
    );
    assert!(is_exposed(
        &run(&mut world, "olga drill checkout-down worked again"),
        "checkout"
    ));
}
