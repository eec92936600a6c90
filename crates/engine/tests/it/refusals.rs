//! Every rule that refuses, with what it says and what helps.

use std::collections::BTreeSet;
use std::sync::Arc;

use tidegate_engine::decide::gate;
use tidegate_engine::event::Opening;
use tidegate_engine::refusal::Rule;
use tidegate_engine::{Refusal, Request};
use tidegate_model::Millis;
use tidegate_model::plan::{EntryCondition, WeeklyWindow};
use tidegate_model::seam::{Actor, Observation, Silence};

use crate::script::run;
use crate::shop::{self, name};
use crate::world::{World, by};

/// What has happened, what is asked then, and what is answered.
type Case = (&'static str, &'static str, &'static str);

const CATALOGUE_EXPOSED: &str = "cleo approve catalogue\nconfirm";
const CATALOGUE_WATCHED: &str =
    "cleo approve catalogue\nconfirm\ncounts catalogue well 6\ncleo approve catalogue\nconfirm";
const CATALOGUE_FINAL: &str = "cleo approve catalogue\nconfirm\ncounts catalogue well 6\ncleo approve catalogue
    confirm\nwait 10s\ncleo finalise catalogue";
const CATALOGUE_BACK: &str = "cleo approve catalogue\nconfirm\ncleo rollback catalogue it smells\nconfirm";
const INCIDENT: &str = "bea open checkout sev2 nobody can pay";

const CASES: &[Case] = &[
    // Authority.
    (
        "",
        "max approve checkout",
        "refused TG9001: max may not: approvers approve, executors do not (ask somebody of checkout-team)",
    ),
    (
        "",
        "max finalise checkout",
        "refused TG9001: max may not: approvers approve, executors do not (ask somebody of checkout-team)",
    ),
    (
        "",
        "max accept-risk checkout why not",
        "refused TG9001: max may not: an approver and a rung above accept risk (ask somebody of checkout-team)",
    ),
    (
        "",
        "max hold checkout",
        "refused TG9001: max may not: anyone touched by the stage may (ask somebody of checkout-team)",
    ),
    (
        "",
        "max resume checkout",
        "refused TG9001: max may not: anyone touched by the stage may (ask somebody of checkout-team)",
    ),
    (
        "",
        "max rollback checkout why not",
        "refused TG9001: max may not: the owner, the rungs above and the triggers may (ask somebody of checkout-team)",
    ),
    (
        "",
        "max change checkout new deploy-1",
        "refused TG9001: max may not: the owner, its executors and the rungs above note changes (ask somebody of checkout-team)",
    ),
    (
        "",
        "max attest pricing look yes",
        "refused TG9001: max may not: the criterion's owner and the approvers attest (ask somebody of pricing-team)",
    ),
    (
        "",
        "zoe open checkout sev1 nobody can pay",
        "refused TG9001: zoe may not: people of the estate declare incidents (ask somebody who may)",
    ),
    (
        INCIDENT,
        "max ack inc-1",
        "refused TG9001: max may not: the owner's people and the ladder answer (ask somebody of checkout-team)",
    ),
    (
        INCIDENT,
        "max act inc-1 wallet-off",
        "refused TG9001: max may not: the owner's people and the rungs above act (ask somebody of checkout-team)",
    ),
    (
        INCIDENT,
        "max resolve inc-1 it is over",
        "refused TG9001: max may not: the owner's people and the ladder answer (ask somebody of checkout-team)",
    ),
    (
        "",
        "max revert wallet-off",
        "refused TG9001: max may not: the owner's people and the rungs above revert (ask somebody of checkout-team)",
    ),
    (
        "bea hold checkout",
        "gus resume checkout",
        "refused TG9001: the hold of checkout is not yours to lift (ask whoever held it, or an approver)",
    ),
    (
        INCIDENT,
        "ana act inc-1 lights-off",
        "refused TG9001: `lights-off` is no action that checkout grants (use an action that stands in the page, or add it to the domain's authority)",
    ),
    // Names that nothing has.
    (
        "",
        "ana approve payments",
        "refused TG9002: there is no stage `payments` (`tidegate status` lists what there is)",
    ),
    (
        "",
        "ana ack inc-9",
        "refused TG9002: there is no incident `inc-9` (`tidegate status` lists what there is)",
    ),
    (
        "",
        "ana revert lights-off",
        "refused TG9002: there is no action `lights-off` (`tidegate status` lists what there is)",
    ),
    (
        "",
        "ana open payments sev1 nobody can pay",
        "refused TG9002: there is no domain `payments` (`tidegate status` lists what there is)",
    ),
    (
        "",
        "pat attest pricing prices yes",
        "refused TG9002: `prices` of pricing is no manual criterion (measured criteria speak for themselves)",
    ),
    // States.
    (
        CATALOGUE_WATCHED,
        "cleo approve catalogue",
        "refused TG9003: catalogue is watching; there is nothing to approve now (wait until its watch is over)",
    ),
    (
        CATALOGUE_FINAL,
        "cleo approve catalogue",
        "refused TG9003: catalogue is finalised; there is nothing to approve now (nothing is left to approve)",
    ),
    (
        "cleo approve catalogue\ncleo rollback catalogue no",
        "cleo approve catalogue",
        "refused TG9003: catalogue is rolling back; there is nothing to approve now (wait until every gateway holds 0 %)",
    ),
    (
        CATALOGUE_BACK,
        "cleo approve catalogue",
        "refused TG9003: catalogue is rolled back; there is nothing to approve now (note the change that mends it: `tidegate change catalogue SIDE REF`)",
    ),
    (
        "",
        "cleo finalise catalogue",
        "refused TG9003: catalogue is ready; it cannot be made final now (it must come to 100 % and be watched there first)",
    ),
    (
        CATALOGUE_WATCHED,
        "cleo finalise catalogue",
        "refused TG9003: catalogue is watching; it cannot be made final now (wait until its watch is over, at 2026-03-02T09:00:16.000Z)",
    ),
    (
        CATALOGUE_FINAL,
        "cleo finalise catalogue",
        "refused TG9003: catalogue is finalised; it cannot be made final now (nothing is left to finalise)",
    ),
    (
        CATALOGUE_FINAL,
        "cleo hold catalogue",
        "refused TG9003: catalogue is final; nothing grows any more (open an incident if something is wrong)",
    ),
    (
        "",
        "cleo resume catalogue",
        "refused TG9003: catalogue is not held (nothing needs to be lifted)",
    ),
    (
        "",
        "cleo rollback catalogue it smells",
        "refused TG9003: catalogue is ready; nothing is exposed (everybody is on the old side already)",
    ),
    (
        CATALOGUE_FINAL,
        "cleo change catalogue new deploy-1",
        "refused TG9003: catalogue is final; it is no longer judged (nothing of the stage rests on it any more)",
    ),
    (
        INCIDENT,
        "ana act inc-1 checkout-back",
        "refused TG9003: nothing of checkout is exposed with its way back open (everybody is on the old side already, or only forward fixes are left)",
    ),
    (
        "",
        "ana revert wallet-off",
        "refused TG9003: `wallet-off` is not active (`tidegate status` lists what is active)",
    ),
    (
        "bea open checkout sev2 nobody can pay\nana resolve inc-1 none, because",
        "ana ack inc-1",
        "refused TG9003: inc-1 is resolved (open another incident if it is back)",
    ),
    // Gates.
    (
        "cleo approve catalogue",
        "cleo approve catalogue",
        "refused TG9004: catalogue is exposing; there is nothing to approve now (wait until every gateway holds its step)",
    ),
    (
        CATALOGUE_EXPOSED,
        "cleo approve catalogue",
        "refused TG9004: catalogue is soaking; there is nothing to approve now (wait until its soak is over and its gate has passed)",
    ),
    (
        "cleo approve catalogue\nconfirm\nwait 6s",
        "cleo approve catalogue",
        "refused TG9004: catalogue is gating; there is nothing to approve now (its gate must pass first: pages says not yet)",
    ),
    // What stands before the point of no return, and before another attempt.
    (
        "cleo approve catalogue\nconfirm\ncounts catalogue well 6\ncleo approve catalogue\nconfirm\nwait 10s
      cleo open catalogue sev1 the search is empty",
        "cleo finalise catalogue",
        "refused TG9006: catalogue cannot be made final: inc-1 is open (see to that first; the point of no return is not approved in advance)",
    ),
    (
        "ana approve checkout\nconfirm\ncounts checkout worse 1\nconfirm\nana change checkout new deploy-2",
        "ana approve checkout",
        "refused TG9006: checkout is rolled back; there is nothing to approve now (resolve inc-1 first)",
    ),
    (
        "cleo approve catalogue\nconfirm\ncounts catalogue well 6\ncleo approve catalogue\nconfirm\nwait 10s
      cleo hold catalogue",
        "cleo finalise catalogue",
        "refused TG9008: catalogue cannot be made final: held by cleo (see to that first; the point of no return is not approved in advance)",
    ),
    (
        "",
        "pat approve pricing",
        "refused TG9009: pricing is pending; there is nothing to approve now (wait until catalogue has come to 100 %)",
    ),
    (
        "cleo approve catalogue\nconfirm\ncleo rollback catalogue no\nconfirm\ncleo change catalogue new d-1
      cleo approve catalogue\nconfirm\ncleo rollback catalogue no\nconfirm",
        "cleo approve catalogue",
        "refused TG9010: catalogue is rolled back; there is nothing to approve now (adopt a plan that allows more attempts than 2)",
    ),
    // Risk.
    (
        "",
        "ana accept-risk checkout a sale begins",
        "refused TG9011: checkout is ready; risk is accepted only where a gate cannot tell (it must be exposed first, and its gate unable to tell)",
    ),
    (
        CATALOGUE_WATCHED,
        "cleo accept-risk catalogue a sale begins",
        "refused TG9011: catalogue is watching; risk is accepted only where a gate cannot tell (there is no step after this one)",
    ),
    (
        CATALOGUE_EXPOSED,
        "cleo accept-risk catalogue a sale begins",
        "refused TG9011: catalogue is soaking; risk is accepted only where a gate cannot tell (wait until the soak is over)",
    ),
    (
        "cleo approve catalogue\nconfirm\nwait 22s",
        "cleo accept-risk catalogue a sale begins",
        "refused TG9011: `pages` says no data (risk can be accepted on `not yet` only)",
    ),
    (
        "cleo approve catalogue\nconfirm\ncounts catalogue well 6",
        "cleo accept-risk catalogue a sale begins",
        "refused TG9011: the gate of catalogue passes; there is no risk to accept (approve its next step)",
    ),
    // Windows of the way back.
    (
        CATALOGUE_FINAL,
        "cleo rollback catalogue it smells",
        "refused TG9012: the way back of catalogue is closed (fix forward: repair the orders by hand; runbook checkout-down)",
    ),
    (
        "cleo approve catalogue\nconfirm\ncounts catalogue well 6\ncleo approve catalogue\nconfirm\nwait 240s",
        "cleo rollback catalogue it smells",
        "refused TG9012: the way back of catalogue is closed (fix forward: repair the orders by hand; runbook checkout-down)",
    ),
    // Form.
    (
        "ana approve checkout\nconfirm\ncounts checkout unsure 6",
        "ana accept-risk checkout",
        "refused TG9015: accepting risk needs a reason (say why)",
    ),
    (
        "",
        "cleo change catalogue new",
        "refused TG9015: a change is named by its commit, ticket or command (give a reference)",
    ),
    (
        INCIDENT,
        "ana resolve inc-1",
        "refused TG9015: inc-1 leaves a lesson (name the criterion that the next gate gains, or write `none, because ...`)",
    ),
];

#[test]
fn every_refusal_says_what_and_what_helps() {
    let mut seen = String::new();
    let mut expected = String::new();
    for (before, line, answer) in CASES {
        let mut world = World::shop();
        run(&mut world, before);
        let told = run(&mut world, line);
        let refusals: Vec<String> = told.into_iter().filter(|line| line.starts_with("refused")).collect();
        seen.push_str(&format!("{line}\n  {}\n", refusals.join("\n  ")));
        expected.push_str(&format!("{line}\n  {answer}\n"));
    }
    assert!(seen == expected, "seen:\n{seen}");
}

/// Every rule there is: the compiler asks for the next one when one is added.
fn rules() -> Vec<Rule> {
    let after = |rule| match rule {
        Rule::NotAuthorised => Some(Rule::UnknownSubject),
        Rule::UnknownSubject => Some(Rule::WrongState),
        Rule::WrongState => Some(Rule::GateNotPassed),
        Rule::GateNotPassed => Some(Rule::ApprovalMissing),
        Rule::ApprovalMissing => Some(Rule::IncidentOpen),
        Rule::IncidentOpen => Some(Rule::OutsideWindow),
        Rule::OutsideWindow => Some(Rule::Held),
        Rule::Held => Some(Rule::DependencyOpen),
        Rule::DependencyOpen => Some(Rule::AttemptsUsedUp),
        Rule::AttemptsUsedUp => Some(Rule::RiskNotAcceptable),
        Rule::RiskNotAcceptable => Some(Rule::WindowClosed),
        Rule::WindowClosed => Some(Rule::AdoptionUnsafe),
        Rule::AdoptionUnsafe => Some(Rule::LadderUnreachable),
        Rule::LadderUnreachable => Some(Rule::BadInput),
        Rule::BadInput => Some(Rule::EntryUnmet),
        Rule::EntryUnmet => Some(Rule::LessonOwed),
        Rule::LessonOwed => None,
    };
    std::iter::successors(Some(Rule::NotAuthorised), |rule| after(*rule)).collect()
}

#[test]
fn every_rule_is_reached_and_has_a_code_of_its_own() {
    let mut reached: BTreeSet<String> = CASES
        .iter()
        .filter_map(|(_, _, answer)| answer.strip_prefix("refused ")?.split_once(':'))
        .map(|(code, _)| code.to_owned())
        .collect();
    reached.extend([unreachable_ladder(), same_estate(), long_text()].map(|refusal| refusal.rule.code().to_owned()));
    // These refuse no command: an approval may be given before its window opens, before the others, and before the rest holds.
    let beside = [
        Rule::OutsideWindow,
        Rule::ApprovalMissing,
        Rule::EntryUnmet,
        Rule::LessonOwed,
    ];
    reached.extend(beside.map(|rule| obstacle(rule).code().to_owned()));
    let codes: BTreeSet<String> = rules().into_iter().map(|rule| rule.code().to_owned()).collect();
    assert_eq!(codes.len(), rules().len());
    assert_eq!(reached, codes);
}

fn unreachable_ladder() -> Refusal {
    let mut world = World::shop_with(|parts| {
        for person in &mut parts.people {
            if ["cleo", "gus", "hal"].contains(&person.id.as_str()) {
                person.methods.clear();
            }
        }
    });
    world
        .ask(
            by("cleo"),
            Request::Approve {
                stage: name("catalogue"),
            },
        )
        .unwrap_err()
}

fn same_estate() -> Refusal {
    let candidate = Arc::new(shop::estate());
    World::shop().ask(by("ana"), Request::Adopt { candidate }).unwrap_err()
}

fn long_text() -> Refusal {
    let reason = Some("x".repeat(2_001));
    World::shop()
        .ask(
            by("ana"),
            Request::Hold {
                stage: name("checkout"),
                reason,
            },
        )
        .unwrap_err()
}

/// The rule, when it stands between catalogue and its first step at night.
fn obstacle(rule: Rule) -> Rule {
    let mut world = World::shop_with(|parts| {
        parts.plans[0].expand.within = vec![WeeklyWindow {
            days: vec![2],
            from_minute: 0,
            until_minute: 1,
            zone: "UTC".to_owned(),
        }];
        let within = Millis::minutes(60);
        parts.plans[0].stages[0].enter = vec![EntryCondition::RollbackDrilled { within }];
    });
    run(&mut world, "max feedback catalogue support pages look odd");
    if rule == Rule::OutsideWindow {
        run(&mut world, "cleo approve catalogue");
    }
    let (plan, stage) = world.estate.stage(&name("catalogue")).unwrap();
    let found = gate::obstacles(&world.estate, &world.state, plan, stage, &Opening::Entry, world.now);
    found
        .iter()
        .map(|obstacle| obstacle.rule)
        .find(|found| *found == rule)
        .unwrap()
}

fn told(refusal: &Refusal) -> String {
    format!("{}: {} ({})", refusal.rule.code(), refusal.what, refusal.remedy)
}

#[test]
fn refusals_that_no_line_of_a_script_reaches_say_as_much() {
    assert_eq!(
        told(&unreachable_ladder()),
        "TG9014: nobody can approve its first step of catalogue: the ladder of catalogue reaches nobody (give somebody on the \
         ladder a way to be reached, and adopt that)"
    );
    assert_eq!(
        told(&same_estate()),
        "TG9013: this estate is the one that runs (change the plan files first)"
    );
    assert_eq!(
        told(&long_text()),
        "TG9015: a text or key is too long (send at most 2000 bytes of text and 64 of key)"
    );
}

#[test]
fn texts_and_keys_have_a_longest_and_a_shortest() {
    let hold = |reason: String| Request::Hold {
        stage: name("checkout"),
        reason: Some(reason),
    };
    let longest_key = "k".repeat(64);
    assert!(
        World::shop()
            .ask_as(by("ana"), Some(&longest_key), hold("x".repeat(2_000)))
            .is_ok()
    );
    for (key, reason) in [
        (Some("k".repeat(65)), String::new()),
        (Some(String::new()), String::new()),
        (None, "x".repeat(2_001)),
        (None, "nul\0".to_owned()),
    ] {
        let refusal = World::shop()
            .ask_as(by("ana"), key.as_deref(), hold(reason))
            .unwrap_err();
        assert_eq!(refusal.rule, Rule::BadInput);
    }
}

#[test]
fn a_criterion_that_no_gate_has_is_not_observed() {
    let observation = Observation::Silent(Silence {
        since: crate::world::BEGIN,
        reason: "connection refused".to_owned(),
    });
    let request = Request::Observe {
        stage: name("pricing"),
        criterion: name("colours"),
        observation,
    };
    let refusal = World::shop().ask(Actor::Controller, request).unwrap_err();
    assert_eq!(
        told(&refusal),
        "TG9002: there is no criterion `colours` (`tidegate status` lists what there is)"
    );
}

#[test]
fn a_refusal_names_whose_it_is() {
    let refusal = World::shop()
        .ask(
            by("max"),
            Request::Approve {
                stage: name("checkout"),
            },
        )
        .unwrap_err();
    assert_eq!(refusal.owner, Some(name("checkout-team")));
    assert_eq!(refusal.to_string(), refusal.what);
}
