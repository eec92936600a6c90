//! Questions with two counts as their answer: all, and those that are hits.

use tidegate_model::SourceId;
use tidegate_model::ask::{CountQuestion, HitsAre};

use super::ask::{self, Asked, Source};
use super::field_test::{self, Naming};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::read::Reading;
use crate::read::fields::{Fields, items, text, value, wrong};
use crate::read::scalar::{DURATION, duration};
use crate::sink::Finding;
use crate::syntax::Node;

/// The day of a row, when nothing else is written: what Search Console calls it.
const DAY: &str = "Date";

/// A question with what its hits are and whether it can come in batches.
pub(super) struct Count {
    pub(super) on: SourceId,
    pub(super) question: CountQuestion,
    pub(super) hits: HitsAre,
    pub(super) source: Source,
    pub(super) columns: Columns,
}

impl Count {
    /// The word for its hits.
    pub(super) fn word(&self) -> &'static str {
        match self.hits {
            HitsAre::Bad => "bad",
            HitsAre::Good => "good",
        }
    }
}

/// Whether its counts belong to batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// They cannot.
    None,
    /// They could, and do not.
    Stream,
    /// They do.
    Batches,
}

/// The fields of a question with two counts as its answer.
pub(super) static COUNT: Form = Form::new(
    "a question with two counts as its answer",
    &[
        need("on", Of::Name),
        may("prometheus", Of::Form(&PROMETHEUS)),
        may("sql", Of::Form(&SQL)),
        may("log", Of::Form(&LOG)),
        may("probe", Of::Either(&[Of::Text, Of::Form(&PROBE)])),
        may("csv", Of::Form(&CSV)),
    ],
);

static PROMETHEUS: Form = Form::new(
    "two counters",
    &[need("all", Of::Text), may("bad", Of::Text), may("good", Of::Text)],
);

static SQL: Form = Form::new(
    "a query with counts in its columns",
    &[
        need("query", Of::Text),
        need("columns", Of::Listed(&Of::Words(&["batch", "all", "bad", "good"]))),
    ],
);

static LOG: Form = Form::new(
    "lines of a log that are counted",
    &[
        may("all", field_test::TESTS_OF),
        may("bad", field_test::TESTS_OF),
        may("good", field_test::TESTS_OF),
    ],
);

static PROBE: Form = Form::new(
    "a request whose answers are counted",
    &[
        need("path", Of::Text),
        may("success", Of::Form(&crate::read::flow::PREDICATE)),
        may("within", Of::Duration),
    ],
);

static CSV: Form = Form::new(
    "columns of a table that are added up by day",
    &[
        may("rows", field_test::TESTS_OF),
        may("day", Of::Text),
        need("all", Of::Text),
        may("bad", Of::Text),
        may("good", Of::Text),
    ],
);

/// Reads `{ on: metrics, prometheus: { all: ..., bad: ... } }`.
pub(super) fn read(node: &Node, what: &str, reading: &mut Reading) -> Option<Count> {
    let asked = ask::open(node, what, &COUNT, reading)?;
    let (question, hits, columns) = match asked.source {
        Source::Prometheus => prometheus(&asked, reading)?,
        Source::Sql => sql(&asked, reading)?,
        Source::Log => log(&asked, reading)?,
        Source::Probe => probe(&asked, reading)?,
        Source::Csv => csv(&asked, reading)?,
    };
    Some(Count {
        on: asked.on,
        question,
        hits,
        source: asked.source,
        columns,
    })
}

type Read = (CountQuestion, HitsAre, Columns);

/// The one of `bad` and `good` that is written.
fn hits<'n>(fields: &mut Fields<'n>, reading: &mut Reading) -> Option<(HitsAre, &'n Node)> {
    match (fields.get("bad"), fields.get("good")) {
        (Some(node), None) => Some((HitsAre::Bad, node)),
        (None, Some(node)) => Some((HitsAre::Good, node)),
        (Some(_), Some(node)) => {
            wrong(node, "what is counted", "one of `bad` and `good`", reading);
            None
        }
        (None, None) => {
            reading.sink.add(
                Finding::error(
                    Code::MissingField,
                    fields.head(),
                    format!("{} counts no hits", fields.what()),
                )
                .expected("`bad` or `good`", fields.instead_of("bad"))
                .help("say which of all are counted: `bad` for errors and refusals, `good` for orders and clicks"),
            );
            None
        }
    }
}

fn prometheus(asked: &Asked<'_>, reading: &mut Reading) -> Option<Read> {
    let mut fields = Fields::open(asked.node, "`prometheus`", &PROMETHEUS, reading)?;
    let all = fields
        .need("all", reading)
        .and_then(|node| text(node, "`all`", reading));
    let counted = hits(&mut fields, reading)
        .and_then(|(are, node)| text(node, "the counter of hits", reading).map(|query| (are, query)));
    fields.close(reading);
    let (all, (are, hits)) = (all?, counted?);
    Some((CountQuestion::Prometheus { all, hits }, are, Columns::None))
}

fn sql(asked: &Asked<'_>, reading: &mut Reading) -> Option<Read> {
    let mut fields = Fields::open(asked.node, "`sql`", &SQL, reading)?;
    let query = fields
        .need("query", reading)
        .and_then(|node| text(node, "`query`", reading));
    let columns = fields.need("columns", reading).and_then(|node| {
        let words: Vec<&str> = items(node).iter().filter_map(Node::text).collect();
        let found = match words.as_slice() {
            ["all", "bad"] => Some((HitsAre::Bad, Columns::Stream)),
            ["all", "good"] => Some((HitsAre::Good, Columns::Stream)),
            ["batch", "all", "bad"] => Some((HitsAre::Bad, Columns::Batches)),
            ["batch", "all", "good"] => Some((HitsAre::Good, Columns::Batches)),
            _ => None,
        };
        if found.is_none() {
            wrong(
                node,
                "`columns`",
                "`[all, bad]`, `[all, good]`, `[batch, all, bad]` or `[batch, all, good]`",
                reading,
            );
        }
        found
    });
    fields.close(reading);
    let (query, (are, columns)) = (query?, columns?);
    Some((CountQuestion::Sql { query }, are, columns))
}

fn log(asked: &Asked<'_>, reading: &mut Reading) -> Option<Read> {
    let mut fields = Fields::open(asked.node, "`log`", &LOG, reading)?;
    let all = field_test::read(fields.get("all"), "`all`", Naming::Pointer, reading);
    let counted = hits(&mut fields, reading).and_then(|(are, node)| {
        let tests = field_test::read(Some(node), "the test of hits", Naming::Pointer, reading)?;
        if tests.is_empty() {
            wrong(node, "the test of hits", "a mapping with at least one field", reading);
            return None;
        }
        Some((are, tests))
    });
    fields.close(reading);
    let (all, (are, hits)) = (all?, counted?);
    Some((CountQuestion::Log { all, hits }, are, Columns::None))
}

fn probe(asked: &Asked<'_>, reading: &mut Reading) -> Option<Read> {
    if ask::is_short(asked.node) {
        let question = CountQuestion::Probe {
            path: ask::path(asked.node, reading)?,
            success: ask::success(None, reading),
            within: None,
        };
        return Some((question, HitsAre::Bad, Columns::None));
    }
    let mut fields = Fields::open(asked.node, "`probe`", &PROBE, reading)?;
    let path = fields.need("path", reading).and_then(|node| ask::path(node, reading));
    let success = ask::success(fields.get("success"), reading);
    let within = match fields.get("within") {
        None => Some(None),
        Some(node) => value(
            node,
            "`within`",
            DURATION,
            |text| duration(text).filter(|time| time.0 > 0),
            reading,
        )
        .map(Some),
    };
    fields.close(reading);
    let question = CountQuestion::Probe {
        path: path?,
        success,
        within: within?,
    };
    Some((question, HitsAre::Bad, Columns::None))
}

fn csv(asked: &Asked<'_>, reading: &mut Reading) -> Option<Read> {
    let mut fields = Fields::open(asked.node, "`csv`", &CSV, reading)?;
    let rows = field_test::read(fields.get("rows"), "`rows`", Naming::Column, reading);
    let day = match fields.get("day") {
        None => Some(DAY.to_owned()),
        Some(node) => text(node, "`day`", reading),
    };
    let all = fields
        .need("all", reading)
        .and_then(|node| text(node, "`all`", reading));
    let counted = hits(&mut fields, reading)
        .and_then(|(are, node)| text(node, "the column of hits", reading).map(|column| (are, column)));
    fields.close(reading);
    let (are, hits) = counted?;
    let question = CountQuestion::Csv {
        rows: rows?,
        day: day?,
        all: all?,
        hits,
    };
    Some((question, are, Columns::Batches))
}
