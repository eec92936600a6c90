//! Crawls: every rule against a shop that breaks it, beside one that breaks none.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tidegate_model::ask::Cadence;
use tidegate_model::seam::{Observation, Surveyed};
use tidegate_model::survey::{AddressList, CatalogueAsk, CrawlAsk, Pace, PriceIn, Reach, SurveyAsk};
use tidegate_model::{Millis, SourceId};
use tidegate_signals::{Asker, Source};

use crate::asking::{clock, id, one, silent};
use crate::file::File;
use crate::site::{PUBLIC, Site, answer, leads, page, product, sitemap};

/// What crawls of these tests ask unless they say otherwise.
pub(crate) fn ask() -> CrawlAsk {
    CrawlAsk {
        on: Reach::Source(id("shop")),
        public: Some(PUBLIC.to_owned()),
        sitemaps: vec!["/sitemap.xml".to_owned()],
        addresses: Vec::new(),
        list: None,
        redirects: BTreeMap::new(),
        noindex: Vec::new(),
        catalogue: None,
        same_as: None,
        crawler: "searchbot".to_owned(),
        pace: Pace {
            at_once: 4,
            per_second: 200,
            addresses_max: 1_000,
        },
    }
}

fn web(site: &Site) -> Source {
    Source::parse(&format!("http://127.0.0.1:{}", site.port())).unwrap()
}

async fn look(ask: CrawlAsk, sources: &BTreeMap<SourceId, Source>) -> Observation {
    let cadence = Cadence {
        every: Millis::minutes(10),
        timeout: Millis::seconds(30),
        stale_after: Millis::minutes(30),
    };
    one(Asker::survey(SurveyAsk::Crawl(ask), cadence)
        .ask(sources, clock())
        .await)
}

fn surveyed(found: Observation) -> Surveyed {
    let Observation::Surveyed { found, .. } = found else {
        panic!("expected a survey, found {found:?}");
    };
    found
}

async fn crawl(site: &Site, ask: CrawlAsk) -> Surveyed {
    surveyed(look(ask, &BTreeMap::from([(id("shop"), web(site))])).await)
}

/// Classes with the addresses of their examples.
fn classes(found: &Surveyed) -> Vec<(String, String)> {
    let mut seen: Vec<(String, String)> = found
        .examples
        .iter()
        .map(|example| (example.class.clone(), example.subject.clone()))
        .collect();
    seen.sort();
    seen
}

/// The only fault of a shop that is sound but for what stands at one address.
async fn planted(path: &str, answer: Vec<u8>, ask: CrawlAsk) -> (String, String, String) {
    let site = Site::sound();
    site.put(path, answer);
    let found = crawl(&site, ask).await;
    assert_eq!(found.gap, None);
    let [one] = found.examples.as_slice() else {
        panic!("expected one fault, found {found:?}");
    };
    assert_eq!(found.faulty, 1);
    (one.class.clone(), one.subject.clone(), one.detail.clone())
}

/// The class of the only fault, which is the mug's.
async fn of_mug(text: &str) -> String {
    let (class, subject, _) = planted("/mug", page(text), ask()).await;
    assert_eq!(subject, "/mug");
    class
}

#[tokio::test]
async fn a_sound_shop_has_no_faults_and_is_asked_as_what_we_are() {
    let site = Site::sound();
    let found = crawl(&site, ask()).await;
    assert_eq!((found.looked_at, found.faulty, &found.gap), (3, 0, &None), "{found:?}");
    assert_eq!(site.asked("/mug"), 1);
    let head = site
        .requests()
        .into_iter()
        .find(|head| head.starts_with("GET /mug "))
        .unwrap();
    for line in [
        "host: shop.example",
        "x-forwarded-proto: https",
        "user-agent: tidegate/",
    ] {
        assert!(head.to_lowercase().contains(line), "{line} of {head}");
    }
}

#[tokio::test]
async fn an_address_that_does_not_answer_200_is_a_fault() {
    for status in [404, 410, 500] {
        let (class, subject, detail) = planted("/mug", answer(status, "", b""), ask()).await;
        assert_eq!(
            (class, subject, detail),
            ("status".into(), "/mug".into(), format!("status {status}"))
        );
    }
    let (class, _, detail) = planted("/mug", leads(302, "/login"), ask()).await;
    assert_eq!(
        (class.as_str(), detail.as_str()),
        ("redirect", "status 302, leads to /login")
    );
}

#[tokio::test]
async fn a_canonical_address_is_one_absolute_of_the_public_host_and_answers() {
    let sound = product("/mug", "Mug", "1");
    let link = format!("<link rel=canonical href=\"{PUBLIC}/mug\">");
    for (canonical, what) in [
        (String::new(), "none"),
        (format!("{link}{link}"), "two"),
        ("<link rel=canonical href=/mug>".to_owned(), "not absolute"),
        (
            "<link rel=canonical href=https://old.example/mug>".to_owned(),
            "another host",
        ),
        (
            "<link rel=canonical href=http://shop.example/mug>".to_owned(),
            "another scheme",
        ),
        (
            format!("<link rel=canonical href=\"{PUBLIC}/poster\">"),
            "another page of the sitemap",
        ),
    ] {
        assert_eq!(of_mug(&sound.replace(&link, &canonical)).await, "canonical", "{what}");
    }
    // A page that no sitemap lists may name another one, which answers.
    let variant = CrawlAsk {
        addresses: vec!["/mug?colour=red".to_owned()],
        ..ask()
    };
    let site = Site::sound();
    site.put("/mug?colour=red", page(&product("/mug", "Red mug", "1")));
    assert_eq!(crawl(&site, variant.clone()).await.faulty, 0);
    site.put("/mug?colour=red", page(&product("/mugs", "Red mug", "1")));
    let found = crawl(&site, variant).await;
    assert_eq!(classes(&found), [("canonical".into(), "/mug?colour=red".into())]);
    assert_eq!(found.examples[0].detail, "/mugs is canonical and answers 404");
}

#[tokio::test]
async fn pages_are_indexed_but_where_they_must_not_be() {
    let kept_out = product("/mug", "Mug", "1").replace("<title>", "<meta name=robots content=noindex><title>");
    assert_eq!(of_mug(&kept_out).await, "noindex");
    let tagged = answer(200, "X-Robots-Tag: noindex\r\n", product("/mug", "Mug", "1").as_bytes());
    assert_eq!(planted("/mug", tagged, ask()).await.0, "noindex");
    let private = || CrawlAsk {
        noindex: vec!["/cart".to_owned()],
        addresses: vec!["/cart".to_owned()],
        ..ask()
    };
    let cart = page("<title>Cart</title><meta name=robots content='noindex'>");
    let site = Site::sound();
    site.put("/cart", cart);
    assert_eq!(crawl(&site, private()).await.faulty, 0);
    let open = page("<title>Cart</title>");
    let (class, subject, _) = planted("/cart", open, private()).await;
    assert_eq!((class.as_str(), subject.as_str()), ("index", "/cart"));
}

#[tokio::test]
async fn robots_txt_is_obeyed_and_must_let_the_search_engine_in() {
    let site = Site::sound();
    let rules = "User-agent: *\nDisallow: /mug\n";
    site.put("/robots.txt", answer(200, "", rules.as_bytes()));
    let found = crawl(&site, ask()).await;
    assert_eq!(classes(&found), [("robots".into(), "/mug".into())]);
    assert_eq!(site.asked("/mug"), 0, "it is not asked for what robots.txt shuts");
    // Where we alone are shut out, nobody knows what stands there.
    let rules = "User-agent: tidegate\nDisallow: /mug\n";
    site.put("/robots.txt", answer(200, "", rules.as_bytes()));
    let found = crawl(&site, ask()).await;
    assert_eq!(
        (found.faulty, found.gap.as_deref()),
        (0, Some("/mug: robots.txt does not let us in"))
    );
    // A file that cannot be reached lets nobody in.
    site.put("/robots.txt", answer(503, "", b""));
    let found = look(ask(), &BTreeMap::from([(id("shop"), web(&site))])).await;
    assert_eq!(silent(&found), "robots.txt: status 503, which lets nobody in");
    assert_eq!(site.asked("/poster"), 2);
}

#[tokio::test]
async fn a_page_has_a_title_and_not_the_one_that_all_have() {
    let untitled = product("/mug", "Mug", "1").replace("<title>Mug</title>", "<title> </title>");
    assert_eq!(of_mug(&untitled).await, "title");
    let site = Site::sound();
    for path in ["/", "/mug", "/poster"] {
        site.put(path, page(&product(path, "Shop", "1")));
    }
    let found = crawl(&site, ask()).await;
    assert_eq!((found.faulty, found.classes["title"]), (3, 3));
    assert_eq!(found.examples[0].detail, "every page is called `Shop`");
}

#[tokio::test]
async fn a_redirect_map_holds_in_one_permanent_hop() {
    let mapped = || CrawlAsk {
        redirects: [("/p/1".to_owned(), "/mug".to_owned())].into(),
        ..ask()
    };
    let site = Site::sound();
    for status in [301, 308] {
        site.put("/p/1", leads(status, &format!("{PUBLIC}/mug")));
        assert_eq!(crawl(&site, mapped()).await.faulty, 0, "{status}");
    }
    for (answer, class, told) in [
        (
            answer(404, "", b""),
            "redirect",
            "status 404, expected a redirect to /mug",
        ),
        (
            page("<title>old</title>"),
            "redirect",
            "status 200, expected a redirect to /mug",
        ),
        (leads(302, "/mug"), "redirect", "status 302, expected 301 or 308"),
        (
            leads(301, "/"),
            "redirect",
            "leads to https://shop.example/, expected /mug",
        ),
        (
            leads(301, "https://old.example/mug"),
            "redirect",
            "leads to https://old.example/mug, expected /mug",
        ),
    ] {
        let (found, subject, detail) = planted("/p/1", answer, mapped()).await;
        assert_eq!(
            (found.as_str(), subject.as_str(), detail.as_str()),
            (class, "/p/1", told)
        );
    }
    // The target leads on, or back.
    for (next, class) in [("/poster", "redirect chain"), ("/p/1", "redirect loop")] {
        let site = Site::sound();
        site.put("/sitemap.xml", answer(200, "", sitemap(&["/", "/poster"]).as_bytes()));
        site.put("/p/1", leads(301, "/mug"));
        site.put("/mug", leads(301, next));
        assert_eq!(classes(&crawl(&site, mapped()).await), [(class.into(), "/p/1".into())]);
    }
    site.take("/mug");
    site.put("/sitemap.xml", answer(200, "", sitemap(&["/", "/poster"]).as_bytes()));
    site.put("/p/1", leads(301, "/mug"));
    assert_eq!(crawl(&site, mapped()).await.examples[0].detail, "/mug answers 404");
}

/// A catalogue of the mug alone.
async fn priced(site: &Site, row: &str, price_in: PriceIn) -> Observation {
    let file = File::with(&format!(
        "CREATE TABLE items (address, price, currency, stock); INSERT INTO items VALUES {row};"
    ));
    let ask = CrawlAsk {
        catalogue: Some(CatalogueAsk {
            on: id("db"),
            query: "SELECT address, price, currency, stock FROM items".to_owned(),
            price_in,
        }),
        ..ask()
    };
    let database = Source::Database(file.database());
    look(ask, &BTreeMap::from([(id("shop"), web(site)), (id("db"), database)])).await
}

#[tokio::test]
async fn structured_data_says_what_the_catalogue_says() {
    let site = Site::sound();
    for (row, price_in) in [
        ("('/mug', 19.9, 'EUR', 3)", PriceIn::Decimal),
        ("('/mug', 1990, 'EUR', 'InStock')", PriceIn::Minor),
    ] {
        assert_eq!(surveyed(priced(&site, row, price_in).await).faulty, 0, "{row}");
    }
    for (row, class, told) in [
        ("('/mug', 1991, 'EUR', 3)", "price", "expected 19.91 EUR, found 19.90"),
        ("('/mug', 1990, 'USD', 3)", "currency", "expected USD, found EUR"),
        (
            "('/mug', 1990, 'EUR', 0)",
            "availability",
            "expected not in stock, found InStock",
        ),
        ("('/cup', 1990, 'EUR', 0)", "status", "status 404"),
    ] {
        let found = surveyed(priced(&site, row, PriceIn::Minor).await);
        let [one] = found.examples.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((one.class.as_str(), one.detail.as_str()), (class, told), "{row}");
    }
    let row = "('/mug', 1990, 'EUR', 3)";
    let sound = product("/mug", "Mug", "19.90");
    for (text, class) in [
        (sound.replace("application/ld+json", "text/plain"), "product"),
        (sound.replace("\"offers\"", "\"offer\""), "product"),
        (
            sound.replace("{\"@type\":\"Product\"", "{\"@type\":\"Product"),
            "json-ld",
        ),
        (
            sound.replace("schema.org/InStock", "schema.org/OutOfStock"),
            "availability",
        ),
    ] {
        site.put("/mug", page(&text));
        let found = surveyed(priced(&site, row, PriceIn::Minor).await);
        assert_eq!(classes(&found), [(class.into(), "/mug".into())]);
    }
}

#[tokio::test]
async fn a_catalogue_that_cannot_be_read_is_no_evidence() {
    let site = Site::sound();
    for row in [
        "('/mug', NULL, 'EUR', 3)",
        "('mug', 1990, 'EUR', 3)",
        "('/mug', 19.905, 'EUR', 3)",
        "('/mug', 1990, 'EUR', 'soon')",
        "('/mug', 1, 'EUR', 3), ('/mug', 2, 'EUR', 3)",
    ] {
        let found = priced(&site, row, PriceIn::Decimal).await;
        assert!(matches!(found, Observation::Unusable { .. }), "{row}: {found:?}");
    }
    let found = priced(&site, "('/mug', 1, 'EUR', 3); DELETE FROM items", PriceIn::Decimal).await;
    assert!(matches!(found, Observation::Nothing { .. }), "{found:?}");
}

#[tokio::test]
async fn sitemaps_lead_on_and_may_be_compressed() {
    let site = Site::sound();
    let index = format!(
        "<sitemapindex><sitemap><loc>{PUBLIC}/a.xml.gz</loc></sitemap><sitemap><loc>{PUBLIC}/b.xml</loc></sitemap></sitemapindex>"
    );
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(sitemap(&["/", "/mug"]).as_bytes()).unwrap();
    site.put("/sitemap.xml", answer(200, "", index.as_bytes()));
    site.put("/a.xml.gz", answer(200, "", &packed.finish().unwrap()));
    site.put("/b.xml", answer(200, "", sitemap(&["/poster"]).as_bytes()));
    let found = crawl(&site, ask()).await;
    assert_eq!((found.looked_at, found.faulty, &found.gap), (3, 0, &None));
    let foreign = sitemap(&["/poster"]).replace("</urlset>", "<url><loc>https://example.com/x</loc></url></urlset>");
    site.put("/b.xml", answer(200, "", foreign.as_bytes()));
    let found = crawl(&site, ask()).await;
    assert_eq!(classes(&found), [("sitemap".into(), "https://example.com/x".into())]);
}

#[tokio::test]
async fn what_was_not_looked_at_is_a_gap() {
    let gap = async |site: &Site, ask: CrawlAsk| {
        let found = crawl(site, ask).await;
        assert_eq!(found.faulty, 0, "{found:?}");
        found.gap.expect("a gap")
    };
    let site = Site::sound();
    site.put("/sitemap.xml", answer(200, "", sitemap(&[]).as_bytes()));
    let front = || CrawlAsk {
        addresses: vec!["/mug".to_owned()],
        ..ask()
    };
    assert_eq!(gap(&site, front()).await, "/sitemap.xml lists no address");
    site.take("/sitemap.xml");
    assert_eq!(gap(&site, front()).await, "/sitemap.xml: status 404");
    site.put("/sitemap.xml", page("<html>sorry</html>"));
    assert!(gap(&site, front()).await.contains("no sitemap"));
    let site = Site::sound();
    site.put("/mug", Vec::new());
    assert!(gap(&site, ask()).await.starts_with("/mug: the answer broke off"));
    assert_eq!(site.asked("/mug"), 2, "an address is asked for once more");
    site.put("/mug", answer(429, "", b""));
    assert!(gap(&site, ask()).await.contains("less often"));
    let site = Site::sound();
    let few = || {
        let pace = Pace {
            addresses_max: 2,
            ..ask().pace
        };
        CrawlAsk { pace, ..ask() }
    };
    assert_eq!(gap(&site, few()).await, "the sitemaps list more than 2 addresses");
}

#[tokio::test]
async fn a_side_that_is_not_there_is_silence() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let away = Source::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let found = look(ask(), &BTreeMap::from([(id("shop"), away)])).await;
    assert!(silent(&found).contains("Connection refused"), "{found:?}");
    assert_eq!(silent(&look(ask(), &BTreeMap::new()).await), "`shop` has no address");
    let table = Source::parse("csv:nowhere.csv").unwrap();
    let found = look(ask(), &BTreeMap::from([(id("shop"), table)])).await;
    assert_eq!(silent(&found), "the address of `shop` is not one of the web");
    let site = Site::sound();
    for path in ["/", "/mug", "/poster"] {
        site.put(path, Vec::new());
    }
    let found = look(ask(), &BTreeMap::from([(id("shop"), web(&site))])).await;
    assert!(silent(&found).contains("broke off"), "{found:?}");
}

#[tokio::test]
async fn addresses_of_a_table_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("top.csv");
    std::fs::write(&path, format!("Page,Clicks\n{PUBLIC}/mug,7\n/cup,3\n")).unwrap();
    let site = Site::sound();
    let ask = CrawlAsk {
        sitemaps: Vec::new(),
        list: Some(AddressList {
            on: id("top"),
            column: "Page".to_owned(),
        }),
        ..ask()
    };
    let table = Source::parse(&format!("csv:{}", path.display())).unwrap();
    let found = look(ask, &BTreeMap::from([(id("shop"), web(&site)), (id("top"), table)])).await;
    let found = surveyed(found);
    assert_eq!(
        (found.looked_at, classes(&found)),
        (2, vec![("status".into(), "/cup".into())])
    );
}

#[tokio::test]
async fn pages_of_both_sides_say_the_same() {
    let (old, new) = (Site::sound(), Site::sound());
    let both = async || {
        let ask = CrawlAsk {
            same_as: Some(Reach::Source(id("old-shop"))),
            ..ask()
        };
        look(
            ask,
            &BTreeMap::from([(id("shop"), web(&new)), (id("old-shop"), web(&old))]),
        )
        .await
    };
    let found = surveyed(both().await);
    assert_eq!((found.compared, found.faulty), (3, 0), "{found:?}");
    for (text, class) in [
        (product("/mug", "Another mug", "19.90"), "parity: title"),
        (product("/mug", "Mug", "19.91"), "parity: price"),
        (product("/mug?a=b", "Mug", "19.90"), "parity: canonical"),
        (
            product("/mug", "Mug", "19.90").replace("<title>", "<meta name=robots content=none><title>"),
            "parity: index",
        ),
    ] {
        old.put("/mug", page(&text));
        assert_eq!(classes(&surveyed(both().await)), [(class.into(), "/mug".into())]);
    }
    old.put("/mug", page(&product("/mug", "Mug", "19.9")));
    assert_eq!(surveyed(both().await).faulty, 0, "a price is compared as an amount");
    old.put("/mug", answer(500, "", b""));
    assert_eq!(
        classes(&surveyed(both().await)),
        [("parity: status".into(), "/mug".into())]
    );
    old.put("/mug", Vec::new());
    let found = surveyed(both().await);
    assert_eq!(found.compared, 2);
    assert!(found.gap.unwrap().starts_with("old side: /mug: "));
    for path in ["/", "/poster"] {
        old.put(path, Vec::new());
    }
    assert!(silent(&both().await).starts_with("old side: "));
}
