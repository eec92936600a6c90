//! What `lint` says of files of other tools, and of files that are none.

mod criteria;
mod input;
mod judged;
mod page;
mod rules;
mod shown;

use tidegate_plan::lint::{Report, Tool, lint};

const TEMPLATE: &str = include_str!("success-rate.yaml");
const CANARY: &str = include_str!("canary.yaml");

fn report(tool: Tool, text: &str) -> Report {
    lint(tool, "given.yaml", text).unwrap_or_else(|wrong| panic!("{text}\n{wrong:#?}"))
}

/// A template with these metrics.
fn template(metrics: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{ name: health }}\nspec:\n  metrics:\n{metrics}"
    )
}

/// A canary with this analysis.
fn canary(analysis: &str) -> String {
    format!(
        "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {{ name: shop }}\nspec:\n  analysis: {{ {analysis} }}\n"
    )
}
