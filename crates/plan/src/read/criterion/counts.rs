//! Criteria over a share that a source counts: of the new side alone, or against the old side.

use tidegate_model::PartsPerMillion;
use tidegate_model::ask::{CountAsk, CountQuestion, HitsAre, Looks};
use tidegate_model::plan::{Measure, OnHarm};

use super::ask::Source;
use super::count_question::{self, Columns, Count};
use super::{Measured, cadence};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::read::Reading;
use crate::read::fields::{Fields, value, wrong};
use crate::read::scalar::{percent, whole};
use crate::sink::{Finding, Place};
use crate::syntax::Node;

/// Batches of a table of days when nothing is written: two weeks.
const BATCHES: u32 = 14;
const BATCHES_MAX: u64 = 366;

/// The fields of a share of both sides.
pub(super) static SIDES: Form = Form::new(
    "a share of both sides",
    &[
        may("old", Of::Form(&count_question::COUNT)),
        need("new", Of::Form(&count_question::COUNT)),
    ],
);

/// `{ counts: { on: metrics, prometheus: { all: ..., bad: ... } }, at-most: 1%, owner: payments }`, or `counts` with
/// `old` and `new` and `not-worse-by` beside it.
pub(super) fn read(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let (old, new) = sides(node, reading);
    let source = new.as_ref().map_or(Source::Prometheus, |new| new.source);
    let cadence = cadence::read(source, fields, reading);
    let shares = shares(fields, node, reading);
    let looks = looks(old.as_ref().and_then(Option::as_ref), new.as_ref(), fields, reading);
    let (old, new, cadence, (at_most, not_worse_by), looks) = (old?, new?, cadence?, shares?, looks?);
    if let Some(old) = &old
        && old.hits != new.hits
    {
        wrong(
            node,
            "what is counted",
            "the same on both sides: `bad` or `good`",
            reading,
        );
        return None;
    }
    for side in [Some(&new), old.as_ref()].into_iter().flatten() {
        if let CountQuestion::Probe {
            within: Some(within), ..
        } = &side.question
            && *within >= cadence.timeout
        {
            reading.sink.add(
                Finding::error(Code::Timeout, node.place, "an answer that took so long is no answer")
                    .expected(
                        format!("a `within` below {}, which is `timeout`", cadence.timeout),
                        within.to_string(),
                    )
                    .help("lengthen `timeout` or shorten `within`"),
            );
            return None;
        }
    }
    let on = new.on.clone();
    let title = title(&new, at_most, not_worse_by);
    let hits = new.hits;
    let into_ask = |count: Count| CountAsk {
        on: count.on,
        question: count.question,
    };
    Some(Measured {
        max_silence: cadence.stale_after,
        asked_every: Some(cadence.every),
        ..Measured::new(
            Measure::Counted {
                old: old.map(into_ask),
                new: into_ask(new),
                hits,
                at_most,
                not_worse_by,
                looks,
                cadence,
            },
            format!("{on}-counts"),
            title,
            OnHarm::Hold,
        )
    })
}

fn title(new: &Count, at_most: Option<PartsPerMillion>, not_worse_by: Option<PartsPerMillion>) -> String {
    let what = match new.hits {
        HitsAre::Bad => format!("the bad share that {} counts", new.on),
        HitsAre::Good => format!("the share without success that {} counts", new.on),
    };
    match (at_most, not_worse_by) {
        (Some(most), Some(worse)) => format!("{what} is at most {most} and not worse by {}", worse.points()),
        (Some(most), None) => format!("{what} is at most {most}"),
        (None, Some(worse)) => format!("{what} is not worse by {}", worse.points()),
        (None, None) => what,
    }
}

/// The old side, when there is one, and the new side.
#[expect(
    clippy::option_option,
    reason = "no old side is not the same as one that cannot be read"
)]
fn sides(node: &Node, reading: &mut Reading) -> (Option<Option<Count>>, Option<Count>) {
    if node.get("old").is_none() && node.get("new").is_none() {
        return (Some(None), count_question::read(node, "`counts`", reading));
    }
    let Some(mut fields) = Fields::open(node, "`counts`", &SIDES, reading) else {
        return (None, None);
    };
    let old = match fields.get("old") {
        None => Some(None),
        Some(node) => count_question::read(node, "the old side of `counts`", reading).map(Some),
    };
    let new = fields
        .need("new", reading)
        .and_then(|node| count_question::read(node, "the new side of `counts`", reading));
    fields.close(reading);
    (old, new)
}

type Shares = (Option<PartsPerMillion>, Option<PartsPerMillion>);

/// `at-most` and `not-worse-by`: at least one of them, and the second with an old side and only then.
fn shares(fields: &mut Fields<'_>, counts: &Node, reading: &mut Reading) -> Option<Shares> {
    let limit = fields.get("at-most").map(|node| {
        value(
            node,
            "`at-most`",
            "a share below `100%`, such as `1%`",
            |text| percent(text).filter(|share| share.get() < 1_000_000),
            reading,
        )
    });
    let written = fields.get("not-worse-by");
    let worse = written.map(|node| {
        value(
            node,
            "`not-worse-by`",
            "a difference above `0pp`, such as `2pp`",
            |text| percent(text).filter(|share| share.get() > 0),
            reading,
        )
    });
    let old = counts.get("old");
    match (&limit, written, old) {
        (_, Some(node), None) => {
            lopsided(
                node.place,
                "there is no old side to compare with",
                "`old` and `new` under `counts`",
                "only the new side",
                "add the same question about the old side as `old`, or judge the new side alone with `at-most`",
                reading,
            );
            return None;
        }
        (_, None, Some(old)) => {
            lopsided(
                old.place,
                "the old side is counted and compared with nothing",
                "`not-worse-by` with a difference such as `2pp`",
                &fields.instead_of("not-worse-by"),
                "add `not-worse-by: 2pp`, or remove `old`",
                reading,
            );
            return None;
        }
        (None, None, None) => {
            reading.sink.add(
                Finding::error(
                    Code::NothingJudged,
                    fields.head(),
                    "what is counted is judged by nothing",
                )
                .expected(
                    "`at-most`, or `not-worse-by` with an old side",
                    fields.instead_of("at-most"),
                )
                .help("add `at-most: 1%`: the largest share of the bad"),
            );
            return None;
        }
        (_, Some(_), Some(_)) | (Some(_), None, None) => {}
    }
    let flat = |share: Option<Option<PartsPerMillion>>| match share {
        None => Some(None),
        Some(read) => read.map(Some),
    };
    Some((flat(limit)?, flat(worse)?))
}

fn lopsided(place: Place, message: &str, expected: &str, found: &str, help: &str, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(Code::OldSide, place, message)
            .expected(expected, found)
            .help(help),
    );
}

/// A stream unless `batches` is written; a table of days comes in batches by nature.
fn looks(old: Option<&Count>, new: Option<&Count>, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Looks> {
    let node = fields.get("batches");
    let planned = match node {
        None => None,
        Some(node) => {
            let planned = value(
                node,
                "`batches`",
                "a whole number, 1 to 366",
                |text| whole(text).filter(|n| (1..=BATCHES_MAX).contains(n)),
                reading,
            )?;
            Some(u32::try_from(planned).expect("at most 366"))
        }
    };
    let sides: Vec<&Count> = [new, old].into_iter().flatten().collect();
    if let (Some(node), Some(side)) = (node, sides.iter().find(|side| side.columns == Columns::None)) {
        no_batches(node.place, side.source, reading);
        return None;
    }
    if let (Some(node), Some(side)) = (node, sides.iter().find(|side| side.columns == Columns::Stream)) {
        let hits = side.word();
        reading.sink.add(
            Finding::error(
                Code::NoBatches,
                node.place,
                "the query does not say which batch its counts are of",
            )
            .expected(
                format!("`columns: [batch, all, {hits}]`"),
                format!("`columns: [all, {hits}]`"),
            )
            .help("let the first column name the batch, such as a night's date"),
        );
        return None;
    }
    let in_batches = sides.iter().any(|side| side.columns == Columns::Batches);
    if in_batches && sides.iter().any(|side| side.columns != Columns::Batches) {
        no_batches(fields.head(), sides.first()?.source, reading);
        return None;
    }
    let of_days = sides.iter().any(|side| side.source == Source::Csv);
    match planned {
        Some(planned) => Some(Looks::Batches { planned }),
        None if of_days => Some(Looks::Batches { planned: BATCHES }),
        None if in_batches => {
            fields.need("batches", reading);
            None
        }
        None => Some(Looks::Stream),
    }
}

fn no_batches(place: Place, source: Source, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(
            Code::NoBatches,
            place,
            format!("`{}` counts a stream, which has no batches", source.word()),
        )
        .expected(
            "batches from `sql` or `csv`, on both sides",
            format!("`{}`", source.word()),
        )
        .help("remove `batches`: a stream is judged at any time"),
    );
}
