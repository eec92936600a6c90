//! Quotes: fixed baskets priced by two real servers, whose totals are compared exactly.

use std::collections::BTreeMap;

use tidegate_model::seam::{Observation, Surveyed};
use tidegate_model::survey::{CurrencyOf, PriceIn, QuoteAsk, QuoteBody, QuoteRequest, SurveyAsk};
use tidegate_signals::{Asker, Source};

use crate::asking::{cadence, clock, id, one, silent};
use crate::site::{Site, answer};

fn ask() -> QuoteAsk {
    QuoteAsk {
        old: QuoteRequest {
            on: id("old"),
            path: "/total?{lines}".to_owned(),
            body: None,
            line: "{item}={quantity}".to_owned(),
            between: "&".to_owned(),
            total: "/total".to_owned(),
            total_in: PriceIn::Decimal,
            currency: CurrencyOf::Always("EUR".to_owned()),
        },
        new: QuoteRequest {
            on: id("new"),
            path: "/quote".to_owned(),
            body: Some(QuoteBody::Json("{\"lines\":[{lines}]}".to_owned())),
            line: "{\"sku\":\"{item}\",\"n\":{quantity}}".to_owned(),
            between: ",".to_owned(),
            total: "/sum/cents".to_owned(),
            total_in: PriceIn::Minor,
            currency: CurrencyOf::At("/sum/currency".to_owned()),
        },
        baskets: [(
            "two".to_owned(),
            [("mug & \"cup\"".to_owned(), 2), ("poster".to_owned(), 1)].into(),
        )]
        .into(),
    }
}

async fn quote(old: &Site, new: &Site) -> Observation {
    let web = |site: &Site| Source::parse(&format!("http://127.0.0.1:{}", site.port())).unwrap();
    let sources = BTreeMap::from([(id("old"), web(old)), (id("new"), web(new))]);
    one(Asker::survey(SurveyAsk::Quote(ask()), cadence())
        .ask(&sources, clock())
        .await)
}

/// The same with these answers.
async fn told(old: &str, new: &str) -> Observation {
    let (first, second) = (Site::empty(), Site::empty());
    first.put(
        "/total?mug%20%26%20%22cup%22=2&poster=1",
        answer(200, "", old.as_bytes()),
    );
    second.put("/quote", answer(200, "", new.as_bytes()));
    quote(&first, &second).await
}

fn surveyed(found: Observation) -> Surveyed {
    let Observation::Surveyed { found, .. } = found else {
        panic!("expected a survey, found {found:?}");
    };
    found
}

#[tokio::test]
async fn totals_are_compared_in_the_smallest_unit() {
    for old in ["{\"total\":44.8}", "{\"total\":\"44.80\"}"] {
        let found = surveyed(told(old, "{\"sum\":{\"cents\":4480,\"currency\":\"eur\"}}").await);
        assert_eq!((found.looked_at, found.faulty, found.gap), (1, 0, None), "{old}");
    }
    for (new, class, detail) in [
        (
            "{\"sum\":{\"cents\":4481,\"currency\":\"EUR\"}}",
            "total",
            "44.80 EUR on the old side, 44.81 EUR on the new one",
        ),
        (
            "{\"sum\":{\"cents\":4480,\"currency\":\"USD\"}}",
            "currency",
            "44.80 EUR on the old side, 44.80 USD on the new one",
        ),
    ] {
        let found = surveyed(told("{\"total\":44.8}", new).await);
        let one = &found.examples[0];
        assert_eq!(found.faulty, 1);
        assert_eq!(
            (one.class.as_str(), one.subject.as_str(), one.detail.as_str()),
            (class, "two", detail)
        );
    }
}

#[tokio::test]
async fn a_basket_is_posted_as_its_template_says() {
    let (old, new) = (Site::empty(), Site::empty());
    quote(&old, &new).await;
    let posted = new.requests().remove(0);
    assert!(posted.starts_with("POST /quote HTTP/1.1\r\n"), "{posted}");
    assert!(posted.to_lowercase().contains("content-type: application/json\r\n"));
    let body = r#"{"lines":[{"sku":"mug & \"cup\"","n":2},{"sku":"poster","n":1}]}"#;
    assert!(posted.ends_with(body), "{posted}");
}

#[tokio::test]
async fn a_side_that_tells_no_amount_is_no_evidence() {
    let sound = "{\"sum\":{\"cents\":4480,\"currency\":\"EUR\"}}";
    for (old, new, expected) in [
        (
            "{\"total\":44.805}",
            sound,
            "old side: two: `/total` holds no amount of EUR",
        ),
        ("{}", sound, "old side: two: the answer has nothing at `/total`"),
        ("sorry", sound, "old side: two: the answer is no JSON"),
        (
            "{\"total\":1}",
            "{\"sum\":{\"cents\":1.5,\"currency\":\"EUR\"}}",
            "new side: two: `/sum/cents` holds no amount of EUR",
        ),
        (
            "{\"total\":1}",
            "{\"sum\":{\"cents\":1,\"currency\":7}}",
            "new side: two: `/sum/currency` holds no currency",
        ),
    ] {
        assert_eq!(silent(&told(old, new).await), expected);
    }
    let (old, new) = (Site::empty(), Site::empty());
    old.put(
        "/total?mug%20%26%20%22cup%22=2&poster=1",
        answer(200, "", b"{\"total\":1}"),
    );
    assert_eq!(silent(&quote(&old, &new).await), "new side: two: status 404");
}
