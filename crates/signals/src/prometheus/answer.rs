//! What Prometheus says, read with distrust: it may be any JSON.

use serde_json::Value;
use tidegate_model::Timestamp;
use tidegate_model::seam::InvalidReason;

use crate::miss::{Finding, Miss, remark};
use crate::number;

/// The label by which the parts of one expression are told apart.
pub(super) const MARK: &str = "tidegate_part";

/// A series, or a scalar: what it is part of, and its point.
#[derive(Debug, Clone, PartialEq)]
struct Series {
    part: Option<String>,
    point: Point,
}

/// A moment and a value, as they came: both may be anything.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    at: Value,
    value: Value,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    series: Vec<Series>,
    is_scalar: bool,
}

impl Told {
    pub(super) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The only point of this part. What bears no mark is the value: a scalar, or the word of a server that is none of
    /// Prometheus.
    ///
    /// # Errors
    /// Several series.
    pub(super) fn only(&self, part: &str) -> Finding<Option<Point>> {
        let is_it = |series: &&Series| match &series.part {
            Some(mark) => mark == part,
            None => part == "value",
        };
        only(self.series.iter().filter(is_it))
    }

    /// The same, unless it is one series: its samples may be of any moment, because the server does not tell it.
    ///
    /// # Errors
    /// One series, or several.
    pub(super) fn timeless_only(self) -> Finding<Self> {
        match only(self.series.iter())? {
            Some(_) if !self.is_scalar => Err(Miss::shape("the server does not tell the moment of its samples")),
            Some(_) | None => Ok(self),
        }
    }

    /// Refuses an answer of which some series bear no mark.
    ///
    /// # Errors
    /// What such a series is worth, and if it is worth anything: another shape.
    pub(super) fn marked_only(&self) -> Finding<()> {
        let Some(bare) = only(self.series.iter().filter(|series| series.part.is_none()))? else {
            return Ok(());
        };
        number::count(bare.value()?)?;
        Err(Miss::shape("a series came back without the label that was set on it"))
    }
}

fn only<'a>(mut series: impl Iterator<Item = &'a Series>) -> Finding<Option<Point>> {
    match (series.next(), series.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => Ok(Some(one.point.clone())),
        (Some(_), Some(_)) => Err(Miss::Unusable(
            InvalidReason::SeveralSeries,
            "several series where one was asked for".to_owned(),
        )),
    }
}

impl Point {
    /// The number, which may be NaN or infinite: Prometheus writes `NaN`, `+Inf` and `-Inf`.
    pub(super) fn value(&self) -> Finding<f64> {
        match &self.value {
            Value::String(text) => text.parse().map_err(|_| Miss::shape("the value is no number")),
            Value::Null => Err(Miss::Unusable(InvalidReason::Null, "the value is null".to_owned())),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(Miss::shape("the value is not written as Prometheus writes it"))
            }
        }
    }

    /// The value as a moment.
    pub(super) fn moment(&self) -> Finding<Timestamp> {
        self.value().and_then(moment)
    }

    /// When it was evaluated, by the server's clock.
    pub(super) fn evaluated(&self) -> Finding<Timestamp> {
        let seconds = self.at.as_f64();
        moment(seconds.ok_or_else(|| Miss::shape("the moment of evaluation is no number"))?)
    }
}

/// Seconds since 1970.
fn moment(seconds: f64) -> Finding<Timestamp> {
    let millis = number::decimal(seconds)?;
    Ok(Timestamp(millis.0 / 1_000))
}

/// Reads the body of an answer with status 200.
///
/// # Errors
/// It is no JSON or says that it failed: no answer. Anything else is not what was asked for.
pub(super) fn read(body: &[u8]) -> Finding<Told> {
    let told: Value =
        serde_json::from_slice(body).map_err(|_| Miss::Silent("the answer is no JSON, or cut off".to_owned()))?;
    match told.get("status").and_then(Value::as_str) {
        Some("success") => {}
        Some("error") => return Err(Miss::Silent(words(&told).unwrap_or_else(|| "it failed".to_owned()))),
        Some(_) | None => return Err(Miss::shape("the answer is not one of Prometheus")),
    }
    let of_kind = told.pointer("/data/resultType").and_then(Value::as_str);
    let result = told.pointer("/data/result");
    let series = match (of_kind, result) {
        (Some("vector"), Some(Value::Array(items))) => items.iter().map(series).collect::<Finding<Vec<_>>>()?,
        (Some("scalar"), Some(pair)) => vec![Series {
            part: None,
            point: point(pair)?,
        }],
        (_, _) => return Err(Miss::shape("the result is neither a scalar nor an instant vector")),
    };
    // Several series are told as such, even where the server warns that it left some out.
    if let (Some(Value::Array(warnings)), true) = (told.get("warnings"), series.len() < super::SERIES_MAX)
        && let Some(first) = warnings.first()
    {
        let said = remark(first.as_str().unwrap_or("something"));
        return Err(Miss::shape(format!("the server warns of its own answer: {said}")));
    }
    let is_scalar = of_kind == Some("scalar");
    Ok(Told { series, is_scalar })
}

fn series(item: &Value) -> Finding<Series> {
    let part = item.pointer("/metric").and_then(|metric| metric.get(MARK));
    let pair = item
        .get("value")
        .ok_or_else(|| Miss::shape("a series has no value; a native histogram is no number"))?;
    Ok(Series {
        part: part.and_then(Value::as_str).map(str::to_owned),
        point: point(pair)?,
    })
}

fn point(pair: &Value) -> Finding<Point> {
    match pair.as_array().map(Vec::as_slice) {
        Some([at, value]) => Ok(Point {
            at: at.clone(),
            value: value.clone(),
        }),
        Some(_) | None => Err(Miss::shape("a value is no pair of a moment and a number")),
    }
}

/// What an answer of another status says.
pub(super) fn refusal(status: http::StatusCode, body: &[u8]) -> String {
    let told: Option<Value> = serde_json::from_slice(body).ok();
    match told.as_ref().and_then(words) {
        Some(words) => format!("status {}: {words}", status.as_u16()),
        None => format!("status {}", status.as_u16()),
    }
}

/// The server's own words; they are about the query, never about a sample.
fn words(told: &Value) -> Option<String> {
    told.get("error").and_then(Value::as_str).map(remark)
}
