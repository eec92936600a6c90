//! Criteria over pages as a search engine's crawler sees them: which are asked for, and what must hold of them.

use std::collections::BTreeMap;

use tidegate_model::ask::Cadence;
use tidegate_model::plan::{Measure, OnHarm};
use tidegate_model::survey::{AddressList, CatalogueAsk, CrawlAsk, Pace, PriceIn, Reach, SurveyAsk, time_of};
use tidegate_model::{Millis, SourceId};

use super::{Measured, cadence};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::read::Reading;
use crate::read::fields::{Fields, items, name, text, value, wrong};
use crate::read::scalar::{WHOLE, whole};
use crate::sink::Finding;
use crate::syntax::{Node, Shape};

const EVERY: Millis = Millis::minutes(60);
/// The search engine whose crawler most shops live by.
const CRAWLER: &str = "googlebot";
const AT_ONCE: u64 = 4;
const AT_ONCE_MAX: u64 = 16;
const PER_SECOND: u64 = 20;
const PER_SECOND_MAX: u64 = 200;
/// Addresses when nothing is written, where there is time for so many.
const ADDRESSES: u64 = 10_000;
const ADDRESSES_MAX: u64 = 200_000;

const PATH: &str = "an address below the side's host, such as `/product/1`";
const PUBLIC: &str = "scheme and host alone, such as `https://shop.example`";

/// The fields of a crawl.
pub(super) static CRAWL: Form = Form::new(
    "pages that are asked for as a search engine's crawler does",
    &[
        may("on", Of::Name),
        may("through", Of::Words(&["gateway"])),
        may("public", Of::Text),
        may("sitemap", Of::Listed(&Of::Text)),
        may("addresses", Of::Listed(&Of::Text)),
        may("list", Of::Form(&LIST)),
        may("redirects", Of::Named(&Of::Text)),
        may("noindex", Of::Listed(&Of::Text)),
        may("catalogue", Of::Form(&CATALOGUE)),
        may("same-as", Of::Name),
        may("crawler", Of::Text),
        may("at-once", Of::Whole),
        may("per-second", Of::Whole),
        may("addresses-at-most", Of::Whole),
    ],
);

static LIST: Form = Form::new(
    "a table that lists addresses",
    &[need("on", Of::Name), need("column", Of::Text)],
);

static CATALOGUE: Form = Form::new(
    "what products cost according to their database",
    &[
        need("on", Of::Name),
        need("query", Of::Text),
        may("price-in", Of::Words(&["decimal", "minor"])),
    ],
);

/// `{ crawl: { on: new-shop, sitemap: /sitemap.xml }, at-most: 0, addresses-at-least: 100, owner: seo }`.
pub(super) fn read(node: &Node, outer: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let cadence = cadence::read_or(EVERY, Millis(0), outer, reading);
    let at_most = whole_or(outer.get("at-most"), "`at-most`", 0, reading);
    let at_least = outer.get("addresses-at-least").map_or(Some(1), |node| {
        within(node, "`addresses-at-least`", 1, ADDRESSES_MAX, reading)
    });
    let ask = ask(node, cadence, reading);
    let (cadence, at_most, at_least, ask) = (cadence?, at_most?, at_least?, ask?);
    let (name, title) = named(&ask);
    Some(Measured {
        max_silence: cadence.stale_after,
        asked_every: Some(cadence.every),
        ..Measured::new(
            Measure::Survey {
                ask: SurveyAsk::Crawl(ask),
                at_most,
                at_least,
                cadence,
            },
            format!("{name}-crawl"),
            title,
            OnHarm::Hold,
        )
    })
}

/// What a criterion is called after, and its title.
fn named(ask: &CrawlAsk) -> (String, String) {
    let of = |reach: &Reach, side: &str| match reach {
        Reach::Source(source) => source.to_string(),
        Reach::Gateway => side.to_owned(),
    };
    let (name, seen) = match &ask.on {
        Reach::Source(source) => (source.to_string(), String::new()),
        Reach::Gateway => ("gateway".to_owned(), ", seen through the gateway".to_owned()),
    };
    let on = of(&ask.on, "the new side");
    let title = match &ask.same_as {
        None => format!("pages of {on} are sound{seen}"),
        Some(old) => format!("pages of {on} are sound, and as on {}{seen}", of(old, "the old one")),
    };
    (name, title)
}

fn ask(node: &Node, cadence: Option<Cadence>, reading: &mut Reading) -> Option<CrawlAsk> {
    let mut fields = Fields::open(node, "`crawl`", &CRAWL, reading)?;
    let on = reach(&mut fields, reading);
    // A gateway may listen on any address: none of them is what visitors know.
    let told = match on {
        Some(Reach::Gateway) => fields.need("public", reading),
        Some(Reach::Source(_)) | None => fields.get("public"),
    };
    let is_told = told.is_some() || on != Some(Reach::Gateway);
    let public = optional(told, |node| value(node, "`public`", PUBLIC, public, reading)).filter(|_| is_told);
    let sitemaps = paths(fields.get("sitemap"), "a sitemap", reading);
    let addresses = paths(fields.get("addresses"), "an address", reading);
    let list = optional(fields.get("list"), |node| list(node, reading));
    let redirects = fields
        .get("redirects")
        .map_or(Some(BTreeMap::new()), |node| redirects(node, reading));
    let noindex = paths(fields.get("noindex"), "the beginning of an address", reading);
    let catalogue = optional(fields.get("catalogue"), |node| catalogue(node, reading));
    let same_as = match fields.get("same-as") {
        None => Some(None),
        Some(node) => same_as(node, on.as_ref(), reading).map(Some),
    };
    let crawler = match fields.get("crawler") {
        None => Some(CRAWLER.to_owned()),
        Some(node) => value(
            node,
            "`crawler`",
            "the name of a crawler in robots.txt",
            product_token,
            reading,
        ),
    };
    let pace = pace(&mut fields, cadence, reading);
    let asks_something = ["sitemap", "addresses", "list", "catalogue", "redirects"]
        .iter()
        .any(|field| node.get(field).is_some());
    if !asks_something {
        reading.sink.add(
            Finding::error(Code::CrawlsNothing, fields.head(), "a crawl asks for no address")
                .expected(
                    "`sitemap`, `addresses`, `list`, `catalogue` or `redirects`",
                    fields.instead_of("sitemap"),
                )
                .help("write for example `sitemap: /sitemap.xml`"),
        );
    }
    fields.close(reading);
    Some(CrawlAsk {
        on: on?,
        public: public?,
        sitemaps: sitemaps?,
        addresses: addresses?,
        list: list?,
        redirects: redirects?,
        noindex: noindex?,
        catalogue: catalogue?,
        same_as: same_as?,
        crawler: crawler?,
        pace: pace?,
    })
}

/// `on` with a source, or `through: gateway`.
fn reach(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Reach> {
    let (on, through) = (fields.get("on"), fields.get("through"));
    match (on, through) {
        (None, Some(node)) => {
            let gateway = |text: &str| (text == "gateway").then_some(Reach::Gateway);
            value(node, "`through`", "`gateway`", gateway, reading)
        }
        (Some(node), None) => name(node, "the source", SourceId::parse, reading).map(Reach::Source),
        (Some(node), Some(_)) => {
            let found = format!("`on: {}` beside `through`", node.text().unwrap_or_default());
            reading.sink.add(
                Finding::error(Code::TwoWays, node.place, "a crawl is to go two ways")
                    .expected("`on` with a source, or `through: gateway`", found)
                    .help("leave `on` out: the gateway knows where the sides are"),
            );
            None
        }
        (None, None) => {
            fields.need("on", reading);
            None
        }
    }
}

/// A field that may be left out: not there is `Some(None)`, and not readable is `None`.
#[expect(
    clippy::option_option,
    reason = "none written is not the same as one that cannot be read"
)]
fn optional<T>(node: Option<&Node>, read: impl FnOnce(&Node) -> Option<T>) -> Option<Option<T>> {
    match node {
        None => Some(None),
        Some(node) => read(node).map(Some),
    }
}

fn path(text: &str) -> Option<String> {
    let is_path = text.starts_with('/') && !text.starts_with("//") && !text.contains(['#', ' ']);
    is_path.then(|| text.to_owned())
}

fn paths(node: Option<&Node>, what: &str, reading: &mut Reading) -> Option<Vec<String>> {
    let nodes = node.map(items).unwrap_or_default();
    let found: Vec<Option<String>> = nodes
        .iter()
        .map(|node| value(node, what, PATH, path, reading))
        .collect();
    found.into_iter().collect()
}

fn public(text: &str) -> Option<String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    (!host.is_empty() && host.chars().all(is_host)).then(|| text.to_owned())
}

/// RFC 9309 §2.2.1: letters, `-` and `_`.
fn product_token(text: &str) -> Option<String> {
    let is_token = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_'));
    is_token.then(|| text.to_owned())
}

fn list(node: &Node, reading: &mut Reading) -> Option<AddressList> {
    let mut fields = Fields::open(node, "`list`", &LIST, reading)?;
    let on = fields
        .need("on", reading)
        .and_then(|node| name(node, "the source", SourceId::parse, reading));
    let column = fields
        .need("column", reading)
        .and_then(|node| text(node, "`column`", reading));
    fields.close(reading);
    Some(AddressList {
        on: on?,
        column: column?,
    })
}

fn catalogue(node: &Node, reading: &mut Reading) -> Option<CatalogueAsk> {
    let mut fields = Fields::open(node, "`catalogue`", &CATALOGUE, reading)?;
    let on = fields
        .need("on", reading)
        .and_then(|node| name(node, "the database", SourceId::parse, reading));
    let query = fields
        .need("query", reading)
        .and_then(|node| text(node, "`query`", reading));
    let price_in = price_in(fields.get("price-in"), "`price-in`", reading);
    fields.close(reading);
    Some(CatalogueAsk {
        on: on?,
        query: query?,
        price_in: price_in?,
    })
}

/// What an amount is counted in; nothing written means with decimals.
pub(super) fn price_in(node: Option<&Node>, what: &str, reading: &mut Reading) -> Option<PriceIn> {
    let word = |text: &str| match text {
        "decimal" => Some(PriceIn::Decimal),
        "minor" => Some(PriceIn::Minor),
        _ => None,
    };
    node.map_or(Some(PriceIn::Decimal), |node| {
        value(node, what, "`decimal` or `minor`", word, reading)
    })
}

/// Old addresses and where each leads. What leads on would be a chain, or a loop.
fn redirects(node: &Node, reading: &mut Reading) -> Option<BTreeMap<String, String>> {
    let Shape::Map(entries) = &node.shape else {
        wrong(node, "`redirects`", "a mapping of old addresses to new ones", reading);
        return None;
    };
    let mut map = BTreeMap::new();
    let mut is_sound = true;
    for (key, node) in entries {
        let target = value(node, "where a redirect leads", PATH, path, reading);
        let Some(old) = path(&key.text) else {
            reading.sink.add(
                Finding::error(Code::WrongValue, key.place, "an old address is not readable")
                    .expected(PATH, format!("`{}`", key.text))
                    .help("write path and query, without the host"),
            );
            is_sound = false;
            continue;
        };
        match target {
            Some(target) => drop(map.insert(old, target)),
            None => is_sound = false,
        }
    }
    for (key, node) in entries {
        let leads_on = node.text().filter(|target| map.contains_key(*target));
        if let (Some(target), true) = (leads_on, map.contains_key(&key.text)) {
            reading.sink.add(
                Finding::error(
                    Code::LeadsOn,
                    node.place,
                    format!("`{}` leads to an address that leads on", key.text),
                )
                .expected("an address that the map does not move", format!("`{target}`"))
                .help("lead each old address to its last target, in one hop"),
            );
            is_sound = false;
        }
    }
    is_sound.then_some(map)
}

fn same_as(node: &Node, on: Option<&Reach>, reading: &mut Reading) -> Option<Reach> {
    let other = name(node, "the other side", SourceId::parse, reading)?;
    if on == Some(&Reach::Gateway) {
        if other.as_str() == "old" {
            return Some(Reach::Gateway);
        }
        reading.sink.add(
            Finding::error(
                Code::TwoWays,
                node.place,
                "the sides of a crawl are to be reached in two ways",
            )
            .expected("`same-as: old`, through the gateway too", format!("source `{other}`"))
            .help("write `same-as: old`: what a gateway adds or moves would else be a difference of the sides"),
        );
        return None;
    }
    if on == Some(&Reach::Source(other.clone())) {
        reading.sink.add(
            Finding::error(
                Code::ComparesItself,
                node.place,
                format!("`{other}` is compared with itself"),
            )
            .expected(
                "`same-as` with the source of the other side",
                format!("`{other}`, which is `on` too"),
            )
            .help("name the old side's source"),
        );
        return None;
    }
    Some(Reach::Source(other))
}

fn pace(fields: &mut Fields<'_>, cadence: Option<Cadence>, reading: &mut Reading) -> Option<Pace> {
    let mut bound = |field: &'static str, otherwise: u64, most: u64, reading: &mut Reading| {
        fields.get(field).map_or(Some((otherwise, None)), |node| {
            within(node, &format!("`{field}`"), 1, most, reading).map(|n| (n, Some(node.place)))
        })
    };
    let at_once = bound("at-once", AT_ONCE, AT_ONCE_MAX, reading);
    let per_second = bound("per-second", PER_SECOND, PER_SECOND_MAX, reading);
    let addresses = bound("addresses-at-most", ADDRESSES, ADDRESSES_MAX, reading);
    let ((at_once, _), (per_second, _), (addresses, place)) = (at_once?, per_second?, addresses?);
    let every = cadence?.every;
    // The time of a survey in seconds, times requests a second.
    let possible = (time_of(every).0.saturating_mul(per_second) / 1_000).max(1);
    let addresses = match place {
        None => addresses.min(possible),
        Some(place) if addresses > possible => {
            reading.sink.add(
                Finding::error(
                    Code::NoTimeToCrawl,
                    place,
                    "so many addresses are not asked for before the next crawl begins",
                )
                .expected(
                    format!("at most {possible} of them, {per_second} a second each {every}"),
                    addresses.to_string(),
                )
                .help("crawl less often, or lift `per-second` as far as the side bears it"),
            );
            return None;
        }
        Some(_) => addresses,
    };
    let small = |n: u64| u32::try_from(n).expect("bounds are far below 2^32");
    Some(Pace {
        at_once: small(at_once),
        per_second: small(per_second),
        addresses_max: small(addresses),
    })
}

fn whole_or(node: Option<&Node>, what: &str, otherwise: u64, reading: &mut Reading) -> Option<u64> {
    node.map_or(Some(otherwise), |node| value(node, what, WHOLE, whole, reading))
}

fn within(node: &Node, what: &str, least: u64, most: u64, reading: &mut Reading) -> Option<u64> {
    let expected = format!("a whole number, {least} to {most}");
    value(
        node,
        what,
        &expected,
        |text| whole(text).filter(|n| (least..=most).contains(n)),
        reading,
    )
}
