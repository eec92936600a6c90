//! A criterion opened: why it says what it says. Closed at first; works without a script.

use maud::{Markup, html};
use tidegate_engine::view::{CriterionView, StageView};

use crate::why::Section;

/// A row below a criterion's own, as wide as its table.
pub(crate) fn row(stage: &StageView, criterion: &CriterionView, told: &[Section]) -> Markup {
    html! {
        @if !told.is_empty() {
            tr class="why" {
                td colspan="7" {
                    details data-key=(format!("why-{}-{}", stage.id, criterion.id)) {
                        summary { "Why “" (criterion.verdict) "” for " (criterion.title) "?" }
                        @for section in told { (part(section)) }
                        p class="mute" { "Recomputed from the journal alone by " code { "tidegate why " (criterion.id) " --stage " (stage.id) } }
                    }
                }
            }
        }
    }
}

fn part(section: &Section) -> Markup {
    html! {
        h3 { (section.title) }
        dl {
            @for row in &section.rows {
                dt { (row.what) }
                dd { (row.says) }
            }
        }
    }
}
