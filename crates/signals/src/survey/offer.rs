//! What a product page's structured data offers: price, currency and availability of its first product.
//!
//! # Source
//! schema.org `Product`, `Offer` and `AggregateOffer`, written as JSON-LD.

use serde_json::Value;

/// How deep a document is looked into.
const DEPTH_MAX: u32 = 16;

/// One offer, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) price: Option<String>,
    pub(super) currency: Option<String>,
    /// The last word of it: `InStock` of `https://schema.org/InStock`.
    pub(super) availability: Option<String>,
}

/// The offers of the first product of all blocks; none when there is no product.
///
/// # Errors
/// A block is no JSON.
pub(super) fn offers(blocks: &[String]) -> Result<Option<Vec<Offer>>, String> {
    for block in blocks {
        let document: Value = serde_json::from_str(block).map_err(|error| format!("a block is no JSON: {error}"))?;
        if let Some(product) = product(&document, 0) {
            let mut found = Vec::new();
            collect(product, None, 0, &mut found);
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn is_a(value: &Value, kind: &str) -> bool {
    let fits = |one: &Value| {
        let word = one.as_str().unwrap_or_default();
        word.rsplit(['/', '#', ':']).next() == Some(kind)
    };
    match value.get("@type") {
        Some(Value::Array(all)) => all.iter().any(fits),
        Some(one) => fits(one),
        None => false,
    }
}

fn product(value: &Value, depth: u32) -> Option<&Value> {
    if depth > DEPTH_MAX {
        return None;
    }
    match value {
        Value::Array(all) => all.iter().find_map(|one| product(one, depth + 1)),
        Value::Object(_) if is_a(value, "Product") || is_a(value, "ProductGroup") => Some(value),
        Value::Object(fields) => ["@graph", "mainEntity", "mainEntityOfPage"]
            .iter()
            .find_map(|name| product(fields.get(*name)?, depth + 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Offers below a product, its variants or an aggregate; `currency` is what stands around them.
fn collect(value: &Value, currency: Option<&str>, depth: u32, found: &mut Vec<Offer>) {
    if depth > DEPTH_MAX {
        return;
    }
    if let Value::Array(all) = value {
        return all.iter().for_each(|one| collect(one, currency, depth + 1, found));
    }
    let own = value.get("priceCurrency").and_then(Value::as_str).or(currency);
    let inner: Vec<&Value> = ["offers", "hasVariant"]
        .iter()
        .filter_map(|name| value.get(*name))
        .collect();
    if inner.is_empty() && !is_a(value, "Product") && !is_a(value, "ProductGroup") {
        found.push(offer(value, own));
    }
    for one in inner {
        collect(one, own, depth + 1, found);
    }
}

fn offer(value: &Value, currency: Option<&str>) -> Offer {
    let specification = match value.get("priceSpecification") {
        Some(Value::Array(all)) => all.first(),
        one => one,
    };
    let price = value
        .get("price")
        .or_else(|| specification?.get("price"))
        .or_else(|| value.get("lowPrice"));
    let currency = currency.or_else(|| specification?.get("priceCurrency")?.as_str());
    let availability = value.get("availability").and_then(Value::as_str);
    Offer {
        price: price.and_then(written),
        currency: currency.map(ToOwned::to_owned),
        availability: availability.map(|word| word.rsplit(['/', ':']).next().unwrap_or(word).to_owned()),
    }
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(block: &str) -> Result<Option<Vec<String>>, String> {
        let found = offers(&[block.to_owned()])?;
        let word = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        Ok(found.map(|offers| {
            let line = |one: Offer| format!("{} {} {}", word(one.price), word(one.currency), word(one.availability));
            offers.into_iter().map(line).collect()
        }))
    }

    #[test]
    fn the_offers_of_the_first_product_are_read_wherever_they_stand() {
        let lines = |found: &[&str]| Ok(Some(found.iter().map(|line| (*line).to_owned()).collect()));
        for (block, expected) in [
            (
                r#"{"@type":"Product","offers":{"@type":"Offer","price":"19.90","priceCurrency":"EUR","availability":"https://schema.org/InStock"}}"#,
                lines(&["19.90 EUR InStock"]),
            ),
            (
                r#"{"@graph":[{"@type":"Organization"},{"@type":["Product"],"offers":[{"price":5},{"price":6.5}]}]}"#,
                lines(&["5 - -", "6.5 - -"]),
            ),
            (
                r#"[{"@type":"http://schema.org/Product","isRelatedTo":{"@type":"Product","offers":{"price":1}},"offers":{"@type":"AggregateOffer","priceCurrency":"EUR","lowPrice":"7"}}]"#,
                lines(&["7 EUR -"]),
            ),
            (
                r#"{"@type":"ProductGroup","hasVariant":[{"@type":"Product","offers":{"priceSpecification":{"price":2,"priceCurrency":"USD"}}}]}"#,
                lines(&["2 USD -"]),
            ),
            (r#"{"@type":"Product","name":"no offer"}"#, lines(&[])),
            (r#"{"@type":"WebPage"}"#, Ok(None)),
        ] {
            assert_eq!(told(block), expected, "{block}");
        }
        assert!(told("{").is_err());
    }
}
