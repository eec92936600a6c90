//! The same address on both sides: what a search engine knows of the old page is what it finds on the new one.

use tidegate_model::seam::FaultSeen;
use url::Url;

use super::faults::Faults;
use super::head::Head;
use super::offer::offers;
use super::page::Page;
use super::side::path_and_query;

/// Compares the answers of one address: class of status, index, title, canonical address and price.
pub(super) fn judge(path: &str, old: &Page, new: &Page, faults: &mut Faults) {
    let class = |page: &Page| page.status / 100;
    if class(old) != class(new) {
        let detail = format!("the old side answers {}, the new side {}", old.status, new.status);
        return faults.add(&parity("status"), path, detail);
    }
    let (Some(old), Some(new)) = (&old.head, &new.head) else {
        return;
    };
    if old.noindex.is_some() != new.noindex.is_some() {
        let side = if new.noindex.is_some() { "new" } else { "old" };
        faults.add(
            &parity("index"),
            path,
            format!("the {side} side alone keeps it out of the index"),
        );
    }
    differ("title", path, old.title.as_deref(), new.title.as_deref(), faults);
    let (from, to) = (canonical(old), canonical(new));
    differ("canonical", path, from.as_deref(), to.as_deref(), faults);
    let (from, to) = (price(old), price(new));
    differ("price", path, from.as_deref(), to.as_deref(), faults);
}

fn differ(what: &str, path: &str, old: Option<&str>, new: Option<&str>, faults: &mut Faults) {
    if old != new {
        let word = |side: Option<&str>| side.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
        let detail = format!("{} on the old side, {} on the new one", word(old), word(new));
        faults.add(&parity(what), path, detail);
    }
}

/// The class of a difference.
fn parity(what: &str) -> String {
    format!("{}{what}", FaultSeen::PARITY)
}

/// Without its host: the sides may be asked by addresses of their own.
fn canonical(head: &Head) -> Option<String> {
    let one = head.canonicals.first()?;
    Some(Url::parse(one).map_or_else(|_| one.clone(), |url| path_and_query(&url)))
}

/// Prices of all offers, without zeros that say nothing.
fn price(head: &Head) -> Option<String> {
    let found = offers(&head.json_ld).ok()??;
    let written = |one: super::offer::Offer| {
        let price = one.price.unwrap_or_default();
        let price = if price.contains('.') {
            price.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            price
        };
        format!("{price} {}", one.currency.unwrap_or_default())
    };
    Some(found.into_iter().map(written).collect::<Vec<_>>().join(", "))
}
