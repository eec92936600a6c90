//! Which counts enter the record, and which may help a step to pass.

use tidegate_model::seam::{ExposureVersion, Observation, StratumPart};
use tidegate_model::{CriterionId, Millis, StageId, Timestamp};

use tidegate_engine::{Body, Request};
use tidegate_model::seam::{Actor, EqualityCounts, Stratum};

use crate::script::{check, check_in, run};
use crate::shop::name;
use crate::world::{Health, World, gateway};

/// Catalogue at its first step, in force.
const ENTERED: &str = "
    cleo approve catalogue
    confirm
    ";

/// Cells of the one criterion of catalogue.
fn cells(world: &World) -> usize {
    let (stage, pages): (StageId, CriterionId) = (name("catalogue"), name("pages"));
    world.state.stages[&stage]
        .cells
        .get(&pages)
        .map_or(0, |cells| cells.len())
}

fn entered() -> World {
    let mut world = World::calm();
    run(&mut world, ENTERED);
    world.wait(Millis::seconds(1));
    world
}

fn report(world: &mut World, stratum: &Stratum) {
    world.must(gateway(), Request::Evidence(stratum.clone()));
    world.expect_kept("a report");
}

fn cohort(world: &World) -> Stratum {
    world.stratum("catalogue", Health::Well, StratumPart::Cohort, world.version())
}

#[test]
fn a_report_counts_once_however_often_it_comes() {
    let mut world = entered();
    let stratum = cohort(&world);
    report(&mut world, &stratum);
    let journal = world.journal.len();
    report(&mut world, &stratum);
    assert_eq!((cells(&world), world.journal.len()), (1, journal));
}

#[test]
fn a_gap_in_a_gateways_reports_is_no_repeat() {
    let mut world = entered();
    world.counts("catalogue", Health::Well);
    world.skip_strata(3);
    world.counts("catalogue", Health::Well);
    assert_eq!(cells(&world), 2);
}

#[test]
fn a_report_two_steps_late_belongs_to_the_share_it_was_counted_under() {
    let mut world = World::shop();
    run(&mut world, "ana approve checkout\nconfirm");
    world.wait(Millis::seconds(1));
    let late = world.stratum("checkout", Health::Well, StratumPart::Prompt, world.version());
    world.skip_strata(1);
    for _ in 0..2 {
        run(&mut world, "counts checkout well 12\nana approve checkout\nconfirm");
    }
    let checkout: StageId = name("checkout");
    assert_eq!(world.state.stages[&checkout].step, Some(2));
    report(&mut world, &late);
    let cells = &world.state.stages[&checkout].cells[&name::<CriterionId>("split")];
    assert_eq!(cells.last().unwrap().share.get(), 1_000);
}

#[test]
fn reports_of_a_gateway_that_started_again_are_its_own() {
    let mut world = entered();
    let stratum = cohort(&world);
    report(&mut world, &stratum);
    run(&mut world, "gateway again");
    let again = cohort(&world);
    assert_eq!((again.id.index, again.id.incarnation), (stratum.id.index, 2));
    report(&mut world, &again);
    report(&mut world, &stratum);
    assert_eq!(cells(&world), 2);
}

#[test]
fn what_cannot_be_trusted_is_recorded_and_not_judged() {
    type Spoil = fn(&mut Stratum);
    let cases: [(&str, Spoil); 3] = [
        ("voided by its gateway", |stratum| stratum.voided = true),
        ("counted before this attempt", |stratum| {
            stratum.version = ExposureVersion { epoch: 1, seq: 1 }
        }),
        ("of a clock that runs ahead", |stratum| {
            stratum.began = stratum.began.after(Millis::minutes(6))
        }),
    ];
    for (what, spoil) in cases {
        let mut world = entered();
        let mut stratum = cohort(&world);
        spoil(&mut stratum);
        report(&mut world, &stratum);
        let last = world.journal.last().map(|event| &event.body);
        assert!(
            matches!(last, Some(Body::EvidenceRecorded { late: true, .. })),
            "{what}: {last:?}"
        );
        assert_eq!(cells(&world), 0, "{what}");
    }
}

#[test]
fn a_clock_a_little_ahead_is_borne() {
    let mut world = entered();
    let mut stratum = cohort(&world);
    stratum.began = stratum.began.after(Millis::minutes(4));
    report(&mut world, &stratum);
    assert_eq!(cells(&world), 1);
}

#[test]
fn counts_of_an_earlier_step_warn_of_harm_and_prove_nothing() {
    let mut world = World::calm();
    run(&mut world, "ana approve checkout\nconfirm\ncounts checkout well 12");
    let first_step = world.version();
    run(&mut world, "ana approve checkout\nconfirm\nwait 5s");
    let late_cohort = |world: &World, health| world.stratum("checkout", health, StratumPart::Cohort, first_step);
    for _ in 0..6 {
        let stratum = late_cohort(&world, Health::Well);
        report(&mut world, &stratum);
        world.skip_strata(1);
    }
    let passes_nothing = "= checkout is gating at 50 %, attempt 1; it waits for: orders says not yet; errors says not yet; \
                          speed says not yet";
    assert_eq!(run(&mut world, "show checkout"), [passes_nothing]);
    for _ in 0..6 {
        if world.phase("checkout") == "gating" {
            let stratum = late_cohort(&world, Health::Worse);
            report(&mut world, &stratum);
            world.skip_strata(1);
        }
    }
    assert_eq!(world.phase("checkout"), "rolling back");
}

#[test]
fn what_comes_to_its_end_after_a_fall_is_in_what_the_fall_has_cost() {
    let mut world = World::calm();
    run(&mut world, "ana approve checkout\nconfirm");
    let before_the_fall = |world: &mut World| {
        let stratum = world.stratum("checkout", Health::Worse, StratumPart::Cohort, world.version());
        world.skip_strata(1);
        stratum
    };
    let late = before_the_fall(&mut world);
    let mut voided = before_the_fall(&mut world);
    voided.voided = true;
    run(&mut world, "counts checkout worse 12");
    let says = |world: &mut World, wanted: &str| {
        let told = run(world, "headline").join("\n");
        assert!(told.contains(wanted), "{wanted}: {told}");
    };
    says(
        &mut world,
        "64 orders lost so far against the old side's pace, worth 3,840 EUR as declared. At least 120 orders",
    );
    report(&mut world, &voided);
    report(&mut world, &late);
    says(
        &mut world,
        "128 orders lost so far against the old side's pace, worth 7,680 EUR as declared, 2,000 attempts counted since \
         included. At least 240 orders made on the new side, worth 14,400 EUR as declared, stay there.",
    );
    // What begins after it is on the old side and says nothing of it.
    let after = world.stratum("checkout", Health::Worse, StratumPart::Cohort, world.version());
    report(&mut world, &after);
    says(&mut world, "128 orders lost so far");
}

#[test]
fn a_gateway_speaks_for_itself() {
    let mut world = entered();
    let stratum = cohort(&world);
    for actor in [
        Actor::Gateway { id: name("other") },
        Actor::Service { id: name("change") },
        Actor::Controller,
        crate::world::by("ana"),
    ] {
        let refusal = world.ask(actor, Request::Evidence(stratum.clone())).unwrap_err();
        assert_eq!(refusal.rule.code(), "TG9001");
    }
    assert_eq!(cells(&world), 0);
}

#[test]
fn a_change_of_either_side_starts_the_evidence_anew() {
    for side in ["old", "new"] {
        let mut world = World::calm();
        run(&mut world, ENTERED);
        let seen = run(
            &mut world,
            &format!("counts catalogue well 6\ncleo change catalogue {side} deploy-4\nconfirm\nshow catalogue"),
        );
        assert_eq!(
            seen[4..],
            [
                format!("09:00:06 cleo changed the {side} side of catalogue (deploy-4); its evidence starts anew"),
                "09:00:06 step 1 of catalogue is in force; it soaks until 09:00:11".to_owned(),
                "= catalogue is soaking at 50 %, attempt 1; it waits for: it soaks until 09:00:11; pages says not yet"
                    .to_owned(),
            ]
        );
    }
}

#[test]
fn changes_are_noted_by_owners_executors_and_the_change_service_with_a_reference() {
    check(
        "
        @change change catalogue new deploy-4
        olga change catalogue new deploy-5
        hal change catalogue new deploy-6
        ana change catalogue new deploy-7
        max change catalogue new deploy-8
        cleo change catalogue new
        cleo change payments new deploy-9
        ",
        "
        09:00:00 service change changed the new side of catalogue (deploy-4); its evidence starts anew
        09:00:00 asked cleo to approve entering catalogue, until 09:01:30
        09:00:00 olga changed the new side of catalogue (deploy-5); its evidence starts anew
        09:00:00 asked cleo to approve entering catalogue, until 09:01:30
        09:00:00 hal changed the new side of catalogue (deploy-6); its evidence starts anew
        09:00:00 asked cleo to approve entering catalogue, until 09:01:30
        refused TG9001: ana may not: the owner, its executors and the rungs above note changes (ask somebody of catalogue-team)
        refused TG9001: max may not: the owner, its executors and the rungs above note changes (ask somebody of catalogue-team)
        refused TG9015: a change is named by its commit, ticket or command (give a reference)
        refused TG9002: there is no stage `payments` (`tidegate status` lists what there is)
        ",
    );
}

#[test]
fn another_service_notes_no_change() {
    let mut world = World::calm();
    let request = Request::NoteChange {
        stage: name("catalogue"),
        side: tidegate_engine::Side::New,
        reference: "deploy-4".to_owned(),
        summary: String::new(),
    };
    let refusal = world.ask(Actor::Service { id: name("switches") }, request).unwrap_err();
    assert_eq!(refusal.rule.code(), "TG9001");
}

#[test]
fn a_change_at_full_exposure_is_watched_anew() {
    check_in(
        &mut World::calm(),
        "
        cleo approve catalogue
        confirm
        counts catalogue well 6
        cleo approve catalogue
        confirm
        wait 10s
        cleo change catalogue new deploy-4
        show catalogue
        confirm
        show catalogue
        cleo finalise catalogue
        wait 10s
        cleo finalise catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says pass
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:05 the gate of catalogue step 1 passed on 1 criterion
        09:00:05 asked cleo to approve step 2 of catalogue, until 19:00:05
        09:00:06 cleo approved step 2 of catalogue
        09:00:06 exposed catalogue to 100 % (step 2), as the gate before it passed
        09:00:06 catalogue is at 100 % and watched until 09:00:16; its way back stays open until 09:04:06
        09:00:06 pricing is ready to be entered (attempt 1)
        09:00:06 asked gil, gus and pat to approve entering pricing, until 19:00:06
        09:00:16 asked cleo to approve the finalisation of catalogue, until 19:00:16
        09:00:16 cleo changed the new side of catalogue (deploy-4); its evidence starts anew
        = catalogue is exposing at 100 %, attempt 1; it waits for: not every gateway holds 100 % yet
        09:00:16 catalogue is at 100 % and watched until 09:00:26; its way back stays open until 09:04:06
        = catalogue is watching at 100 %, attempt 1; it waits for: it is watched until 09:00:26
        refused TG9003: catalogue is watching; it cannot be made final now (wait until its watch is over, at 2026-03-02T09:00:26.000Z)
        09:00:26 asked cleo to approve the finalisation of catalogue, until 19:00:26
        09:00:26 cleo approved the finalisation of catalogue
        09:00:26 tidegate finalised catalogue; there is no way back
        ",
    );
}

#[test]
fn what_a_query_saw_before_the_change_does_not_count() {
    let mut world = World::calm();
    run(&mut world, ENTERED);
    run(
        &mut world,
        "counts catalogue well 6\ncleo approve catalogue\nconfirm\npat approve pricing\ngus approve pricing\nconfirm",
    );
    let seen_at = world.now;
    run(&mut world, "wait 1s\npat change pricing new repair-1\nconfirm");
    let equality = |at: Timestamp| Request::Observe {
        stage: name("pricing"),
        criterion: name("prices"),
        observation: Observation::Equality {
            at,
            counts: EqualityCounts {
                old_rows: 1_000,
                new_rows: 1_000,
                ..EqualityCounts::default()
            },
        },
    };
    let journal = world.journal.len();
    world.must(Actor::Controller, equality(seen_at));
    assert_eq!(world.journal.len(), journal);
    let now = world.now;
    world.must(Actor::Controller, equality(now));
    assert_eq!(
        run(&mut world, "show pricing"),
        ["= pricing is soaking at 50 %, attempt 1; it waits for: it soaks until 09:00:12; look says not yet"]
    );
}
