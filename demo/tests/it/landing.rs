//! What search engines see of both shops: sitemaps, canonical addresses, their repair, and a crawler that goes round.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{Program, shop, until, wait};

const UNPAID: &str = "http://127.0.0.1:9";
const PUBLIC: &str = "http://shop.demo.example";

async fn text(url: &str) -> String {
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{url}");
    answer.text().await.unwrap()
}

/// Listed pages of a shop whose canonical address is not the one that its sitemap lists.
async fn misnamed(shop: &Program, prefix: &str) -> Vec<u32> {
    let sitemap = text(&format!("{}/sitemap.xml", shop.url())).await;
    assert_eq!(sitemap.matches("<loc>").count(), 100, "{sitemap}");
    let mut found = Vec::new();
    for number in 1..=100_u32 {
        let listed = format!("{PUBLIC}{prefix}{number}");
        assert!(sitemap.contains(&format!("<loc>{listed}</loc>")), "{number}");
        let page = text(&format!("{}{prefix}{number}", shop.url())).await;
        assert_eq!(page.matches("rel=\"canonical\"").count(), 1, "{page}");
        if !page.contains(&format!("rel=\"canonical\" href=\"{listed}\"")) {
            found.push(number);
        }
    }
    found
}

/// The offer in a page's structured data.
fn offer(page: &str) -> Value {
    let (_, after) = page.split_once("<script type=\"application/ld+json\">").unwrap();
    let product: Value = serde_json::from_str(after.split_once("</script>").unwrap().0).unwrap();
    assert_eq!(product["@type"], "Product");
    product["offers"].clone()
}

#[test]
fn each_twentieth_page_names_an_inner_host_until_whoever_has_the_key_repairs_it() {
    let folder = tempfile::tempdir().unwrap();
    let faults = ["--canonical-fault", "--admin-key", "k"];
    let new = shop(folder.path(), "new", 0, UNPAID, &faults);
    let url = format!("{}/admin/repair-canonicals", new.url());
    wait(async {
        let client = reqwest::Client::new();
        assert_eq!(misnamed(&new, "/item/").await, [20, 40, 60, 80, 100]);
        let refused = client.post(&url).header("x-admin-key", "wrong").send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(misnamed(&new, "/item/").await.len(), 5);
        for repaired in [5, 0] {
            let answer = client.post(&url).header("x-admin-key", "k").send().await.unwrap();
            assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "repaired": repaired }));
        }
        assert_eq!(misnamed(&new, "/item/").await, [0_u32; 0]);
    });
}

#[test]
fn both_shops_offer_a_product_at_one_price_and_without_the_fault_every_page_names_itself() {
    let folder = tempfile::tempdir().unwrap();
    let old = shop(folder.path(), "old", 0, UNPAID, &[]);
    let new = shop(folder.path(), "new", 0, UNPAID, &[]);
    wait(async {
        assert_eq!(misnamed(&old, "/artikel/").await, [0_u32; 0]);
        assert_eq!(misnamed(&new, "/item/").await, [0_u32; 0]);
        let before = offer(&text(&format!("{}/artikel/7", old.url())).await);
        assert_eq!(before, offer(&text(&format!("{}/item/7", new.url())).await));
        assert_eq!(before["priceCurrency"], "EUR");
        assert_eq!(before["availability"], "https://schema.org/InStock");
        for shop in [&old, &new] {
            let robots = text(&format!("{}/robots.txt", shop.url())).await;
            assert_eq!(robots, "User-agent: *\nAllow: /\n");
        }
        let missing = reqwest::get(format!("{}/artikel/1001", old.url())).await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_crawler_goes_round_the_sitemap_and_notes_pages_that_name_another_address() {
    let folder = tempfile::tempdir().unwrap();
    let new = shop(folder.path(), "new", 0, UNPAID, &["--canonical-fault"]);
    let crawling = |shop: &Program| {
        Program::start(&[
            "shoppers",
            "--gateway",
            &shop.url(),
            "--duration",
            "0s",
            "--crawl",
            "400/s",
        ])
    };
    let crawler = crawling(&new);
    let stats = wait(until(&format!("{}/stats", crawler.url()), |stats| {
        stats["crawler"]["old"].as_u64().unwrap() > 200
    }));
    // Two whole rounds, each with the five pages of the fault.
    let met = &stats["crawler"];
    assert!(met["misnamed"].as_u64().unwrap() >= 10, "{met}");
    assert_eq!(
        (&met["new"], &met["moves"], &met["failed"]),
        (&json!(0), &json!(0), &json!(0))
    );
}
