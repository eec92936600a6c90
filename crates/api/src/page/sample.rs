//! A cutover in the middle of being saved, as a status: what the tests of the pages are rendered from.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use tidegate_engine::event::{Account, Reading};
use tidegate_engine::view::{
    ActionView, ApprovalView, CriterionView, ExampleView, ExplorationView, FaultView, FoundView, HappenedView,
    Headline, IncidentView, MarkView, PlanView, RulingView, StageView, StatusView, SurveyView, SwitchView, Tone,
};
use tidegate_model::plan::OnHarm;
use tidegate_model::switch::SwitchValue;
use tidegate_model::{
    ActionId, BasisPoints, CriterionId, DomainId, IncidentId, Millis, Money, PersonId, PlanId, Severity, StageId,
    SwitchId, TeamId, Timestamp, UnitId,
};

/// 2026-03-02 14:03:48 UTC.
pub(crate) const NOW: Timestamp = Timestamp(1_772_460_228_000);

fn ago(seconds: u64) -> Timestamp {
    Timestamp(NOW.0 - Millis::seconds(seconds).0 as i64)
}

fn bp(value: u16) -> BasisPoints {
    BasisPoints::new(value).unwrap()
}

fn stage(id: &str, title: &str, phase: &str, exposure: u16, proven: u16) -> StageView {
    StageView {
        id: StageId::parse(id).unwrap(),
        title: title.into(),
        unit: UnitId::parse(id).unwrap(),
        owner: DomainId::parse(id).unwrap(),
        phase: phase.into(),
        since: ago(41),
        exposure: bp(exposure),
        proven: bp(proven),
        step: None,
        steps: vec![bp(1_000), bp(5_000), bp(10_000)],
        groups: Vec::new(),
        attempt: 1,
        attempts_max: 3,
        waits_for: Vec::new(),
        holds: Vec::new(),
        way_back_until: None,
        soak_until: None,
        approvals: Vec::new(),
        completed_on_new: None,
        lessons: Vec::new(),
        criteria: Vec::new(),
        exploration: Vec::new(),
        marks: Vec::new(),
    }
}

fn criterion(id: &str, title: &str, kind: &str, verdict: &str, reading: Reading) -> CriterionView {
    CriterionView {
        id: CriterionId::parse(id).unwrap(),
        title: title.into(),
        kind: kind.into(),
        segment: None,
        owner: DomainId::parse("checkout").unwrap(),
        verdict: verdict.into(),
        since: Some(ago(130)),
        evidence_at: Some(ago(3)),
        reading,
        after: None,
        slowed: None,
        open: (0, 0),
        series: Vec::new(),
    }
}

/// What goes with the completion's numbers.
pub(crate) fn account() -> Account {
    Account {
        alpha_plan: 0.05,
        alpha_share: 0.02,
        alpha_of_try: 0.012,
        alpha_spent: 0.012,
        this_try: 1,
        margin: Some(0.05),
        is_margin_relative: true,
        limit: None,
        money: Some(Money {
            minor: 138_000,
            currency: "EUR".into(),
        }),
        money_most: None,
        harm_in: None,
    }
}

/// A segment that nobody judges.
pub(crate) fn explored(segment: &str, difference: Option<f64>) -> ExplorationView {
    ExplorationView {
        id: CriterionId::parse("explore.0.0.0").unwrap(),
        label: "exploration".into(),
        of: CriterionId::parse("buy").unwrap(),
        segment: segment.into(),
        old: (4_000, 2_472),
        new: (200, 114),
        difference,
        interval: difference.map(|difference| (difference - 0.048, difference + 0.048)),
    }
}

fn checkout() -> StageView {
    let completion = Reading {
        old: Some((9_140, 5_651)),
        new: Some((482, 275)),
        difference: Some(-0.0477),
        interval: Some((-0.079, -0.016)),
        lost: Some(23.0),
        can_see: Some(0.031),
        speaks_in: None,
        strata: 42,
        why: "completion on the new side is lower than on the old one, beyond chance".into(),
        ..Reading::default()
    };
    let errors = Reading {
        old: Some((9_140, 10)),
        new: Some((482, 1)),
        difference: Some(0.001),
        can_see: Some(0.004),
        speaks_in: Some(Millis::seconds(38)),
        why: "212 more attempts are needed".into(),
        ..Reading::default()
    };
    let rows = Reading {
        old: Some((1_000, 0)),
        new: Some((1_000, 0)),
        difference: Some(0.0),
        why: "1,000 rows compared, 0 differ".into(),
        ..Reading::default()
    };
    let mut flow = criterion("buy", "flow “buy”, completed", "completion", "harm", completion);
    flow.series = (0..48)
        .map(|n| {
            let at = ago(480 - n * 10);
            let noise = ((n * 7919) % 13) as f64 / 13.0 - 0.5;
            let new = (8..40)
                .contains(&n)
                .then(|| 0.617 - (n as f64 - 8.0).max(0.0) * 0.0055 + noise * 0.05);
            (at, Some(0.618 + noise * 0.02), new)
        })
        .collect();
    let mut stage = stage("checkout", "Checkout", "rolled back", 0, 1_000);
    stage.marks = vec![
        MarkView {
            at: ago(400),
            exposure: bp(1_000),
            label: "10 %".into(),
            tone: Tone::Good,
        },
        MarkView {
            at: ago(210),
            exposure: bp(5_000),
            label: "50 %".into(),
            tone: Tone::Good,
        },
        MarkView {
            at: ago(82),
            exposure: bp(0),
            label: "rolled back".into(),
            tone: Tone::Harm,
        },
    ];
    stage.waits_for = vec![
        "a journalled change of a side".into(),
        "incident inc-1 (sev2) is open".into(),
    ];
    stage.approvals = vec![ApprovalView {
        approver: "the owner of checkout (checkout-team)".into(),
        by: None,
    }];
    stage.criteria = vec![
        flow,
        criterion("errors", "errors on checkout", "errors", "not yet", errors),
        criterion(
            "latency",
            "P95 of the cart within 500 ms",
            "latency",
            "pass",
            Reading {
                old: Some((9_140, 366)),
                new: Some((482, 12)),
                difference: Some(-0.015),
                why: "no more than 5 % are slower".into(),
                ..Reading::default()
            },
        ),
        criterion("orders", "orders reconcile", "sql", "pass", rows),
        criterion("erp", "ERP queue lag", "sql", "source down", Reading::default()),
    ];
    stage
}

fn incident() -> IncidentView {
    IncidentView {
        id: IncidentId::parse("inc-1").unwrap(),
        domain: DomainId::parse("checkout").unwrap(),
        severity: Severity::Sev2,
        summary: "flow “buy” found harm in checkout at 50 %".into(),
        phase: "open".into(),
        opened: ago(82),
        rung: 0,
        rungs: 4,
        who: vec![PersonId::parse("ana").unwrap()],
        unreached: Vec::new(),
        next_at: Some(Timestamp(NOW.0 + 259_000)),
        runbook: vec![
            "Look at the payment provider's status page.".into(),
            "Compare wallet and card completion.".into(),
        ],
        actions: vec![ActionView {
            id: ActionId::parse("wallet-off").unwrap(),
            title: "Turn the wallet off on the new side for 15 min, then it comes back by itself".into(),
            expires: Millis::minutes(15),
            active_until: None,
            runs: None,
        }],
        runs: Vec::new(),
        entries: vec![911, 912],
        timeline: happened(),
        lesson: None,
        answers: Vec::new(),
    }
}

fn happened() -> Vec<HappenedView> {
    [
        (
            82,
            "rolling checkout back from 50 % to 0 %, because buy found harm",
            Tone::Harm,
        ),
        (
            82,
            "called ana for inc-1 (rung 1, call 1); next at 14:08:07",
            Tone::Wait,
        ),
        (
            83,
            "buy of checkout says harm: completion on the new side is lower than on the old one, beyond chance",
            Tone::Harm,
        ),
        (
            210,
            "exposed checkout to 50 % (step 2), as the gate before it passed",
            Tone::Good,
        ),
        (214, "marek approved step 2 of checkout", Tone::Good),
        (400, "exposed checkout to 10 % (step 1), as approved", Tone::Good),
    ]
    .into_iter()
    .enumerate()
    .map(|(place, (seconds, text, tone))| HappenedView {
        seq: 912 - place as u64,
        at: ago(seconds),
        text: text.into(),
        tone,
    })
    .collect()
}

/// The status.
pub(crate) fn status() -> StatusView {
    let mut catalogue = stage("catalogue", "Catalogue", "watching", 10_000, 10_000);
    catalogue.way_back_until = Some(Timestamp(NOW.0 + 80_000_000));
    let mut pricing = stage("pricing", "Pricing", "soaking", 5_000, 1_000);
    pricing.step = Some(1);
    pricing.soak_until = Some(Timestamp(NOW.0 + 12_000));
    pricing.approvals = vec![ApprovalView {
        approver: "the owner of pricing (pricing-team)".into(),
        by: Some(PersonId::parse("marek").unwrap()),
    }];
    pricing.criteria = vec![criterion(
        "prices",
        "prices are equal",
        "sql",
        "pass",
        Reading {
            old: Some((1_000, 0)),
            new: Some((1_000, 0)),
            difference: Some(0.0),
            why: "1,000 rows compared, 0 differ".into(),
            ..Reading::default()
        },
    )];
    let mut search = stage("search", "Search and its pages", "pending", 0, 0);
    search.waits_for = vec!["checkout has not passed".into()];
    StatusView {
        seq: 912,
        at: NOW,
        estate: "4f1c9be2d07a35c1".repeat(4),
        headline: Headline {
            sentence: "Checkout was rolled back from 50 %: fewer visitors complete “buy” on the new side.".into(),
            detail: "61.8 % completed on the old side, 57.0 % on the new one (−4.8 pp); 23 orders lost. All visitors are on the old side.".into(),
            who: "ana is being called (rung 1 of 4)".into(),
            tone: Tone::Harm,
            since: ago(82),
        },
        drills: Vec::new(),
        plans: vec![PlanView {
            id: PlanId::parse("shop").unwrap(),
            title: "Shop replatforming".into(),
            stages: vec![catalogue, pricing, checkout(), search],
        }],
        incidents: vec![incident()],
        switches: vec![
            SwitchView { id: SwitchId::parse("checkout.wallet").unwrap(), value: SwitchValue::Bool(true), action: None, until: None, seq: 2 },
            SwitchView { id: SwitchId::parse("checkout.express").unwrap(), value: SwitchValue::Bool(false), action: Some(ActionId::parse("express-off").unwrap()), until: Some(Timestamp(NOW.0 + 600_000)), seq: 700 },
        ],
        recent: happened(),
        outbox: Vec::new(),
    }
}

/// A crawl that found two classes of faults, one between the sides.
pub(crate) fn survey() -> SurveyView {
    let example = |subject: &str, old: Option<&str>, new: Option<&str>, detail: &str| ExampleView {
        subject: subject.into(),
        old: old.map(Into::into),
        new: new.map(Into::into),
        detail: detail.into(),
    };
    let fault = |class: &str, count, examples| FaultView {
        class: class.into(),
        count,
        examples,
    };
    SurveyView {
        stage: StageId::parse("search").unwrap(),
        stage_title: "Search and its pages".into(),
        criterion: CriterionId::parse("pages-sound").unwrap(),
        title: "every page names itself".into(),
        kind: "crawl".into(),
        owner: DomainId::parse("seo").unwrap(),
        team: Some(TeamId::parse("seo-team").unwrap()),
        on_harm: OnHarm::Hold,
        asks: "pages of sitemap /sitemap.xml and 12 redirects".into(),
        on: "new-web".into(),
        against: Some("old-web".into()),
        at_most: 2,
        at_least: 900,
        every: Millis::minutes(60),
        verdict: "harm".into(),
        since: Some(ago(130)),
        is_last: false,
        at: Some(ago(140)),
        found: Some(FoundView {
            looked_at: 1_240,
            faulty: 18,
            compared: 1_228,
            took: Millis::seconds(62),
            faults: vec![
                fault(
                    "parity: title",
                    17,
                    vec![example(
                        "/product/7",
                        Some("old-web /product/7"),
                        Some("new-web /product/7"),
                        "`Chair` on the old side, `Shop` on the new one",
                    )],
                ),
                fault(
                    "redirect",
                    1,
                    vec![example(
                        "/former/3",
                        None,
                        Some("/product/3"),
                        "status 302, expected 301 or 308",
                    )],
                ),
            ],
        }),
        gap: None,
    }
}

/// What the engine says about some of the buttons.
pub(crate) fn rulings() -> Vec<RulingView> {
    let ruling = |action: &str, subject: &str, allowed, says: &str| RulingView {
        action: action.into(),
        subject: subject.into(),
        allowed,
        says: says.into(),
    };
    vec![
        ruling(
            "approve",
            "checkout",
            false,
            "checkout was rolled back; note the change that repairs it first (owner checkout-team)",
        ),
        ruling(
            "rollback",
            "pricing",
            true,
            "50 % of visitors return to the old pricing at once; open carts drain. The way back is the plan's own.",
        ),
        ruling(
            "acknowledge",
            "inc-1",
            true,
            "You have it; the pager is silent for 15 min, then it calls again unless you update it.",
        ),
        ruling(
            "act",
            "inc-1/wallet-off",
            true,
            "Sets checkout.wallet = off for 15 min, then it is reverted.",
        ),
    ]
}
