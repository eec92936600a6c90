//! Segments of a stage that no criterion judges: shown apart, labelled, and of no weight in any decision.

use maud::{Markup, html};
use tidegate_engine::view::{ExplorationView, StageView, words};

use crate::page::gate;

/// The list of a stage; nothing when nothing is explored.
pub(crate) fn list(stage: &StageView) -> Markup {
    let explored = &stage.exploration;
    html! {
        @if !explored.is_empty() {
            details class="exploration" data-key=(format!("exploration-{}", stage.id)) {
                summary { "Exploration: " (words::counted(explored.len() as u64, "segment", "segments")) " without a criterion" }
                p class="mute" {
                    "These open and halt nothing and have no share of alpha. Each interval holds with 95 % for itself alone: of twenty, one may well stand out by chance."
                }
                table class="gate" {
                    thead { tr {
                        th scope="col" { "segment" }
                        th scope="col" { "old" }
                        th scope="col" { "new" }
                        th scope="col" { "difference" }
                        th scope="col" { "" }
                    } }
                    tbody { @for one in explored { (row(one)) } }
                }
            }
        }
    }
}

fn row(one: &ExplorationView) -> Markup {
    html! {
        tr {
            th scope="row" { (one.segment) small { "of " (one.of) } }
            td data-label="old" { (gate::side("completion", Some(one.old))) }
            td data-label="new" { (gate::side("completion", Some(one.new))) }
            td data-label="difference" {
                @match one.difference {
                    Some(difference) => {
                        span class="keep" { (words::points(difference)) }
                        @if let Some((low, high)) = one.interval {
                            small class="keep" { "[" (words::signed(low)) ", " (words::signed(high)) "]" }
                        }
                    },
                    None => { (gate::nothing()) },
                }
            }
            td data-label="" class="mute" { (one.label) }
        }
    }
}
