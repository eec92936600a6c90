//! A cutover from approval to rollback, as people see it at each turn. Real decisions, no state made by hand.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod shop;

use tidegate_model::seam::{
    Actor, ArmCounts, Door, Effect, ExposureVersion, MeterCounts, Outcome, Receipt, Stratum, StratumId, StratumPart,
};
use tidegate_model::{Estate, GatewayId, Millis, Timestamp};

use shop::estate;

use crate::command::{Command, Request};
use crate::event::Event;
use crate::state::State;
use crate::view::{Tone, happened, rulings, status, who};
use crate::{apply, decide};

macro_rules! name {
    ($text:expr) => {
        tidegate_model::check_name($text)
            .map(|()| $text.to_owned().try_into().unwrap())
            .unwrap()
    };
}

/// A controller without a world: every order to the gateways is in force at once.
struct Story {
    estate: Estate,
    state: State,
    now: Timestamp,
    told: Vec<String>,
    strata: u64,
}

/// 2026-03-02 14:00:00 UTC.
const BEGIN: Timestamp = Timestamp(1_772_460_000_000);

impl Story {
    fn new() -> Self {
        let mut story = Self {
            estate: estate(),
            state: State::default(),
            now: BEGIN,
            told: Vec::new(),
            strata: 0,
        };
        story.ask(Actor::Controller, Request::StartController);
        let gateway = gateway();
        story.ask(
            Actor::Gateway { id: gateway.clone() },
            Request::GatewaySeen {
                gateway,
                incarnation: 1,
                holds: ExposureVersion::default(),
            },
        );
        story
    }

    fn ask(&mut self, actor: Actor, request: Request) {
        let decision = decide(
            &self.estate,
            &self.state,
            &Command {
                actor,
                key: None,
                request,
            },
            self.now,
        );
        assert!(decision.answer.is_ok(), "{:?}", decision.answer);
        self.take(&decision.events);
        let exposures: Vec<_> = self
            .state
            .outbox()
            .iter()
            .filter(|(_, waiting)| matches!(waiting.effect, Effect::SetExposure(_)))
            .map(|(key, _)| key.clone())
            .collect();
        for key in exposures {
            let outcome = Outcome::InForce {
                acknowledged: vec![gateway()],
                lapsed: Vec::new(),
            };
            self.ask(Actor::Controller, Request::Receive(Receipt { key, outcome }));
        }
    }

    fn take(&mut self, events: &[Event]) {
        for event in events {
            apply(&mut self.state, event);
            let told = happened(self.state.seq, event);
            self.told
                .push(format!("{} {}", crate::view::words::clock(told.at), told.text));
        }
    }

    fn person(&mut self, name: &str, request: Request) {
        let actor = Actor::Person {
            id: name!(name),
            door: Door::Token,
        };
        self.ask(actor, request);
    }

    /// A second of shoppers: attempts and completions of each side.
    fn second(&mut self, old: (u64, u64), new: (u64, u64)) {
        self.now = self.now.after(Millis::seconds(1));
        let arm = |(n, hits): (u64, u64)| ArmCounts { n, hits };
        let counts = |criterion: &str, old, new| MeterCounts::whole(name!("checkout"), name!(criterion), old, new);
        for (part, counts) in [
            (
                StratumPart::Prompt,
                counts("split", arm((old.0, old.0)), arm((new.0, new.0))),
            ),
            (StratumPart::Cohort, counts("buy", arm(old), arm(new))),
        ] {
            let stratum = Stratum {
                id: StratumId {
                    gateway: gateway(),
                    incarnation: 1,
                    index: self.strata,
                    part,
                },
                began: Timestamp(self.now.0 - 1_000),
                lasted: Millis::seconds(1),
                version: self.state.in_force,
                untracked: 0,
                fallbacks: 0,
                voided: false,
                counts: vec![counts],
                promised: Vec::new(),
            };
            self.ask(Actor::Gateway { id: gateway() }, Request::Evidence(stratum));
        }
        self.strata += 1;
    }

    fn sees(&self) -> String {
        let view = status(&self.estate, &self.state, self.now);
        let stage = &view.plans[0].stages[0];
        let headline = &view.headline;
        let mut text = format!(
            "{:?}: {}\n{}\n{}\n",
            headline.tone, headline.sentence, headline.detail, headline.who
        );
        text.push_str(&format!(
            "{} at {}, proven {}, attempt {}\n",
            stage.phase, stage.exposure, stage.proven, stage.attempt
        ));
        for wait in &stage.waits_for {
            text.push_str(&format!("- {wait}\n"));
        }
        for criterion in &stage.criteria {
            text.push_str(&format!("{}: {}\n", criterion.title, criterion.verdict));
        }
        for incident in &view.incidents {
            text.push_str(&format!(
                "{} {} rung {} of {}\n",
                incident.id,
                incident.phase,
                incident.rung + 1,
                incident.rungs
            ));
        }
        text
    }

    fn ruling(&self, name: &str, action: &str, subject: &str) -> String {
        let actor = Actor::Person {
            id: name!(name),
            door: Door::Token,
        };
        let rulings = rulings(&self.estate, &self.state, &actor, self.now);
        let found = rulings
            .into_iter()
            .find(|one| one.action == action && one.subject == subject)
            .unwrap();
        format!("{}: {}", if found.allowed { "yes" } else { "no" }, found.says)
    }
}

fn gateway() -> GatewayId {
    name!("shop")
}

fn rolled_back() -> Story {
    let mut story = Story::new();
    story.person(
        "ana",
        Request::Approve {
            stage: name!("checkout"),
        },
    );
    for _ in 0..60 {
        if !story.state.is_exposed(&name!("checkout")) {
            break;
        }
        story.second((180, 120), (20, 3));
    }
    story
}

#[test]
fn before_anything_is_approved_the_page_says_who_must() {
    let story = Story::new();
    insta::assert_snapshot!(story.sees(), @r"
    Wait: Checkout waits for approval of its first step, 10 %
    0 % on the new side.
    asked: the owner of checkout (checkout-team)
    ready at 0 %, proven 0 %, attempt 1
    - the approval of the owner of checkout (checkout-team) is missing
    flow buy completed: not judged
    ");
}

#[test]
fn a_rollback_is_the_news_with_its_numbers_and_who_is_called() {
    insta::assert_snapshot!(rolled_back().sees(), @r"
    Harm: Checkout was rolled back from 10 % because this failed: flow buy completed
    66.7 % on the old side, 15.0 % on the new one (−51.7 pp). 21 orders lost so far against the old side's pace. Every gateway sends new visitors to the old side.
    calling ana for inc-1, rung 1; the next call is at 14:05:02
    rolled back at 0 %, proven 0 %, attempt 1
    - no change that repairs it has been noted yet
    - inc-1 is open
    flow buy completed: harm
    inc-1 open rung 1 of 2
    ");
}

#[test]
fn what_happened_reads_as_a_story() {
    let told = rolled_back().told;
    let told: Vec<String> = told
        .into_iter()
        .filter(|line| !line.contains(" reported ") && !line.contains("says not yet"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    14:00:00 the controller started (start 1)
    14:00:00 tidegate adopted estate 0123456789ab with 1 stage
    14:00:00 checkout is ready to be entered (attempt 1)
    14:00:00 asked ana to approve entering checkout, until 14:30:00
    14:00:00 gateway shop connected
    14:00:00 ana approved entering checkout
    14:00:00 exposed checkout to 10 % (step 1), as approved
    14:00:00 every gateway holds the asked exposure
    14:00:00 step 1 of checkout is in force; it soaks until 14:00:10
    14:00:02 buy of checkout says harm: new 15.0 % of 40, old 66.7 % of 360: worse beyond chance
    14:00:02 buy found harm in checkout; exposure falls at once
    14:00:02 rolling checkout back from 10 % to 0 %, because buy found harm
    14:00:02 inc-1 opened (sev2, checkout, by buy of checkout): Checkout was rolled back because this failed: flow buy completed (new 15.0 % of 40, old 66.7 % of 360: worse beyond chance)
    14:00:02 called ana for inc-1 (rung 1, call 1); next at 14:05:02
    14:00:02 every gateway holds the asked exposure
    14:00:02 checkout is back on the old side, on 1 gateway
    ");
}

#[test]
fn a_ruling_says_what_will_happen_or_why_not() {
    let mut story = Story::new();
    let before = [
        story.ruling("ana", "approve", "checkout"),
        story.ruling("pavla", "approve", "checkout"),
        story.ruling("eve", "hold", "checkout"),
    ];
    story.person(
        "ana",
        Request::Approve {
            stage: name!("checkout"),
        },
    );
    story.second((180, 120), (20, 13));
    let during = [
        story.ruling("ana", "rollback", "checkout"),
        story.ruling("ana", "approve", "checkout"),
    ];
    insta::assert_snapshot!(before.join("\n") + "\n" + &during.join("\n"), @r"
    yes: Opens the first step: 10 % of visitors go to the new side, once every approver has agreed.
    no: pavla may not: approvers approve, executors do not (owner: checkout-team). What helps: ask somebody of checkout-team.
    no: eve may not: anyone touched by the stage may (owner: checkout-team). What helps: ask somebody of checkout-team.
    yes: 10 % of visitors (20 attempts in the last minute) return to the old side of Checkout at once. Not undone by it: orders already paid.
    no: checkout is soaking; there is nothing to approve now. What helps: wait until its soak is over and its gate has passed.
    ");
}

#[test]
fn everything_to_the_old_side_is_told_in_numbers_before_it_is_asked_for() {
    let mut story = Story::new();
    let approve = || Request::Approve {
        stage: name!("checkout"),
    };
    let plan = story.estate.plans().keys().next().unwrap().clone();
    let actor = Actor::Person {
        id: name!("ana"),
        door: Door::Token,
    };
    let before = rulings(&story.estate, &story.state, &actor, story.now);
    assert!(
        before.iter().all(|ruling| ruling.action != "rollback-all"),
        "nothing is exposed"
    );
    story.person("ana", approve());
    story.second((180, 120), (20, 13));
    assert_eq!(
        story.ruling("ana", "rollback-all", plan.as_str()),
        "yes: 1 stage goes back at once:\n- 10 % of visitors (20 attempts in the last minute) return to the old side of \
         Checkout at once. Not undone by it: orders already paid."
    );
    let refused = story.ruling("eve", "rollback-all", plan.as_str());
    assert!(
        refused.starts_with("no: 0 stages go back at once, 1 does not:\n- eve may not"),
        "{refused}"
    );
}

#[test]
fn asking_for_a_ruling_changes_nothing_and_agrees_with_the_decision() {
    let story = rolled_back();
    let before = story.state.clone();
    for name in ["ana", "marek", "pavla", "eve"] {
        let actor = Actor::Person {
            id: name!(name),
            door: Door::Token,
        };
        for ruling in rulings(&story.estate, &story.state, &actor, story.now) {
            if ruling.action == "acknowledge" {
                let request = Request::Acknowledge {
                    incident: name!(ruling.subject.as_str()),
                };
                let decided = decide(
                    &story.estate,
                    &story.state,
                    &Command {
                        actor: actor.clone(),
                        key: None,
                        request,
                    },
                    story.now,
                );
                assert_eq!(ruling.allowed, decided.answer.is_ok(), "{name}");
            }
        }
    }
    assert!(story.state == before);
}

#[test]
fn everything_with_a_name_has_an_owner_or_none() {
    let story = Story::new();
    let ask = |text: &str| {
        let found = who(&story.estate, text);
        format!("{} {:?}", found.kind, found.owner)
    };
    let owner = |kind: &str| format!("{kind} Some(\"checkout-team\")");
    for (text, kind) in [
        ("checkout", "domain"),
        ("buy", "flow"),
        ("checkout.wallet", "switch"),
        ("wallet-off", "action"),
        ("/cart", "route"),
        ("order", "route"),
        ("checkout-team", "team"),
        ("ana", "person"),
    ] {
        assert_eq!(ask(text), owner(kind), "{text}");
    }
    assert_eq!(ask("eve"), "person None");
    assert_eq!(ask("nothing"), "nothing None");
}

#[test]
fn a_side_without_attempts_has_no_point_and_never_a_zero() {
    let mut story = Story::new();
    story.person(
        "ana",
        Request::Approve {
            stage: name!("checkout"),
        },
    );
    story.second((180, 120), (0, 0));
    story.second((180, 120), (20, 13));
    let view = status(&story.estate, &story.state, story.now);
    let series = &view.plans[0].stages[0].criteria[0].series;
    assert_eq!(series[0].2, None);
    assert_eq!(series[1].2, Some(0.65));
}

#[test]
fn calm_is_said_while_a_step_soaks_without_harm() {
    let mut story = Story::new();
    story.person(
        "ana",
        Request::Approve {
            stage: name!("checkout"),
        },
    );
    story.second((180, 120), (20, 13));
    let view = status(&story.estate, &story.state, story.now);
    assert_eq!(view.headline.tone, Tone::Calm);
    assert_eq!(view.headline.sentence, "Checkout is at 10 % and nothing is proven yet");
}
