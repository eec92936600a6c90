//! What a real Prometheus tells: numbers, counts, old samples, and what is no number.

use tidegate_model::ask::{CountAsk, CountQuestion, Decimal, LevelAsk, LevelQuestion, Looks};
use tidegate_model::seam::{ArmCounts, InvalidReason, Observation};
use tidegate_model::{Millis, Timestamp};
use tidegate_signals::Asker;

use crate::asking::{cadence, clock, counted, id, one, sources, stale_after, unusable};
use crate::metrics::Metrics;

async fn level(metrics: &Metrics, query: &str) -> Observation {
    level_within(metrics, query, Millis::seconds(60)).await
}

async fn level_within(metrics: &Metrics, query: &str, stale: Millis) -> Observation {
    let query = query.to_owned();
    let question = LevelQuestion::Prometheus { query };
    let ask = LevelAsk {
        on: id("shop"),
        question,
    };
    one(Asker::level(ask, stale_after(stale))
        .ask(&sources(metrics.source()), clock())
        .await)
}

async fn check(metrics: &Metrics, query: &str, millionths: i64) {
    let (before, found, after) = (clock(), level(metrics, query).await, clock());
    let Observation::Level { at, value } = found else {
        panic!("{query}: {found:?}");
    };
    assert_eq!(value, Decimal(millionths), "{query}");
    let is_now = Timestamp(before.0 - 60_000) <= at && at <= after;
    assert!(is_now, "{query} is about {at}, asked between {before} and {after}");
}

async fn refused(metrics: &Metrics, query: &str, expected: InvalidReason) {
    let found = level(metrics, query).await;
    let Observation::Unusable { reason, .. } = &found else {
        panic!("{query}: {found:?}");
    };
    assert_eq!(*reason, expected, "{query}: {found:?}");
}

#[tokio::test]
async fn one_series_or_a_scalar_is_a_number() {
    let metrics = Metrics::shared().await;
    metrics.set("queue_length{shop=\"a\"}", "0.25");
    check(&metrics, "queue_length", 250_000).await;
    check(&metrics, "queue_length * 2 # twice", 500_000).await;
    check(&metrics, "sum(queue_length)", 250_000).await;
    check(&metrics, "scalar(queue_length)", 250_000).await;
    check(&metrics, "-3.5", -3_500_000).await;
}

#[tokio::test]
async fn what_is_no_number_is_told_as_what_it_is() {
    let metrics = Metrics::shared().await;
    metrics.set("lag{shop=\"a\"}", "1");
    metrics.set("lag{shop=\"b\"}", "2");
    metrics.set("broken", "NaN");
    refused(&metrics, "lag", InvalidReason::SeveralSeries).await;
    refused(&metrics, "{__name__=~\"lag|broken\"}", InvalidReason::SeveralSeries).await;
    refused(&metrics, "broken", InvalidReason::NotANumber).await;
    refused(&metrics, "0/0", InvalidReason::NotANumber).await;
    refused(&metrics, "sum(lag) / 0", InvalidReason::Infinite).await;
    refused(&metrics, "-1/0", InvalidReason::Infinite).await;
    refused(&metrics, "lag[1m]", InvalidReason::Shape).await;
    refused(&metrics, "\"a text\"", InvalidReason::Shape).await;
    refused(&metrics, "1e300", InvalidReason::Shape).await;
    let nothing = level(&metrics, "no_such_series").await;
    assert!(matches!(nothing, Observation::Nothing { .. }), "{nothing:?}");
    let unread = level(&metrics, "sum(").await;
    assert!(
        matches!(&unread, Observation::Silent(silence) if silence.reason.contains("status 400") && silence.reason.contains("parse error")),
        "{unread:?}"
    );
}

#[tokio::test]
async fn an_old_sample_is_stale_though_the_server_still_tells_it() {
    let metrics = Metrics::shared().await;
    let sampled = Timestamp(clock().0 - 200_000);
    metrics.set("nightly_orders", &format!("7 {}", sampled.0));
    refused(&metrics, "nightly_orders", InvalidReason::Stale).await;
    refused(&metrics, "(nightly_orders)", InvalidReason::Stale).await;
    let found = level_within(&metrics, "nightly_orders", Millis::minutes(10)).await;
    let expected = Observation::Level {
        at: sampled,
        value: Decimal(7_000_000),
    };
    assert_eq!(found, expected);
    // As counts too: neither all nor hits may be old.
    metrics.set("present_total", "7");
    for (all, hits) in [("nightly_orders", "present_total"), ("present_total", "nightly_orders")] {
        let mut asker = Asker::counts(None, ask(all, hits), Looks::Stream, cadence());
        let found = one(asker.ask(&sources(metrics.source()), clock()).await);
        assert_eq!(unusable(&found), InvalidReason::Stale, "{all}, {hits}");
    }
}

fn ask(all: &str, hits: &str) -> CountAsk {
    let question = CountQuestion::Prometheus {
        all: all.to_owned(),
        hits: hits.to_owned(),
    };
    CountAsk {
        on: id("shop"),
        question,
    }
}

fn counts(n: u64, hits: u64) -> ArmCounts {
    ArmCounts { n, hits }
}

#[tokio::test]
async fn counters_are_counted_by_what_they_grew_on_both_sides() {
    let metrics = Metrics::shared().await;
    for side in ["old", "new"] {
        metrics.set(&format!("grown_total{{side=\"{side}\"}}"), "100");
    }
    metrics.set("grown_bad_total{side=\"old\"}", "7");
    let of = |side: &str| {
        ask(
            &format!("grown_total{{side=\"{side}\"}}"),
            &format!("sum(grown_bad_total{{side=\"{side}\"}}) or vector(0) # bad"),
        )
    };
    let mut asker = Asker::counts(Some(of("old")), of("new"), Looks::Stream, cadence());
    let sources = sources(metrics.source());
    assert_eq!(asker.ask(&sources, clock()).await, [], "the baseline");
    metrics.set("grown_total{side=\"old\"}", "150");
    metrics.set("grown_bad_total{side=\"old\"}", "9");
    metrics.set("grown_total{side=\"new\"}", "110");
    assert_eq!(
        counted(asker.ask(&sources, clock()).await),
        (Some(counts(50, 2)), counts(10, 0))
    );
    // The first bad one makes its counter appear.
    metrics.set("grown_total{side=\"new\"}", "115");
    metrics.set("grown_bad_total{side=\"new\"}", "3");
    assert_eq!(
        counted(asker.ask(&sources, clock()).await),
        (Some(counts(0, 0)), counts(5, 3))
    );
    // One side restarts: the interval is told of neither.
    metrics.set("grown_total{side=\"old\"}", "180");
    metrics.set("grown_total{side=\"new\"}", "4");
    metrics.set("grown_bad_total{side=\"new\"}", "1");
    assert_eq!(asker.ask(&sources, clock()).await, [], "a new baseline");
    metrics.set("grown_total{side=\"old\"}", "181");
    metrics.set("grown_total{side=\"new\"}", "6");
    assert_eq!(
        counted(asker.ask(&sources, clock()).await),
        (Some(counts(1, 0)), counts(2, 0))
    );
    // What one side counts while the other has nothing is told with the next answer of both.
    metrics.set("grown_total{side=\"old\"}", "200");
    metrics.unset("grown_total{side=\"new\"}");
    let gone = one(asker.ask(&sources, clock()).await);
    assert!(
        matches!(&gone, Observation::Nothing { detail, .. } if detail == "new side: no series"),
        "{gone:?}"
    );
    metrics.set("grown_total{side=\"new\"}", "8");
    assert_eq!(
        counted(asker.ask(&sources, clock()).await),
        (Some(counts(19, 0)), counts(2, 0))
    );
}

#[tokio::test]
async fn a_counter_of_hits_that_is_not_there_is_not_zero() {
    let metrics = Metrics::shared().await;
    metrics.set("mute_total", "10");
    let sources = sources(metrics.source());
    let mut asker = Asker::counts(None, ask("mute_total", "mute_bad_total"), Looks::Stream, cadence());
    let is_missing =
        |found: &Observation| matches!(found, Observation::Nothing { detail, .. } if detail.contains("or vector(0)"));
    let found = one(asker.ask(&sources, clock()).await);
    assert!(is_missing(&found), "{found:?}");
    metrics.set("mute_bad_total", "1");
    assert_eq!(asker.ask(&sources, clock()).await, [], "the baseline");
    metrics.unset("mute_bad_total");
    metrics.set("mute_total", "30");
    let found = one(asker.ask(&sources, clock()).await);
    assert!(is_missing(&found), "{found:?}");
    // What came meanwhile is told once both are there.
    metrics.set("mute_bad_total", "3");
    assert_eq!(counted(asker.ask(&sources, clock()).await), (None, counts(20, 2)));
}

#[tokio::test]
async fn counts_that_cannot_be_are_impossible() {
    let metrics = Metrics::shared().await;
    metrics.set("odd_total", "10");
    metrics.set("odd_bad_total", "1");
    metrics.set("odd_half", "0.5");
    metrics.set("odd_negative", "-1");
    let sources = sources(metrics.source());
    let mut asker = Asker::counts(None, ask("odd_total", "odd_bad_total"), Looks::Stream, cadence());
    assert_eq!(asker.ask(&sources, clock()).await, []);
    metrics.set("odd_bad_total", "4");
    let found = one(asker.ask(&sources, clock()).await);
    let is_impossible = |found: &Observation| {
        let reason = InvalidReason::Impossible;
        matches!(found, Observation::Unusable { reason: told, .. } if *told == reason)
    };
    assert!(is_impossible(&found), "{found:?}");
    for all in ["odd_half", "odd_negative"] {
        let mut asker = Asker::counts(None, ask(all, "odd_bad_total"), Looks::Stream, cadence());
        let found = one(asker.ask(&sources, clock()).await);
        assert!(is_impossible(&found), "{all}: {found:?}");
    }
    // Nothing came with nothing: the denominator is told, and is zero.
    let mut asker = Asker::counts(None, ask("odd_total", "odd_bad_total"), Looks::Stream, cadence());
    assert_eq!(asker.ask(&sources, clock()).await, []);
    assert_eq!(counted(asker.ask(&sources, clock()).await), (None, counts(0, 0)));
}
