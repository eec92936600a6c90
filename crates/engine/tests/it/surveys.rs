//! Criteria over pages or baskets that are looked at one by one: what each end of a survey says, and how long.

use std::collections::BTreeMap;

use tidegate_engine::Request;
use tidegate_engine::judge::{explain, judge};
use tidegate_engine::state::Phase;
use tidegate_engine::view::surveys;
use tidegate_model::plan::{Measure, OnHarm};
use tidegate_model::seam::{Actor, FaultSeen, Observation, Silence, Subjects, Surveyed};
use tidegate_model::survey::{CrawlAsk, Pace, Reach, SurveyAsk};
use tidegate_model::{Millis, StageId, Timestamp};

use crate::asked::{CADENCE, exposed, exposing};
use crate::script::run;
use crate::shop::name;
use crate::world::World;

/// At most one of at least ten addresses has a fault.
pub(crate) fn crawl() -> Measure {
    crawl_with(|_| ())
}

fn crawl_with(change: impl FnOnce(&mut CrawlAsk)) -> Measure {
    let mut ask = CrawlAsk {
        on: Reach::Source(name("new-shop")),
        public: None,
        sitemaps: vec!["/sitemap.xml".to_owned()],
        addresses: Vec::new(),
        list: None,
        redirects: BTreeMap::new(),
        noindex: Vec::new(),
        catalogue: None,
        same_as: None,
        crawler: "searchbot".to_owned(),
        pace: Pace {
            at_once: 1,
            per_second: 1,
            addresses_max: 100,
        },
    };
    change(&mut ask);
    Measure::Survey {
        ask: SurveyAsk::Crawl(ask),
        at_most: 1,
        at_least: 10,
        cadence: CADENCE,
    }
}

pub(crate) fn found(looked_at: u64, faulty: u64, gap: Option<&str>) -> Surveyed {
    let example = |n: u64| FaultSeen {
        class: "canonical".to_owned(),
        subject: format!("/product/{n}"),
        detail: "it names no canonical address".to_owned(),
    };
    Surveyed {
        subjects: Subjects::Addresses,
        looked_at,
        faulty,
        compared: 0,
        classes: [("canonical".to_owned(), faulty)].into(),
        examples: (0..faulty).map(example).collect(),
        gap: gap.map(ToOwned::to_owned),
        took: Millis(5),
    }
}

fn tell(world: &mut World, observation: Observation) {
    let request = Request::Observe {
        stage: name("catalogue"),
        criterion: name("pages"),
        observation,
    };
    world.must(Actor::Controller, request);
    world.expect_kept("a survey");
}

fn surveyed(world: &mut World, at: Timestamp, found: Surveyed) {
    tell(world, Observation::Surveyed { at, found });
}

fn word(world: &World) -> &'static str {
    let said = &world.state.stages["catalogue"].verdicts;
    said.get("pages").map_or("nothing", |said| said.verdict.word())
}

fn why(world: &World) -> String {
    world.state.stages["catalogue"].verdicts["pages"].reading.why.clone()
}

#[test]
fn each_end_of_a_survey_has_its_verdict() {
    for (what, found, expected) in [
        ("no faults", found(10, 0, None), "pass"),
        ("as many faults as tolerated", found(10, 1, None), "pass"),
        ("one more", found(10, 2, None), "harm"),
        ("too few addresses", found(9, 0, None), "no data"),
        ("too few addresses, with faults", found(9, 9, None), "no data"),
        ("none at all", found(0, 0, None), "no data"),
        ("not all addresses", found(10, 0, Some("/a: no answer")), "no data"),
        (
            "not all addresses, with faults",
            found(10, 2, Some("/a: no answer")),
            "harm",
        ),
    ] {
        let mut world = exposed(crawl(), OnHarm::Hold);
        world.wait(Millis(1));
        let now = world.now;
        surveyed(&mut world, now, found);
        assert_eq!(word(&world), expected, "{what}");
    }
}

#[test]
fn harm_of_a_survey_says_class_and_example() {
    let mut world = exposed(crawl(), OnHarm::Rollback);
    world.wait(Millis(1));
    let now = world.now;
    surveyed(&mut world, now, found(10, 2, None));
    assert_eq!(
        why(&world),
        "10 addresses, 2 with a fault: 2 canonical; /product/0: it names no canonical address"
    );
    assert_eq!(world.state.stages["catalogue"].phase, Phase::RollingBack);
}

#[test]
fn an_old_survey_passes_nothing_and_a_silent_side_is_down() {
    let mut world = exposed(crawl(), OnHarm::Hold);
    let before = world.now;
    world.wait(Millis(1));
    let now = world.now;
    surveyed(&mut world, now, found(10, 0, None));
    assert_eq!(word(&world), "pass");
    // Nobody looks again until the source has been silent for too long.
    world.wait(Millis::seconds(25));
    assert_eq!(word(&world), "no data");
    let silence = Silence {
        since: before,
        reason: "robots.txt: connection refused".to_owned(),
    };
    tell(&mut world, Observation::Silent(silence));
    assert_eq!(word(&world), "source down");
    let ahead = world.now.after(Millis::seconds(5));
    surveyed(&mut world, ahead, found(10, 0, None));
    assert_eq!(word(&world), "invalid");
}

#[test]
fn a_survey_is_shown_with_its_faults_by_class_both_addresses_and_what_is_missing() {
    let shown = |world: &World| surveys(&world.estate, &world.state, world.now).remove(0);
    let mut world = exposed(
        crawl_with(|ask| {
            ask.same_as = Some(Reach::Source(name("old-shop")));
            ask.redirects = [("/former".to_owned(), "/now".to_owned())].into();
        }),
        OnHarm::Hold,
    );
    let before = shown(&world);
    assert_eq!(
        (before.kind.as_str(), before.asks.as_str(), before.verdict.as_str()),
        ("crawl", "pages of sitemap /sitemap.xml and 1 redirect", "not yet")
    );
    assert_eq!(
        (before.on.as_str(), before.against.as_deref()),
        ("new-shop", Some("old-shop"))
    );
    assert_eq!(before.found, None);
    assert_eq!(before.gap.as_deref(), Some("nothing was looked at yet"));
    assert_eq!(before.team.as_ref(), world.estate.owner_of(&before.owner));

    world.wait(Millis(1));
    let now = world.now;
    let seen = |class: &str, subject: &str| FaultSeen {
        class: class.to_owned(),
        subject: subject.to_owned(),
        detail: format!("{class} of {subject}"),
    };
    let mut unsound = found(20, 4, Some("/slow: no answer in time"));
    unsound.compared = 19;
    unsound.classes = [
        ("canonical".to_owned(), 1),
        ("parity: title".to_owned(), 3),
        ("redirect".to_owned(), 1),
    ]
    .into();
    unsound.examples = vec![
        seen("canonical", "/a"),
        seen("parity: title", "/b"),
        seen("redirect", "/former"),
    ];
    surveyed(&mut world, now, unsound);
    let harmful = shown(&world);
    assert_eq!((harmful.verdict.as_str(), harmful.at), ("harm", Some(now)));
    assert_eq!(harmful.gap.as_deref(), Some("/slow: no answer in time"));
    let found_there = harmful.found.expect("it was looked at");
    assert_eq!(
        (found_there.looked_at, found_there.faulty, found_there.compared),
        (20, 4, 19)
    );
    let classes: Vec<(&str, u64)> = found_there
        .faults
        .iter()
        .map(|one| (one.class.as_str(), one.count))
        .collect();
    assert_eq!(classes, [("parity: title", 3), ("canonical", 1), ("redirect", 1)]);
    let addresses: Vec<(&str, Option<&str>, Option<&str>)> = found_there
        .faults
        .iter()
        .flat_map(|one| &one.examples)
        .map(|one| (one.subject.as_str(), one.old.as_deref(), one.new.as_deref()))
        .collect();
    assert_eq!(
        addresses,
        [
            ("/b", Some("old-shop /b"), Some("new-shop /b")),
            ("/a", None, None),
            ("/former", None, Some("/now")),
        ]
    );

    // Everything was looked at and nothing found, so nothing is missing; too little says what was expected.
    world.wait(Millis(1));
    let now = world.now;
    surveyed(&mut world, now, found(10, 0, None));
    assert_eq!((shown(&world).verdict.as_str(), shown(&world).gap), ("pass", None));
    surveyed(&mut world, now, found(9, 0, None));
    assert_eq!(shown(&world).gap.as_deref(), Some("9 addresses, expected 10 at least"));
    let silence = Silence {
        since: now,
        reason: "robots.txt: connection refused".to_owned(),
    };
    tell(&mut world, Observation::Silent(silence));
    let silent = shown(&world);
    assert_eq!((silent.verdict.as_str(), silent.found), ("source down", None));
    assert_eq!(silent.gap.as_deref(), Some("robots.txt: connection refused"));
}

#[test]
fn a_survey_of_a_stage_that_is_not_exposed_says_so_and_other_criteria_are_no_surveys() {
    let world = World::shop_with(|parts| parts.plans[0].stages[0].gate.criteria[0].measure = crawl());
    let all = surveys(&world.estate, &world.state, world.now);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0].verdict, "not judged");
    assert_eq!(all[0].gap, Some(format!("{} is not exposed", all[0].stage_title)));
    let world = World::shop_with(|_| ());
    assert_eq!(surveys(&world.estate, &world.state, world.now), []);
}

#[test]
fn once_a_stage_is_final_a_survey_keeps_its_last_verdict_and_nothing_is_missing() {
    let shown = |world: &World| surveys(&world.estate, &world.state, world.now).remove(0);
    let mut world = exposed(crawl(), OnHarm::Hold);
    let sound = |world: &mut World| {
        for _ in 0..8 {
            world.wait(Millis::seconds(2));
            let now = world.now;
            surveyed(world, now, found(10, 0, None));
        }
    };
    sound(&mut world);
    run(&mut world, "cleo approve catalogue\nconfirm");
    sound(&mut world);
    assert_eq!((world.phase("catalogue"), shown(&world).is_last), ("watching", false));
    world.wait(Millis::minutes(1));
    let last = world.now;
    surveyed(&mut world, last, found(10, 0, None));
    run(&mut world, "cleo finalise catalogue\nconfirm");
    assert_eq!(world.phase("catalogue"), "finalised");
    let seen = shown(&world);
    assert_eq!((seen.verdict.as_str(), seen.is_last, seen.gap), ("pass", true, None));
    assert_eq!(seen.at, Some(last));
    assert!(seen.since.is_some_and(|since| since <= last) && seen.found.is_some());
}

#[test]
fn a_gate_asks_anew_and_a_survey_that_began_before_does_not_open_it() {
    let mut world = exposed(crawl(), OnHarm::Hold);
    let stage = |world: &World| world.state.stages["catalogue"].clone();
    let soaked = stage(&world).soak_until.expect("it soaks");
    world.wait(Millis(soaked.since(world.now).0 - 1));
    let before = world.now;
    surveyed(&mut world, before, found(10, 0, None));
    assert_eq!((stage(&world).phase, word(&world)), (Phase::Soaking, "pass"));
    world.wait(Millis(2));
    assert_eq!((stage(&world).phase, word(&world)), (Phase::Gating, "not yet"));
    assert_eq!(stage(&world).passed, None, "an older survey has opened the gate");
    let (_, declared) = world.estate.stage(&name("catalogue")).unwrap();
    let (_, reading) = judge(
        &world.estate,
        &world.state,
        &declared.id,
        &declared.gate.criteria[0],
        world.now,
    );
    assert_eq!(reading.new, None, "what is on its way has no risk to accept");
    // Begun before the gate asked, heard after it.
    surveyed(&mut world, before, found(10, 0, None));
    assert_eq!(word(&world), "not yet");
    let asked = |world: &World| {
        let (_, declared) = world.estate.stage(&name("catalogue")).unwrap();
        let criterion = &declared.gate.criteria[0];
        let explained = explain(&world.estate, &world.state, &name("catalogue"), criterion, world.now).unwrap();
        let check = explained.checks.into_iter().find(|check| check.name == "asked");
        check.map(|check| (check.holds, check.detail))
    };
    let (holds, detail) = asked(&world).expect("the gate asks");
    assert!(
        !holds && detail == format!("began at {before}; the gate asked at {soaked}"),
        "{detail}"
    );
    let now = world.now;
    surveyed(&mut world, now, found(10, 0, None));
    assert_eq!((word(&world), stage(&world).passed), ("pass", Some(0)));
    assert!(asked(&world).is_some_and(|(holds, _)| holds));
}

#[test]
fn faults_are_unsaid_by_a_later_whole_survey_alone() {
    let mut world = exposed(crawl(), OnHarm::Hold);
    world.wait(Millis(1));
    let harmful = world.now;
    surveyed(&mut world, harmful, found(10, 2, None));
    assert_eq!(word(&world), "harm");
    world.wait(Millis::seconds(60));
    assert_eq!(word(&world), "harm", "faults do not go away by themselves");
    let now = world.now;
    surveyed(&mut world, now, found(10, 0, Some("/a: no answer")));
    assert_eq!(word(&world), "harm", "what was not looked at may still have them");
    let silence = Silence {
        since: now,
        reason: "connection refused".to_owned(),
    };
    tell(&mut world, Observation::Silent(silence));
    assert_eq!(word(&world), "harm");
    surveyed(&mut world, harmful, found(10, 0, None));
    assert_eq!(word(&world), "harm", "a survey that began no later");
    surveyed(&mut world, now, found(10, 3, Some("/a: no answer")));
    assert_eq!((word(&world), why(&world).contains("2 with a fault")), ("harm", true));
    assert_eq!(
        world.state.stages["catalogue"].observations["pages"],
        Observation::Surveyed {
            at: now,
            found: found(10, 3, Some("/a: no answer")),
        },
        "what found more is the newer word"
    );
    world.wait(Millis(1));
    let shrunk = world.now;
    surveyed(&mut world, shrunk, found(4, 0, None));
    assert_eq!(word(&world), "harm", "a list that lost most of its addresses");
    world.wait(Millis(1));
    let later = world.now;
    surveyed(&mut world, later, found(10, 0, None));
    assert_eq!(word(&world), "pass");
}

#[test]
fn faults_within_the_bound_hide_no_silence() {
    let mut world = exposed(crawl(), OnHarm::Hold);
    world.wait(Millis(1));
    let now = world.now;
    surveyed(&mut world, now, found(10, 1, None));
    assert_eq!(word(&world), "pass");
    let silence = Silence {
        since: now,
        reason: "connection refused".to_owned(),
    };
    tell(&mut world, Observation::Silent(silence));
    assert_eq!(word(&world), "source down");
}

#[test]
fn what_was_surveyed_under_another_step_passes_nothing_and_has_no_risk_to_accept() {
    let mut world = exposed(crawl(), OnHarm::Hold);
    world.wait(Millis(1));
    let now = world.now;
    surveyed(&mut world, now, found(10, 0, None));
    let stage = world.state.stages.get_mut(&name::<StageId>("catalogue"));
    stage.unwrap().step_since_at = now.after(Millis(1));
    let (_, declared) = world.estate.stage(&name("catalogue")).unwrap();
    let criterion = &declared.gate.criteria[0];
    let (verdict, reading) = judge(&world.estate, &world.state, &declared.id, criterion, world.now);
    assert_eq!((verdict.word(), reading.new), ("not yet", None));
    assert_eq!(reading.why, "the pages were not looked at since this step began");
}

/// After the watch there is no way back, so it too ends on pages that were looked at since it was over.
#[test]
fn the_end_of_the_watch_asks_anew_and_a_survey_that_began_before_does_not_make_it_final() {
    let mut world = exposed(crawl(), OnHarm::Hold);
    let stage = |world: &World| world.state.stages["catalogue"].clone();
    world.wait(Millis::seconds(5));
    let now = world.now;
    surveyed(&mut world, now, found(10, 0, None));
    run(&mut world, "cleo approve catalogue\nconfirm");
    assert_eq!(stage(&world).phase, Phase::Watching);
    let over = stage(&world).watch_until.expect("it is watched");
    world.wait(Millis(over.since(world.now).0 - 1));
    let before = world.now;
    surveyed(&mut world, before, found(10, 0, None));
    assert_eq!(word(&world), "pass");
    world.wait(Millis(1));
    let seen = run(&mut world, "cleo finalise catalogue");
    assert!(
        seen.last()
            .unwrap()
            .starts_with("refused TG9004: catalogue cannot be made final"),
        "{seen:#?}"
    );
    assert_eq!((stage(&world).phase, word(&world)), (Phase::Watching, "not yet"));
    let now = world.now;
    surveyed(&mut world, now, found(10, 0, None));
    run(&mut world, "cleo finalise catalogue");
    assert_eq!(stage(&world).phase, Phase::Finalised);
}

/// The verdicts of the step that begins are none yet, and the faults are there all the same.
#[test]
fn faults_that_were_told_before_the_step_was_in_force_are_there_when_it_is() {
    let mut world = exposing(crawl(), OnHarm::Hold);
    world.wait(Millis(1));
    let now = world.now;
    surveyed(&mut world, now, found(10, 2, None));
    assert_eq!(
        (world.state.stages["catalogue"].phase, word(&world)),
        (Phase::Exposing, "harm")
    );
    world.confirm();
    assert_eq!(world.state.stages["catalogue"].phase, Phase::Soaking);
    let silence = Silence {
        since: world.now,
        reason: "connection refused".to_owned(),
    };
    tell(&mut world, Observation::Silent(silence));
    assert_eq!(word(&world), "harm", "silence is no repair");
    world.wait(Millis::seconds(60));
    assert_eq!((word(&world), world.state.stages["catalogue"].passed), ("harm", None));
}
