//! Entities: what is read, what is meant when nothing is written, and what is refused.

use tidegate_model::Millis;
use tidegate_model::ask::Decimal;
use tidegate_model::entity::{Agrees, Entity, Expression, Presence, Relation, Resolver};
use tidegate_model::plan::{Against, Criterion, Measure, OnHarm};
use tidegate_plan::{Bundle, SourceFile};

use crate::compiled;

/// The scaffold with a document beside it.
fn beside(document: &str) -> Bundle {
    let mut bundle = tidegate_plan::scaffold("shop");
    bundle.files.push(SourceFile {
        path: "entities.yaml".into(),
        text: document.into(),
    });
    bundle
}

fn blocks() -> Vec<&'static str> {
    include_str!("../../../../examples/entities.md")
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

fn entity(document: &str) -> Entity {
    let found = compiled(&beside(document));
    assert_eq!(found.diagnostics, [], "{document}");
    let estate = found.estate.unwrap();
    let mut entities = estate.entities().values();
    let first = entities.next().unwrap().clone();
    assert_eq!(entities.next(), None);
    first
}

/// Messages of all diagnostics.
fn refused(document: &str) -> Vec<String> {
    let found = compiled(&beside(document));
    found
        .diagnostics
        .into_iter()
        .map(|one| format!("{} {}", one.code, one.message))
        .collect()
}

#[test]
fn every_block_of_the_page_of_entities_compiles() {
    let blocks = blocks();
    assert_eq!(blocks.len(), 3);
    let names: Vec<String> = blocks.iter().map(|block| entity(block).id.to_string()).collect();
    assert_eq!(names, ["prices", "products", "orders"]);
}

#[test]
fn what_is_written_is_what_is_compared() {
    let orders = entity(blocks()[2]);
    let comparison = orders.comparison.unwrap();
    assert_eq!(comparison.old.relation, Relation::Table("orders".into()));
    assert_eq!(comparison.old.filter.as_deref(), Some("state <> 'cart'"));
    assert_eq!(comparison.key[0].old, Expression::Column("number".into()));
    assert_eq!(comparison.columns[0].agrees, Agrees::Within(Decimal(10_000)));
    assert_eq!(comparison.columns[2].agrees, Agrees::WithinTime(Millis::seconds(1)));
    let ledger = comparison.ledger.as_ref().unwrap();
    assert_eq!((ledger.presence, ledger.within), (Presence::Split, Decimal(10_000)));
    assert_eq!(comparison.budget.rows_per_second, Some(50_000));
    assert_eq!(comparison.stale_after, Millis::minutes(60));
    let sources: Vec<&str> = comparison.sources().map(|source| source.as_str()).collect();
    assert_eq!(sources, ["old-shop", "new-shop", "payments", "old-shop", "new-shop"]);
}

#[test]
fn what_is_not_written_has_a_meaning() {
    let prices = entity(blocks()[0]);
    assert_eq!(prices.owner, Resolver::Domain("shop".parse().unwrap()));
    let comparison = prices.comparison.unwrap();
    assert_eq!(
        (comparison.every, comparison.budget.time),
        (Millis::minutes(5), Millis::minutes(10))
    );
    assert_eq!(comparison.stale_after, Millis::minutes(25));
    assert_eq!(comparison.columns[0].agrees, Agrees::Exactly);
    let sql = "CAST(ROUND(price * 100) AS INTEGER)";
    assert_eq!(comparison.columns[1].old, Expression::Sql(sql.into()));
}

#[test]
fn every_wrong_line_of_an_entity_is_told_at_once() {
    let document = "apiVersion: tidegate/v1alpha1
kind: Entity
metadata: { name: orders }
spec:
  owner: shp
  record: { in: old, from: { shopp: new } }
  reconcile:
    old: { on: old-shop, table: orders, query: SELECT 1 }
    new: { on: new-shop, tabel: orders }
    key: id
    columns: [{ name: total, agrees: about }, total]
    zone: Europe/Atlantis
    every: 0s
    budget: { parallel: 65 }
";
    let expected = [
        "TG0012 domain `shp` is not declared",
        "TG0012 stage `shopp` is not declared",
        "TG0008 the old side is not one of `table` and `query`",
        "TG0006 the new side has no field `tabel`",
        "TG0008 `agrees` is not `exactly`, a number",
        "TG0008 `zone` is not a time zone",
        "TG0008 `every` is not a duration",
        "TG0008 `parallel` is not a whole number, 1 to 64",
    ];
    let found = refused(document);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}, expected {expected}");
    }
}

#[test]
fn two_columns_of_one_name_are_refused() {
    let document = blocks()[0].replace("- title", "- title\n      - title");
    assert_eq!(refused(&document), ["TG0011 column `title` is declared twice"]);
}

#[test]
fn changes_name_rows_as_the_key_does() {
    let document = blocks()[2].replace("key: number", "key: [shop, number]");
    let found = refused(&document);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("TG0709"), "{found:?}");
}

/// The scaffold with entities beside it and a criterion over one of them.
fn judged(entities: &str, criterion: &str) -> Bundle {
    let mut bundle = beside(entities);
    for file in &mut bundle.files {
        file.text = file
            .text
            .replace("- { incidents: sev2, at-most: 0 }", &format!("- {criterion}"));
    }
    bundle
}

fn only(bundle: &Bundle) -> Criterion {
    let found = compiled(bundle);
    assert_eq!(found.diagnostics, []);
    let estate = found.estate.unwrap();
    let (_, stage) = estate.stages().next().unwrap();
    stage.gate.criteria.last().unwrap().clone()
}

#[test]
fn a_criterion_has_the_schedule_and_the_resolver_of_its_entity() {
    let prices = only(&judged(blocks()[0], "{ reconcile: prices }"));
    assert_eq!(prices.id.as_str(), "prices-reconciled");
    assert_eq!(
        (prices.owner.as_str(), prices.max_silence),
        ("shop", Millis::minutes(25))
    );
    let expected = Measure::Reconcile {
        entity: "prices".parse().unwrap(),
        against: Against::Sides,
        every: Millis::minutes(5),
        stale_after: Millis::minutes(25),
    };
    assert_eq!((prices.measure, prices.on_harm), (expected, OnHarm::Hold));
    let orders = "{ reconcile: orders, against: ledger, max-silence: 2h, on-harm: rollback }";
    let orders = only(&judged(blocks()[2], orders));
    assert_eq!(
        (orders.id.as_str(), orders.max_silence),
        ("orders-booked", Millis::minutes(120))
    );
}

#[test]
fn a_criterion_over_nothing_is_told_by_its_name() {
    let told = |criterion: &str| -> Vec<String> {
        let found = compiled(&judged(blocks()[0], criterion));
        let told = found.diagnostics.into_iter();
        told.map(|one| format!("{} {} ({})", one.code, one.message, one.help))
            .collect()
    };
    assert_eq!(
        told("{ reconcile: price }"),
        ["TG0012 entity `price` is not declared (did you mean `prices`?)"]
    );
    let ledger = told("{ reconcile: prices, against: ledger }");
    assert!(
        ledger[0].starts_with("TG0710 entity `prices` does not say a ledger"),
        "{ledger:?}"
    );
    let silent = told("{ reconcile: prices, max-silence: 5m }");
    assert!(
        silent[0].starts_with("TG0611 the owner of `prices-reconciled` is paged"),
        "{silent:?}"
    );
}

#[test]
fn a_criterion_that_takes_visitors_back_says_how_long_rows_take_to_arrive() {
    let codes = |entities: &str, criterion: &str| -> Vec<String> {
        let found = compiled(&judged(entities, criterion));
        found.diagnostics.into_iter().map(|one| one.code.to_string()).collect()
    };
    let unsaid = blocks()[0];
    // As long as the standard, and said.
    let said = unsaid.replace("    key: sku", "    budget: { settle: 1s }\n    key: sku");
    for (entities, criterion, expected) in [
        (unsaid, "{ reconcile: prices, on-harm: rollback }", &["TG0712"][..]),
        (unsaid, "{ reconcile: prices, on-harm: hold }", &[]),
        (unsaid, "{ reconcile: prices }", &[]),
        (&said, "{ reconcile: prices, on-harm: rollback }", &[]),
    ] {
        assert_eq!(codes(entities, criterion), expected, "{criterion}");
    }
}
