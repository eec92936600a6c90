//! Criteria over pages or baskets that are looked at one by one: what each end of a survey says, and how long.

use std::collections::BTreeMap;

use tidegate_engine::Request;
use tidegate_engine::state::Phase;
use tidegate_model::plan::{Measure, OnHarm};
use tidegate_model::seam::{Actor, FaultSeen, Observation, Silence, Subjects, Surveyed};
use tidegate_model::survey::{CrawlAsk, Pace, SurveyAsk};
use tidegate_model::{Millis, Timestamp};

use crate::asked::{CADENCE, exposed};
use crate::shop::name;
use crate::world::World;

/// At most one of at least ten addresses has a fault.
fn crawl() -> Measure {
    Measure::Survey {
        ask: SurveyAsk::Crawl(CrawlAsk {
            on: name("new-shop"),
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
        }),
        at_most: 1,
        at_least: 10,
        cadence: CADENCE,
    }
}

fn found(looked_at: u64, faulty: u64, gap: Option<&str>) -> Surveyed {
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
