//! Surveys: what is asked of a side piece by piece, its pages or the prices of fixed baskets. Holds no answer.

use std::collections::BTreeMap;

use crate::{Millis, SourceId};

/// What is looked at, piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SurveyAsk {
    /// Pages, as a search engine's crawler sees them.
    Crawl(CrawlAsk),
    /// Totals of fixed baskets on both sides.
    Quote(QuoteAsk),
}

impl SurveyAsk {
    /// How the side that is judged is reached, in words.
    #[must_use]
    pub fn on(&self) -> String {
        match self {
            Self::Crawl(crawl) => crawl.on.of("new"),
            Self::Quote(quote) => quote.new.on.to_string(),
        }
    }

    /// How the side is reached that it is held against, in words.
    #[must_use]
    pub fn against(&self) -> Option<String> {
        match self {
            Self::Crawl(crawl) => crawl.same_as.as_ref().map(|old| old.of("old")),
            Self::Quote(quote) => Some(quote.old.on.to_string()),
        }
    }
}

/// How the pages of a side are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// At the side itself: a source of the web.
    Source(SourceId),
    /// Through the gateway of the plan's edge, as visitors come. It shows the side of the stage's unit that is asked for, whatever
    /// the exposure, and addresses of other units are left out.
    Gateway,
}

impl Reach {
    /// The side of this word, as it is reached.
    fn of(&self, side: &str) -> String {
        match self {
            Self::Source(source) => source.to_string(),
            Self::Gateway => format!("the {side} side through the gateway"),
        }
    }
}

/// Which pages are asked, and what must hold of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrawlAsk {
    /// The new side.
    pub on: Reach,
    /// Scheme and host that visitors know it by, such as `https://shop.example`, without a slash at its end; none is the
    /// source's own address.
    pub public: Option<String>,
    /// Sitemaps or indexes of them, as paths.
    pub sitemaps: Vec<String>,
    /// Addresses beside them, as paths with their query.
    pub addresses: Vec<String>,
    /// A table that lists addresses.
    pub list: Option<AddressList>,
    /// Old addresses, and where each leads in one permanent hop.
    pub redirects: BTreeMap<String, String>,
    /// Beginnings of paths that search engines must not index; they must index all others.
    pub noindex: Vec<String>,
    /// What products cost according to their database.
    pub catalogue: Option<CatalogueAsk>,
    /// The old side, when its pages say the same. It is reached in the same way.
    pub same_as: Option<Reach>,
    /// The search engine's crawler that robots.txt must let in, beside our own.
    pub crawler: String,
    /// How politely.
    pub pace: Pace,
}

/// A table with a column of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressList {
    /// A source that is a table of comma-separated values.
    pub on: SourceId,
    /// The column.
    pub column: String,
}

/// The rows that prices are held against: address, price, currency, and availability where there is a fourth column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueAsk {
    /// A database.
    pub on: SourceId,
    /// The statement; it only reads.
    pub query: String,
    /// What its prices are counted in.
    pub price_in: PriceIn,
}

/// What an amount is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceIn {
    /// The currency's unit, with its decimal places: `19.90`.
    Decimal,
    /// The currency's smallest unit, a whole number: `1990`.
    Minor,
}

/// Bounds of a crawl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Requests at a time, 1 to 16.
    pub at_once: u32,
    /// Requests a second, 1 to 200, each side by itself.
    pub per_second: u32,
    /// Addresses in all; where there are more, the crawl is no evidence.
    pub addresses_max: u32,
}

/// Which baskets are priced on which sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteAsk {
    /// The side that is right.
    pub old: QuoteRequest,
    /// The side that is judged.
    pub new: QuoteRequest,
    /// Items and how many, by the basket's name.
    pub baskets: BTreeMap<String, BTreeMap<String, u32>>,
}

/// How a side is asked for the total of a basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteRequest {
    /// A source of the web.
    pub on: SourceId,
    /// Path and query; [`QuoteRequest::LINES`] in it stands for the lines.
    pub path: String,
    /// What is posted, with the same in it; none is a `GET`.
    pub body: Option<QuoteBody>,
    /// One line, with [`QuoteRequest::ITEM`] and [`QuoteRequest::QUANTITY`] in it.
    pub line: String,
    /// What stands between two lines.
    pub between: String,
    /// RFC 6901 pointer to the total in the answer.
    pub total: String,
    /// What the total is counted in.
    pub total_in: PriceIn,
    /// Its currency.
    pub currency: CurrencyOf,
}

impl QuoteRequest {
    /// Stands for all lines.
    pub const LINES: &'static str = "{lines}";
    /// Stands for the name of an item.
    pub const ITEM: &'static str = "{item}";
    /// Stands for how many of it.
    pub const QUANTITY: &'static str = "{quantity}";
}

/// What is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuoteBody {
    /// `application/json`.
    Json(String),
    /// `application/x-www-form-urlencoded`.
    Form(String),
}

/// Where the currency of a total is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CurrencyOf {
    /// It is always this one, in three capital letters.
    Always(String),
    /// RFC 6901 pointer to it in the answer.
    At(String),
}

/// Time that a survey has as a whole: it is over before the next begins.
#[must_use]
pub fn time_of(every: Millis) -> Millis {
    Millis(every.0.saturating_sub(every.0 / 20).max(1))
}
