//! Another version of the estate: what is refused, and what goes on.

use std::sync::Arc;

use tidegate_engine::Request;
use tidegate_model::switch::SwitchValue;
use tidegate_model::{BasisPoints, Parts, PartsPerMillion};

use crate::asked::{counted, exposed, tell};
use crate::script::{check_in, run};
use crate::shop;
use crate::world::{World, by};

type Change = fn(&mut Parts);

/// Adopts an estate that differs from the shop; the answer in words.
fn adopt(world: &mut World, person: &str, change: impl FnOnce(&mut Parts)) -> String {
    let candidate = shop::estate_with(|parts| {
        parts.digest = "2".repeat(64);
        change(parts);
    });
    let answer = world.ask(
        by(person),
        Request::Adopt {
            candidate: Arc::new(candidate),
        },
    );
    world.expect_kept("an adoption");
    match answer {
        Ok(accepted) => accepted.said,
        Err(refusal) => format!("refused {}: {} ({})", refusal.rule.code(), refusal.what, refusal.remedy),
    }
}

fn stage<'a>(parts: &'a mut Parts, id: &str) -> &'a mut tidegate_model::plan::Stage {
    let mut stages = parts.plans[0].stages.iter_mut();
    stages.find(|stage| stage.id.as_str() == id).unwrap()
}

fn forget(parts: &mut Parts, id: &str) {
    let stages = &mut parts.plans[0].stages;
    stages.retain(|stage| stage.id.as_str() != id);
    for stage in stages {
        stage.after.retain(|earlier| earlier.as_str() != id);
    }
}

const ADOPTED: &str = "estate 222222222222 adopted, 3 stages";

#[test]
fn people_on_a_ladder_adopt_and_others_do_not() {
    for person in ["max", "olga", "zoe"] {
        assert_eq!(
            adopt(&mut World::shop(), person, |_| {}),
            format!("refused TG9001: {person} may not: people on a ladder adopt (ask somebody who may)")
        );
    }
    for person in ["ana", "bea", "cleo", "gus", "hal"] {
        assert_eq!(adopt(&mut World::shop(), person, |_| {}), ADOPTED);
    }
}

#[test]
fn the_estate_that_runs_is_not_adopted_again() {
    let same = |parts: &mut Parts| parts.digest = "1".repeat(64);
    assert_eq!(
        adopt(&mut World::shop(), "ana", same),
        "refused TG9013: this estate is the one that runs (change the plan files first)"
    );
}

#[test]
fn owners_do_not_change_by_an_edit() {
    let other: Change = |parts| parts.domains[0].owner = shop::name("platform");
    assert_eq!(
        adopt(&mut World::shop(), "ana", other),
        "refused TG9013: domain `checkout` would go from checkout-team to platform by an edit (leave checkout-team as the \
         owner; a change of owner is a transfer that the new owner accepts)"
    );
    let gone: Change = |parts| {
        forget(parts, "pricing");
        parts.domains.retain(|domain| domain.id.as_str() != "pricing");
    };
    assert_eq!(
        adopt(&mut World::shop(), "ana", gone),
        "refused TG9013: domain `pricing` of pricing-team would disappear (a domain in use keeps its owner; leave it in the \
         estate)"
    );
}

/// Everything that the gate of a running stage rests on.
#[test]
fn a_running_stage_stays_as_it_is() {
    let changes: [(&str, Change); 12] = [
        ("a margin", |parts| {
            stage(parts, "checkout").steps[0].margin = PartsPerMillion::new(400_000).unwrap()
        }),
        ("a step", |parts| {
            stage(parts, "checkout").steps[1].to = BasisPoints::new(6_000).unwrap()
        }),
        ("an approver", |parts| {
            stage(parts, "checkout")
                .gate
                .approvers
                .push(tidegate_model::plan::Approver::Team(shop::name("platform")));
        }),
        ("a criterion", |parts| {
            stage(parts, "checkout").gate.criteria.pop();
        }),
        ("its brake", |parts| {
            stage(parts, "checkout").gate.brake.attempts_at_least = 1
        }),
        ("its way back", |parts| {
            stage(parts, "checkout").rollback.within = tidegate_model::Millis::minutes(600);
        }),
        ("its attempts", |parts| stage(parts, "checkout").attempts_max = 9),
        ("its flow", |parts| {
            parts.flows[0].window = tidegate_model::Millis::seconds(9)
        }),
        ("its edge", |parts| {
            parts.edges[0].lease = tidegate_model::Millis::seconds(9)
        }),
        ("its alpha", |parts| {
            parts.plans[0].alpha = PartsPerMillion::new(90_000).unwrap()
        }),
        ("its plan", |parts| parts.plans[0].id = shop::name("other")),
        ("itself", |parts| forget(parts, "checkout")),
    ];
    let refused = "(roll it back or finalise it first, or leave the stage as it is)";
    for (what, change) in changes {
        for script in [
            "ana approve checkout",
            "ana approve checkout\nconfirm",
            "ana approve checkout\nana rollback checkout no",
        ] {
            let mut world = World::shop();
            run(&mut world, script);
            let phase = world.phase("checkout");
            let answer = adopt(&mut world, "ana", change);
            if what == "itself" {
                assert_eq!(
                    answer,
                    "refused TG9013: stage `checkout` has begun and would disappear (leave it in the plan)"
                );
                continue;
            }
            assert_eq!(
                answer,
                format!("refused TG9013: stage `checkout` is {phase} and the new estate changes it {refused}"),
                "{what}"
            );
        }
        // Nothing of it runs yet.
        let answer = adopt(&mut World::shop(), "ana", change);
        assert!(answer.starts_with("estate 222222222222 adopted"), "{what}: {answer}");
    }
}

#[test]
fn another_stage_may_change_while_one_runs() {
    let mut world = World::shop();
    run(&mut world, "ana approve checkout\nconfirm");
    let change: Change = |parts| stage(parts, "pricing").attempts_max = 9;
    assert_eq!(adopt(&mut world, "ana", change), ADOPTED);
}

#[test]
fn who_decides_about_a_running_stage_is_changed_by_its_approvers_and_those_above() {
    let changes: [(&str, Change); 4] = [
        ("who approves", |parts| {
            let team = parts
                .teams
                .iter_mut()
                .find(|team| team.id.as_str() == "checkout-team")
                .unwrap();
            team.members.push(shop::name("cleo"));
        }),
        ("who stands above", |parts| {
            let ladder = parts
                .ladders
                .iter_mut()
                .find(|ladder| ladder.id.as_str() == "main")
                .unwrap();
            ladder.rungs[1]
                .targets
                .push(tidegate_model::ladder::Target::Person(shop::name("cleo")));
        }),
        ("who carries it out", |parts| {
            let executor = stage(parts, "checkout").rollback.executor.clone();
            let team = parts.teams.iter_mut().find(|team| team.id == executor).unwrap();
            team.members.push(shop::name("bea"));
        }),
        ("when it may grow", |parts| {
            let from = tidegate_model::Timestamp(0);
            parts.plans[0]
                .expand
                .never
                .push((from, from.after(tidegate_model::Millis::minutes(1))));
        }),
    ];
    for (what, change) in changes {
        let mut world = World::shop();
        run(&mut world, "ana approve checkout\nconfirm");
        assert_eq!(
            adopt(&mut world, "cleo", change),
            "refused TG9013: stage `checkout` is soaking and the new estate changes who decides about it or when it may grow \
             (let one of its approvers or somebody on a rung above adopt it)",
            "{what}"
        );
        for person in ["ana", "hal"] {
            let mut world = World::shop();
            run(&mut world, "ana approve checkout\nconfirm");
            assert_eq!(adopt(&mut world, person, change), ADOPTED, "{what}, {person}");
        }
    }
}

#[test]
fn what_other_stages_take_of_the_alpha_is_not_taken_from_a_running_one() {
    let mut world = World::shop();
    run(&mut world, "ana approve checkout\nconfirm");
    let change: Change = |parts| stage(parts, "pricing").gate.criteria[0].weight = 1_000;
    assert_eq!(
        adopt(&mut world, "ana", change),
        "refused TG9013: stage `checkout` is soaking and the new estate changes it (roll it back or finalise it first, or \
         leave the stage as it is)"
    );
}

#[test]
fn what_has_begun_keeps_its_place_and_its_unit() {
    let mut world = World::shop();
    run(
        &mut world,
        "ana approve checkout\nconfirm\nana rollback checkout no\nconfirm",
    );
    assert_eq!(
        adopt(&mut world, "ana", |parts| forget(parts, "checkout")),
        "refused TG9013: stage `checkout` has begun and would disappear (leave it in the plan)"
    );
    let unit: Change = |parts| {
        stage(parts, "checkout").unit = shop::name("pricing");
        stage(parts, "pricing").unit = shop::name("checkout");
    };
    assert_eq!(
        adopt(&mut world, "ana", unit),
        "refused TG9013: stage `checkout` has begun and would cut another unit over (leave its unit as it is)"
    );
    assert_eq!(
        adopt(&mut world, "ana", |parts| forget(parts, "pricing")),
        "estate 222222222222 adopted, 2 stages"
    );
}

#[test]
fn a_stage_that_was_tried_does_not_go_and_come_back_with_its_alpha_whole() {
    let mut world = World::shop();
    run(
        &mut world,
        "ana approve checkout\nconfirm\nana rollback checkout no\nconfirm\nana change checkout new d-1",
    );
    assert_eq!(world.phase("checkout"), "ready");
    assert_eq!(
        adopt(&mut world, "ana", |parts| forget(parts, "checkout")),
        "refused TG9013: stage `checkout` was tried and would disappear with what its tries have spent (leave it in the plan)"
    );
}

#[test]
fn a_criterion_that_comes_back_remembers_no_batches_and_no_answers() {
    use tidegate_model::ask::Looks;
    use tidegate_model::plan::{Measure, OnHarm};

    let mut batches = counted();
    if let Measure::Counted { looks, at_most, .. } = &mut batches {
        (*looks, *at_most) = (Looks::Batches { planned: 5 }, None);
    }
    for (measure, told) in [(counted(), "+1 3/400:3/400"), (batches, "+1 a:3/400:3/400")] {
        let mut world = exposed(measure, OnHarm::Hold);
        tell(&mut world, told);
        run(&mut world, "cleo rollback catalogue no\nconfirm");
        let known = |world: &World| {
            let stage = &world.state.stages["catalogue"];
            stage.batches.contains_key("pages") || stage.told_until.contains_key("pages")
        };
        assert!(known(&world), "{told}");
        let rename: Change = |parts| stage(parts, "catalogue").gate.criteria[0].id = shop::name("others");
        assert_eq!(adopt(&mut world, "ana", rename), ADOPTED);
        assert!(!known(&world), "{told}");
    }
}

#[test]
fn what_is_switched_now_does_not_disappear() {
    let script = "bea open checkout sev3 the wallet is slow\nana act inc-1 wallet-off\nana resolve inc-1 none, because";
    let no_switch: Change = |parts| {
        parts.domains[0]
            .switches
            .retain(|switch| switch.id.as_str() != "checkout.wallet");
        parts.domains[0]
            .authority
            .retain(|grant| grant.action.as_str() == "checkout-back");
        parts.runbooks[0].actions.clear();
    };
    let no_action: Change = |parts| {
        parts.domains[0]
            .authority
            .retain(|grant| grant.action.as_str() != "wallet-off");
        parts.runbooks[0].actions.clear();
    };
    let mut world = World::shop();
    run(&mut world, script);
    assert_eq!(
        adopt(&mut world, "ana", no_switch),
        "refused TG9013: switch `checkout.wallet` is set and would disappear (revert its action first)"
    );
    assert_eq!(
        adopt(&mut world, "ana", no_action),
        "refused TG9013: action `wallet-off` is active and would disappear (revert it first)"
    );
    run(&mut world, "ana revert wallet-off");
    assert_eq!(adopt(&mut world, "ana", no_switch), ADOPTED);
    assert_eq!(run(&mut world, "show switches"), ["= checkout.coupons = on"]);
}

#[test]
fn a_default_that_changes_is_read_at_once_and_under_an_action_at_its_end() {
    let off: Change = |parts| {
        for switch in &mut parts.domains[0].switches {
            switch.default = SwitchValue::Bool(false);
        }
        parts.domains[0].authority.clear();
        parts.runbooks[0].actions.clear();
    };
    let mut world = World::shop();
    adopt(&mut world, "ana", off);
    assert_eq!(
        run(&mut world, "show switches"),
        ["= checkout.coupons = off, checkout.wallet = off"]
    );
}

#[test]
fn whoever_was_called_does_not_disappear_from_an_open_incident() {
    let mut world = World::shop();
    run(
        &mut world,
        "bea open checkout sev3 the wallet is slow\nwait 60s\nwait 60s",
    );
    let gone: Change = |parts| {
        parts.people.retain(|person| person.id.as_str() != "hal");
        for ladder in &mut parts.ladders {
            ladder.rungs.truncate(2);
        }
    };
    assert_eq!(
        adopt(&mut world, "ana", gone),
        "refused TG9013: hal was called in an open incident and would disappear (resolve the incident first)"
    );
    run(
        &mut world,
        "ana resolve inc-1 none, because\nana resolve inc-2 none, because\nana resolve inc-3 none, because",
    );
    for id in world
        .state
        .open_incidents()
        .map(|(id, _)| id.to_string())
        .collect::<Vec<_>>()
    {
        run(&mut world, &format!("hal resolve {id} none, because"));
    }
    assert_eq!(adopt(&mut world, "ana", gone), ADOPTED);
}

#[test]
fn the_salt_stays_once_anybody_was_assigned_by_it() {
    let salt: Change = |parts| parts.edges[0].salt = "pepper".to_owned();
    assert_eq!(adopt(&mut World::shop(), "ana", salt), ADOPTED);
    let mut world = World::shop();
    run(
        &mut world,
        "ana approve checkout\nconfirm\nana rollback checkout no\nconfirm",
    );
    assert_eq!(
        adopt(&mut world, "ana", salt),
        "refused TG9013: the salt of edge `shop` would reshuffle every visitor (leave the salt as it was when the first stage \
         was exposed)"
    );
}

#[test]
fn approvals_bind_to_the_estate_and_evidence_goes_on() {
    let mut world = World::calm();
    run(
        &mut world,
        "ana approve checkout\nconfirm\ncounts checkout well 12\nbea hold checkout\nana approve checkout",
    );
    let calm: Change = |parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = tidegate_model::Millis::minutes(600);
        }
    };
    assert_eq!(adopt(&mut world, "ana", calm), ADOPTED);
    check_in(
        &mut world,
        "
        bea resume checkout
        show checkout
        ana approve checkout
        ",
        "
        09:00:12 bea lifted their hold on checkout: looked at it
        = checkout is gating at 10 %, attempt 1; it waits for: the approval of the owner of checkout (checkout-team) is missing
        09:00:12 ana approved step 2 of checkout
        09:00:12 exposed checkout to 50 % (step 2), as the gate before it passed
        ",
    );
}

#[test]
fn more_attempts_let_a_stage_go_on() {
    let mut world = World::shop();
    run(
        &mut world,
        "ana approve checkout\nconfirm\nana rollback checkout one\nconfirm\nana change checkout new d-1
        ana approve checkout\nconfirm\nana rollback checkout two\nconfirm\nana change checkout new d-2",
    );
    assert_eq!(world.phase("checkout"), "rolled back");
    let more: Change = |parts| stage(parts, "checkout").attempts_max = 3;
    assert_eq!(adopt(&mut world, "ana", more), ADOPTED);
    assert_eq!(world.phase("checkout"), "ready");
}

#[test]
fn whoever_was_called_still_answers_when_the_ladder_no_longer_names_them() {
    let mut world = World::calm();
    run(&mut world, "bea open checkout sev3 the wallet is slow\nwait 60s");
    let other: Change = |parts| {
        let platform = parts
            .teams
            .iter_mut()
            .find(|team| team.id.as_str() == "platform")
            .unwrap();
        platform.members = vec![shop::name("gil")];
        platform.on_call = vec![shop::name("gil")];
    };
    assert_eq!(adopt(&mut world, "ana", other), ADOPTED);
    assert_eq!(
        run(&mut world, "gus ack inc-1"),
        ["09:01:00 gus acknowledged inc-1; the pager is silent until 09:06:00"]
    );
    assert_eq!(
        run(
            &mut world,
            "ana resolve inc-1 none, because\nbea open checkout sev3 again\ngus ack inc-2"
        )
        .last()
        .unwrap(),
        "refused TG9001: gus may not: the owner's people and the ladder answer (ask somebody of checkout-team)"
    );
}

#[test]
fn an_open_incident_goes_on_climbing_the_new_ladder() {
    let mut world = World::calm();
    run(&mut world, "bea open checkout sev3 the wallet is slow");
    let shorter: Change = |parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = tidegate_model::Millis::minutes(600);
        }
        parts.ladders[0].rungs[1].targets = vec![tidegate_model::ladder::Target::Person(shop::name("gil"))];
    };
    assert_eq!(adopt(&mut world, "ana", shorter), ADOPTED);
    check_in(
        &mut world,
        "
        wait 60s
        gil ack inc-1
        ",
        "
        09:01:00 called gil for inc-1 (rung 2, call 2); next at 09:02:00
        09:01:00 gil acknowledged inc-1; the pager is silent until 09:06:00
        ",
    );
}
