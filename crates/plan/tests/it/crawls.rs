//! How a crawl reaches its pages: at a source, or through the gateway.

use tidegate_model::plan::Measure;
use tidegate_plan::Code;

use crate::signals::{estate, refused, with};

#[test]
fn a_crawl_goes_through_the_gateway_or_to_a_source_and_through_it_by_the_public_host() {
    let crawl = |fields: &str| {
        with(&format!(
            "- {{ crawl: {{ {fields}, sitemap: /sitemap.xml }}, owner: shop }}"
        ))
    };
    let estate = estate(&crawl(
        "through: gateway, public: \"https://shop.example\", same-as: old",
    ));
    let (_, stage) = estate.stages().next().unwrap();
    let last = stage.gate.criteria.last().unwrap();
    assert_eq!(last.id.as_str(), "gateway-crawl");
    assert_eq!(
        last.title,
        "pages of the new side are sound, and as on the old one, seen through the gateway"
    );
    let Measure::Survey { ask, .. } = &last.measure else {
        panic!("expected a survey: {last:?}");
    };
    assert_eq!(ask.on(), "the new side through the gateway");
    assert_eq!(ask.against().as_deref(), Some("the old side through the gateway"));
    for (fields, code) in [
        ("public: \"https://shop.example\"", Code::MissingField),
        ("through: gateway", Code::MissingField),
        ("through: proxy, public: \"https://shop.example\"", Code::WrongValue),
        (
            "through: gateway, on: web, public: \"https://shop.example\"",
            Code::TwoWays,
        ),
        (
            "through: gateway, public: \"https://shop.example\", same-as: web",
            Code::TwoWays,
        ),
    ] {
        let (found, told) = refused(&crawl(fields));
        let codes: Vec<&str> = found.iter().map(|one| &one[..6]).collect();
        assert_eq!(codes, [code.to_string()], "{fields}: {found:?} {told}");
    }
}
