//! The page for pages and baskets on a stage that moves: what a crawl found by class and address, and a gap with its owner's name
//! where nothing answered; readable by whoever sees little, on a phone too.

use super::axe::{checker, looked_at};
use super::enter;
use super::reach::{CUT, FAULTS, nothing};
use super::tab::Tab;
use crate::shoppers::Crowd;
use crate::upstream::Upstream;
use crate::world::{ESTATE, Options, World};

const CRITERIA: &str = "          - { incidents: sev2, at-most: 0 }\n";

/// Two pages of the new side, held against the old one; and a basket whose sides have no address.
const SURVEYS: &str = "          - crawl: { on: new-web, addresses: [/product/1, /product/2], same-as: old-web }
            name: pages-sound
            title: every page names itself, as on the old side
            at-most: 0
            addresses-at-least: 2
            every: 2s
            owner: shop
            max-silence: 1m
          - quote:
              old: { on: old-cart, path: /total, form: \"{lines}\", line: \"{item}={quantity}\", total: /total, currency: EUR }
              new: { on: new-cart, path: /total, form: \"{lines}\", line: \"{item}={quantity}\", total: /total, currency: EUR }
              baskets: { one-mug: { MUG-01: 1 } }
            equal: totals
            name: baskets-equal
            title: a basket costs the same on both sides
            every: 2s
            owner: shop
            max-silence: 1m
";

#[test]
fn pages_are_faults_by_class_and_address_where_looked_at_and_gaps_with_an_owner_where_not() {
    let (old, new) = (Upstream::open("old"), Upstream::open("new"));
    let mut world = World::quiet(Options {
        arguments: [("old-web", old.url()), ("new-web", new.url())]
            .into_iter()
            .flat_map(|(name, address)| ["--source".to_owned(), format!("{name}={address}")])
            .collect(),
        ..Options::default()
    });
    let estate = ESTATE.replace(CRITERIA, &format!("{SURVEYS}{CRITERIA}"));
    assert!(estate.contains("pages-sound"));
    std::fs::write(world.estate().join("tidegate.yaml"), estate).unwrap();
    world.serve();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    tab.click("nav a[href='/pages']");
    tab.sees(
        "#head",
        "2 surveys: 0 pass, none with more faults than tolerated, 2 without a verdict.",
    );
    tab.sees(
        "#surveyed",
        "pages of 2 written addresses, asked of new-web and held against old-web",
    );
    tab.sees(
        "#surveyed",
        "Not looked at: Shop is not exposed. Whose it is: shop (shop-team).",
    );

    world.run_as("ana", &["approve", "shop"]).fine();
    let _crowd = Crowd::at(world.edge());
    // Nobody loads the page again: what is looked at comes by itself.
    tab.sees("#surveyed", "addresses asked 2 at fault 2 tolerated 0");
    tab.sees("#surveyed", "held against the other side 2");
    tab.sees("#surveyed", "canonical 2 /product/1 it names no canonical address");
    tab.sees("#surveyed", "source down");
    tab.sees("#head", "1 with more faults than tolerated, 1 without a verdict");
    tab.until("the basket's sides have no address", |tab| {
        let said = tab.text("#surveyed");
        said.contains("Not looked at: ") && said.contains("old-cart") && !said.contains("baskets asked")
    });
    tab.sees("#strip", "every page names itself, as on the old side");
    for width in [360, 768, 1280] {
        tab.resize(width, 900);
        assert_eq!(tab.value(CUT), nothing(), "at {width}");
    }
    assert_eq!(tab.value(FAULTS), nothing());
    looked_at(&tab, &checker(), "/pages with faults");
}
