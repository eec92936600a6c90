//! What must hold of every page: it answers, it is indexed or not as declared, it names itself rightly, it has a title, and
//! what it says about a product is what the database says.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::survey::{CrawlAsk, PriceIn};
use url::Url;

use super::catalogue::{Product, is_in_stock};
use super::faults::Faults;
use super::head::Head;
use super::offer::{Offer, offers};
use super::page::Page;
use super::price::{minor, shown};
use super::robots::Let;
use super::side::Side;

/// What is known about an address before it is asked for.
pub(super) struct Known<'a> {
    pub(super) path: &'a str,
    pub(super) is_listed: bool,
    pub(super) let_in: Let,
    pub(super) product: Option<&'a Product>,
}

/// Whether search engines must not index an address.
pub(super) fn is_kept_out(ask: &CrawlAsk, path: &str) -> bool {
    ask.noindex.iter().any(|beginning| path.starts_with(beginning.as_str()))
}

/// Judges one answered page.
pub(super) fn page(ask: &CrawlAsk, side: &Side, known: &Known<'_>, page: &Page, faults: &mut Faults) {
    let path = known.path;
    match page.status {
        200 => {}
        300..=399 => {
            let to = page.location.as_deref().unwrap_or("nowhere");
            faults.add("redirect", path, format!("status {}, leads to {to}", page.status));
            return;
        }
        status => {
            faults.add("status", path, format!("status {status}"));
            return;
        }
    }
    let Some(head) = &page.head else {
        return;
    };
    if is_kept_out(ask, path) {
        if head.noindex.is_none() && known.let_in.crawler {
            faults.add("index", path, "nothing keeps it out of the index, and it must be");
        }
        return;
    }
    if let Some(why) = head.noindex {
        faults.add("noindex", path, why);
    }
    canonical(side, known, head, faults);
    if head.title.is_none() {
        faults.add("title", path, "it has no title");
    }
    if let Some(product) = known.product {
        offer(known.path, product, head, faults);
    }
}

/// An address that robots.txt shuts. It is not asked for.
pub(super) fn shut(ask: &CrawlAsk, known: &Known<'_>, faults: &mut Faults) {
    if !known.let_in.crawler && !is_kept_out(ask, known.path) {
        let detail = format!("robots.txt does not let {} in", ask.crawler);
        faults.add("robots", known.path, detail);
    }
}

/// Exactly one, absolute, of the public host; a sitemap lists only what names itself.
fn canonical(side: &Side, known: &Known<'_>, head: &Head, faults: &mut Faults) {
    let path = known.path;
    let one = match head.canonicals.as_slice() {
        [] => return faults.add("canonical", path, "it names no canonical address"),
        [one] => one,
        several => {
            return faults.add(
                "canonical",
                path,
                format!("it names {} canonical addresses", several.len()),
            );
        }
    };
    let Ok(url) = Url::parse(one) else {
        return faults.add("canonical", path, format!("`{one}` is not absolute"));
    };
    match side.path_of(&url) {
        None => faults.add("canonical", path, format!("{one} is of another host")),
        Some(named) if known.is_listed && named != path => {
            faults.add("canonical", path, format!("the sitemap lists it, and it names {named}"));
        }
        Some(_) => {}
    }
}

/// Where the canonical address of a page leads on this side.
pub(super) fn canonical_path(side: &Side, page: &Page) -> Option<String> {
    match page.head.as_ref()?.canonicals.as_slice() {
        [one] => side.path_of(&Url::parse(one).ok()?),
        _ => None,
    }
}

/// Canonical addresses must answer themselves.
pub(super) fn canonical_answers(path: &str, named: &str, page: &Page, faults: &mut Faults) {
    if page.status != 200 {
        let detail = format!("{named} is canonical and answers {}", page.status);
        faults.add("canonical", path, detail);
    }
}

fn offer(path: &str, product: &Product, head: &Head, faults: &mut Faults) {
    let found = match offers(&head.json_ld) {
        Err(why) => return faults.add("json-ld", path, why),
        Ok(None) => return faults.add("product", path, "its structured data has no product"),
        Ok(Some(found)) if found.is_empty() => return faults.add("product", path, "its product has no offer"),
        Ok(Some(found)) => found,
    };
    let currency = product.currency.as_str();
    let price_of = |one: &Offer| minor(one.price.as_deref()?, currency, PriceIn::Decimal);
    let written = |one: &Offer| one.price.clone().unwrap_or_else(|| "none".to_owned());
    let Some(fits) = found.iter().find(|one| price_of(one) == Some(product.price)) else {
        let prices: Vec<String> = found.iter().map(written).collect();
        let expected = shown(product.price, currency);
        return faults.add(
            "price",
            path,
            format!("expected {expected}, found {}", prices.join(", ")),
        );
    };
    let told = fits.currency.as_deref().unwrap_or("none");
    if told != currency {
        faults.add("currency", path, format!("expected {currency}, found {told}"));
    }
    let Some(is_available) = product.is_available else {
        return;
    };
    let word = fits.availability.as_deref().unwrap_or("none");
    if is_in_stock(word) != Some(is_available) {
        let expected = if is_available { "in stock" } else { "not in stock" };
        faults.add("availability", path, format!("expected {expected}, found {word}"));
    }
}

/// Pages that all bear one title say nothing to anybody.
pub(super) fn titles(pages: &BTreeMap<&str, &Head>, faults: &mut Faults) {
    let titles: BTreeSet<&str> = pages.values().filter_map(|head| head.title.as_deref()).collect();
    if let (Some(title), true, true) = (titles.first(), titles.len() == 1, pages.len() > 1) {
        for path in pages.keys() {
            faults.add("title", path, format!("every page is called `{title}`"));
        }
    }
}
