//! Landing pages: what search engines list of an item, with its canonical address and its offer as structured data.

use std::sync::atomic::{AtomicBool, Ordering};

use super::store::Listed;
use crate::shop::catalogue::decimal;
use crate::shop::public::{LISTED, Public};

/// What addresses of these pages begin with.
pub(super) const PREFIX: &str = "/item/";
/// Where the shop listens behind its edge; no visitor can reach it.
const INTERNAL: &str = "http://shop-new.internal:9002";
/// With the fault, each of so many pages names the internal host.
const FAULTY_EACH: u32 = 20;

/// What these pages are made with.
pub(super) struct Landing {
    public: Public,
    /// Pages of one import batch were made with the host that the importer saw.
    names_internal_host: AtomicBool,
}

/// Which host the pages are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Right,
    /// Some of them name a host that nobody outside reaches.
    WithInternalHost,
}

impl Landing {
    pub(super) fn new(public: Public, made: Made) -> Self {
        Self {
            public,
            names_internal_host: AtomicBool::new(made == Made::WithInternalHost),
        }
    }

    /// From now on every page names the public host; how many of the listed ones did not.
    pub(super) fn repair(&self) -> usize {
        if self.names_internal_host.swap(false, Ordering::Relaxed) {
            LISTED.filter(|sku| sku.is_multiple_of(FAULTY_EACH)).count()
        } else {
            0
        }
    }

    /// The page of an item. Names come from the shop's own catalogue and need no escaping.
    pub(super) fn page(&self, one: &Listed) -> String {
        let Listed { sku, name, price_cents } = one;
        let path = format!("{PREFIX}{sku}");
        let is_faulty = sku.is_multiple_of(FAULTY_EACH) && self.names_internal_host.load(Ordering::Relaxed);
        let canonical = if is_faulty {
            format!("{INTERNAL}{path}")
        } else {
            self.public.address(&path)
        };
        let price = decimal(*price_cents);
        format!(
            "<!doctype html><html lang=\"en\"><head><title>{name}</title><link rel=\"canonical\" href=\"{canonical}\">\
             <script type=\"application/ld+json\">{{\"@context\":\"https://schema.org\",\"@type\":\"Product\",\"name\":\"{name}\",\
             \"sku\":\"{sku}\",\"offers\":{{\"@type\":\"Offer\",\"price\":\"{price}\",\"priceCurrency\":\"EUR\",\
             \"availability\":\"https://schema.org/InStock\"}}}}</script></head>\
             <body><h1>{name}</h1><p>{price} EUR</p></body></html>"
        )
    }

    /// The sitemap.
    pub(super) fn sitemap(&self) -> axum::response::Response {
        self.public.sitemap(PREFIX)
    }
}
