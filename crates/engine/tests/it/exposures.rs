//! What gateways are asked to hold: complete, under a version that only grows.

use crate::script::{check_in, run};
use crate::shop::name;
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
fn a_unit_of_two_stages_has_the_higher_exposure() {
    let mut world = World::shop_with(|parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = tidegate_model::Millis::minutes(600);
            if stage.id.as_str() == "checkout" {
                stage.unit = name("catalogue");
            }
        }
    });
    check_in(
        &mut world,
        "
        cleo approve catalogue
        ana approve checkout
        show exposure
        confirm
        cleo rollback catalogue it smells
        show exposure
        ana rollback checkout it smells
        show exposure
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        = asked 1.12: catalogue 50 % proven 0 % measured, pricing 0 % proven 0 %
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:00 rolling catalogue back from 50 % to 0 %, as asked: it smells
        = asked 1.29: catalogue 10 % proven 0 % measured, pricing 0 % proven 0 %
        09:00:00 rolling checkout back from 10 % to 0 %, as asked: it smells
        = asked 1.30: catalogue 0 % proven 0 %, pricing 0 % proven 0 %
        ",
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
