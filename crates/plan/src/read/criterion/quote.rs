//! Criteria over fixed baskets: each is priced on both sides by declared requests, and the totals are equal.

use std::collections::BTreeMap;

use tidegate_model::plan::{Measure, OnHarm};
use tidegate_model::survey::{CurrencyOf, QuoteAsk, QuoteBody, QuoteRequest, SurveyAsk};
use tidegate_model::{Millis, SourceId, check_name};

use super::crawl::price_in;
use super::{Measured, cadence};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::read::Reading;
use crate::read::fields::{Fields, bad_name, name, text, value, wrong};
use crate::read::flow::{POINTER, pointer};
use crate::read::scalar::whole;
use crate::sink::Finding;
use crate::syntax::{Node, Shape};

const EVERY: Millis = Millis::minutes(5);
const BASKETS_MAX: usize = 500;
const QUANTITY_MAX: u64 = 100_000;
const CURRENCY: &str = "a currency such as `EUR`, or a JSON pointer to it such as `/currency`";

/// The fields of a quote.
pub(super) static QUOTE: Form = Form::new(
    "fixed baskets that both sides price",
    &[
        need("old", Of::Form(&REQUEST)),
        need("new", Of::Form(&REQUEST)),
        need("baskets", Of::Named(&Of::Named(&Of::Whole))),
    ],
);

static REQUEST: Form = Form::new(
    "how a side is asked for a basket's total",
    &[
        need("on", Of::Name),
        need("path", Of::Text),
        may("json", Of::Text),
        may("form", Of::Text),
        need("line", Of::Text),
        may("between", Of::Text),
        need("total", Of::Text),
        may("total-in", Of::Words(&["decimal", "minor"])),
        need("currency", Of::Text),
    ],
);

/// `{ quote: { old: {...}, new: {...}, baskets: { one-mug: { mug: 1 } } }, equal: totals, owner: pricing }`.
pub(super) fn read(node: &Node, outer: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let cadence = cadence::read_or(EVERY, Millis(0), outer, reading);
    let equal = outer.need("equal", reading).and_then(|node| {
        let totals = |text: &str| (text == "totals").then_some(());
        value(node, "`equal`", "`totals`", totals, reading)
    });
    let mut fields = Fields::open(node, "`quote`", &QUOTE, reading)?;
    let mut side = |field: &'static str, reading: &mut Reading| {
        fields
            .need(field, reading)
            .and_then(|node| request(node, &format!("the {field} side of a quote"), reading))
    };
    let (old, new) = (side("old", reading), side("new", reading));
    let baskets = fields.need("baskets", reading).and_then(|node| baskets(node, reading));
    if let (Some(old), Some(new)) = (&old, &new)
        && old == new
    {
        reading.sink.add(
            Finding::error(
                Code::ComparesItself,
                fields.head(),
                "both sides of a quote are one request",
            )
            .expected(
                "another source, or another path, on each side",
                format!("`{}` twice", old.on),
            )
            .help("name the sources of both sides"),
        );
        return None;
    }
    fields.close(reading);
    let (cadence, (), old, new, baskets) = (cadence?, equal?, old?, new?, baskets?);
    let title = format!(
        "totals of {} baskets are equal on {} and {}",
        baskets.len(),
        old.on,
        new.on
    );
    let at_least = u64::try_from(baskets.len()).expect("there are few baskets");
    Some(Measured {
        max_silence: cadence.stale_after,
        asked_every: Some(cadence.every),
        ..Measured::new(
            Measure::Survey {
                ask: SurveyAsk::Quote(QuoteAsk { old, new, baskets }),
                at_most: 0,
                at_least,
                cadence,
            },
            "quote".to_owned(),
            title,
            OnHarm::Hold,
        )
    })
}

fn request(node: &Node, what: &str, reading: &mut Reading) -> Option<QuoteRequest> {
    let mut fields = Fields::open(node, what.to_owned(), &REQUEST, reading)?;
    let on = fields
        .need("on", reading)
        .and_then(|node| name(node, "the source", SourceId::parse, reading));
    let path = fields.need("path", reading).and_then(|node| {
        let is_path = |text: &str| text.starts_with('/').then(|| text.to_owned());
        value(node, "the path", "a path such as `/cart/total`", is_path, reading)
    });
    let json = fields.get("json").and_then(|node| text(node, "`json`", reading));
    let form = fields.get("form").and_then(|node| text(node, "`form`", reading));
    if let (Some(_), Some(node)) = (fields.get("json"), fields.get("form")) {
        wrong(node, "what is posted", "one of `json` and `form`", reading);
    }
    let line = fields
        .need("line", reading)
        .and_then(|node| text(node, "`line`", reading));
    let between = match fields.get("between") {
        None => Some(if json.is_some() { "," } else { "&" }.to_owned()),
        Some(node) => node.text().map(ToOwned::to_owned),
    };
    let total = fields
        .need("total", reading)
        .and_then(|node| value(node, "`total`", POINTER, pointer, reading));
    let total_in = price_in(fields.get("total-in"), "`total-in`", reading);
    let currency = fields
        .need("currency", reading)
        .and_then(|node| value(node, "`currency`", CURRENCY, currency, reading));
    let place = fields.head();
    fields.close(reading);
    let (path, line) = (path?, line?);
    let body = match (json, form) {
        (Some(json), _) => Some(QuoteBody::Json(json)),
        (None, Some(form)) => Some(QuoteBody::Form(form)),
        (None, None) => None,
    };
    let asked = match &body {
        Some(QuoteBody::Json(text) | QuoteBody::Form(text)) => text,
        None => &path,
    };
    let missing = if !asked.contains(QuoteRequest::LINES) {
        Some(QuoteRequest::LINES)
    } else if !line.contains(QuoteRequest::ITEM) {
        Some(QuoteRequest::ITEM)
    } else if !line.contains(QuoteRequest::QUANTITY) {
        Some(QuoteRequest::QUANTITY)
    } else {
        None
    };
    if let Some(missing) = missing {
        reading.sink.add(
            Finding::error(
                Code::NoPlaceForLines,
                place,
                format!("{what} has no place for `{missing}`"),
            )
            .expected(
                "`{lines}` in what is posted, or in the path, and `{item}` and `{quantity}` in `line`",
                format!("none of `{missing}`"),
            )
            .help("without it every basket would be the same"),
        );
        return None;
    }
    Some(QuoteRequest {
        on: on?,
        path,
        body,
        line,
        between: between?,
        total: total?,
        total_in: total_in?,
        currency: currency?,
    })
}

fn currency(text: &str) -> Option<CurrencyOf> {
    if let Some(at) = pointer(text) {
        return Some(CurrencyOf::At(at));
    }
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    is_code.then(|| CurrencyOf::Always(text.to_owned()))
}

fn baskets(node: &Node, reading: &mut Reading) -> Option<BTreeMap<String, BTreeMap<String, u32>>> {
    let entries = match &node.shape {
        Shape::Map(entries) if (1..=BASKETS_MAX).contains(&entries.len()) => entries,
        Shape::Map(_) | Shape::Nothing | Shape::Scalar { .. } | Shape::List(_) | Shape::Unreadable => {
            let expected = format!("1 to {BASKETS_MAX} baskets by name, each with items and how many of each");
            wrong(node, "`baskets`", &expected, reading);
            return None;
        }
    };
    let mut found = Some(BTreeMap::new());
    for (key, node) in entries {
        if check_name(&key.text).is_err() {
            bad_name(key.place, "the basket", &key.text, reading);
            found = None;
            continue;
        }
        match (basket(node, reading), &mut found) {
            (Some(basket), Some(found)) => drop(found.insert(key.text.clone(), basket)),
            (None, _) => found = None,
            (Some(_), None) => {}
        }
    }
    found
}

fn basket(node: &Node, reading: &mut Reading) -> Option<BTreeMap<String, u32>> {
    let Shape::Map(entries) = &node.shape else {
        wrong(
            node,
            "a basket",
            "items and how many of each, such as `{ mug: 2 }`",
            reading,
        );
        return None;
    };
    if entries.is_empty() {
        wrong(node, "a basket", "one item at least", reading);
        return None;
    }
    let mut items = BTreeMap::new();
    for (key, node) in entries {
        let expected = format!("a whole number, 1 to {QUANTITY_MAX}");
        let most = |text: &str| whole(text).filter(|n| (1..=QUANTITY_MAX).contains(n));
        let quantity = value(node, "how many", &expected, most, reading)?;
        let quantity = u32::try_from(quantity).expect("it is within bounds");
        items.insert(key.text.clone(), quantity);
    }
    Some(items)
}
