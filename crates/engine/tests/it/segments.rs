//! Segments: as criteria of their own, and as exploration that decides nothing.

use tidegate_engine::Request;
use tidegate_engine::judge::{Says, explain};
use tidegate_engine::view::status;
use tidegate_model::exploration::explorations;
use tidegate_model::flow::{Segment, SegmentSource, SegmentValue, SegmentWord};
use tidegate_model::plan::OnHarm;
use tidegate_model::seam::{ArmCounts, MeterCounts, StratumPart};
use tidegate_model::{Estate, Fault, Millis, Parts};

use crate::script::run;
use crate::shop::{name, parts};
use crate::world::{Health, World, gateway};

fn value(value: &str) -> SegmentValue {
    SegmentValue {
        segment: name("payment"),
        value: value.to_owned(),
    }
}

/// Browsing is told apart by the way of payment, and one way has a criterion of its own.
fn segmented(parts: &mut Parts) {
    let word = |id: &str| SegmentWord {
        name: id.to_owned(),
        equals: vec![id.to_owned()],
        contains: Vec::new(),
    };
    let browse = parts
        .flows
        .iter_mut()
        .find(|flow| flow.id.as_str() == "browse")
        .unwrap();
    browse.segments = vec![Segment {
        id: name("payment"),
        read: SegmentSource::Form("payment".to_owned()),
        words: vec![word("card"), word("wallet")],
    }];
    let gate = &mut parts.plans[0].stages[0].gate;
    gate.approval_within = Millis::minutes(600);
    let mut card = gate.criteria[0].clone();
    card.id = name("pages-card");
    card.segment = Some(value("card"));
    card.on_harm = OnHarm::Hold;
    card.weight = 2;
    gate.criteria.push(card);
}

/// What is counted for, and attempts and hits of the old and the new side.
type Counted<'a> = (&'a str, (u64, u64), (u64, u64));

/// Reports a stratum of these counts.
fn report(world: &mut World, counts: &[Counted<'_>]) {
    world.wait(Millis::seconds(1));
    let arm = |(n, hits)| ArmCounts { n, hits };
    for part in [StratumPart::Prompt, StratumPart::Cohort] {
        let mut stratum = world.stratum("catalogue", Health::Well, part, world.version());
        if part == StratumPart::Cohort {
            let counted = counts.iter().map(|(criterion, old, new)| {
                MeterCounts::whole(name("catalogue"), name(criterion), arm(*old), arm(*new))
            });
            stratum.counts = counted.collect();
        }
        world.must(gateway(), Request::Evidence(stratum));
    }
    world.skip_strata(1);
    world.expect_kept("a stratum");
}

fn exposed() -> World {
    let mut world = World::shop_with(segmented);
    run(&mut world, "cleo approve catalogue\nconfirm");
    world
}

fn word(world: &World, criterion: &str) -> String {
    let view = status(&world.estate, &world.state, world.now);
    let stages = &view.plans[0].stages;
    let found = stages[0].criteria.iter().find(|one| one.id.as_str() == criterion);
    found.unwrap().verdict.clone()
}

#[test]
fn a_segment_with_a_criterion_has_alpha_and_counts_of_its_own() {
    let mut world = exposed();
    for _ in 0..10 {
        report(
            &mut world,
            &[
                ("pages", (1_000, 900), (1_001, 899)),
                ("pages-card", (500, 450), (500, 200)),
            ],
        );
    }
    assert_eq!(
        (word(&world, "pages"), word(&world, "pages-card")),
        ("pass".into(), "harm".into())
    );
    let (_, stage) = world.estate.stage(&name("catalogue")).unwrap();
    let shown = |place: usize| {
        let criterion = &stage.gate.criteria[place];
        explain(&world.estate, &world.state, &stage.id, criterion, world.now).unwrap()
    };
    let (all, card) = (shown(0), shown(1));
    assert_eq!(card.segment.as_deref(), Some("payment=card"));
    assert_eq!(card.tests[0].new, (5_000, 2_000));
    assert_eq!(card.tests[0].says, Says::Harm);
    let share = |shown: &tidegate_engine::judge::Explanation| shown.allowance.unwrap().share;
    assert!((share(&card) - 2.0 * share(&all)).abs() < 1e-15);
}

#[test]
fn other_segments_are_counted_shown_and_decide_nothing() {
    let mut world = exposed();
    let (_, stage) = world.estate.stage(&name("catalogue")).unwrap();
    let names: Vec<(String, String)> = explorations(&world.estate, stage)
        .iter()
        .map(|one| (one.id.to_string(), one.value.to_string()))
        .collect();
    let expected = [("explore.0.0.1", "payment=wallet"), ("explore.0.0.2", "payment=other")];
    assert_eq!(names, expected.map(|(id, value)| (id.to_owned(), value.to_owned())));
    for _ in 0..10 {
        report(
            &mut world,
            &[
                ("pages", (1_000, 900), (1_001, 899)),
                ("pages-card", (500, 450), (501, 449)),
                ("explore.0.0.1", (200, 180), (200, 0)),
                ("never-asked-for", (200, 180), (200, 0)),
            ],
        );
    }
    assert_eq!(
        (word(&world, "pages"), word(&world, "pages-card")),
        ("pass".into(), "pass".into())
    );
    assert_eq!(world.phase("catalogue"), "gating");
    let view = status(&world.estate, &world.state, world.now);
    let explored = &view.plans[0].stages[0].exploration;
    assert_eq!(explored.len(), 1);
    let wallet = &explored[0];
    assert_eq!(
        (wallet.label.as_str(), wallet.segment.as_str()),
        ("exploration", "payment=wallet")
    );
    assert_eq!((wallet.old, wallet.new), ((2_000, 1_800), (2_000, 0)));
    let (low, high) = wallet.interval.unwrap();
    assert!(
        low < -0.85 && high < -0.8 && wallet.difference == Some(-0.9),
        "{wallet:?}"
    );
    let known = &world.state.stages["catalogue"];
    assert!(!known.tallies.contains_key("never-asked-for") && !known.cells.contains_key("explore.0.0.1"));
    run(&mut world, "cleo approve catalogue\nconfirm");
    assert_eq!(world.phase("catalogue"), "watching");
}

#[test]
fn no_criterion_has_the_name_of_an_exploration() {
    for taken in ["explore.0.0.0", "explore.mine", "split"] {
        let mut parts = parts();
        parts.plans[0].stages[0].gate.criteria[0].id = name(taken);
        let faults = Estate::assemble(parts).unwrap_err();
        assert!(
            matches!(&faults[..], [Fault::Reserved { name, .. }] if name == taken),
            "{faults:?}"
        );
    }
}
