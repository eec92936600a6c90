//! A search engine's crawler: knows the addresses that the sitemap once named, asks for one after the other, keeps no cookie, and
//! counts which shop it was shown and what the pages said of themselves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde::Serialize;

use super::lock;
use super::tally::Side;
use crate::clock::now_ms;

/// Pause before the sitemap is asked for again, when it did not answer.
const SITEMAP_PAUSE: Duration = Duration::from_secs(1);

/// One crawler on the public face of the shop.
pub(super) struct Crawler {
    client: reqwest::Client,
    base: String,
    /// Time from one address to the next.
    pause: Duration,
    crawled: Arc<Mutex<Crawled>>,
}

/// What it has met.
#[derive(Debug, Default, Clone, Serialize)]
pub(super) struct Crawled {
    /// Pages of the old shop and of the new one.
    old: u64,
    new: u64,
    /// How often the side changed from one page to the next, and when it did first.
    moves: u64,
    first_moved_ms: Option<i64>,
    /// Pages that named another address than the one they were found at.
    misnamed: u64,
    /// Addresses without a page behind them.
    failed: u64,
    #[serde(skip)]
    last: Option<Side>,
}

/// A page at the end of an address, and how it was come by.
struct Found {
    side: Side,
    path: String,
    body: String,
}

/// Host and paths of a sitemap.
#[derive(Debug, PartialEq, Eq)]
struct Sitemap {
    host: String,
    paths: Vec<String>,
}

impl Crawler {
    /// `per_second` is above 0.
    pub(super) fn new(client: reqwest::Client, base: &str, per_second: f64, crawled: Arc<Mutex<Crawled>>) -> Self {
        Self {
            client,
            base: base.trim_end_matches('/').to_owned(),
            pause: Duration::from_secs_f64(1.0 / per_second),
            crawled,
        }
    }

    /// Goes round the addresses for as long as the future is polled.
    pub(super) async fn crawl(&self) {
        let sitemap = self.sitemap().await;
        let mut ticks = tokio::time::interval(self.pause);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for path in sitemap.paths.iter().cycle() {
            ticks.tick().await;
            match self.follow(path).await {
                Ok(Some(found)) => lock(&self.crawled).saw(&found, &sitemap.host),
                Ok(None) => lock(&self.crawled).failed += 1,
                Err(error) => {
                    tracing::debug!(%error, path, "a crawler got no answer");
                    lock(&self.crawled).failed += 1;
                }
            }
        }
    }

    /// The sitemap as it is now; addresses that it names later are learnt from redirects only.
    async fn sitemap(&self) -> Sitemap {
        loop {
            match self.get("/sitemap.xml").await {
                Ok((StatusCode::OK, _, body)) => match sitemap(&body) {
                    Some(sitemap) => return sitemap,
                    None => tracing::debug!("the sitemap names no page"),
                },
                Ok((status, _, _)) => tracing::debug!(%status, "there is no sitemap"),
                Err(error) => tracing::debug!(%error, "a crawler got no sitemap"),
            }
            tokio::time::sleep(SITEMAP_PAUSE).await;
        }
    }

    /// The page at an address, or where one permanent redirect leads; `None` when there is none.
    async fn follow(&self, path: &str) -> reqwest::Result<Option<Found>> {
        let (status, location, body) = self.get(path).await?;
        if status == StatusCode::OK {
            let side = Side::Old;
            let path = path.to_owned();
            return Ok(Some(Found { side, path, body }));
        }
        let is_permanent = matches!(status, StatusCode::PERMANENT_REDIRECT | StatusCode::MOVED_PERMANENTLY);
        let Some(path) = location.filter(|next| is_permanent && next.starts_with('/')) else {
            return Ok(None);
        };
        let (status, _, body) = self.get(&path).await?;
        let side = Side::New;
        Ok((status == StatusCode::OK).then_some(Found { side, path, body }))
    }

    async fn get(&self, path: &str) -> reqwest::Result<(StatusCode, Option<String>, String)> {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await?;
        let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.map(str::to_owned);
        Ok((answer.status(), location, answer.text().await?))
    }
}

impl Crawled {
    fn saw(&mut self, found: &Found, host: &str) {
        match found.side {
            Side::Old => self.old += 1,
            Side::New => self.new += 1,
        }
        if self.last.is_some_and(|last| last != found.side) {
            self.moves += 1;
            self.first_moved_ms.get_or_insert_with(now_ms);
        }
        self.last = Some(found.side);
        let own = format!("{host}{}", found.path);
        if canonical(&found.body) != Some(own.as_str()) {
            self.misnamed += 1;
        }
    }
}

fn canonical(page: &str) -> Option<&str> {
    let (_, after) = page.split_once("rel=\"canonical\" href=\"")?;
    Some(after.split_once('"')?.0)
}

/// The addresses of a sitemap, all of one host; `None` when it names none.
fn sitemap(text: &str) -> Option<Sitemap> {
    let mut host = None;
    let mut paths = Vec::new();
    for entry in text.split("<loc>").skip(1) {
        let url = reqwest::Url::parse(entry.split("</loc>").next()?).ok()?;
        host.get_or_insert_with(|| url.origin().ascii_serialization());
        paths.push(url.path().to_owned());
    }
    Some(Sitemap { host: host?, paths })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "http://shop.example";

    fn found(side: Side, path: &str, canonical: &str) -> Found {
        Found {
            side,
            path: path.to_owned(),
            body: format!("<link rel=\"canonical\" href=\"{canonical}\">"),
        }
    }

    #[test]
    fn a_page_counts_by_its_shop_and_a_change_of_shop_counts_once() {
        let mut crawled = Crawled::default();
        for side in [Side::Old, Side::Old, Side::New, Side::New] {
            crawled.saw(&found(side, "/a/1", "http://shop.example/a/1"), HOST);
        }
        assert_eq!((crawled.old, crawled.new, crawled.moves), (2, 2, 1));
        assert_eq!(crawled.misnamed, 0);
        assert!(crawled.first_moved_ms.is_some());
        crawled.saw(&found(Side::Old, "/a/1", "http://shop.example/a/1"), HOST);
        assert_eq!(crawled.moves, 2);
    }

    #[test]
    fn a_page_that_names_another_address_or_none_is_misnamed() {
        let mut crawled = Crawled::default();
        for canonical in ["http://inside:9002/a/1", "http://shop.example/a/2", ""] {
            crawled.saw(&found(Side::New, "/a/1", canonical), HOST);
        }
        assert_eq!(crawled.misnamed, 3);
    }

    #[test]
    fn a_sitemap_names_a_host_and_paths_or_nothing() {
        let text = "<urlset><url><loc>http://shop.example/a/1</loc></url><url><loc>http://shop.example/a/2</loc></url></urlset>";
        let expected = Sitemap {
            host: HOST.to_owned(),
            paths: vec!["/a/1".to_owned(), "/a/2".to_owned()],
        };
        assert_eq!(sitemap(text), Some(expected));
        assert_eq!(sitemap("<urlset></urlset>"), None);
        assert_eq!(sitemap("not found"), None);
    }
}
