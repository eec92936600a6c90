//! What `lint` says of files of other tools.

use tidegate_plan::lint::{Tool, lint};

const TEMPLATE: &str = include_str!("lint/success-rate.yaml");
const CANARY: &str = include_str!("lint/canary.yaml");

#[test]
fn look() {
    println!(
        "{}",
        lint(Tool::Argo, "success-rate.yaml", TEMPLATE)
            .unwrap()
            .human(TEMPLATE, false)
    );
    println!(
        "{}",
        lint(Tool::Flagger, "canary.yaml", CANARY).unwrap().human(CANARY, false)
    );
}
