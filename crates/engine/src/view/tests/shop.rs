//! A small estate with one stage, built by hand.

use tidegate_model::domain::{ActionEffect, Domain, Grant};
use tidegate_model::edge::{Caching, Edge, FirstVisit, OnDecrease, Route, RouteClass, UnitUpstreams};
use tidegate_model::estate::Parts;
use tidegate_model::flow::{Flow, SuccessPredicate};
use tidegate_model::hazard::Runbook;
use tidegate_model::ladder::{DecisionScope, Ladder, Rung, Target};
use tidegate_model::people::{ContactMethod, Person, Team};
use tidegate_model::plan::{
    Approver, Brake, Communication, Criterion, ExpandRule, Gate, Measure, OnHarm, Plan, RollbackRule, Stage, Step,
};
use tidegate_model::switch::{Switch, SwitchValue};
use tidegate_model::{BasisPoints, Estate, Millis, PartsPerMillion, PersonId};

macro_rules! name {
    ($text:expr) => {
        tidegate_model::check_name($text)
            .map(|()| $text.to_owned().try_into().unwrap())
            .unwrap()
    };
}

fn ppm(value: u32) -> PartsPerMillion {
    PartsPerMillion::new(value).unwrap()
}

fn team(id: &str, people: &[&str]) -> Team {
    let people: Vec<PersonId> = people.iter().map(|id| name!(*id)).collect();
    Team {
        id: name!(id),
        title: id.to_owned(),
        members: people.clone(),
        on_call: people,
    }
}

fn gate() -> Gate {
    Gate {
        approvers: vec![Approver::OwnerOf(name!("checkout"))],
        criteria: vec![Criterion {
            id: name!("buy"),
            title: "flow buy completed".into(),
            measure: Measure::Completion { flow: name!("buy") },
            segment: None,
            on_harm: OnHarm::Rollback,
            owner: name!("checkout"),
            weight: 1,
            max_silence: Millis::minutes(5),
        }],
        brake: Brake {
            bad_share: ppm(500_000),
            over: Millis::seconds(10),
            attempts_at_least: 50,
        },
        approval_within: Millis::minutes(30),
        fresh_for: Millis::minutes(60),
    }
}

fn stage() -> Stage {
    let step = |to: u16| Step {
        to: BasisPoints::new(to).unwrap(),
        flips: Vec::new(),
        soak: Millis::seconds(10),
        at_most: Millis::minutes(30),
        margin: ppm(100_000),
        at_risk: None,
    };
    Stage {
        id: name!("checkout"),
        title: "Checkout".into(),
        unit: name!("checkout"),
        owner: name!("checkout"),
        after: Vec::new(),
        enter: Vec::new(),
        steps: vec![step(1_000), step(5_000), step(10_000)],
        watch: Millis::minutes(5),
        gate: gate(),
        rollback: RollbackRule {
            what: "traffic".into(),
            within: Millis(86_400_000),
            forward_fix: vec!["orders already paid".into()],
            trigger: Vec::new(),
            executor: name!("platform"),
            runbook: name!("back"),
        },
        communication: Communication::default(),
        attempts_max: 3,
    }
}

fn domain() -> Domain {
    Domain {
        id: name!("checkout"),
        title: "Checkout".into(),
        owner: name!("checkout-team"),
        ladder: name!("shop"),
        escalation_contact: None,
        responsibilities: Vec::new(),
        code: Vec::new(),
        areas: Vec::new(),
        objectives: Vec::new(),
        switches: vec![Switch {
            id: name!("checkout.wallet"),
            default: SwitchValue::Bool(true),
            title: "Wallet".into(),
        }],
        authority: vec![Grant {
            action: name!("wallet-off"),
            title: "Turn the wallet off".into(),
            effect: ActionEffect::SetSwitches(vec![(name!("checkout.wallet"), SwitchValue::Bool(false))]),
            expires: Millis::minutes(15),
        }],
        runbook: Some(name!("back")),
    }
}

fn edge() -> Edge {
    let route = |id: &str| Route {
        id: name!(id),
        unit: name!("checkout"),
        class: RouteClass::Page,
        methods: Vec::new(),
        path: format!("/{id}"),
        old_path: None,
        new_path: None,
        group: None,
        caching: Caching::Private,
    };
    Edge {
        id: name!("shop"),
        listen: "127.0.0.1:1".into(),
        units: vec![UnitUpstreams {
            unit: name!("checkout"),
            old: "http://127.0.0.1:2".into(),
            new: "http://127.0.0.1:3".into(),
            on_decrease: OnDecrease::Return,
            clients: Vec::new(),
        }],
        keyed: Vec::new(),
        routes: vec![route("cart"), route("order")],
        fallback: name!("checkout"),
        callback: None,
        visitor_cookie: "visitor".into(),
        salt: "salt".into(),
        secure_cookies: false,
        stratum: Millis::seconds(1),
        lease: Millis::seconds(3),
        upstream_timeout: Millis::seconds(3),
        first_visit: FirstVisit::Safe,
        crawlers: None,
        redirects: Vec::new(),
    }
}

pub(super) fn estate() -> Estate {
    let person = |id: &str| Person {
        id: name!(id),
        title: id.into(),
        methods: vec![ContactMethod::Mail(format!("{id}@shop.test"))],
    };
    let rung = |title: &str, target, minutes| Rung {
        title: title.into(),
        targets: vec![target],
        answer_within: Millis::minutes(minutes),
        scope: DecisionScope::Domain,
        called_for: None,
        handles: None,
        makes: None,
    };
    Estate::assemble(Parts {
        digest: "0123456789abcdef".repeat(4),
        people: ["ana", "marek", "pavla", "eve"].map(person).into(),
        teams: vec![
            team("checkout-team", &["ana"]),
            team("leads", &["marek"]),
            team("platform", &["pavla"]),
        ],
        ladders: vec![Ladder {
            id: name!("shop"),
            rungs: vec![
                rung("On call", Target::OwnerOnCall, 5),
                rung("Leads", Target::Team(name!("leads")), 10),
            ],
            repeat_every: Millis::minutes(10),
            acknowledged_for: Millis::minutes(15),
        }],
        domains: vec![domain()],
        flows: vec![Flow {
            id: name!("buy"),
            title: "buy".into(),
            domain: name!("checkout"),
            unit: name!("checkout"),
            entry: name!("cart"),
            complete: name!("order"),
            success_old: SuccessPredicate::default(),
            success_new: SuccessPredicate::default(),
            window: Millis::seconds(5),
            segments: Vec::new(),
        }],
        failure_modes: Vec::new(),
        runbooks: vec![Runbook {
            id: name!("back"),
            title: "Back to the old checkout".into(),
            steps: vec!["look at the payment provider".into()],
            actions: vec![name!("wallet-off")],
        }],
        edges: vec![edge()],
        plans: vec![Plan {
            id: name!("shop"),
            title: "Shop replatforming".into(),
            edge: name!("shop"),
            traffic: Vec::new(),
            expand: ExpandRule::default(),
            alpha: ppm(50_000),
            stages: vec![stage()],
        }],
        ..Parts::default()
    })
    .unwrap()
}
