//! Criteria over the time of answers: a limit for one quantile, or a comparison with quantiles that were frozen before.

use tidegate_model::plan::{Measure, OnHarm};
use tidegate_model::{FlowId, Millis, PartsPerMillion};

use super::{Measured, flow};
use crate::code::Code;
use crate::form::{Form, Of, may};
use crate::read::Reading;
use crate::read::fields::{Fields, value};
use crate::read::scalar::{DURATION, duration, percent};
use crate::sink::{Finding, Place};
use crate::syntax::Node;

/// Quantiles that a latency criterion may name, in parts per million, rising.
pub(crate) const QUANTILES: [(&str, u32); 6] = [
    ("p50", 500_000),
    ("p75", 750_000),
    ("p90", 900_000),
    ("p95", 950_000),
    ("p99", 990_000),
    ("p99.9", 999_000),
];

/// Quantiles of the old side that were measured before the stage.
pub(super) static FROZEN: Form = Form::new(
    "quantiles of the old side that were measured before the stage",
    &[
        may("p50", Of::Duration),
        may("p75", Of::Duration),
        may("p90", Of::Duration),
        may("p95", Of::Duration),
        may("p99", Of::Duration),
        may("p99.9", Of::Duration),
    ],
);

/// A quantile that is written, with its time.
struct Named<'n> {
    word: &'static str,
    quantile: PartsPerMillion,
    node: &'n Node,
}

/// `{ latency: buy, p95: 500ms }`, or `{ latency: buy, not-worse-by: 20%, frozen: { p50: 180ms, p95: 420ms } }`.
pub(super) fn read(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Vec<Measured>> {
    let flow = flow(node, reading);
    match fields.get("frozen") {
        Some(frozen) => compared(frozen, flow, fields, reading),
        None => limited(flow, fields, reading).map(|found| vec![found]),
    }
}

fn quantiles<'n>(fields: &mut Fields<'n>) -> Vec<Named<'n>> {
    let written = |(word, ppm): &(&'static str, u32)| {
        fields.get(word).map(|node| Named {
            word,
            quantile: PartsPerMillion::new(*ppm).expect("a quantile is a share"),
            node,
        })
    };
    QUANTILES.iter().filter_map(written).collect()
}

fn limited(flow: Option<FlowId>, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let named = quantiles(fields);
    let [only] = named.as_slice() else {
        reading.sink.add(
            Finding::error(
                Code::MissingField,
                fields.head(),
                match named.len() {
                    0 => format!("{} has no quantile", fields.what()),
                    _ => format!("{} has several quantiles", fields.what()),
                },
            )
            .expected(
                "one of `p50`, `p75`, `p90`, `p95`, `p99`, `p99.9`",
                format!("{}", named.len()),
            )
            .help("write for example `p95: 500ms`, or `frozen: { p50: 180ms, p95: 420ms }` with `not-worse-by: 20%`"),
        );
        return None;
    };
    let limit = value(only.node, &format!("`{}`", only.word), DURATION, duration, reading)?;
    let flow = flow?;
    Some(Measured::new(
        Measure::Latency {
            flow: flow.clone(),
            quantile: only.quantile,
            limit,
        },
        format!("{flow}-{}", only.word),
        format!("{} of {flow} is at most {limit}", only.word.to_uppercase()),
        OnHarm::Hold,
    ))
}

const RISE: &str = "a rise above `0%` and below `100%` of the share of slower answers, such as `20%`";

fn compared(
    node: &Node,
    flow: Option<FlowId>,
    fields: &mut Fields<'_>,
    reading: &mut Reading,
) -> Option<Vec<Measured>> {
    let rise = fields.need("not-worse-by", reading).and_then(|node| {
        value(
            node,
            "`not-worse-by`",
            RISE,
            |text| percent(text).filter(|rise| (1..1_000_000).contains(&rise.get())),
            reading,
        )
    });
    let mut frozen = Fields::open(node, "the frozen quantiles", &FROZEN, reading)?;
    let named = quantiles(&mut frozen);
    if named.is_empty() {
        reading.sink.add(
            Finding::error(Code::MissingField, node.place, "no quantile is frozen")
                .expected(
                    "at least one of `p50`, `p75`, `p90`, `p95`, `p99`, `p99.9`",
                    node.words(),
                )
                .help(
                    "measure the old side before the stage and write for example `frozen: { p50: 180ms, p95: 420ms }`",
                ),
        );
    }
    frozen.close(reading);
    let mut times: Vec<(&Named<'_>, Millis)> = Vec::new();
    for one in &named {
        let time = value(
            one.node,
            &format!("`{}`", one.word),
            DURATION,
            |text| duration(text).filter(|time| time.0 > 0),
            reading,
        )?;
        if let Some((before, earlier)) = times.last()
            && time <= *earlier
        {
            let (high, low) = ((one.word, time), (before.word, *earlier));
            out_of_order(one.node.place, before.node.place, high, low, reading);
            return None;
        }
        times.push((one, time));
    }
    let (flow, rise, is_one) = (flow?, rise?, times.len() == 1);
    let found: Vec<Measured> = times
        .into_iter()
        .map(|(one, threshold)| Measured {
            suffix: (!is_one).then_some(one.word),
            ..slower(&flow, one, threshold, rise)
        })
        .collect();
    (!found.is_empty()).then_some(found)
}

fn slower(flow: &FlowId, one: &Named<'_>, threshold: Millis, not_worse_by: PartsPerMillion) -> Measured {
    let quantile = one.word.to_uppercase();
    Measured::new(
        Measure::Slower {
            flow: flow.clone(),
            quantile: one.quantile,
            threshold,
            not_worse_by,
        },
        format!("{flow}-slower-{}", one.word),
        format!("{flow} takes longer than {threshold}, the old {quantile}, at most {not_worse_by} more often"),
        OnHarm::Hold,
    )
}

fn out_of_order(place: Place, before: Place, high: (&str, Millis), low: (&str, Millis), reading: &mut Reading) {
    reading.sink.add(
        Finding::error(
            Code::ThresholdOrder,
            place,
            format!("`{}` is not slower than `{}`", high.0, low.0),
        )
        .expected(format!("more than {}", low.1), high.1.to_string())
        .help("a higher quantile of the same answers is a longer time: measure them again over one clean day")
        .related(before, format!("`{}` stands here", low.0)),
    );
}
