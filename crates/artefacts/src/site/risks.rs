//! The risk map: the matrix, and the ranking with what guards each failure mode.

use maud::{Markup, PreEscaped, html};
use tidegate_model::{Estate, FailureModeId};

use super::frame::{domain, plain, runbook, stage};
use crate::risk::{Risk, word};
use crate::{Dress, RiskMap};

pub(super) fn body(estate: &Estate) -> Markup {
    let risks = RiskMap::of(estate);
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="The matrix as a drawing" { (PreEscaped(risks.svg(Dress::Page))) }
        h2 { "Ranking" }
        (table(estate, &risks.risks, |id| Some(format!("risk-{id}"))))
    }
}

/// The ranking as a table. `anchor` names rows that other pages lead to.
pub(super) fn table(estate: &Estate, risks: &[Risk], anchor: impl Fn(&FailureModeId) -> Option<String>) -> Markup {
    html! { table {
        thead { tr { th scope="col" { "failure mode" } th scope="col" { "domain" } th scope="col" { "severity, detectability" } th scope="col" { "signals" } th scope="col" { "runbook" } th scope="col" { "gaps" } } }
        tbody { @for risk in risks { tr id=[anchor(&risk.id)] {
            th scope="row" { (risk.rank) ". " (risk.title) }
            td data-label="domain" { (domain(estate, &risk.domain)) }
            td data-label="severity, detectability" { (risk.severity.word()) ", " (word(risk.detectability)) ", score " (risk.score) }
            td data-label="signals" { @if risk.signals.is_empty() { b class="gap" { "none" } }
                ul { @for signal in &risk.signals { li { (signal.title) " of " (stage(estate, &signal.stage)) ": " (signal.guard.words()) } } } }
            td data-label="runbook" { (runbook(estate, &risk.runbook)) }
            td data-label="gaps" { @if risk.gaps.is_empty() { "none" } @for gap in &risk.gaps { b class="gap" { (plain(gap)) } " " } }
        } } }
    } }
}
