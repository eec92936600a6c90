//! One quote: every basket priced on both sides by the declared requests, and the totals compared in smallest units.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tidegate_model::SourceId;
use tidegate_model::ask::Cadence;
use tidegate_model::seam::{Subjects, Surveyed};
use tidegate_model::survey::{CurrencyOf, QuoteAsk, QuoteBody, QuoteRequest};

use super::faults::Faults;
use super::price::{minor, shown};
use super::web;
use crate::miss::{Finding, Miss};
use crate::source::Source;
use crate::web::{FORM, JSON, Question, WebAddress, exchange};

/// The longest answer that is read, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// A total in smallest units, and its currency.
type Total = (i64, String);

/// Prices every basket on both sides, one basket at a time.
///
/// # Errors
/// A source has no address or is of another kind, or no basket was answered by both sides.
pub(super) async fn look(ask: &QuoteAsk, sources: &BTreeMap<SourceId, Source>, cadence: Cadence) -> Finding<Surveyed> {
    let (old, new) = (web(sources, &ask.old.on)?, web(sources, &ask.new.on)?);
    let mut faults = Faults::default();
    let mut gap = None;
    let mut priced: Vec<&String> = Vec::new();
    for (name, basket) in &ask.baskets {
        let sides = tokio::join!(
            total(old, &ask.old, basket, cadence),
            total(new, &ask.new, basket, cadence)
        );
        match sides {
            (Ok(old), Ok(new)) => {
                priced.push(name);
                compare(name, &old, &new, &mut faults);
            }
            (Err(why), _) => gap = Some(format!("old side: {name}: {why}")),
            (Ok(_), Err(why)) => gap = Some(format!("new side: {name}: {why}")),
        }
    }
    match gap {
        Some(why) if priced.is_empty() => Err(Miss::Silent(why)),
        gap => {
            let found = faults.surveyed(Subjects::Baskets, priced, gap);
            let compared = found.looked_at;
            Ok(Surveyed { compared, ..found })
        }
    }
}

fn compare(name: &str, old: &Total, new: &Total, faults: &mut Faults) {
    let told = |(amount, currency): &Total| shown(*amount, currency);
    let detail = format!("{} on the old side, {} on the new one", told(old), told(new));
    if old.1 != new.1 {
        faults.add("currency", name, detail);
    } else if old.0 != new.0 {
        faults.add("total", name, detail);
    }
}

/// One basket on one side.
async fn total(
    address: &WebAddress,
    request: &QuoteRequest,
    basket: &BTreeMap<String, u32>,
    cadence: Cadence,
) -> Result<Total, String> {
    let path = request
        .path
        .replace(QuoteRequest::LINES, &lines(request, basket, percent));
    let post = request.body.as_ref().map(|body| match body {
        QuoteBody::Json(text) => (JSON, text.replace(QuoteRequest::LINES, &lines(request, basket, quoted))),
        QuoteBody::Form(text) => (
            FORM,
            text.replace(QuoteRequest::LINES, &lines(request, basket, percent)),
        ),
    });
    let question = Question {
        path: &address.below(&path),
        post: post.as_ref().map(|(kind, body)| (*kind, body.as_str())),
        known_as: None,
        pass: None,
        body_bytes_max: BODY_BYTES_MAX,
        within: Duration::from_millis(cadence.timeout.0),
    };
    let answer = exchange(address, question).await.map_err(|fault| fault.to_string())?;
    if !answer.status.is_success() {
        return Err(format!("status {}", answer.status.as_u16()));
    }
    let told: Value = serde_json::from_slice(&answer.body).map_err(|_| "the answer is no JSON".to_owned())?;
    read(request, &told)
}

fn read(request: &QuoteRequest, told: &Value) -> Result<Total, String> {
    let at = |pointer: &str| {
        told.pointer(pointer)
            .ok_or_else(|| format!("the answer has nothing at `{pointer}`"))
    };
    let currency = match &request.currency {
        CurrencyOf::Always(currency) => currency.clone(),
        CurrencyOf::At(pointer) => match at(pointer)?.as_str() {
            Some(word) => word.to_ascii_uppercase(),
            None => return Err(format!("`{pointer}` holds no currency")),
        },
    };
    let pointer = &request.total;
    let amount = match at(pointer)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    match minor(&amount, &currency, request.total_in) {
        Some(amount) => Ok((amount, currency)),
        None => Err(format!("`{pointer}` holds no amount of {currency}")),
    }
}

/// The lines of a basket, each item as the place asks for it.
fn lines(request: &QuoteRequest, basket: &BTreeMap<String, u32>, written: fn(&str) -> String) -> String {
    let line = |(item, quantity): (&String, &u32)| {
        request
            .line
            .replace(QuoteRequest::ITEM, &written(item))
            .replace(QuoteRequest::QUANTITY, &quantity.to_string())
    };
    basket.iter().map(line).collect::<Vec<_>>().join(&request.between)
}

/// RFC 3986 §2.1: everything but what never needs it.
fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// As it stands between the quotation marks of a text of JSON.
fn quoted(text: &str) -> String {
    let whole = Value::from(text).to_string();
    whole[1..whole.len() - 1].to_owned()
}
