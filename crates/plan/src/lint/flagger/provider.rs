//! What Flagger's providers make of an answer that says nothing: `pkg/metrics/providers/*`, `RunQuery`.

use super::super::promql::is_single;

/// One thing that a provider may make of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Answer {
    /// A number for the range, and what it is in words.
    Number(f64, &'static str),
    /// A query error: the check fails.
    Fails(&'static str),
    /// It cannot happen.
    Never(&'static str),
    /// What was read does not say.
    NotKnown(&'static str),
}

/// What becomes of several series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Several {
    /// One is judged; which.
    One(&'static str),
    /// A query error.
    Fails(&'static str),
    /// It cannot happen.
    Never(&'static str),
    /// What was read does not say.
    NotKnown(&'static str),
}

/// A provider: its name, the file and function that decide, and what it makes of each cell of answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Provider {
    pub(super) words: &'static str,
    pub(super) place: &'static str,
    pub(super) empty: Answer,
    pub(super) not_a_number: Answer,
    pub(super) infinite: Answer,
    pub(super) null: Answer,
    pub(super) zero_denominator: Answer,
    pub(super) down: Answer,
    pub(super) several: Several,
}

impl Provider {
    /// Whether it is asked in the language of Prometheus.
    pub(super) fn is_prometheus(&self) -> bool {
        self.words == PROMETHEUS.words
    }
}

const NO_VALUES: Answer = Answer::Fails("no values found");
const NO_JSON: Answer = Answer::Fails("JSON has no such number, so the answer cannot be read");
const CLIENT: Answer = Answer::NotKnown("what the provider's own client makes of it was not read");
const SERVER: Answer = Answer::NotKnown("what the provider's server answers then was not read");
const DOWN: Answer = Answer::Fails("the query fails");
const NAN: Answer = Answer::Number(f64::NAN, "NaN is handed on");
const INFINITE: Answer = Answer::Number(f64::INFINITY, "+Inf");

/// Prometheus, and every type that Flagger does not know.
const PROMETHEUS: Provider = Provider {
    words: "prometheus",
    place: "pkg/metrics/providers/prometheus.go RunQuery",
    empty: NO_VALUES,
    not_a_number: Answer::Fails("NaN counts as no values found"),
    infinite: INFINITE,
    null: Answer::Fails("a value that is no text is left out: no values found"),
    zero_denominator: Answer::Fails("0/0 is NaN, which counts as no values found"),
    down: DOWN,
    several: Several::One("the last series"),
};

/// A metric that Flagger knows by name: one share, quantile or mean of all requests (`pkg/metrics/observers`).
pub(super) const BUILT_IN: Provider = Provider {
    words: "prometheus (built in)",
    infinite: Answer::Never("what is divided is counted within what divides it"),
    several: Several::Never("the built-in query sums up all series"),
    ..PROMETHEUS
};

/// A template that is not in the file.
pub(super) const ELSEWHERE: Provider = {
    let elsewhere = Answer::NotKnown("its template is not in this file");
    Provider {
        words: "a template that is not in this file",
        place: "pkg/controller/scheduler_metrics.go runMetricChecks",
        empty: elsewhere,
        not_a_number: elsewhere,
        infinite: elsewhere,
        null: elsewhere,
        zero_denominator: elsewhere,
        down: DOWN,
        several: Several::NotKnown("its template is not in this file"),
    }
};

/// Neither a name that is known, nor a query, nor a template.
pub(super) const NOTHING: Provider = {
    let nothing = Answer::Fails("there is no query to ask");
    Provider {
        words: "nothing",
        place: "pkg/controller/scheduler_metrics.go runMetricChecks",
        empty: nothing,
        not_a_number: nothing,
        infinite: nothing,
        null: nothing,
        zero_denominator: nothing,
        down: nothing,
        several: Several::Fails("there is no query to ask"),
    }
};

/// The provider of a query, which may only be able to give one series.
pub(super) fn of_query(kind: &str, query: &str) -> Provider {
    let provider = of_type(kind);
    if provider == PROMETHEUS && is_single(query) {
        return Provider {
            several: Several::Never("the query gives one series at most"),
            ..provider
        };
    }
    provider
}

/// The provider of a template, by `spec.provider.type`.
fn of_type(text: &str) -> Provider {
    match text {
        "datadog" => Provider {
            words: "datadog",
            place: "pkg/metrics/providers/datadog.go RunQuery",
            not_a_number: NO_JSON,
            infinite: NO_JSON,
            null: Answer::Number(0.0, "a null point is read as 0"),
            zero_denominator: SERVER,
            several: Several::One("the first series"),
            ..PROMETHEUS
        },
        "cloudwatch" => Provider {
            words: "cloudwatch",
            place: "pkg/metrics/providers/cloudwatch.go RunQuery",
            not_a_number: CLIENT,
            infinite: CLIENT,
            null: Answer::NotKnown("what the provider's own client makes of it was not read"),
            zero_denominator: SERVER,
            several: Several::One("the first result"),
            ..PROMETHEUS
        },
        "newrelic" => Provider {
            words: "newrelic",
            place: "pkg/metrics/providers/newrelic.go RunQuery",
            not_a_number: NO_JSON,
            infinite: NO_JSON,
            null: NO_VALUES,
            zero_denominator: SERVER,
            several: Several::Fails("more than one result counts as no values found"),
            ..PROMETHEUS
        },
        "graphite" => Provider {
            words: "graphite",
            place: "pkg/metrics/providers/graphite.go RunQuery",
            not_a_number: Answer::Number(f64::NAN, "a point written as a text is read as NaN and handed on"),
            infinite: Answer::Number(f64::INFINITY, "a point written as a text is read as +Inf"),
            null: Answer::Fails("nulls are left out: no values found"),
            zero_denominator: SERVER,
            several: Several::One("the last point of all series"),
            ..PROMETHEUS
        },
        "stackdriver" => Provider {
            words: "stackdriver",
            place: "pkg/metrics/providers/stackdriver.go RunQuery",
            not_a_number: NAN,
            null: Answer::Number(0.0, "a value that is no floating-point number is read as 0"),
            zero_denominator: SERVER,
            several: Several::One("the first series"),
            ..PROMETHEUS
        },
        "influxdb" => Provider {
            words: "influxdb",
            place: "pkg/metrics/providers/influxdb.go RunQuery",
            empty: Answer::Number(0.0, "no rows are read as 0"),
            not_a_number: NAN,
            null: NO_VALUES,
            zero_denominator: SERVER,
            several: Several::One("the first row"),
            ..PROMETHEUS
        },
        "dynatrace" => Provider {
            words: "dynatrace",
            place: "pkg/metrics/providers/dynatrace.go RunQuery",
            not_a_number: NO_JSON,
            infinite: NO_JSON,
            null: Answer::Number(0.0, "a null value is read as 0"),
            zero_denominator: SERVER,
            several: Several::One("the last series"),
            ..PROMETHEUS
        },
        "keptn" => Provider {
            words: "keptn",
            place: "pkg/metrics/providers/keptn.go queryKeptnMetric",
            empty: Answer::Fails("a resource without a value is an error"),
            not_a_number: Answer::Number(f64::NAN, "a value `NaN` is handed on"),
            null: Answer::Fails("a value that is no text is an error"),
            zero_denominator: SERVER,
            several: Several::Never("a resource has one value"),
            ..PROMETHEUS
        },
        "splunk" => Provider {
            words: "splunk",
            place: "pkg/metrics/providers/splunk.go RunQuery",
            not_a_number: CLIENT,
            infinite: CLIENT,
            null: Answer::Fails("nulls are left out: no values found"),
            zero_denominator: SERVER,
            several: Several::Fails("more than one series is an error"),
            ..PROMETHEUS
        },
        "externalmetrics" => {
            let quantity = Answer::Never("a quantity is always a number");
            Provider {
                words: "externalmetrics",
                place: "pkg/metrics/providers/externalmetrics.go RunQuery",
                not_a_number: quantity,
                infinite: quantity,
                null: CLIENT,
                zero_denominator: SERVER,
                several: Several::One("the first item"),
                ..PROMETHEUS
            }
        }
        _ => PROMETHEUS,
    }
}
