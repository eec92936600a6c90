//! The criterion of a Tidegate plan in place of a metric: what can be told from its name, its query and its limits.

use super::condition::{Condition, Expr, Operator, number};
use super::report::Criterion;

/// What is known of a metric.
pub(super) struct Hint {
    name: String,
    /// The query, and whether it is one of Prometheus.
    query: String,
    is_prometheus: bool,
    at_most: Option<f64>,
    at_least: Option<f64>,
}

/// Words of what goes right.
const GOOD: &[&str] = &["success", "availab"];
/// Words of what goes wrong.
const BAD: &[&str] = &["error", "5xx", "fail"];
/// Words of how long it takes.
const TIME: &[&str] = &["latency", "duration", "p95", "p99", "response-time", "response_time"];

/// What a metric counts.
enum Subject {
    /// The share that goes wrong, of 1.
    Errors(f64),
    /// A time in milliseconds.
    Latency(f64),
    /// A number of Prometheus between its bounds.
    Level,
    Other,
}

impl Hint {
    /// From limits.
    pub(super) fn of_range(name: &str, query: &str, at_least: Option<f64>, at_most: Option<f64>) -> Self {
        Self {
            name: name.to_owned(),
            query: query.to_owned(),
            is_prometheus: false,
            at_most,
            at_least,
        }
    }

    /// From conditions: the first comparison with a number; a failure condition says the opposite.
    pub(super) fn of_conditions(
        name: &str,
        query: &str,
        success: Option<&Condition>,
        failure: Option<&Condition>,
    ) -> Self {
        let mut hint = Self::of_range(name, query, None, None);
        let (condition, is_success) = match (success, failure) {
            (Some(condition), _) => (condition, true),
            (None, Some(condition)) => (condition, false),
            (None, None) => return hint,
        };
        for part in condition.parts() {
            let Expr::Binary(operator, left, right) = part else {
                continue;
            };
            let is_above = match operator {
                Operator::More | Operator::AtLeast => true,
                Operator::Less | Operator::AtMost => false,
                Operator::Or
                | Operator::And
                | Operator::Equal
                | Operator::NotEqual
                | Operator::In
                | Operator::NotIn
                | Operator::Contains
                | Operator::StartsWith
                | Operator::EndsWith
                | Operator::Plus
                | Operator::Minus
                | Operator::Times
                | Operator::Over
                | Operator::Remainder
                | Operator::Power
                | Operator::OrElse => continue,
            };
            let (limit, is_above) = match (number(left), number(right)) {
                (None, Some(limit)) => (limit, is_above),
                (Some(limit), None) => (limit, !is_above),
                (Some(_), Some(_)) | (None, None) => continue,
            };
            let bound = if is_above == is_success {
                &mut hint.at_least
            } else {
                &mut hint.at_most
            };
            bound.get_or_insert(limit);
        }
        hint
    }

    /// The same, asked of Prometheus or not.
    pub(super) fn of_prometheus(self, is_prometheus: bool) -> Self {
        Self { is_prometheus, ..self }
    }

    fn subject(&self) -> Subject {
        // The name says it better than the query, which may count the opposite in order to divide by it.
        let name = self.name.to_lowercase();
        let names = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let is_named = names(GOOD) || names(BAD) || names(TIME);
        let query = self.query.to_lowercase();
        let says = |words: &[&str]| names(words) || !is_named && words.iter().any(|word| query.contains(word));
        // A share of 1 is all of them; as a limit of what goes wrong it can only mean a percent.
        let share = |part: f64, is_percent: bool| {
            let share = if is_percent { part / 100.0 } else { part };
            (0.0..=1.0).contains(&share).then_some(share)
        };
        if says(GOOD)
            && let Some(good) = self.at_least.and_then(|part| share(part, part > 1.0))
        {
            return Subject::Errors(1.0 - good);
        }
        if says(BAD)
            && let Some(bad) = self.at_most.and_then(|part| share(part, part >= 1.0))
        {
            return Subject::Errors(bad);
        }
        if says(TIME)
            && let Some(limit) = self.at_most
            && let Some(unit_ms) = self.unit_ms()
        {
            return Subject::Latency(limit * unit_ms);
        }
        let has_bound = self.at_least.is_some() || self.at_most.is_some();
        let is_whole = !self.query.is_empty() && self.query.len() <= QUERY_BYTES_MAX && !self.query.contains("${");
        if self.is_prometheus && has_bound && is_whole {
            return Subject::Level;
        }
        Subject::Other
    }

    /// Milliseconds of one of the metric's units, when its name or its query says so.
    fn unit_ms(&self) -> Option<f64> {
        let says = |word: &str| self.query.contains(word) || self.name.contains(word);
        if says("millisecond") || says("_ms") || says("-ms") || self.name == "request-duration" {
            return Some(1.0);
        }
        says("_seconds").then_some(1_000.0)
    }

    /// The quantile that the query asks for.
    fn quantile(&self) -> &'static str {
        let asked = self.query.split("histogram_quantile(").nth(1).map(str::trim_start);
        [
            ("0.50", "p50"),
            ("0.5,", "p50"),
            ("0.75", "p75"),
            ("0.90", "p90"),
            ("0.9,", "p90"),
            ("0.95", "p95"),
        ]
        .into_iter()
        .find(|(written, _)| asked.is_some_and(|asked| asked.starts_with(written)))
        .map_or_else(
            || if self.name.contains("p95") { "p95" } else { "p99" },
            |(_, quantile)| quantile,
        )
    }
}

/// The criterion.
pub(super) fn criterion(hint: &Hint) -> Criterion {
    let flow = "put your flow in place of `order`";
    match hint.subject() {
        Subject::Errors(share) => Criterion {
            yaml: format!(
                "- {{ errors: order, at-most: {}, not-worse-by: 1pp, on-harm: rollback }}",
                percent(share)
            ),
            help: format!(
                "{flow}; the requests are counted at the gateway on both sides, none is `no data`, never 0 %"
            ),
        },
        Subject::Latency(ms) => Criterion {
            yaml: format!(
                "- {{ latency: order, {}: {:.0}ms }}",
                hint.quantile(),
                ms.clamp(1.0, 3_600_000.0)
            ),
            help: format!("{flow}; the requests are timed at the gateway, none is `no data`, never fast enough"),
        },
        Subject::Level => level(hint),
        Subject::Other => Criterion {
            yaml: format!("- {{ manual: \"does {} allow the next step?\" }}", plain(&hint.name)),
            help:
                "the file does not say what is measured, or in which unit: a criterion of errors or latency counts it, \
                   or a named person answers"
                    .to_owned(),
        },
    }
}

/// A criterion for each bound of a number that Prometheus tells.
fn level(hint: &Hint) -> Criterion {
    let words: Vec<&str> = hint.query.split_whitespace().collect();
    let query = words.join(" ").replace('\\', "\\\\").replace('"', "\\\"");
    let bounds = [("at-least", hint.at_least), ("at-most", hint.at_most)];
    let lines: Vec<String> = bounds
        .into_iter()
        .filter_map(|(side, bound)| {
            let bound = decimal(bound?, 6);
            Some(format!(
                "- {{ level: {{ on: metrics, prometheus: \"{query}\" }}, {side}: {bound}, owner: shop }}"
            ))
        })
        .collect();
    let filled = if query.contains("{{") {
        "put your values in place of what stands in `{{ }}`, and your domain in place of `shop`"
    } else {
        "put your domain in place of `shop`"
    };
    Criterion {
        yaml: lines.join("\n"),
        help: format!(
            "{filled}; no series are `no data`, several, NaN and infinity are `invalid`, and none of them passes"
        ),
    }
}

/// A number without zeros at its end.
fn decimal(number: f64, places: usize) -> String {
    let digits = format!("{number:.places$}");
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        digits
    }
}

/// Longest query that a criterion repeats.
const QUERY_BYTES_MAX: usize = 2_000;

/// A share as a plan writes it, to a ten-thousandth of a percent.
fn percent(share: f64) -> String {
    format!("{}%", decimal(share * 100.0, 4))
}

/// A name inside quotes.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control() && !matches!(c, '"' | '\\' | '$'))
        .take(NAME_CHARS_MAX)
        .collect()
}

/// Most characters of a name that a criterion repeats.
const NAME_CHARS_MAX: usize = 80;
