//! Analysis templates of Argo Rollouts as far as their metrics go: `pkg/apis/rollouts/v1alpha1/analysis_types.go`.

use std::collections::BTreeMap;

use super::super::condition::Condition;
use super::super::document::Document;
use super::super::promql::{is_scalar, is_single};
use super::super::read::{Reading, below, first_key, key_place};
use super::limits::{Given, Limits};
use super::provider::{FIELDS, Provider};
use crate::code::Code;
use crate::sink::Place;
use crate::syntax::{Node, Shape};

/// A metric of a template.
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) success: Option<Written>,
    pub(super) failure: Option<Written>,
    pub(super) limits: Limits,
    pub(super) provider: Provider,
    pub(super) query: String,
    /// The name of `failureLimit`, `inconclusiveLimit`, `interval`, `initialDelay` where they stand.
    pub(super) keys: BTreeMap<&'static str, Place>,
    /// The entry that makes it a dry run.
    pub(super) dry_run: Option<Place>,
}

/// A condition as it was written.
pub(super) struct Written {
    pub(super) place: Place,
    /// One reading, or one for each number tried in place of an argument without a value.
    pub(super) readings: Vec<Result<Condition, String>>,
    /// The argument without a value.
    pub(super) argument: Option<String>,
}

/// Numbers tried in place of an argument that has no value in the file.
const TRIED: &[&str] = &["0", "0.5", "1", "100", "1000000"];

/// The metrics of a template.
pub(super) fn metrics(document: &Document<'_>, reading: &mut Reading<'_>) -> Vec<Asked> {
    let Some(spec) = document.node.get("spec") else {
        reading.missing(document.node, &document.words(), "spec");
        return Vec::new();
    };
    let arguments = arguments(spec, reading);
    let dry: Vec<(String, Place)> = reading
        .items(spec, "dryRun")
        .iter()
        .filter_map(|entry| entry.get("metricName"))
        .filter_map(|name| Some((name.text()?.to_owned(), name.place)))
        .collect();
    let items = reading.items(spec, "metrics");
    if items.is_empty() && reading.items(spec, "templates").is_empty() && !reading.has_error() {
        reading.missing(spec, &document.words(), "metrics");
    }
    let mut asked: Vec<Asked> = Vec::new();
    for item in items {
        let Some(mut metric) = metric(item, &document.words(), &arguments, reading) else {
            continue;
        };
        if asked.iter().any(|earlier| earlier.name == metric.name) {
            reading.wrong(
                Code::WrongValue,
                metric.place,
                "two metrics have one name",
                "a name of its own for each metric",
                format!("a second `{}`", metric.name),
                "the tool refuses such a template; rename one of them",
            );
        }
        let is_dry = |(name, _): &&(String, Place)| name == "*" || *name == metric.name;
        metric.dry_run = dry.iter().find(is_dry).map(|(_, place)| *place);
        asked.push(metric);
    }
    asked
}

/// Arguments that have a value in the file.
fn arguments(spec: &Node, reading: &mut Reading<'_>) -> BTreeMap<String, String> {
    reading
        .items(spec, "args")
        .iter()
        .filter_map(|entry| {
            Some((
                entry.get("name")?.text()?.to_owned(),
                entry.get("value")?.text()?.to_owned(),
            ))
        })
        .collect()
}

fn metric(node: &Node, what: &str, arguments: &BTreeMap<String, String>, reading: &mut Reading<'_>) -> Option<Asked> {
    let Some(name) = node.get("name").filter(|name| name.text().is_some()) else {
        reading.missing(node, &format!("a metric of {what}"), "name");
        return None;
    };
    let text = name.text()?.to_owned();
    let provider = provider(node, &text, reading);
    let mut number = |field: &'static str| given(node, field, arguments, reading);
    let limits = Limits {
        count: number("count"),
        failure: number("failureLimit"),
        inconclusive: number("inconclusiveLimit"),
        errors_in_a_row: number("consecutiveErrorLimit"),
        successes_in_a_row: number("consecutiveSuccessLimit"),
        has_interval: reading.text(node, "interval").is_some(),
    };
    refused(&limits, node, &text, reading);
    let success = written(node, "successCondition", arguments, reading);
    let failure = written(node, "failureCondition", arguments, reading);
    let keys = ["failureLimit", "inconclusiveLimit", "interval", "initialDelay"]
        .into_iter()
        .filter_map(|field| Some((field, key_place(node, field)?)))
        .collect();
    let (provider, query) = provider?;
    Some(Asked {
        name: text,
        place: name.place,
        success,
        failure,
        limits,
        provider,
        query,
        keys,
        dry_run: None,
    })
}

/// The provider and its query.
fn provider(node: &Node, name: &str, reading: &mut Reading<'_>) -> Option<(Provider, String)> {
    let Some(given) = node.get("provider") else {
        reading.missing(node, &format!("metric `{name}`"), "provider");
        return None;
    };
    let present: Vec<&str> = FIELDS
        .iter()
        .copied()
        .filter(|field| given.get(field).is_some())
        .collect();
    let [field] = present.as_slice() else {
        let place = key_place(node, "provider").unwrap_or_else(|| first_key(given));
        let names: Vec<String> = FIELDS.iter().map(|field| format!("`{field}`")).collect();
        let found: Vec<String> = present.iter().map(|field| format!("`{field}`")).collect();
        reading.wrong(
            Code::WrongValue,
            place,
            format!("metric `{name}` has not one provider"),
            format!("one of {}", names.join(", ")),
            if found.is_empty() {
                given.words()
            } else {
                found.join(" and ")
            },
            "the tool refuses such a metric; give it one provider",
        );
        return None;
    };
    let inside = given.get(field)?;
    let query = below(inside, &["query"]).and_then(Node::text).unwrap_or_default();
    let has = |name: &str, value: &str| inside.get(name).and_then(Node::text) == Some(value);
    let path = inside.get("jsonPath").and_then(Node::text).unwrap_or_default().trim();
    let provider = match *field {
        "prometheus" => Provider::Prometheus {
            is_scalar: is_scalar(query),
            is_single: is_single(query),
        },
        "job" => Provider::Job,
        "kayenta" => Provider::Kayenta,
        "web" => Provider::Web {
            is_whole: path.is_empty() || path == "{$}",
        },
        "datadog" if has("apiVersion", "v2") => Provider::DatadogV2,
        "datadog" => Provider::DatadogV1,
        "wavefront" => Provider::Wavefront,
        "newRelic" => Provider::NewRelic,
        "cloudWatch" => Provider::CloudWatch,
        "graphite" => Provider::Graphite,
        "influxdb" => Provider::Influxdb,
        "skywalking" => Provider::SkyWalking,
        _ => Provider::Plugin,
    };
    Some((provider, query.to_owned()))
}

/// A whole number, as a number, as a text, or as an argument.
fn given(node: &Node, field: &'static str, arguments: &BTreeMap<String, String>, reading: &mut Reading<'_>) -> Given {
    let Some(value) = node.get(field).filter(|value| !matches!(value.shape, Shape::Nothing)) else {
        return Given::Absent;
    };
    if let Some(text) = value.text() {
        let (text, missing) = filled(text, arguments, "0");
        if missing.is_some() {
            return Given::Argument;
        }
        if let Ok(number) = text.trim().parse::<i32>() {
            return Given::Number(i64::from(number));
        }
    }
    reading.wrong(
        Code::WrongValue,
        value.place,
        format!("`{field}` is no whole number"),
        "a whole number",
        value.words(),
        format!("write for example `{field}: 3`"),
    );
    Given::Absent
}

/// Limits that the tool refuses: `utils/analysis/factory.go`, `ValidateMetric`.
fn refused(limits: &Limits, node: &Node, name: &str, reading: &mut Reading<'_>) {
    let number = |given: Given| match given {
        Given::Absent => Some(0),
        Given::Number(number) => Some(number),
        Given::Argument => None,
    };
    let numbers = (
        number(limits.count),
        number(limits.failure),
        number(limits.inconclusive),
        number(limits.successes_in_a_row),
        number(limits.errors_in_a_row),
    );
    let (Some(count), Some(failure), Some(inconclusive), Some(successes), Some(errors)) = numbers else {
        return;
    };
    let (field, expected, found) = if successes < 0 {
        ("consecutiveSuccessLimit", "0 or more".to_owned(), successes)
    } else if failure < -1 {
        ("failureLimit", "0 or more, or -1 for none".to_owned(), failure)
    } else if successes == 0 && failure == -1 {
        (
            "failureLimit",
            "0 or more, since no `consecutiveSuccessLimit` is given".to_owned(),
            failure,
        )
    } else if inconclusive < 0 {
        ("inconclusiveLimit", "0 or more".to_owned(), inconclusive)
    } else if errors < 0 {
        ("consecutiveErrorLimit", "0 or more".to_owned(), errors)
    } else if count > 0 && count < failure.max(0) + successes {
        (
            "count",
            format!("at least {}, the limits together", failure.max(0) + successes),
            count,
        )
    } else if count > 0 && count < inconclusive {
        (
            "count",
            format!("at least {inconclusive}, the `inconclusiveLimit`"),
            count,
        )
    } else if count > 1 && !limits.has_interval {
        ("count", "1, since no `interval` is given".to_owned(), count)
    } else {
        return;
    };
    let place = node.get(field).map_or_else(|| first_key(node), |value| value.place);
    reading.wrong(
        Code::WrongValue,
        place,
        format!("the tool refuses metric `{name}`"),
        expected,
        format!("`{found}`"),
        "a refused template makes the analysis an error, which aborts the release",
    );
}

fn written(
    node: &Node,
    field: &str,
    arguments: &BTreeMap<String, String>,
    reading: &mut Reading<'_>,
) -> Option<Written> {
    let condition = reading.text(node, field)?;
    let text = condition.text().filter(|text| !text.is_empty())?;
    let (whole, argument) = filled(text, arguments, "0");
    let readings = if argument.is_none() {
        vec![Condition::read(&whole)]
    } else {
        TRIED
            .iter()
            .map(|number| Condition::read(&filled(text, arguments, number).0))
            .collect()
    };
    Some(Written {
        place: condition.place,
        readings,
        argument,
    })
}

/// A text with its arguments put in; `instead` for those without a value, of which the first is told.
fn filled(text: &str, arguments: &BTreeMap<String, String>, instead: &str) -> (String, Option<String>) {
    let mut out = String::with_capacity(text.len());
    let mut missing = None;
    let mut rest = text;
    while let Some((lead, tail)) = rest.split_once("{{") {
        out.push_str(lead);
        let Some((inner, after)) = tail.split_once("}}") else {
            out.push_str("{{");
            rest = tail;
            continue;
        };
        let name = inner.trim();
        let name = name.strip_prefix("args.").unwrap_or(name);
        if let Some(value) = arguments.get(name) {
            out.push_str(value);
        } else {
            out.push_str(instead);
            missing.get_or_insert_with(|| name.to_owned());
        }
        rest = after;
    }
    out.push_str(rest);
    (out, missing)
}
