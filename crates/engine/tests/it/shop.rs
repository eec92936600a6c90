//! A small estate built by hand: three stages, four teams, a ladder of three rungs and one whose first rung reaches nobody.

use tidegate_model::domain::{ActionEffect, Domain, Grant};
use tidegate_model::edge::{Caching, Edge, FirstVisit, OnDecrease, Route, RouteClass, UnitUpstreams};
use tidegate_model::flow::{Flow, SuccessPredicate};
use tidegate_model::hazard::Runbook;
use tidegate_model::ladder::{DecisionScope, Ladder, Rung, Target};
use tidegate_model::people::{ContactMethod, Person, Team};
use tidegate_model::plan::{
    Approver, Brake, Communication, Criterion, ExpandRule, Gate, Measure, OnHarm, Plan, RollbackRule, SqlQuery, Stage,
    Step, Traffic,
};
use tidegate_model::switch::{Switch, SwitchValue};
use tidegate_model::{BasisPoints, Estate, Millis, Money, Parts, PartsPerMillion, Severity};

/// A name of any kind.
pub(crate) fn name<T: TryFrom<String>>(text: &str) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(text.to_owned()).unwrap()
}

fn ppm(value: u32) -> PartsPerMillion {
    PartsPerMillion::new(value).unwrap()
}

fn person(id: &str, methods: usize) -> Person {
    Person {
        id: name(id),
        title: id.to_owned(),
        methods: (0..methods)
            .map(|_| ContactMethod::Mail(format!("{id}@shop.example")))
            .collect(),
    }
}

fn team(id: &str, members: &[&str], on_call: &[&str]) -> Team {
    Team {
        id: name(id),
        title: id.to_owned(),
        members: members.iter().map(|id| name(id)).collect(),
        on_call: on_call.iter().map(|id| name(id)).collect(),
    }
}

fn rung(title: &str, targets: Vec<Target>) -> Rung {
    Rung {
        title: title.to_owned(),
        targets,
        answer_within: Millis::seconds(60),
        scope: DecisionScope::Domain,
        called_for: None,
        handles: None,
        makes: None,
    }
}

fn ladder(id: &str, first: Target) -> Ladder {
    Ladder {
        id: name(id),
        rungs: vec![
            rung("on call", vec![first]),
            rung("platform", vec![Target::Team(name("platform"))]),
            rung("direction", vec![Target::Person(name("hal"))]),
        ],
        repeat_every: Millis::seconds(120),
        acknowledged_for: Millis::seconds(300),
    }
}

fn domain(id: &str, owner: &str, ladder: &str) -> Domain {
    Domain {
        id: name(id),
        title: id.to_owned(),
        owner: name(owner),
        ladder: name(ladder),
        escalation_contact: None,
        responsibilities: Vec::new(),
        code: Vec::new(),
        areas: Vec::new(),
        objectives: Vec::new(),
        switches: Vec::new(),
        authority: Vec::new(),
        runbook: None,
    }
}

fn checkout_domain() -> Domain {
    let switch = |id: &str| Switch {
        id: name(id),
        default: SwitchValue::Bool(true),
        title: id.to_owned(),
    };
    let off = |id: &str, switches: &[&str], seconds: u64| Grant {
        action: name(id),
        title: format!("turn {} off", switches.join(" and ")),
        effect: ActionEffect::SetSwitches(
            switches
                .iter()
                .map(|switch| (name(switch), SwitchValue::Bool(false)))
                .collect(),
        ),
        expires: Millis::seconds(seconds),
    };
    Domain {
        switches: vec![switch("checkout.wallet"), switch("checkout.coupons")],
        authority: vec![
            off("wallet-off", &["checkout.wallet"], 600),
            off("extras-off", &["checkout.wallet", "checkout.coupons"], 900),
            Grant {
                action: name("checkout-back"),
                title: "take checkout back".to_owned(),
                effect: ActionEffect::Rollback,
                expires: Millis::seconds(60),
            },
            Grant {
                action: name("checkout-by-hand"),
                title: "put the release before back".to_owned(),
                effect: ActionEffect::RunRunbook(name("checkout-down")),
                expires: Millis::seconds(60),
            },
        ],
        runbook: Some(name("checkout-down")),
        ..domain("checkout", "checkout-team", "main")
    }
}

fn flow(id: &str, domain: &str, unit: &str) -> Flow {
    Flow {
        id: name(id),
        title: id.to_owned(),
        domain: name(domain),
        unit: name(unit),
        entry: name(&format!("{id}-in")),
        complete: name(&format!("{id}-out")),
        success_old: SuccessPredicate::default(),
        success_new: SuccessPredicate::default(),
        window: Millis::seconds(2),
        segments: Vec::new(),
    }
}

fn step(bp: u16, margin: u32) -> Step {
    Step {
        to: BasisPoints::new(bp).unwrap(),
        flips: Vec::new(),
        soak: Millis::seconds(5),
        at_most: Millis::seconds(120),
        margin: ppm(margin),
        at_risk: None,
    }
}

fn criterion(id: &str, measure: Measure, on_harm: OnHarm, owner: &str) -> Criterion {
    Criterion {
        id: name(id),
        title: id.to_owned(),
        measure,
        segment: None,
        on_harm,
        owner: name(owner),
        weight: 1,
        max_silence: Millis::seconds(20),
    }
}

fn stage(id: &str, steps: Vec<Step>, approvers: Vec<Approver>, criteria: Vec<Criterion>) -> Stage {
    Stage {
        id: name(id),
        title: id.to_owned(),
        unit: name(id),
        owner: name(id),
        after: Vec::new(),
        enter: Vec::new(),
        steps,
        watch: Millis::seconds(10),
        gate: Gate {
            approvers,
            criteria,
            brake: Brake {
                bad_share: ppm(300_000),
                over: Millis::seconds(5),
                attempts_at_least: 20,
            },
            approval_within: Millis::seconds(90),
            fresh_for: Millis::seconds(600),
        },
        rollback: RollbackRule {
            what: "traffic goes back".to_owned(),
            within: Millis::seconds(240),
            forward_fix: vec!["repair the orders by hand".to_owned()],
            trigger: vec![Approver::Team(name("platform"))],
            executor: name("ops"),
            runbook: name("checkout-down"),
        },
        communication: Communication {
            on_rollback: vec![name("catalogue-team")],
        },
        attempts_max: 2,
    }
}

fn checkout_stage() -> Stage {
    let flow = || name("buy");
    let criteria = vec![
        criterion(
            "orders",
            Measure::Completion { flow: flow() },
            OnHarm::Rollback,
            "checkout",
        ),
        criterion(
            "errors",
            Measure::Errors {
                flow: flow(),
                at_most: ppm(20_000),
                not_worse_by: ppm(10_000),
            },
            OnHarm::Rollback,
            "checkout",
        ),
        criterion(
            "speed",
            Measure::Latency {
                flow: flow(),
                quantile: ppm(950_000),
                limit: Millis(500),
            },
            OnHarm::Hold,
            "checkout",
        ),
        criterion(
            "calm",
            Measure::Incidents {
                at_least: Severity::Sev2,
                at_most: 0,
            },
            OnHarm::Hold,
            "checkout",
        ),
    ];
    stage(
        "checkout",
        vec![step(1_000, 50_000), step(5_000, 50_000), step(10_000, 50_000)],
        vec![Approver::OwnerOf(name("checkout"))],
        criteria,
    )
}

fn pricing_stage() -> Stage {
    let query = |side: &str| SqlQuery {
        on: name(side),
        query: "select id, price from prices".to_owned(),
    };
    let criteria = vec![
        criterion(
            "prices",
            Measure::SqlEqual {
                old: query("old"),
                new: query("new"),
                every: Millis::seconds(2),
                rows_at_least: 100,
            },
            OnHarm::Hold,
            "pricing",
        ),
        criterion(
            "look",
            Measure::Manual {
                question: "do the prices look right?".to_owned(),
            },
            OnHarm::Hold,
            "pricing",
        ),
    ];
    let approvers = vec![Approver::OwnerOf(name("pricing")), Approver::Team(name("platform"))];
    Stage {
        after: vec![name("catalogue")],
        ..stage(
            "pricing",
            vec![step(5_000, 50_000), step(10_000, 50_000)],
            approvers,
            criteria,
        )
    }
}

fn catalogue_stage() -> Stage {
    let seen = criterion(
        "pages",
        Measure::Completion { flow: name("browse") },
        OnHarm::Rollback,
        "catalogue",
    );
    stage(
        "catalogue",
        vec![step(5_000, 50_000), step(10_000, 50_000)],
        vec![Approver::Person(name("cleo"))],
        vec![seen],
    )
}

fn edge() -> Edge {
    let route = |id: &str, unit: &str| Route {
        id: name(id),
        unit: name(unit),
        class: RouteClass::Page,
        methods: Vec::new(),
        path: format!("/{id}"),
        old_path: None,
        new_path: None,
        group: None,
        caching: Caching::Private,
    };
    let unit = |id: &str| UnitUpstreams {
        unit: name(id),
        old: "http://127.0.0.1:1".to_owned(),
        new: "http://127.0.0.1:2".to_owned(),
        on_decrease: OnDecrease::Return,
        clients: Vec::new(),
    };
    Edge {
        id: name("shop"),
        listen: "127.0.0.1:3".to_owned(),
        units: vec![unit("catalogue"), unit("pricing"), unit("checkout")],
        keyed: Vec::new(),
        routes: vec![
            route("buy-in", "checkout"),
            route("buy-out", "checkout"),
            route("browse-in", "catalogue"),
            route("browse-out", "catalogue"),
        ],
        fallback: name("catalogue"),
        callback: None,
        visitor_cookie: "v".to_owned(),
        salt: "salt".to_owned(),
        secure_cookies: false,
        stratum: Millis::seconds(1),
        lease: Millis::seconds(3),
        upstream_timeout: Millis::seconds(2),
        first_visit: FirstVisit::Safe,
        crawlers: None,
        redirects: Vec::new(),
    }
}

/// The pieces, for tests that change one.
pub(crate) fn parts() -> Parts {
    Parts {
        digest: "1".repeat(64),
        people: vec![
            person("ana", 2),
            person("ben", 1),
            person("bea", 1),
            person("cleo", 1),
            person("pat", 1),
            person("olga", 1),
            person("gus", 1),
            person("gil", 1),
            person("hal", 1),
            person("max", 1),
            person("nil", 0),
        ],
        teams: vec![
            // Ben may approve by his team, and may not because he executes.
            team("checkout-team", &["ana", "bea", "ben"], &["ana"]),
            team("catalogue-team", &["cleo"], &[]),
            team("pricing-team", &["pat", "gil"], &["pat"]),
            team("ops", &["olga", "ben"], &[]),
            team("platform", &["gus", "gil"], &["gus"]),
            team("silent", &["nil"], &[]),
        ],
        ladders: vec![
            ladder("main", Target::OwnerOnCall),
            ladder("thin", Target::Team(name("silent"))),
        ],
        domains: vec![
            checkout_domain(),
            domain("catalogue", "catalogue-team", "main"),
            domain("pricing", "pricing-team", "thin"),
        ],
        flows: vec![
            flow("buy", "checkout", "checkout"),
            flow("browse", "catalogue", "catalogue"),
        ],
        failure_modes: Vec::new(),
        runbooks: vec![Runbook {
            id: name("checkout-down"),
            title: "Checkout is down".to_owned(),
            steps: vec![
                "look at the payment provider".to_owned(),
                "turn the wallet off".to_owned(),
            ],
            actions: vec![name("wallet-off")],
        }],
        edges: vec![edge()],
        entities: Vec::new(),
        plans: vec![Plan {
            id: name("move"),
            title: "The move".to_owned(),
            edge: name("shop"),
            traffic: vec![Traffic {
                flow: name("buy"),
                day_per_hour: 3_600,
                night_per_hour: 360,
                completion: ppm(900_000),
                basket: Money {
                    minor: 6_000,
                    currency: "EUR".to_owned(),
                },
            }],
            expand: ExpandRule::default(),
            alpha: ppm(50_000),
            stages: vec![catalogue_stage(), pricing_stage(), checkout_stage()],
        }],
        ..Parts::default()
    }
}

/// The catalogue's lists flip between half and all of its visitors.
pub(crate) fn flipping(parts: &mut Parts) {
    for route in &mut parts.edges[0].routes {
        let group = match route.id.as_str() {
            "browse-in" => "lists",
            "browse-out" => "products",
            _ => continue,
        };
        route.group = Some(name(group));
    }
    let steps = &mut parts.plans[0].stages[0].steps;
    let flip = Step {
        flips: vec![name("lists")],
        ..steps[0].clone()
    };
    steps.insert(1, flip);
}

/// The estate.
pub(crate) fn estate() -> Estate {
    Estate::assemble(parts()).unwrap()
}

/// The estate with a change.
pub(crate) fn estate_with(change: impl FnOnce(&mut Parts)) -> Estate {
    let mut parts = parts();
    change(&mut parts);
    Estate::assemble(parts).unwrap()
}
