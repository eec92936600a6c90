//! What is common to questions: whom they go to, by which way, and that there is exactly one way.

use tidegate_model::SourceId;
use tidegate_model::flow::SuccessPredicate;

use crate::code::Code;
use crate::form::Form;
use crate::read::Reading;
use crate::read::fields::{Fields, name, value, wrong};
use crate::read::flow::{POINTER, pointer, predicate};
use crate::sink::Finding;
use crate::syntax::{Node, Shape};

/// The kinds of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Prometheus,
    Sql,
    Log,
    Probe,
    Csv,
}

impl Source {
    const ALL: [(&'static str, Self); 5] = [
        ("prometheus", Self::Prometheus),
        ("sql", Self::Sql),
        ("log", Self::Log),
        ("probe", Self::Probe),
        ("csv", Self::Csv),
    ];

    /// The field that a question of this kind stands in.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Sql => "sql",
            Self::Log => "log",
            Self::Probe => "probe",
            Self::Csv => "csv",
        }
    }
}

/// A question before it is read: who is asked, of which kind, and the node that says what.
pub(super) struct Asked<'n> {
    pub(super) on: SourceId,
    pub(super) source: Source,
    pub(super) node: &'n Node,
}

/// Opens `{ on: metrics, prometheus: ... }`.
pub(super) fn open<'n>(node: &'n Node, what: &str, form: &'static Form, reading: &mut Reading) -> Option<Asked<'n>> {
    let mut fields = Fields::open(node, what, form, reading)?;
    let on = fields
        .need("on", reading)
        .and_then(|node| name(node, "the source", SourceId::parse, reading));
    let written: Vec<(Source, &Node)> = Source::ALL
        .iter()
        .filter_map(|(word, source)| fields.get(word).map(|node| (*source, node)))
        .collect();
    let found = match written.as_slice() {
        [only] => Some(*only),
        [] => {
            reading.sink.add(
                Finding::error(Code::MissingField, fields.head(), format!("{what} asks nothing"))
                    .expected(
                        "`prometheus`, `sql`, `log`, `probe` or `csv`",
                        fields.instead_of("prometheus"),
                    )
                    .help("write for example `{ on: metrics, prometheus: \"sum(queue_depth)\" }`; the address of `metrics` is given to `serve --source`"),
            );
            None
        }
        [_, (_, second), ..] => {
            wrong(
                second,
                what,
                "one question: `prometheus`, `sql`, `log`, `probe` or `csv`",
                reading,
            );
            None
        }
    };
    fields.close(reading);
    let (source, node) = found?;
    Some(Asked { on: on?, source, node })
}

/// A pointer into a JSON line.
pub(super) fn field_pointer(node: &Node, what: &str, reading: &mut Reading) -> Option<String> {
    value(node, what, POINTER, pointer, reading)
}

const PATH: &str = "a path such as `/health`";

/// The path of a probe.
pub(super) fn path(node: &Node, reading: &mut Reading) -> Option<String> {
    value(
        node,
        "the path of a probe",
        PATH,
        |text| text.starts_with('/').then(|| text.to_owned()),
        reading,
    )
}

/// What a good answer of a probe shows; nothing written means a status of 200 to 399.
pub(super) fn success(node: Option<&Node>, reading: &mut Reading) -> SuccessPredicate {
    node.map_or_else(SuccessPredicate::default, |node| {
        predicate(node, "the success of a probe".to_owned(), reading)
    })
}

/// Whether a node is written as a text alone, the short form of a question.
pub(super) fn is_short(node: &Node) -> bool {
    matches!(node.shape, Shape::Scalar { .. })
}
