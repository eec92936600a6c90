//! Criteria over segments, frozen thresholds and sources outside: what is read, what is meant when nothing is written, and
//! what is refused.

use tidegate_model::ask::{Bound, Cadence, CountQuestion, FieldRule, LevelQuestion, Looks};
use tidegate_model::flow::{SegmentSource, SegmentWord};
use tidegate_model::plan::{Criterion, Measure, OnHarm};
use tidegate_model::{Estate, Millis};
use tidegate_plan::{Bundle, Code, Compiled, SourceFile};

use crate::{compiled, edited};

const LAST: &str = "- { incidents: sev2, at-most: 0 }";

/// The scaffold with criteria instead of its last one.
pub(crate) fn with(criteria: &str) -> Bundle {
    edited("plan.yaml", LAST, &criteria.replace('\n', "\n          "))
}

pub(crate) fn estate(bundle: &Bundle) -> Estate {
    let Compiled {
        estate, diagnostics, ..
    } = compiled(bundle);
    estate.unwrap_or_else(|| panic!("{diagnostics:#?}"))
}

fn criteria(written: &str) -> Vec<Criterion> {
    let estate = estate(&with(written));
    let (_, stage) = estate.stages().next().unwrap();
    stage.gate.criteria.iter().skip(2).cloned().collect()
}

fn only(written: &str) -> Criterion {
    let mut found = criteria(written);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// Code and message of every diagnostic, and help of the first.
pub(crate) fn refused(bundle: &Bundle) -> (Vec<String>, String) {
    let found = compiled(bundle).diagnostics;
    let help = found.first().map(|one| one.help.clone()).unwrap_or_default();
    (
        found
            .iter()
            .map(|one| format!("{} {}", one.code, one.message))
            .collect(),
        help,
    )
}

#[track_caller]
fn is_refused(written: &str, code: Code, words: &str) {
    let (found, _) = refused(&with(written));
    assert!(
        found.len() == 1 && found[0].starts_with(code.text()) && found[0].contains(words),
        "{code} `{words}`: {found:#?}"
    );
}

#[test]
fn frozen_thresholds_are_a_criterion_each_and_share_the_weight() {
    let written = "- { latency: order, not-worse-by: 50%, frozen: { p50: 180ms, p90: 420ms, p95: 600ms }, weight: 2 }";
    let estate = estate(&with(written));
    let (_, stage) = estate.stages().next().unwrap();
    let told: Vec<String> = stage
        .gate
        .criteria
        .iter()
        .map(|one| format!("{} {} {}", one.id, one.weight, one.title))
        .collect();
    assert_eq!(
        told,
        [
            "order-completion 3 completion of order is not worse",
            "order-errors 3 errors of order are at most 5 % and not worse by 2 pp",
            "order-slower-p50 2 order takes longer than 180ms, the old P50, at most 50 % more often",
            "order-slower-p90 2 order takes longer than 420ms, the old P90, at most 50 % more often",
            "order-slower-p95 2 order takes longer than 600ms, the old P95, at most 50 % more often",
        ]
    );
    let named = criteria(
        "- { latency: order, name: slow, title: Slow, not-worse-by: 50%, frozen: { p50: 180ms, p90: 420ms } }",
    );
    let told: Vec<_> = named
        .iter()
        .map(|one| (one.id.as_str(), one.title.as_str(), one.on_harm))
        .collect();
    assert_eq!(
        told,
        [
            ("slow-p50", "Slow (P50)", OnHarm::Hold),
            ("slow-p90", "Slow (P90)", OnHarm::Hold)
        ]
    );
    assert_eq!(
        only("- { latency: order, name: slow, not-worse-by: 50%, frozen: { p50: 180ms } }")
            .id
            .as_str(),
        "slow"
    );
}

#[test]
fn weights_are_as_written_where_no_line_is_shared() {
    let bundle = edited(
        "plan.yaml",
        "completion: not worse, on-harm: rollback }",
        "completion: not worse, weight: 4 }",
    );
    let estate = estate(&bundle);
    let (_, stage) = estate.stages().next().unwrap();
    let weights: Vec<u32> = stage.gate.criteria.iter().map(|one| one.weight).collect();
    assert_eq!(weights, [4, 1, 1]);
}

/// The scaffold's flow with segments, and a criterion about one of them.
fn segmented(segments: &str, criterion: &str) -> Bundle {
    let mut bundle = with(criterion);
    let file = bundle
        .files
        .iter_mut()
        .find(|file| file.path == "domains.yaml")
        .unwrap();
    file.text = file
        .text
        .replace("  window: 30m\n", &format!("  window: 30m\n  segments: {segments}\n"));
    bundle
}

#[test]
fn segments_are_read_from_every_place_of_a_request() {
    let segments = "{ payment: { body: /payment/method, values: [card, paypal] }, \
                    device: { header: User-Agent, values: { mobile: { contains: [Mobi, Android] }, bot: [crawler] } }, \
                    language: { cookie: lang, values: [de] }, campaign: { query: utm, values: [spring] } }";
    let estate = estate(&segmented(
        segments,
        "- { errors: order, at-most: 20%, not-worse-by: 15pp, segment: device=mobile }",
    ));
    let flow = estate.flows().values().next().unwrap();
    let read: Vec<_> = flow.segments.iter().map(|segment| segment.read.clone()).collect();
    assert_eq!(
        read,
        [
            SegmentSource::Body("/payment/method".into()),
            SegmentSource::Header("user-agent".into()),
            SegmentSource::Cookie("lang".into()),
            SegmentSource::Query("utm".into()),
        ]
    );
    let mobile = SegmentWord {
        name: "mobile".into(),
        equals: vec![],
        contains: vec!["Mobi".into(), "Android".into()],
    };
    assert_eq!(flow.segments[1].words[0], mobile);
    assert_eq!(flow.segments[1].words[1].equals, ["crawler"]);
    let (_, stage) = estate.stages().next().unwrap();
    let last = stage.gate.criteria.last().unwrap();
    assert_eq!(last.id.as_str(), "order-errors-device-mobile");
    assert_eq!(last.segment.as_ref().unwrap().to_string(), "device=mobile");
    assert!(last.title.ends_with("for device=mobile"), "{}", last.title);
}

#[test]
fn whoever_fits_no_value_can_be_judged_and_not_declared() {
    let segments = "{ payment: { form: payment, values: [card] } }";
    let judged = "- { errors: order, at-most: 20%, not-worse-by: 15pp, segment: payment=other }";
    assert_eq!(refused(&segmented(segments, judged)).0, [""; 0]);
    let (found, _) = refused(&segmented(
        "{ payment: { form: payment, values: [card, other] } }",
        LAST,
    ));
    assert_eq!(found, ["TG0009 no value can be named `other`"]);
    let (found, help) = refused(&segmented(segments, &judged.replace("payment=other", "paymnet=card")));
    assert_eq!(found, ["TG0601 flow `order` has no segment `paymnet`"]);
    assert_eq!(help, "did you mean `payment=card`?");
    let (found, _) = refused(&segmented("{ payment: { form: p, cookie: p, values: [card] } }", LAST));
    assert_eq!(found.len(), 1, "{found:?}");
    let sixteen: Vec<String> = (0..16).map(|n| format!("v{n}")).collect();
    let (found, _) = refused(&segmented(
        &format!("{{ p: {{ form: p, values: [{}] }} }}", sixteen.join(", ")),
        LAST,
    ));
    assert_eq!(found, ["TG0603 there are too many values"]);
    let (found, _) = refused(&segmented("{ p: { form: p, values: [a, b, a] } }", LAST));
    assert_eq!(found, ["TG0011 value `a` is declared twice"]);
    let (found, _) = refused(&segmented("{ p: { body: method, values: [a] } }", LAST));
    assert_eq!(
        found,
        ["TG0008 `body` is not a JSON pointer such as `/reference` (RFC 6901)"]
    );
}

fn level(written: &str) -> (LevelQuestion, Bound, Millis, Cadence, Criterion) {
    let found = only(written);
    let Measure::Level {
        ask,
        bound,
        lasting,
        cadence,
    } = found.measure.clone()
    else {
        panic!("{found:?}")
    };
    (ask.question, bound, lasting, cadence, found)
}

fn cadence(every: u64, timeout: u64, stale_after: u64) -> Cadence {
    Cadence {
        every: Millis(every),
        timeout: Millis(timeout),
        stale_after: Millis(stale_after),
    }
}

#[test]
fn a_level_has_defaults_by_its_source() {
    let (question, bound, lasting, every, found) =
        level("- { level: { on: metrics, prometheus: sum(queue) }, at-most: 200, owner: shop }");
    assert_eq!(
        question,
        LevelQuestion::Prometheus {
            query: "sum(queue)".into()
        }
    );
    assert_eq!(
        (bound.to_string().as_str(), lasting),
        ("at most 200", Millis::minutes(5))
    );
    assert_eq!(every, cadence(15_000, 7_500, 45_000));
    assert_eq!(
        (found.id.as_str(), found.on_harm, found.max_silence),
        ("metrics-level", OnHarm::Hold, Millis::seconds(45))
    );
    assert_eq!(found.title, "what metrics tells is at most 200, for 5m");

    let (_, _, lasting, every, _) = level("- { level: { on: erp, sql: SELECT 1 }, at-least: -0.5, owner: shop }");
    assert_eq!((lasting, every), (Millis::minutes(5), cadence(60_000, 10_000, 180_000)));

    let (question, _, _, _, _) = level(
        "- { level: { on: app, log: { lines: { /event: [paid, refused], /took_ms: { at-least: 500, at-most: 9000 }, /id: { is: present } }, value: /took_ms } }, at-most: 3, owner: shop }",
    );
    let LevelQuestion::Log { lines, value, time } = question else {
        panic!("{question:?}")
    };
    assert_eq!((lines.len(), value.as_str(), time.as_str()), (4, "/took_ms", "/time"));
    assert_eq!(lines[0].is, FieldRule::OneOf(vec!["paid".into(), "refused".into()]));
    assert_eq!(lines[3].is, FieldRule::Present);

    let (question, bound, _, every, found) =
        level("- { level: { on: new-shop, probe: /health }, at-most: 800ms, owner: shop }");
    assert!(
        matches!(question, LevelQuestion::Probe { ref path, .. } if path == "/health"),
        "{question:?}"
    );
    assert_eq!(
        (bound.to_string().as_str(), every),
        ("at most 800", cadence(30_000, 10_000, 90_000))
    );
    assert_eq!(found.title, "what new-shop tells is at most 800 ms, for 5m");

    let (question, _, lasting, every, _) = level(
        "- { level: { on: search, csv: { rows: { Page: { starts-with: /p } }, value: Position } }, at-most: 12, owner: shop }",
    );
    assert!(
        matches!(question, LevelQuestion::Csv { ref time, .. } if time == "Date"),
        "{question:?}"
    );
    assert_eq!(
        (lasting, every),
        (Millis::minutes(180), cadence(3_600_000, 10_000, 432_000_000))
    );
}

fn counted(written: &str) -> (CountQuestion, bool, Looks) {
    let Measure::Counted { new, old, looks, .. } = only(written).measure else {
        panic!("{written} counts nothing")
    };
    (new.question, old.is_some(), looks)
}

#[test]
fn counts_are_a_stream_or_come_in_batches() {
    let (question, has_old, looks) = counted(
        "- { counts: { on: app, log: { all: { /event: mail }, bad: { /outcome: lost } } }, at-most: 1%, owner: shop }",
    );
    assert!(
        matches!(question, CountQuestion::Log { .. }) && !has_old,
        "{question:?}"
    );
    assert_eq!(looks, Looks::Stream);
    let (question, _, _) = counted(
        "- { counts: { on: new-shop, probe: { path: /checkout, success: { status: [200] }, within: 2s } }, at-most: 2%, owner: shop }",
    );
    assert!(
        matches!(question, CountQuestion::Probe { within: Some(within), .. } if within == Millis::seconds(2)),
        "{question:?}"
    );
    let nightly = "- counts:\n    old: { on: old, sql: { query: SELECT a, columns: [batch, all, good] } }\n    new: { on: new, sql: { query: SELECT b, columns: [batch, all, good] } }\n  not-worse-by: 2pp\n  batches: 3\n  owner: shop";
    let (_, has_old, looks) = counted(nightly);
    assert_eq!((has_old, looks), (true, Looks::Batches { planned: 3 }));
    // A table of days comes in batches by nature, and two weeks of them are meant.
    let days = "- { counts: { on: search, csv: { all: Impressions, good: Clicks } }, at-most: 99%, owner: shop }";
    let (found, _) = refused(&with(days));
    assert!(
        !found.is_empty() && found.iter().all(|one| one.starts_with("TG0610")),
        "{found:?}"
    );
    is_refused(&nightly.replace("\n  batches: 3", ""), Code::MissingField, "batches");
    is_refused(
        &nightly.replacen("[batch, all, good]", "[all, good]", 1),
        Code::NoBatches,
        "which batch",
    );
    is_refused(
        &nightly.replacen("[batch, all, good]", "[batch, all, bad]", 1),
        Code::WrongValue,
        "what is counted",
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let level = |rest: &str| format!("- {{ level: {{ on: metrics, prometheus: q }}, {rest}, owner: shop }}");
    is_refused(&level("at-most: 1, at-least: 0"), Code::OneBound, "two bounds");
    is_refused(&level("at-most: 5%"), Code::WrongValue, "a number");
    is_refused(&level("at-most: 1, for: 5s"), Code::WrongValue, "`for`");
    is_refused(
        &level("at-most: 1, every: 1m, max-silence: 30s"),
        Code::StaleBeforeAsked,
        "paged",
    );
    is_refused(
        &level("at-most: 1, every: 10s, timeout: 10s"),
        Code::Timeout,
        "time is over",
    );
    is_refused(
        &level("at-most: 1, segment: payment=card"),
        Code::SegmentWithoutFlow,
        "segments",
    );
    is_refused(
        "- { level: { on: metrics, prometheus: \"\" }, at-most: 1, owner: shop }",
        Code::WrongValue,
        "`prometheus`",
    );
    is_refused(
        "- { level: { on: metrics }, at-most: 1, owner: shop }",
        Code::MissingField,
        "asks nothing",
    );
    is_refused(
        "- { level: { on: m, sql: q, prometheus: q }, at-most: 1, owner: shop }",
        Code::WrongValue,
        "one question",
    );
    is_refused(
        "- { level: { on: shop, probe: health }, at-most: 1s, owner: shop }",
        Code::WrongValue,
        "a path",
    );
    is_refused(
        "- { level: { on: shop, probe: /health }, at-most: 20s, owner: shop }",
        Code::Timeout,
        "no answer",
    );
    is_refused(
        "- { level: { on: l, log: { lines: { event: x }, value: /v } }, at-most: 1, owner: shop }",
        Code::WrongValue,
        "JSON line",
    );
    let counts = |question: &str, rest: &str| format!("- {{ counts: {{ on: m, {question} }}, {rest}, owner: shop }}");
    let both = "prometheus: { all: a, bad: b }";
    is_refused(&counts(both, "not-worse-by: 1pp"), Code::OldSide, "no old side");
    is_refused(&counts(both, "at-most: 100%"), Code::WrongValue, "`at-most`");
    is_refused(
        &counts("prometheus: { all: a }", "at-most: 1%"),
        Code::MissingField,
        "counts no hits",
    );
    is_refused(
        &counts("prometheus: { all: a, bad: b, good: c }", "at-most: 1%"),
        Code::WrongValue,
        "what is counted",
    );
    is_refused(
        &counts("log: { bad: {} }", "at-most: 1%"),
        Code::WrongValue,
        "the test of hits",
    );
    is_refused(
        &counts("probe: { path: /x, within: 10s }", "at-most: 1%"),
        Code::Timeout,
        "no answer",
    );
    let latency = |rest: &str| format!("- {{ latency: order, {rest} }}");
    is_refused(&latency("frozen: { p95: 400ms }"), Code::MissingField, "not-worse-by");
    is_refused(
        &latency("not-worse-by: 0%, frozen: { p50: 400ms }"),
        Code::WrongValue,
        "`not-worse-by`",
    );
    is_refused(
        &latency("not-worse-by: 20%, frozen: {}"),
        Code::MissingField,
        "no quantile is frozen",
    );
    is_refused(
        &latency("not-worse-by: 50%, frozen: { p50: 400ms, p90: 400ms }"),
        Code::ThresholdOrder,
        "`p90`",
    );
}

#[test]
fn a_name_that_would_be_too_long_is_asked_for() {
    let source = "s".repeat(60);
    let written = format!("- {{ level: {{ on: {source}, prometheus: q }}, at-most: 1, owner: shop }}");
    is_refused(&written, Code::BadName, "too long");
    let named = written.replace("owner: shop", "owner: shop, name: queue");
    assert_eq!(only(&named).id.as_str(), "queue");
}

/// Every block of the page of criteria stands in an estate that checks clean.
#[test]
fn the_page_of_criteria_shows_what_compiles() {
    let page = include_str!("../../../../examples/criteria.md");
    let blocks: Vec<&str> = page
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    let (segments, criteria): (Vec<&str>, Vec<&str>) = blocks.iter().partition(|block| block.starts_with("segments:"));
    assert_eq!((segments.len(), criteria.len()), (1, 10), "{blocks:#?}");
    let entities = include_str!("../../../../examples/entities.md");
    let entities = entities.split("```yaml\n").skip(1);
    let entities: Vec<&str> = entities.map(|rest| rest.split("```").next().unwrap()).collect();
    let segments = segments[0].trim_end().replace('\n', "\n  ");
    for block in criteria {
        let mut bundle = with(block.trim_end());
        bundle.files.push(SourceFile {
            path: "entities.yaml".into(),
            text: entities.join("---\n"),
        });
        for file in &mut bundle.files {
            file.text = file
                .text
                .replace("  window: 30m\n", &format!("  window: 30m\n  {segments}\n"));
            file.text = file.text.replace("night: 400/h", "night: 1900/h");
        }
        assert_eq!(refused(&bundle).0, [""; 0], "{block}");
    }
}
