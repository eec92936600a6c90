//! What the pages for objectives, risks, owners and data answer on a stage that moves: numbers where something is measured, and a
//! gap with its owner's name where nothing is.

use std::path::Path;

use super::enter;
use super::tab::Tab;
use crate::shoppers::Crowd;
use crate::world::{BROWSING, ESTATE, Options, World};

const CRITERIA: &str = "          - { incidents: sev2, at-most: 0 }\n";

/// Prices of both sides; one of them is another one, and one is missing.
const PRICES: &str = "          - sql-equal:
              old: { on: old-shop, query: \"SELECT sku, price FROM prices ORDER BY sku\" }
              new: { on: new-shop, query: \"SELECT sku, price FROM prices ORDER BY sku\" }
            name: prices-equal
            title: prices are equal on both sides
            every: 1s
            rows-at-least: 3
            on-harm: hold
            max-silence: 1m
";

fn shop(path: &Path, prices: &[(u32, u32)]) -> String {
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch("CREATE TABLE prices (sku INTEGER PRIMARY KEY, price INTEGER NOT NULL)")
        .unwrap();
    for (sku, price) in prices {
        db.execute("INSERT INTO prices VALUES (?1, ?2)", (sku, price)).unwrap();
    }
    format!("sqlite:{}", path.display())
}

/// A world whose gate has a limit of errors and compares prices, and whose owner has promised two figures.
fn world(folder: &Path) -> World {
    let old = shop(&folder.join("old.db"), &[(1, 100), (2, 200), (3, 300), (4, 400)]);
    let new = shop(&folder.join("new.db"), &[(1, 100), (2, 250), (3, 300)]);
    let mut world = World::quiet(Options {
        arguments: [("old-shop", old), ("new-shop", new)]
            .into_iter()
            .flat_map(|(name, address)| ["--database".to_owned(), format!("{name}={address}")])
            .collect(),
        ..Options::default()
    });
    let more = format!(
        "          - {{ errors: browse, at-most: 15%, not-worse-by: 10pp, max-silence: 1m }}\n{PRICES}{CRITERIA}"
    );
    let promised = "  objectives:\n    - { name: shown, title: Pages are shown in time, p95: 30s, of: { flow: browse } }\n    - { name: refunds, title: Refunds are paid, at-least: 99% }\n  runbook: shop-rollback\n---\n";
    let estate = ESTATE
        .replace(CRITERIA, &more)
        .replace(BROWSING, "")
        .replace("  runbook: shop-rollback\n---\n", promised);
    assert!(estate.contains("prices-equal") && estate.contains("Refunds are paid"));
    std::fs::write(world.estate().join("tidegate.yaml"), estate).unwrap();
    world.serve();
    world
}

#[test]
fn objectives_and_comparisons_are_numbers_where_measured_and_gaps_with_an_owner_where_not() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    let go = |path: &str| tab.go(&format!("{}{path}", world.url()));
    go("/objectives");
    for said in [
        "not measured: Shop is ready · owner shop-team",
        "Pages are shown in time",
        "P95 within 30s",
    ] {
        tab.sees("#objectives", said);
    }
    tab.sees(
        "#objectives",
        "not measured · owner shop-team: a source has to be named",
    );
    go("/data");
    tab.sees("#head", "1 without an answer");
    tab.sees(
        "#compared",
        "Not compared: Shop is not exposed. Whose it is: shop (shop-team).",
    );

    world.run_as("ana", &["approve", "shop"]).fine();
    let _crowd = Crowd::at(world.edge());
    // Nobody loads the page again: what is compared comes by itself.
    tab.sees(
        "#compared",
        "rows, old side 4 rows, new side 3 on one side only 1 differ 1 more than once 0",
    );
    tab.sees("#compared", "a difference stops growth");
    tab.sees("#head", "1 differ");
    tab.sees(
        "#strip",
        "Shop is held because this failed: prices are equal on both sides",
    );
    go("/objectives");
    tab.until("good, bad and total of both sides, and the budget", |tab| {
        let said = tab.text("#objectives");
        said.contains("/ 0 /")
            && said.contains("100 %")
            && said.contains("old side 100 %")
            && said.contains("0.0× last 5 min")
    });
    tab.until("the promise beside what gateways time", |tab| {
        let said = tab.text("#objectives");
        said.contains("ms old side, of") && said.contains("ms new side, of")
    });
}

#[test]
fn risks_stand_in_their_cell_with_what_guards_them_and_owners_with_their_gaps() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "tess");
    tab.click("nav a[href='/risks']");
    tab.sees("#matrix td[data-label^=hard]", "none");
    tab.until("the risk in the cell of sev2 and hard", |tab| {
        let cell = "document.querySelector('#matrix a[href=\"#risk-products-missing\"]').closest('td').dataset.label";
        tab.value(cell).as_str().unwrap().starts_with("hard")
    });
    tab.sees("#ranked", "6 of 12");
    tab.sees("#ranked", "completion of browse is not worse");
    tab.sees("#ranked", "undrilled");
    tab.click("nav a[href='/ownership']");
    tab.sees("#owners", "shop-team");
    tab.sees("#owners", "moves Shop: ready at 0 %");
    tab.sees("#ladders", "1. ana domain owner");
    tab.type_into("input[name=q]", "/product/7");
    tab.type_into("input[name=q]", "\u{E007}");
    tab.sees(".who-owns .told", "shop-team");
    tab.sees(".who-owns .told", "On call: ana");
}
