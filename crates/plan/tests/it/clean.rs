//! Estates that must check clean.

use std::path::Path;

use tidegate_plan::{Bundle, SourceFile, render_human, scaffold, schedule};

use crate::compiled;

/// Every YAML file of an example and the owners of its code, sorted.
pub(crate) fn example(name: &str) -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let mut paths: Vec<_> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml") || path.ends_with("CODEOWNERS"))
        .collect();
    paths.sort();
    Bundle {
        files: paths
            .iter()
            .map(|path| SourceFile {
                path: path.file_name().unwrap().to_string_lossy().into_owned(),
                text: std::fs::read_to_string(path).unwrap(),
            })
            .collect(),
        ..Bundle::default()
    }
}

#[test]
fn a_new_estate_checks_clean() {
    let bundle = scaffold("shop");
    let compiled = compiled(&bundle);
    assert_eq!(render_human(&compiled.diagnostics, &bundle, false), "");
    assert_eq!(compiled.name.as_deref(), Some("shop"));
    println!("{}", schedule(&compiled.estate.unwrap(), &compiled.shares));
}

#[test]
fn the_shop_checks_clean() {
    let bundle = example("shop");
    let compiled = compiled(&bundle);
    assert_eq!(render_human(&compiled.diagnostics, &bundle, false), "");
    println!("{}", schedule(&compiled.estate.unwrap(), &compiled.shares));
}

#[test]
fn the_smallest_estate_of_the_readme_checks_clean() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let (_, after) = text.split_once("<!-- smallest-estate -->").unwrap();
    let (_, block) = after.split_once("```yaml\n").unwrap();
    let bundle = Bundle {
        files: vec![SourceFile {
            path: "tidegate.yaml".to_owned(),
            text: block.split_once("```").unwrap().0.to_owned(),
        }],
        ..Bundle::default()
    };
    assert_eq!(render_human(&compiled(&bundle).diagnostics, &bundle, false), "");
}

#[test]
fn the_subscriptions_check_clean() {
    let bundle = example("subscriptions");
    let compiled = compiled(&bundle);
    assert_eq!(render_human(&compiled.diagnostics, &bundle, false), "");
    assert!(compiled.estate.is_some());
}

#[test]
fn the_demo_shop_checks_clean_and_takes_at_most_180_seconds() {
    let bundle = example("demo-shop");
    let compiled = compiled(&bundle);
    assert_eq!(render_human(&compiled.diagnostics, &bundle, false), "");
    let schedule = schedule(&compiled.estate.unwrap(), &compiled.shares);
    println!("{schedule}");
    assert!(schedule.total_s <= 180.0, "{schedule}");
}
