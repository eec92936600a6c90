//! Verdicts that open nothing: silence, and counts that cannot be believed.

use tidegate_engine::Request;
use tidegate_model::Millis;
use tidegate_model::seam::{ArmCounts, MeterCounts, StratumPart};

use crate::script::{check, run};
use crate::shop::name;
use crate::world::{Health, World, gateway};

#[test]
fn silence_never_opens_and_is_paged() {
    check(
        "
        cleo approve catalogue
        confirm
        wait 40s
        cleo approve catalogue
        show catalogue
        counts catalogue well 6
        show catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:22 pages of catalogue says no data: nothing was counted since 2026-03-02 09:00:00
        09:00:22 inc-1 opened (sev3, catalogue, by the silence of pages (catalogue)): catalogue: pages is silent - nothing was counted since 2026-03-02 09:00:00
        09:00:22 called cleo for inc-1 (rung 1, call 1); next at 09:01:22
        refused TG9004: catalogue is gating; there is nothing to approve now (its gate must pass first: pages says no data)
        = catalogue is gating at 50 %, attempt 1; it waits for: pages says no data
        09:00:41 pages of catalogue says pass
        09:00:41 inc-1 is over by itself; lesson: none, because the signal came back
        09:00:41 the gate of catalogue step 1 passed on 1 criterion
        09:00:41 asked cleo to approve step 2 of catalogue, until 09:02:11
        = catalogue is gating at 50 %, attempt 1; it waits for: the approval of cleo is missing
        ",
    );
}

#[test]
fn counts_of_nobody_are_silence() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue empty 40
        show catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says invalid: visitors are not split as planned
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:21 inc-1 opened (sev3, catalogue, by the silence of pages (catalogue)): catalogue: pages cannot be judged - visitors are not split as planned
        09:00:21 called cleo for inc-1 (rung 1, call 1); next at 09:01:21
        09:00:22 pages of catalogue says no data: nothing was counted since 2026-03-02 09:00:00
        = catalogue is gating at 50 %, attempt 1; it waits for: pages says no data
        ",
    );
}

#[test]
fn a_split_that_is_not_as_planned_is_invalid_however_well_it_looks() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue missplit 30
        show catalogue
        cleo approve catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says invalid: visitors are not split as planned
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:21 inc-1 opened (sev3, catalogue, by the silence of pages (catalogue)): catalogue: pages cannot be judged - visitors are not split as planned
        09:00:21 called cleo for inc-1 (rung 1, call 1); next at 09:01:21
        = catalogue is gating at 50 %, attempt 1; it waits for: pages says invalid
        refused TG9004: catalogue is gating; there is nothing to approve now (its gate must pass first: pages says invalid)
        ",
    );
}

#[test]
fn a_split_that_is_not_as_planned_voids_harm_too() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout missplit 10
        counts checkout worse 10
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 orders of checkout says invalid: visitors are not split as planned
        09:00:01 errors of checkout says invalid: visitors are not split as planned
        09:00:01 speed of checkout says invalid: visitors are not split as planned
        09:00:05 the soak of checkout step 1 is over; its gate decides
        = checkout is gating at 10 %, attempt 1; it waits for: orders says invalid; errors says invalid; speed says invalid
        ",
    );
}

#[test]
fn a_limit_of_the_new_side_needs_no_split() {
    let mut world = World::shop();
    run(
        &mut world,
        "ana approve checkout\nconfirm\ncounts checkout missplit 10\ncounts checkout slow 10",
    );
    let speed = &world.state.stages["checkout"].verdicts["speed"];
    assert_eq!(speed.verdict.word(), "harm");
}

#[test]
fn sides_whose_split_nobody_counted_are_not_compared() {
    let mut world = World::calm();
    run(&mut world, "cleo approve catalogue\nconfirm");
    for _ in 0..12 {
        let stratum = world.stratum("catalogue", Health::Well, StratumPart::Cohort, world.version());
        world.must(gateway(), Request::Evidence(stratum));
        world.skip_strata(1);
        world.wait(Millis::seconds(1));
    }
    let (_, catalogue) = world.estate.stage(&name("catalogue")).unwrap();
    let (verdict, reading) = tidegate_engine::judge::judge(
        &world.estate,
        &world.state,
        &catalogue.id,
        &catalogue.gate.criteria[0],
        world.now,
    );
    assert_eq!(
        (verdict.word(), reading.why.as_str()),
        ("not yet", "the split of visitors is not counted yet")
    );
}

#[test]
fn a_side_that_nobody_counts_is_invalid() {
    for spoil in [
        |counts: &mut MeterCounts| counts.old = ArmCounts::default(),
        |counts: &mut MeterCounts| counts.new = ArmCounts::default(),
    ] {
        let mut world = World::calm();
        run(&mut world, "cleo approve catalogue\nconfirm");
        for part in [StratumPart::Prompt, StratumPart::Cohort] {
            let mut stratum = world.stratum("catalogue", Health::Well, part, world.version());
            stratum
                .counts
                .iter_mut()
                .filter(|counts| counts.criterion.as_str() == "pages")
                .for_each(spoil);
            world.must(gateway(), Request::Evidence(stratum));
        }
        world.wait(Millis::seconds(1));
        let pages = &world.state.stages["catalogue"].verdicts["pages"];
        assert_eq!(
            (pages.verdict.word(), pages.reading.why.as_str()),
            ("invalid", "one side had no attempts at all")
        );
    }
}

#[test]
fn one_series_on_both_sides_is_invalid() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue same 29
        show catalogue
        counts catalogue same 1
        show catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says pass
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:05 the gate of catalogue step 1 passed on 1 criterion
        09:00:05 asked cleo to approve step 2 of catalogue, until 09:01:35
        = catalogue is gating at 50 %, attempt 1; it waits for: the approval of cleo is missing
        09:00:30 pages of catalogue says invalid: both sides are the same series; one of them is probably not measured
        = catalogue is gating at 50 %, attempt 1; it waits for: the approval of cleo is missing; pages says invalid
        ",
    );
}

#[test]
fn attempts_that_the_old_side_served_do_not_speak_for_the_new_one() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout fallen-back 6
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 orders of checkout says invalid: too many attempts of the new side were served by the old one
        09:00:01 errors of checkout says invalid: too many attempts of the new side were served by the old one
        09:00:01 speed of checkout says invalid: too many attempts of the new side were served by the old one
        09:00:05 the soak of checkout step 1 is over; its gate decides
        = checkout is gating at 10 %, attempt 1; it waits for: orders says invalid; errors says invalid; speed says invalid
        ",
    );
}

#[test]
fn more_hits_than_attempts_are_invalid() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue impossible 6
        show catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says invalid: more hits than attempts were reported
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        = catalogue is gating at 50 %, attempt 1; it waits for: pages says invalid
        ",
    );
}
