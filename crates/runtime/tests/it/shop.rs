//! The estate of these tests: one text, and the same with another title for the estate that is adopted meanwhile.

use std::sync::{Arc, OnceLock};

use tidegate_model::Estate;
use tidegate_plan::{Bundle, Mode, Settings, SourceFile, compile};

/// A name of any kind.
pub(crate) fn name<T: TryFrom<String>>(text: &str) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(text.to_owned()).unwrap()
}

/// What is run from the start.
pub(crate) fn estate() -> Arc<Estate> {
    static ESTATE: OnceLock<Arc<Estate>> = OnceLock::new();
    ESTATE.get_or_init(|| compiled(TEXT)).clone()
}

/// What is adopted later.
pub(crate) fn next_estate() -> Arc<Estate> {
    static ESTATE: OnceLock<Arc<Estate>> = OnceLock::new();
    let text = || TEXT.replace("displayName: Hal", "displayName: Harriet");
    ESTATE.get_or_init(|| compiled(&text())).clone()
}

/// An estate with none of the stages of the others.
pub(crate) fn other_estate() -> Arc<Estate> {
    compiled(
        &TEXT
            .replace("- name: checkout", "- name: till")
            .replace("checkout/", "till/"),
    )
}

const TEXT: &str = include_str!("estate.yaml");

fn compiled(text: &str) -> Arc<Estate> {
    let bundle = Bundle {
        files: vec![SourceFile {
            path: "estate.yaml".to_owned(),
            text: text.to_owned(),
        }],
        ..Bundle::default()
    };
    let compiled = compile(&bundle, &Settings::new(), Mode::Author);
    let found = tidegate_plan::render_human(&compiled.diagnostics, &bundle, false);
    Arc::new(compiled.estate.unwrap_or_else(|| panic!("{found}")))
}
