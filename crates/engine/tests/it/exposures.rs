//! What gateways are asked to hold: complete, under a version that only grows.

use crate::script::{check_in, run};
use crate::shop::{name, parts};
use crate::world::World;

#[test]
fn each_step_asks_for_more_and_proves_what_passed() {
    let mut world = World::calm();
    let mut seen = run(
        &mut world,
        "show exposure
        ana approve checkout
        show exposure
        confirm
        show exposure
        counts checkout well 12
        show exposure
        ana approve checkout
        show exposure
        confirm
        counts checkout well 12
        ana approve checkout
        show exposure
        confirm
        counts checkout well 10
        show exposure
        ana finalise checkout
        show exposure
        confirm
        show exposure",
    );
    seen.retain(|line| line.starts_with('='));
    insta::assert_snapshot!(seen.join("\n"), @r"
    = held 0.0: catalogue 0 % proven 0 %, checkout 0 % proven 0 %, pricing 0 % proven 0 %
    = asked 1.9: catalogue 0 % proven 0 %, checkout 10 % proven 0 % measured, pricing 0 % proven 0 %
    = held 1.9: catalogue 0 % proven 0 %, checkout 10 % proven 0 % measured, pricing 0 % proven 0 %
    = held 1.9: catalogue 0 % proven 0 %, checkout 10 % proven 10 % measured, pricing 0 % proven 0 %
    = asked 1.55: catalogue 0 % proven 0 %, checkout 50 % proven 10 % measured, pricing 0 % proven 0 %
    = asked 1.99: catalogue 0 % proven 0 %, checkout 100 % proven 50 % measured, pricing 0 % proven 0 %
    = held 1.99: catalogue 0 % proven 0 %, checkout 100 % proven 50 % measured, pricing 0 % proven 0 %
    = asked 1.134: catalogue 0 % proven 0 %, checkout 100 % proven 100 % final, pricing 0 % proven 0 %
    = held 1.134: catalogue 0 % proven 0 %, checkout 100 % proven 100 % final, pricing 0 % proven 0 %
    ");
}

#[test]
fn a_way_back_proves_nothing_and_stops_the_measuring() {
    let mut world = World::calm();
    run(
        &mut world,
        "ana approve checkout\nconfirm\ncounts checkout well 12\nana approve checkout\nconfirm",
    );
    check_in(
        &mut world,
        "
        show exposure
        ana rollback checkout it smells
        show exposure
        confirm
        show exposure
        ",
        "
        = held 1.55: catalogue 0 % proven 0 %, checkout 50 % proven 10 % measured, pricing 0 % proven 0 %
        09:00:12 rolling checkout back from 50 % to 0 %, as asked: it smells
        = asked 1.68: catalogue 0 % proven 0 %, checkout 0 % proven 0 %, pricing 0 % proven 0 %
        09:00:12 checkout is back on the old side, on 1 gateway
        = held 1.68: catalogue 0 % proven 0 %, checkout 0 % proven 0 %, pricing 0 % proven 0 %
        ",
    );
}

#[test]
fn one_stage_moves_a_unit() {
    let mut parts = parts();
    parts.plans[0].stages[2].unit = name("catalogue");
    let faults = tidegate_model::Estate::assemble(parts).unwrap_err();
    let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["unit `catalogue` is moved by stage `catalogue` and by stage `checkout`; one stage moves a unit"]
    );
}

#[test]
fn the_name_of_the_split_is_taken() {
    let mut parts = parts();
    parts.plans[0].stages[0].gate.criteria[0].id = name("split");
    let faults = tidegate_model::Estate::assemble(parts).unwrap_err();
    let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["a criterion of stage `catalogue` is named `split`, which stands for what every stage counts"]
    );
}

#[test]
fn a_restart_and_a_change_ask_for_the_same_under_a_later_version() {
    let mut world = World::calm();
    run(&mut world, "ana approve checkout\nconfirm\ncounts checkout well 12");
    check_in(
        &mut world,
        "
        show exposure
        restart
        show exposure
        confirm
        ana change checkout old deploy-1
        show exposure
        ",
        "
        = held 1.9: catalogue 0 % proven 0 %, checkout 10 % proven 10 % measured, pricing 0 % proven 0 %
        09:00:12 the controller started (start 2)
        = asked 2.54: catalogue 0 % proven 0 %, checkout 10 % proven 10 % measured, pricing 0 % proven 0 %
        09:00:12 ana changed the old side of checkout (deploy-1); its evidence starts anew
        09:00:12 calm of checkout says pass
        = asked 2.59: catalogue 0 % proven 0 %, checkout 10 % proven 10 % measured, pricing 0 % proven 0 %
        ",
    );
}
