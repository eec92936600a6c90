//! Crawls that go through a gateway: each request brings a pass of its own, and only what the gateway says it shows counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tidegate_model::ask::Cadence;
use tidegate_model::seam::{Observation, Silence, Surveyed};
use tidegate_model::survey::{CrawlAsk, Reach, SurveyAsk};
use tidegate_model::{Millis, SourceId};
use tidegate_signals::{Asker, Entrance, Pass, Source};

use crate::asking::{clock, one};
use crate::crawls::ask;
use crate::site::{PUBLIC, Site, answer, product, sitemap};

/// Passes of one side that say for which path they are, each with a number of its own.
fn passes(side: &'static str) -> Pass {
    let written = AtomicUsize::new(0);
    Arc::new(move |path| Ok(format!("{side};{};{path}", written.fetch_add(1, Ordering::Relaxed))))
}

fn entrance(site: &Site) -> Entrance {
    Entrance::new(&format!("0.0.0.0:{}", site.port()), passes("old"), passes("new")).unwrap()
}

fn through() -> CrawlAsk {
    CrawlAsk {
        on: Reach::Gateway,
        ..ask()
    }
}

/// An answer of a gateway that shows this.
fn shows(shown: &str, status: u16, body: &str) -> Vec<u8> {
    let headers = format!("Content-Type: text/html\r\nX-Tidegate-Shown: {shown}\r\n");
    answer(status, &headers, body.as_bytes())
}

/// What a gateway says that shows the new side of a sound shop.
fn sound() -> Site {
    let site = Site::empty();
    site.put("/robots.txt", shows("elsewhere", 404, ""));
    site.put("/sitemap.xml", shows("elsewhere", 200, &sitemap(&["/", "/mug"])));
    site.put("/", shows("new", 200, &product("/", "Shop", "0")));
    site.put("/mug", shows("new", 200, &product("/mug", "Mug", "19.90")));
    site
}

async fn look(ask: CrawlAsk, entrance: Option<Entrance>) -> Observation {
    let cadence = Cadence {
        every: Millis::minutes(10),
        timeout: Millis::seconds(30),
        stale_after: Millis::minutes(30),
    };
    let mut asker = Asker::survey(SurveyAsk::Crawl(ask), cadence);
    asker.enter_by(entrance);
    one(asker.ask(&BTreeMap::<SourceId, Source>::new(), clock()).await)
}

async fn crawled(site: &Site) -> Surveyed {
    let found = look(through(), Some(entrance(site))).await;
    let Observation::Surveyed { found, .. } = found else {
        panic!("expected a survey, found {found:?}");
    };
    found
}

#[tokio::test]
async fn each_request_brings_a_pass_for_its_path_and_comes_by_the_public_host() {
    let site = sound();
    let found = crawled(&site).await;
    assert_eq!((found.looked_at, found.faulty, found.gap), (2, 0, None));
    let mut passes: Vec<String> = Vec::new();
    for request in site.requests() {
        let path = request.split(' ').nth(1).unwrap();
        let line = |name: &str| request.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        let pass = line("x-tidegate-pass").unwrap();
        assert!(
            pass.starts_with("new;") && pass.ends_with(&format!(";{path}")),
            "{request}"
        );
        assert_eq!(line("host"), PUBLIC.strip_prefix("https://"), "{request}");
        passes.push(pass.to_owned());
    }
    let all = passes.len();
    passes.sort();
    passes.dedup();
    assert_eq!((passes.len(), all), (4, 4), "robots.txt, the sitemap and both pages");
}

#[tokio::test]
async fn addresses_of_other_units_are_left_out() {
    let site = sound();
    // Whatever is wrong with it.
    site.put("/mug", shows("elsewhere", 500, ""));
    let found = crawled(&site).await;
    assert_eq!((found.looked_at, found.faulty, found.gap), (1, 0, None));
    site.put("/", shows("elsewhere", 200, ""));
    let found = look(through(), Some(entrance(&site))).await;
    let Observation::Nothing { detail, .. } = found else {
        panic!("expected nothing, found {found:?}");
    };
    assert!(detail.contains("of another unit"), "{detail}");
}

#[tokio::test]
async fn what_does_not_say_that_it_shows_the_side_is_no_answer() {
    for (answered, said) in [
        (
            shows("old", 200, &product("/mug", "Mug", "19.90")),
            "shows the old side",
        ),
        (
            answer(200, "Content-Type: text/html\r\n", b"<title>Mug</title>"),
            "for a visitor's",
        ),
        (answer(502, "", b""), "status 502, of the gateway itself"),
    ] {
        let site = sound();
        site.put("/mug", answered);
        let found = crawled(&site).await;
        let gap = found.gap.unwrap();
        assert!(
            found.faulty == 0 && gap.starts_with("/mug: ") && gap.contains(said),
            "{gap}"
        );
    }
}

#[tokio::test]
async fn the_old_side_is_asked_through_the_gateway_too_with_its_own_passes() {
    let site = sound();
    let ask = CrawlAsk {
        same_as: Some(Reach::Gateway),
        ..through()
    };
    let found = look(ask, Some(entrance(&site))).await;
    let Observation::Silent(Silence { reason, .. }) = found else {
        panic!("it shows the new side alone: {found:?}");
    };
    assert!(
        reason.contains("old") && reason.contains("shows the new side, not the old one"),
        "{reason}"
    );
    let old = site
        .requests()
        .into_iter()
        .filter(|one| one.contains("x-tidegate-pass: old;"));
    assert_eq!(old.count(), 4, "two pages, twice");
}

#[tokio::test]
async fn without_a_gateway_there_is_silence() {
    let Observation::Silent(Silence { reason, .. }) = look(through(), None).await else {
        panic!("expected silence");
    };
    assert_eq!(reason, "there is no gateway");
    assert!(Entrance::new("nowhere", passes("old"), passes("new")).is_none());
}
