//! Every request in every phase of a stage, and what is answered.

use std::sync::Arc;

use tidegate_engine::Request;
use tidegate_model::Millis;
use tidegate_model::seam::{Actor, ArmCounts, BrakeLook};

use crate::script::run;
use crate::shop::{self, name};
use crate::world::{Health, World, by, gateway};

/// The way of checkout into a phase.
type Place = (&'static str, &'static str);

const ENTERED: &str = "ana approve checkout\nconfirm";
const PASSED: &str = "ana approve checkout\nconfirm\ncounts checkout well 12";
const FULL: &str = "ana approve checkout\nconfirm\ncounts checkout well 12\nana approve checkout\nconfirm
    counts checkout well 12\nana approve checkout\nconfirm";

const PLACES: [Place; 15] = [
    ("pending", ""),
    ("ready", ""),
    ("ready, held by another", "hal hold checkout"),
    ("exposing", "ana approve checkout"),
    ("soaking", ENTERED),
    (
        "gating, cannot tell",
        "ana approve checkout\nconfirm\ncounts checkout unsure 6",
    ),
    ("gating, no data", "ana approve checkout\nconfirm\nwait 25s"),
    ("gating, passed", PASSED),
    ("watching", FULL),
    ("watching, over", "wait 10s\ncounts checkout well 1"),
    ("watching, way back closed", "wait 240s\ncounts checkout well 1"),
    (
        "rolling back",
        "ana approve checkout\nconfirm\nana rollback checkout it smells",
    ),
    (
        "rolled back",
        "ana approve checkout\nconfirm\nana rollback checkout it smells\nconfirm",
    ),
    (
        "rolled back by harm, changed",
        "ana approve checkout\nconfirm\ncounts checkout worse 1\nconfirm
        ana change checkout new deploy-2",
    ),
    (
        "finalised",
        "wait 10s\ncounts checkout well 1\nana finalise checkout\nconfirm",
    ),
];

fn at(place: &Place) -> World {
    let (phase, script) = place;
    let mut world = World::shop_with(|parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = Millis::minutes(600);
            if *phase == "pending" && stage.id.as_str() == "checkout" {
                stage.after = vec![name("catalogue")];
            }
        }
    });
    if ["watching, over", "watching, way back closed", "finalised"].contains(phase) {
        run(&mut world, FULL);
    }
    run(&mut world, script);
    assert!(
        phase.starts_with(world.phase("checkout")),
        "{phase} is {}",
        world.phase("checkout")
    );
    world
}

type Ask = fn(&World) -> (Actor, Request);

const ASKS: [(&str, Ask); 17] = [
    ("approve", |_| {
        (
            by("ana"),
            Request::Approve {
                stage: name("checkout"),
            },
        )
    }),
    ("accept-risk", |_| {
        (
            by("ana"),
            Request::AcceptRisk {
                stage: name("checkout"),
                reason: "a sale".to_owned(),
            },
        )
    }),
    ("hold", |_| {
        (
            by("bea"),
            Request::Hold {
                stage: name("checkout"),
                reason: None,
            },
        )
    }),
    ("resume", |_| {
        (
            by("ana"),
            Request::Resume {
                stage: name("checkout"),
                reason: "looked".to_owned(),
            },
        )
    }),
    ("rollback", |_| {
        (
            by("ana"),
            Request::Rollback {
                stage: name("checkout"),
                reason: "it smells".to_owned(),
            },
        )
    }),
    ("change", |_| (by("ana"), change())),
    ("finalise", |_| {
        (
            by("ana"),
            Request::Finalise {
                stage: name("checkout"),
            },
        )
    }),
    ("wallet-off", |world| (by("ana"), act(world, "wallet-off"))),
    ("extras-off", |world| (by("ana"), act(world, "extras-off"))),
    ("checkout-back", |world| (by("ana"), act(world, "checkout-back"))),
    ("adopt edit", |world| (by("ana"), adopt(world))),
    ("brake", |world| (gateway(), look(world))),
    ("gateway lost", |_| {
        (gateway(), Request::GatewayLost { gateway: name("shop") })
    }),
    ("counts well", |world| (gateway(), counts(world, Health::Well))),
    ("counts worse", |world| (gateway(), counts(world, Health::Worse))),
    ("restart", |_| (Actor::Controller, Request::StartController)),
    ("tick", |_| (Actor::Controller, Request::Tick)),
];

fn change() -> Request {
    Request::NoteChange {
        stage: name("checkout"),
        side: tidegate_engine::Side::New,
        reference: "deploy-9".to_owned(),
        summary: String::new(),
    }
}

/// In the incident that somebody declared last.
fn act(world: &World, action: &str) -> Request {
    Request::Act {
        incident: name(&format!("inc-{}", world.state.incidents_opened)),
        action: name(action),
        reason: None,
    }
}

/// The gate of checkout with another brake.
fn adopt(world: &World) -> Request {
    let (_, now) = world.estate.stage(&name("checkout")).unwrap();
    let candidate = shop::estate_with(|parts| {
        parts.digest = "2".repeat(64);
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = Millis::minutes(600);
            if stage.id.as_str() == "checkout" {
                stage.gate.brake.attempts_at_least = 50;
                stage.after = now.after.clone();
            }
        }
    });
    Request::Adopt {
        candidate: Arc::new(candidate),
    }
}

fn look(world: &World) -> Request {
    let of = |n, hits| ArmCounts { n, hits };
    Request::Look(BrakeLook {
        stage: name("checkout"),
        version: world.version(),
        over: Millis::seconds(5),
        old: of(0, 0),
        new: of(100, 40),
    })
}

fn counts(world: &World, health: Health) -> Request {
    let part = tidegate_model::seam::StratumPart::Cohort;
    Request::Evidence(world.stratum("checkout", health, part, world.version()))
}

/// What came of a request: the code that refused it, the phase that it led to, or whether anything was written at all.
fn outcome(world: &mut World, ask: Ask) -> String {
    let (before, journal) = (world.phase("checkout"), world.journal.len());
    let (actor, request) = ask(world);
    let answer = world.ask(actor, request);
    world.expect_kept("a move");
    let after = world.phase("checkout");
    match answer {
        Err(refusal) => refusal.rule.code().to_owned(),
        Ok(_) if after != before => format!("> {after}"),
        Ok(_) if world.journal.len() > journal => "yes".to_owned(),
        Ok(_) => "-".to_owned(),
    }
}

#[test]
fn every_request_in_every_phase() {
    let mut table = format!("{:<29}", "");
    for (asked, _) in ASKS {
        table.push_str(&format!(" {asked:<14}"));
    }
    for place in &PLACES {
        table.push_str(&format!("\n{:<29}", place.0));
        for (asked, ask) in ASKS {
            let mut world = at(place);
            // Actions are used in an incident that freezes nothing.
            if asked.contains("off") || asked.contains("back") {
                run(&mut world, "bea open checkout sev3 the wallet is slow");
            }
            table.push_str(&format!(" {:<14}", outcome(&mut world, ask)));
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(table.join("\n"), @r"
                                  approve        accept-risk    hold           resume         rollback       change         finalise       wallet-off     extras-off     checkout-back  adopt edit     brake          gateway lost   counts well    counts worse   restart        tick
    pending                       TG9009         TG9011         yes            TG9003         TG9003         yes            TG9003         yes            yes            TG9003         yes            -              yes            yes            yes            yes            -
    ready                         > exposing     TG9011         yes            TG9003         TG9003         yes            TG9003         yes            yes            TG9003         yes            -              yes            yes            yes            yes            -
    ready, held by another        yes            TG9011         yes            yes            TG9003         yes            TG9003         yes            yes            TG9003         yes            -              yes            yes            yes            yes            -
    exposing                      TG9004         TG9011         yes            TG9003         > rolling back yes            TG9003         yes            yes            > rolling back TG9013         > rolling back yes            yes            > rolling back yes            -
    soaking                       TG9004         TG9011         yes            TG9003         > rolling back > exposing     TG9003         > exposing     > exposing     > rolling back TG9013         > rolling back yes            yes            > rolling back yes            -
    gating, cannot tell           TG9004         yes            yes            TG9003         > rolling back > exposing     TG9003         > exposing     > exposing     > rolling back TG9013         > rolling back yes            yes            > rolling back yes            -
    gating, no data               TG9004         TG9011         yes            TG9003         > rolling back > exposing     TG9003         > exposing     > exposing     > rolling back TG9013         > rolling back yes            yes            > rolling back yes            -
    gating, passed                > exposing     TG9011         yes            TG9003         > rolling back > exposing     TG9003         > exposing     > exposing     > rolling back TG9013         > rolling back yes            yes            > rolling back yes            -
    watching                      TG9003         TG9011         yes            TG9003         > rolling back > exposing     TG9003         > exposing     > exposing     > rolling back TG9013         > rolling back yes            yes            yes            yes            -
    watching, over                > finalised    TG9011         yes            TG9003         > rolling back > exposing     > finalised    > exposing     > exposing     > rolling back TG9013         > rolling back yes            yes            yes            yes            -
    watching, way back closed     > finalised    TG9011         yes            TG9003         TG9012         > exposing     > finalised    > exposing     > exposing     TG9003         TG9013         yes            yes            yes            yes            yes            -
    rolling back                  TG9003         TG9011         yes            TG9003         -              yes            TG9003         yes            yes            TG9003         TG9013         -              yes            yes            yes            yes            -
    rolled back                   TG9003         TG9011         yes            TG9003         TG9003         > ready        TG9003         > ready        > ready        TG9003         yes            -              yes            yes            yes            yes            -
    rolled back by harm, changed  TG9006         TG9011         yes            TG9003         TG9003         yes            TG9003         yes            yes            TG9003         yes            -              yes            yes            yes            yes            -
    finalised                     TG9003         TG9011         TG9003         TG9003         TG9012         TG9003         TG9003         yes            yes            TG9003         yes            -              yes            yes            yes            yes            -
    ");
}
