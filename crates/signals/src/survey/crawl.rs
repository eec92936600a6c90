//! One crawl: which addresses there are, each of them asked for once, and every rule over the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidegate_model::SourceId;
use tidegate_model::ask::Cadence;
use tidegate_model::seam::{Subjects, Surveyed};
use tidegate_model::survey::{AddressList, CrawlAsk, Reach};

use super::catalogue::{self, Product};
use super::entrance::{Entrance, Through};
use super::faults::Faults;
use super::head::Head;
use super::page::Page;
use super::pages::{self, Pages};
use super::robots::Robots;
use super::rules::{self, Known};
use super::side::{Side, path_and_query};
use super::{redirects, same, sitemap, source, web};
use crate::miss::{Finding, Miss};
use crate::source::Source;
use crate::table;

/// Looks at every address once.
///
/// # Errors
/// A source has no address or is of another kind, there is no gateway, robots.txt cannot be reached, or nothing answers at all.
pub(super) async fn look(
    ask: &CrawlAsk,
    sources: &BTreeMap<SourceId, Source>,
    entrance: Option<&Entrance>,
    cadence: Cadence,
) -> Finding<Surveyed> {
    let reached = |reach: &Reach, way: fn(&Entrance) -> Through| {
        let reached = match (reach, entrance) {
            (Reach::Source(on), _) => (web(sources, on)?, None),
            (Reach::Gateway, Some(entrance)) => (&entrance.address, Some(way(entrance))),
            (Reach::Gateway, None) => return Err(Miss::Silent("there is no gateway".to_owned())),
        };
        Side::new(reached, ask.public.as_deref(), ask.pace, cadence)
    };
    let side = reached(&ask.on, Entrance::to_new)?;
    let robots = Robots::of(&side).await.map_err(Miss::Silent)?;
    let mut crawl = Crawl {
        ask,
        side,
        robots,
        products: match &ask.catalogue {
            Some(catalogue) => catalogue::products(catalogue, sources, cadence).await?,
            None => BTreeMap::new(),
        },
        listed: BTreeSet::new(),
        faults: Faults::default(),
        gap: None,
    };
    let mut addresses = crawl.addresses(sources, cadence).await?;
    let pages = crawl.pages(&addresses).await?;
    addresses.retain(|path| !is_elsewhere(pages.get(path)));
    crawl.judge(&addresses, &pages);
    crawl.canonicals(&addresses, &pages).await;
    let compared = match &ask.same_as {
        None => 0,
        Some(on) => {
            let old = reached(on, Entrance::to_old)?;
            crawl.compare(&old, &addresses, &pages).await?
        }
    };
    let found = crawl.faults.surveyed(Subjects::Addresses, answered(&pages), crawl.gap);
    Ok(Surveyed {
        compared: u64::try_from(compared).unwrap_or(u64::MAX),
        ..found
    })
}

/// Pages that answered and are of the side.
fn answered(pages: &Pages) -> impl Iterator<Item = &String> {
    pages
        .iter()
        .filter(|(_, page)| page.is_ok() && !is_elsewhere(Some(page)))
        .map(|(path, _)| path)
}

/// Whether a page is of another unit than what is surveyed.
fn is_elsewhere(page: Option<&Result<Page, String>>) -> bool {
    matches!(page, Some(Ok(page)) if page.is_elsewhere)
}

/// What one crawl knows so far.
struct Crawl<'a> {
    ask: &'a CrawlAsk,
    side: Arc<Side>,
    robots: Robots,
    products: BTreeMap<String, Product>,
    /// Addresses that a sitemap lists.
    listed: BTreeSet<String>,
    faults: Faults,
    gap: Option<String>,
}

impl Crawl<'_> {
    /// Addresses of sitemaps, lists and the catalogue; where one cannot be read that is a gap.
    async fn addresses(&mut self, sources: &BTreeMap<SourceId, Source>, cadence: Cadence) -> Finding<BTreeSet<String>> {
        let most = usize::try_from(self.ask.pace.addresses_max).unwrap_or(usize::MAX);
        let mut all: BTreeSet<String> = self.ask.addresses.iter().map(|path| self.normal(path)).collect();
        match sitemap::addresses(&self.side, &self.ask.sitemaps, most, &mut self.faults).await {
            Ok(listed) => self.listed = listed,
            Err(gap) => self.gap = Some(gap),
        }
        all.extend(self.listed.iter().cloned());
        if let Some(list) = &self.ask.list {
            all.extend(listed(list, &self.side, sources, cadence).await?);
        }
        let products = std::mem::take(&mut self.products);
        self.products = products
            .into_iter()
            .map(|(path, row)| (self.normal(&path), row))
            .collect();
        all.extend(self.products.keys().cloned());
        // The map judges its old addresses, by other rules.
        all.retain(|path| !self.ask.redirects.contains_key(path));
        if all.len() > most {
            self.gap = Some(format!(
                "there are {} addresses, and {most} at most are asked for",
                all.len()
            ));
            all = all.into_iter().take(most).collect();
        }
        Ok(all)
    }

    fn normal(&self, path: &str) -> String {
        self.side
            .public(path)
            .map_or_else(|| path.to_owned(), |url| path_and_query(&url))
    }

    fn known<'b>(&'b self, path: &'b str) -> Known<'b> {
        let address = self.side.public(path).map(String::from).unwrap_or_default();
        Known {
            path,
            is_listed: self.listed.contains(path),
            let_in: self.robots.let_in(&self.ask.crawler, &address),
            product: self.products.get(path),
        }
    }

    /// Asks for every address that lets us in, and for both ends of the redirect map.
    async fn pages(&mut self, addresses: &BTreeSet<String>) -> Finding<Pages> {
        let map = &self.ask.redirects;
        let mut asked: BTreeSet<String> = addresses.clone();
        asked.extend(map.keys().cloned());
        asked.extend(map.values().cloned());
        asked.retain(|path| self.known(path).let_in.us);
        let is_any = !asked.is_empty();
        let pages = pages::ask(&self.side, asked, &self.ask.crawler).await;
        if answered(&pages).next().is_none() && is_any {
            return Err(match pages.into_values().find_map(Result::err) {
                Some(why) => Miss::Silent(why),
                None => Miss::Nothing("each address that answered is of another unit".to_owned()),
            });
        }
        Ok(pages)
    }

    fn judge(&mut self, addresses: &BTreeSet<String>, pages: &Pages) {
        let mut faults = std::mem::take(&mut self.faults);
        let mut titled: BTreeMap<&str, &Head> = BTreeMap::new();
        for path in addresses {
            let known = self.known(path);
            rules::shut(self.ask, &known, &mut faults);
            match pages.get(path) {
                Some(Ok(page)) => {
                    rules::page(self.ask, &self.side, &known, page, &mut faults);
                    if let Some(head) = page.head.as_ref().filter(|_| !rules::is_kept_out(self.ask, path)) {
                        titled.insert(path, head);
                    }
                }
                Some(Err(why)) => self.gap = Some(format!("{path}: {why}")),
                None if !rules::is_kept_out(self.ask, path) && known.let_in.crawler => {
                    self.gap = Some(format!("{path}: robots.txt does not let us in"));
                }
                None => {}
            }
        }
        rules::titles(&titled, &mut faults);
        if let Some(gap) = redirects::judge(&self.side, &self.ask.redirects, pages, &mut faults) {
            self.gap = Some(gap);
        }
        self.faults = faults;
    }

    /// Canonical addresses that were not asked for are asked for then.
    async fn canonicals(&mut self, addresses: &BTreeSet<String>, pages: &Pages) {
        let mut named: Vec<(&String, String)> = Vec::new();
        for path in addresses {
            if let Some(Ok(page)) = pages.get(path)
                && !rules::is_kept_out(self.ask, path)
                && let Some(canonical) = rules::canonical_path(&self.side, page)
                && canonical != *path
            {
                named.push((path, canonical));
            }
        }
        let unknown = named
            .iter()
            .map(|(_, to)| to.clone())
            .filter(|to| !pages.contains_key(to));
        let more = pages::ask(&self.side, unknown.collect(), &self.ask.crawler).await;
        for (path, to) in named {
            match pages.get(&to).or_else(|| more.get(&to)) {
                Some(Ok(page)) => rules::canonical_answers(path, &to, page, &mut self.faults),
                Some(Err(why)) => self.gap = Some(format!("{to}: {why}")),
                None => self.gap = Some(format!("{to} was not asked for")),
            }
        }
    }

    /// How many addresses were held against the other side.
    async fn compare(&mut self, old: &Arc<Side>, addresses: &BTreeSet<String>, pages: &Pages) -> Finding<usize> {
        let asked = addresses.iter().filter(|path| pages.contains_key(*path)).cloned();
        let others = pages::ask(old, asked.collect(), &self.ask.crawler).await;
        if answered(&others).next().is_none() {
            let why = others.into_values().find_map(Result::err).unwrap_or_default();
            return Err(Miss::Silent(why).on("old"));
        }
        let mut compared = 0;
        for (path, other) in &others {
            match (other, pages.get(path)) {
                (Ok(other), Some(Ok(page))) => {
                    same::judge(path, other, page, &mut self.faults);
                    compared += 1;
                }
                (Err(why), _) => self.gap = Some(format!("old side: {path}: {why}")),
                (Ok(_), Some(Err(_)) | None) => {}
            }
        }
        Ok(compared)
    }
}

/// Addresses of a table: whole ones of this host, or paths.
async fn listed(
    list: &AddressList,
    side: &Side,
    sources: &BTreeMap<SourceId, Source>,
    cadence: Cadence,
) -> Finding<BTreeSet<String>> {
    let Source::Csv(table) = source(sources, &list.on)? else {
        let on = &list.on;
        return Err(Miss::Silent(format!("the address of `{on}` is not one of a table")));
    };
    let rows = table::column(table, &list.column, cadence).await?;
    if rows.is_empty() {
        return Err(Miss::Nothing(format!("`{}` lists no address", list.on)));
    }
    let here = |text: &String| side.path_of(&side.resolve("/", text)?);
    rows.iter()
        .map(|text| here(text).ok_or_else(|| Miss::shape(format!("`{}` lists an address of another host", list.on))))
        .collect()
}
