//! What Argo Rollouts' providers make of an answer that says nothing: `metricproviders/*`.

use super::super::cell::Cell;
use super::super::value::Value;

/// Where a metric's numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    /// `is_scalar` when the query gives one number without a list around it, `is_single` when it gives one series at most.
    Prometheus {
        is_scalar: bool,
        is_single: bool,
    },
    DatadogV1,
    DatadogV2,
    NewRelic,
    /// `is_whole` when the whole body is the value.
    Web {
        is_whole: bool,
    },
    Job,
    Wavefront,
    Graphite,
    Influxdb,
    CloudWatch,
    Kayenta,
    SkyWalking,
    Plugin,
}

/// Fields of `provider`, in the order in which the tool looks for them.
pub(super) const FIELDS: &[&str] = &[
    "prometheus",
    "job",
    "kayenta",
    "web",
    "datadog",
    "wavefront",
    "newRelic",
    "cloudWatch",
    "graphite",
    "influxdb",
    "skywalking",
    "plugin",
];

/// One thing that a provider may make of a cell.
pub(super) enum Answer {
    /// A value for the conditions, and what it is in words.
    Value(Value, &'static str),
    /// A measurement with an error.
    Error(&'static str),
    /// A measurement that is inconclusive.
    Inconclusive(&'static str),
    /// It cannot happen.
    Never(&'static str),
    /// What was read does not say.
    NotKnown(&'static str),
}

/// What becomes of several series.
pub(super) enum Several {
    /// All of them, as a list of such elements.
    All(fn(f64) -> Value),
    /// One of them, as such a value; the others are dropped.
    One(fn(f64) -> Value, &'static str),
    /// It cannot happen.
    Never(&'static str),
    /// What was read does not say.
    NotKnown(&'static str),
}

const JSON: &str = "JSON has no such number, so the answer cannot be read";
const SERVER: &str = "what the provider's server answers then was not read";
const PROGRAM: &str = "the job answers with its exit status; what it makes of missing data is in its program";
const JUDGE: &str = "Kayenta's judge decides it, not this file";
const PLUGIN: &str = "plugins are not read here";

impl Provider {
    /// Its name.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Prometheus { .. } => "prometheus",
            Self::DatadogV1 => "datadog (v1)",
            Self::DatadogV2 => "datadog (v2)",
            Self::NewRelic => "newRelic",
            Self::Web { .. } => "web",
            Self::Job => "job",
            Self::Wavefront => "wavefront",
            Self::Graphite => "graphite",
            Self::Influxdb => "influxdb",
            Self::CloudWatch => "cloudWatch",
            Self::Kayenta => "kayenta",
            Self::SkyWalking => "skywalking",
            Self::Plugin => "plugin",
        }
    }

    /// The file and function that decide what becomes of an answer.
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::Prometheus { .. } => "metricproviders/prometheus/prometheus.go processResponse",
            Self::DatadogV1 => "metricproviders/datadog/datadog.go parseResponseV1",
            Self::DatadogV2 => "metricproviders/datadog/datadog.go parseResponseV2",
            Self::NewRelic => "metricproviders/newrelic/newrelic.go processResponse",
            Self::Web { .. } => "metricproviders/webmetric/webmetric.go parseResponse",
            Self::Job => "metricproviders/job/job.go Resume",
            Self::Wavefront => "metricproviders/wavefront/wavefront.go processResponse",
            Self::Graphite => "metricproviders/graphite/graphite.go Run",
            Self::Influxdb => "metricproviders/influxdb/influxdb.go processResponse",
            Self::CloudWatch => "metricproviders/cloudwatch/cloudwatch.go Run",
            Self::Kayenta => "metricproviders/kayenta/kayenta.go Resume",
            Self::SkyWalking => "metricproviders/skywalking/skywalking.go processResponse",
            Self::Plugin => "metricproviders/plugin/plugin.go",
        }
    }

    /// Whether conditions are evaluated at all.
    pub(super) fn has_conditions(self) -> bool {
        !matches!(self, Self::Job | Self::Kayenta)
    }

    /// Whether one series alone is a bare number although several are a list.
    pub(super) fn is_bare_alone(self) -> bool {
        matches!(self, Self::DatadogV2 | Self::Wavefront | Self::NewRelic)
    }

    /// Several series as the list that conditions see.
    pub(super) fn listed(self, items: Vec<Value>) -> Value {
        match self {
            Self::Prometheus { .. } | Self::DatadogV2 | Self::Wavefront => Value::List { items, is_typed: true },
            Self::DatadogV1
            | Self::NewRelic
            | Self::Web { .. }
            | Self::Job
            | Self::Graphite
            | Self::Influxdb
            | Self::CloudWatch
            | Self::Kayenta
            | Self::SkyWalking
            | Self::Plugin => Value::list(items),
        }
    }

    /// What becomes of several series.
    pub(super) fn several(self) -> Several {
        match self {
            Self::Prometheus { is_single: true, .. } => Several::Never("the query gives one series at most"),
            Self::Prometheus { is_single: false, .. } | Self::DatadogV2 | Self::Wavefront => Several::All(Value::Float),
            Self::DatadogV1 => Several::One(Value::Float, "the first series"),
            Self::Influxdb => Several::All(Value::Float),
            Self::NewRelic => Several::All(|number| Value::object(Value::Float(number))),
            Self::CloudWatch => Several::All(|number| Value::object(Value::floats(&[number]))),
            Self::Graphite => Several::One(|number| Value::floats(&[number]), "the first series"),
            Self::Web { is_whole: false } => Several::One(Value::Float, "the first match of `jsonPath`"),
            Self::Web { is_whole: true } | Self::SkyWalking => {
                Several::NotKnown("the shape of the body is not known here")
            }
            Self::Job => Several::Never("a job answers with its exit status"),
            Self::Kayenta => Several::NotKnown(JUDGE),
            Self::Plugin => Several::NotKnown(PLUGIN),
        }
    }

    /// What becomes of a cell other than several series; the most dangerous of them counts.
    pub(super) fn answers(self, cell: Cell) -> Vec<Answer> {
        match cell {
            Cell::Empty => self.empty(),
            Cell::NotANumber => self.special(f64::NAN, "NaN"),
            Cell::Infinite => self.special(f64::INFINITY, "+Inf"),
            Cell::Null => self.null(),
            Cell::ProviderDown => vec![match self {
                Self::Plugin => Answer::NotKnown(PLUGIN),
                Self::Job => Answer::Error("the job cannot be created"),
                Self::Prometheus { .. }
                | Self::DatadogV1
                | Self::DatadogV2
                | Self::NewRelic
                | Self::Web { .. }
                | Self::Wavefront
                | Self::Graphite
                | Self::Influxdb
                | Self::CloudWatch
                | Self::Kayenta
                | Self::SkyWalking => Answer::Error("the query fails"),
            }],
            Cell::JudgeError => vec![match self {
                Self::Job => Answer::Inconclusive("the job's image cannot be pulled"),
                Self::Kayenta => Answer::Error("Kayenta gives no score"),
                Self::Plugin => Answer::NotKnown(PLUGIN),
                Self::Prometheus { .. }
                | Self::DatadogV1
                | Self::DatadogV2
                | Self::NewRelic
                | Self::Web { .. }
                | Self::Wavefront
                | Self::Graphite
                | Self::Influxdb
                | Self::CloudWatch
                | Self::SkyWalking => Answer::Error("the query or the condition fails"),
            }],
            Cell::ZeroDenominator => match self {
                Self::Prometheus { .. } => self.special(f64::NAN, "0/0 is NaN"),
                Self::Job => vec![Answer::NotKnown(PROGRAM)],
                Self::Kayenta => vec![Answer::NotKnown(JUDGE)],
                Self::Plugin => vec![Answer::NotKnown(PLUGIN)],
                Self::DatadogV1
                | Self::DatadogV2
                | Self::NewRelic
                | Self::Web { .. }
                | Self::Wavefront
                | Self::Graphite
                | Self::Influxdb
                | Self::CloudWatch
                | Self::SkyWalking => vec![Answer::NotKnown(SERVER)],
            },
            Cell::SeveralSeries | Cell::Stale | Cell::Identical | Cell::Terminated | Cell::Skipped => Vec::new(),
        }
    }

    fn empty(self) -> Vec<Answer> {
        match self {
            Self::Prometheus { is_scalar: false, .. } => vec![Answer::Value(Value::floats(&[]), "an empty list")],
            Self::Prometheus { is_scalar: true, .. } => {
                vec![Answer::Value(Value::Float(f64::NAN), "`scalar` of nothing is NaN")]
            }
            Self::DatadogV1 | Self::DatadogV2 => vec![Answer::Value(Value::Nil, "nil")],
            Self::NewRelic => vec![Answer::Error("no results are an error")],
            Self::Web { is_whole } => {
                let mut answers = vec![
                    Answer::Error("a path that leads nowhere is an error"),
                    Answer::Value(Value::Text(String::new()), "a body of no bytes is an empty text"),
                ];
                if is_whole {
                    answers.push(Answer::Value(Value::object(Value::Nil), "a mapping without the field"));
                    answers.push(Answer::Value(Value::list(Vec::new()), "an empty list"));
                }
                answers
            }
            Self::Job => vec![Answer::NotKnown(PROGRAM)],
            Self::Wavefront => vec![
                Answer::Error("no series are an error"),
                Answer::Value(Value::Float(0.0), "a series without points is 0"),
            ],
            Self::Graphite => vec![Answer::Error("no points are an error")],
            Self::Influxdb => vec![Answer::Error("no records are an error")],
            Self::CloudWatch => vec![
                Answer::Value(Value::list(Vec::new()), "an empty list"),
                Answer::Value(
                    Value::list(vec![Value::object(Value::floats(&[]))]),
                    "a result without values",
                ),
            ],
            Self::Kayenta => vec![Answer::NotKnown(JUDGE)],
            Self::SkyWalking => vec![
                Answer::Error("no data are an error"),
                Answer::Value(Value::object(Value::list(Vec::new())), "a mapping with an empty list"),
            ],
            Self::Plugin => vec![Answer::NotKnown(PLUGIN)],
        }
    }

    /// NaN or infinity.
    fn special(self, number: f64, words: &'static str) -> Vec<Answer> {
        let float = Value::Float(number);
        match self {
            Self::Prometheus { is_scalar: true, .. } => vec![Answer::Value(float, words)],
            Self::Prometheus { is_scalar: false, .. } => vec![Answer::Value(Value::floats(&[number]), words)],
            Self::DatadogV1 | Self::DatadogV2 | Self::NewRelic => vec![Answer::Error(JSON)],
            Self::Web { .. } => {
                let text = if number.is_nan() { "NaN" } else { "+Inf" };
                vec![
                    Answer::Value(Value::Text(text.to_owned()), "a text"),
                    Answer::Value(Value::object(Value::Text(text.to_owned())), "a mapping with a text"),
                ]
            }
            Self::Graphite => vec![
                Answer::Error(JSON),
                Answer::Value(
                    Value::floats(&[number]),
                    "a point written as a text is read as that number",
                ),
            ],
            Self::Influxdb => vec![Answer::Value(Value::list(vec![float]), words)],
            Self::SkyWalking => vec![Answer::Error(JSON)],
            Self::Wavefront | Self::CloudWatch => {
                vec![Answer::NotKnown(
                    "what the provider's own client makes of it was not read",
                )]
            }
            Self::Job => vec![Answer::Never("a job answers with its exit status")],
            Self::Kayenta => vec![Answer::NotKnown(JUDGE)],
            Self::Plugin => vec![Answer::NotKnown(PLUGIN)],
        }
    }

    fn null(self) -> Vec<Answer> {
        match self {
            Self::Prometheus { .. } => vec![Answer::Never("Prometheus answers with numbers only")],
            Self::DatadogV1 => vec![Answer::Value(Value::Float(0.0), "a null point is read as 0")],
            Self::DatadogV2 => vec![Answer::Value(
                Value::Nil,
                "nulls are left out; with none left it is nil",
            )],
            Self::NewRelic => vec![Answer::Value(Value::object(Value::Nil), "a mapping with a nil")],
            Self::Web { is_whole: false } => vec![Answer::Value(Value::Nil, "nil")],
            Self::Web { is_whole: true } => vec![
                Answer::Value(Value::Nil, "nil"),
                Answer::Value(Value::object(Value::Nil), "a mapping with a nil"),
            ],
            Self::Job => vec![Answer::Never("a job answers with its exit status")],
            Self::Wavefront => vec![Answer::NotKnown(
                "what the provider's own client makes of it was not read",
            )],
            Self::Graphite => vec![Answer::Value(
                Value::floats(&[]),
                "nulls are left out; with none left the list is empty",
            )],
            Self::Influxdb => vec![Answer::Value(Value::list(vec![Value::Nil]), "a list with a nil")],
            Self::CloudWatch => vec![Answer::Never("its values are numbers")],
            Self::Kayenta => vec![Answer::NotKnown(JUDGE)],
            Self::SkyWalking => vec![Answer::Value(Value::object(Value::Nil), "a mapping with a nil")],
            Self::Plugin => vec![Answer::NotKnown(PLUGIN)],
        }
    }
}
