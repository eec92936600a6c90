//! Prometheus: instant queries over its HTTP API, asked so that an old sample is seen to be old.
//!
//! The answer to an instant query bears the moment of its evaluation, not that of its samples; a sample counts as present
//! for five minutes by default. So each question is one expression that tells two things, its value and `timestamp()` of
//! it: for a plain selector that is the sample's own moment, for any other expression the evaluation's. One expression is
//! evaluated over one state of the store, so that all, hits and their moments never come from two scrapes. Beside it goes
//! `lookback_delta`, which Prometheus takes since 2.43 and earlier versions ignore: with it, samples beyond the bound are
//! left out of every expression. What is then empty is asked again without the bound; a number now is an old one.
//!
//! Not seen: an old sample inside an aggregation on a server that ignores `lookback_delta`, for as long as that server
//! looks back; within a sum of counters, that one of them was away and came back; and, where a query says `or vector(0)`,
//! that its counter is away. Ask for one series where you can.

mod answer;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use http::StatusCode;
use tidegate_model::Timestamp;
use tidegate_model::ask::Cadence;
use tidegate_model::seam::InvalidReason;

use crate::asker::{Level, Totals};
use crate::miss::{Finding, Miss};
use crate::number;
use crate::web::{FORM, Question, WebAddress, exchange};
use answer::{MARK, Point, Told};

/// The longest answer that is read, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Series that may come back; more than two per part say no more than three would.
const SERIES_MAX: usize = 16;

/// Where instant queries are answered.
const PATH: &str = "/api/v1/query";

/// What an empty answer is told as.
const NO_SERIES: &str = "no series";

/// The same of hits, of which a counter may know nothing before the first.
const NO_HITS: &str = "the counter of hits is not there; write `sum(...) or vector(0)` where none means zero";

/// A question's bounds.
#[derive(Debug, Clone, Copy)]
struct Terms {
    cadence: Cadence,
    now: Timestamp,
    until: Instant,
}

impl Terms {
    fn new(cadence: Cadence, now: Timestamp) -> Self {
        let until = Instant::now() + Duration::from_millis(cadence.timeout.0);
        Self { cadence, now, until }
    }
}

/// One number: a scalar, or the only series.
pub(crate) async fn level(address: &WebAddress, query: &str, cadence: Cadence, now: Timestamp) -> Finding<Level> {
    let terms = Terms::new(cadence, now);
    let timed = format!("{} or {}", marked("value", query), marked("time", &moment_of(query)));
    let told = match ask(address, &timed, terms, Lookback::Bounded).await {
        // A scalar has no `timestamp()`, and several series may clash in it; asked bare, the query speaks for itself.
        Err(Failure::Refused(_)) => {
            let bare = ask(address, query, terms, Lookback::Bounded).await;
            bare.map_err(Miss::from)?.timeless_only()?
        }
        told => told.map_err(Miss::from)?,
    };
    let point = match told.only("value")? {
        Some(point) => point,
        None => return Err(old_or_nothing(address, query, NO_SERIES, terms).await),
    };
    let at = told.only("time")?.map_or(Ok(None), |time| time.moment().map(Some))?;
    Ok(Level {
        value: number::decimal(point.value()?)?,
        at: Some(fresh(&point, at, terms)?),
    })
}

/// All and hits as two counters show them. No series is never read as no hits: a counter that does not show before the
/// first hit looks like one that nobody scrapes. Whose queries say `or vector(0)` vouches for that.
pub(crate) async fn totals(
    address: &WebAddress,
    (all, hits): (&str, &str),
    cadence: Cadence,
    now: Timestamp,
) -> Finding<Totals> {
    let terms = Terms::new(cadence, now);
    let mut parts = Vec::new();
    for (value, time, query) in [("all", "all-time", all), ("hits", "hits-time", hits)] {
        parts.push(marked(value, query));
        parts.push(marked(time, &moment_of(query)));
    }
    let told = ask(address, &parts.join(" or "), terms, Lookback::Bounded)
        .await
        .map_err(Miss::from)?;
    told.marked_only()?;
    let Some(all_point) = told.only("all")? else {
        return Err(old_or_nothing(address, all, NO_SERIES, terms).await);
    };
    let Some(hits_point) = told.only("hits")? else {
        return Err(old_or_nothing(address, hits, NO_HITS, terms).await);
    };
    let count = |point: &Point, time: &str| {
        let at = told.only(time)?.map_or(Ok(None), |time| time.moment().map(Some))?;
        fresh(point, at, terms)?;
        number::count(point.value()?)
    };
    Ok(Totals {
        all: count(&all_point, "all-time")?,
        hits: count(&hits_point, "hits-time")?,
    })
}

/// `timestamp()` of a query that may end in a remark.
fn moment_of(query: &str) -> String {
    format!("timestamp((\n{query}\n))")
}

/// The query with a label on what it returns, so that parts of one expression can be told apart.
fn marked(part: &str, query: &str) -> String {
    format!("label_replace((\n{query}\n), \"{MARK}\", \"{part}\", \"\", \"\")")
}

/// The moment a value is about, when it is neither too long ago nor ahead.
fn fresh(point: &Point, sampled: Option<Timestamp>, terms: Terms) -> Finding<Timestamp> {
    let (evaluated, bound) = (point.evaluated()?, terms.cadence.stale_after);
    if evaluated.since(terms.now) > bound {
        let detail = format!("the server's clock is ahead by more than {bound}");
        return Err(Miss::Unusable(InvalidReason::Impossible, detail));
    }
    // Against the server's own clock first, so that a clock that goes behind ours hides nothing.
    let at = sampled.unwrap_or(evaluated);
    if evaluated.since(at) > bound || terms.now.since(at) > bound {
        return Err(Miss::Unusable(InvalidReason::Stale, format!("the sample is of {at}")));
    }
    Ok(at)
}

/// Whether an empty answer is so because its samples are beyond the bound; the words are for when it is not.
async fn old_or_nothing(address: &WebAddress, query: &str, nothing: &str, terms: Terms) -> Miss {
    match ask(address, query, terms, Lookback::AsTheServerDoes).await {
        Ok(told) if told.is_empty() => Miss::Nothing(nothing.to_owned()),
        Ok(_) => {
            let detail = format!("its samples are older than {}", terms.cadence.stale_after);
            Miss::Unusable(InvalidReason::Stale, detail)
        }
        Err(failure) => failure.into(),
    }
}

/// How far back a sample may lie.
#[derive(Debug, Clone, Copy)]
enum Lookback {
    Bounded,
    AsTheServerDoes,
}

/// Why the server told nothing.
enum Failure {
    /// It cannot evaluate the query, in its words.
    Refused(String),
    /// Anything else.
    Missed(Miss),
}

impl From<Failure> for Miss {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(words) => Miss::Silent(words),
            Failure::Missed(miss) => miss,
        }
    }
}

async fn ask(address: &WebAddress, query: &str, terms: Terms, lookback: Lookback) -> Result<Told, Failure> {
    let within = terms.until.saturating_duration_since(Instant::now());
    let limit = terms.cadence.timeout.0;
    let mut form = format!("query={}&limit={SERIES_MAX}&timeout={}", encoded(query), seconds(limit));
    if let Lookback::Bounded = lookback {
        let bound = terms.cadence.stale_after.0;
        write!(form, "&lookback_delta={}", seconds(bound)).expect("a string takes all text");
    }
    let question = Question {
        path: &address.below(PATH),
        post: Some((FORM, &form)),
        known_as: None,
        pass: None,
        body_bytes_max: BODY_BYTES_MAX,
        within,
    };
    let answer = exchange(address, question).await.map_err(|fault| {
        let fault = fault.within(Duration::from_millis(limit));
        Failure::Missed(Miss::Silent(fault.to_string()))
    })?;
    match answer.status {
        StatusCode::OK => answer::read(&answer.body).map_err(Failure::Missed),
        // Prometheus, HTTP API, "Format overview": 400 and 422 are about the query.
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            Err(Failure::Refused(answer::refusal(answer.status, &answer.body)))
        }
        status => Err(Failure::Missed(Miss::Silent(answer::refusal(status, &answer.body)))),
    }
}

/// A duration as both spellings of Prometheus's parameters take it: seconds as a decimal number.
fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}

/// URL Standard, "application/x-www-form-urlencoded serializing".
fn encoded(text: &str) -> String {
    let mut form = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => form.push(char::from(byte)),
            b' ' => form.push('+'),
            _ => write!(form, "%{byte:02X}").expect("a string takes all text"),
        }
    }
    form
}
