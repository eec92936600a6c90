//! What products cost according to their database, by the address of their page.

use std::collections::BTreeMap;

use tidegate_model::SourceId;
use tidegate_model::ask::Cadence;
use tidegate_model::survey::CatalogueAsk;

use super::price::minor;
use super::source;
use crate::miss::{Finding, Miss};
use crate::source::Source;
use crate::sql;

/// Products that a catalogue may have.
const ROWS_MAX: usize = 200_000;

/// What one product page must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Product {
    /// In smallest units.
    pub(super) price: i64,
    pub(super) currency: String,
    pub(super) is_available: Option<bool>,
}

/// Asks the database for every product.
///
/// # Errors
/// It does not answer, has no row, or one that cannot be read.
pub(super) async fn products(
    ask: &CatalogueAsk,
    sources: &BTreeMap<SourceId, Source>,
    cadence: Cadence,
) -> Finding<BTreeMap<String, Product>> {
    let Source::Database(database) = source(sources, &ask.on)? else {
        return Err(Miss::Silent(format!(
            "the address of `{}` is not one of a database",
            ask.on
        )));
    };
    let rows = sql::texts(database, &ask.query, cadence, ROWS_MAX).await?;
    if rows.is_empty() {
        return Err(Miss::Nothing("the catalogue has no rows".to_owned()));
    }
    let mut products = BTreeMap::new();
    for row in rows {
        let (address, found) = product(&row, ask)?;
        if products.insert(address, found).is_some() {
            return Err(Miss::shape("an address stands in the catalogue twice"));
        }
    }
    Ok(products)
}

fn product(row: &[Option<String>], ask: &CatalogueAsk) -> Finding<(String, Product)> {
    let (Some(Some(address)), Some(Some(price)), Some(Some(currency)), 3 | 4) =
        (row.first(), row.get(1), row.get(2), row.len())
    else {
        return Err(Miss::shape(
            "expected address, price and currency in each row of the catalogue, and availability as a fourth column at most",
        ));
    };
    if !address.starts_with('/') {
        return Err(Miss::shape("an address of the catalogue does not begin with `/`"));
    }
    let price = minor(price, currency, ask.price_in)
        .ok_or_else(|| Miss::shape("a price of the catalogue is no amount of its currency"))?;
    let is_available = match row.get(3) {
        None => None,
        Some(word) => Some(available(word.as_deref())?),
    };
    let product = Product {
        price,
        currency: currency.clone(),
        is_available,
    };
    Ok((address.clone(), product))
}

/// A number of pieces, a truth, or a word of schema.org.
fn available(word: Option<&str>) -> Finding<bool> {
    let unread = || Miss::shape("an availability of the catalogue is neither a number nor a word of schema.org");
    let word = word.ok_or_else(unread)?;
    if let Ok(pieces) = word.parse::<i64>() {
        return Ok(pieces > 0);
    }
    match word {
        "t" | "true" => Ok(true),
        "f" | "false" => Ok(false),
        _ => is_in_stock(word).ok_or_else(unread),
    }
}

/// Whether a word of schema.org's `ItemAvailability` says that it can be bought now; none for other words.
pub(super) fn is_in_stock(word: &str) -> Option<bool> {
    let word = word.rsplit(['/', ':']).next().unwrap_or(word).to_ascii_lowercase();
    match word.as_str() {
        "instock" | "limitedavailability" | "onlineonly" | "instoreonly" | "madetoorder" => Some(true),
        "outofstock" | "soldout" | "discontinued" | "backorder" | "preorder" | "presale" | "reserved" => Some(false),
        _ => None,
    }
}
