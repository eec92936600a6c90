//! Stage gates with their approvers and exit criteria.

use maud::{Markup, html};
use tidegate_model::Estate;
use tidegate_model::plan::{Approver, Criterion, OnHarm, Stage, Step};

use super::frame::{domain, names, stage};
use crate::change::approver;

pub(super) fn body(estate: &Estate) -> Markup {
    html! {
        @if estate.stages().next().is_none() { p { b class="gap" { "no stage is declared" } } }
        @for (_, one) in estate.stages() { (gate(estate, one)) }
    }
}

/// One stage with its gate.
pub(super) fn gate(estate: &Estate, one: &Stage) -> Markup {
    html! {
        section class="card" id=(format!("stage-{}", one.id)) {
            h2 { (one.title) }
            dl {
                dt { "moves" } dd { "unit " (one.unit) }
                dt { "owner" } dd { (domain(estate, &one.owner)) }
                dt { "enters after" } dd {
                    @if one.after.is_empty() { "nothing: it may be the first" }
                    @for (place, earlier) in one.after.iter().enumerate() { @if place > 0 { ", " } (stage(estate, earlier)) }
                }
                @if !one.enter.is_empty() {
                    dt { "enters while" } dd { (conditions(one)) }
                }
                dt { "approved by" } dd { (approvers(estate, &one.gate.approvers)) }
                dt { "a word counts for" } dd { (one.gate.fresh_for) ", and is waited for " (one.gate.approval_within) }
                dt { "emergency brake" } dd { (one.gate.brake.bad_share) " failed over " (one.gate.brake.over) ", of at least " (one.gate.brake.attempts_at_least) " attempts" }
            }
            h3 { "Steps" }
            (steps(&one.steps))
            p { "At full exposure it is watched for " (one.watch) ". " (one.attempts_max) " attempts are allowed." }
            h3 { "Exit criteria of every step" }
            table {
                thead { tr { th scope="col" { "criterion" } th scope="col" { "answers for it" } th scope="col" { "harm" } } }
                tbody { @for criterion in &one.gate.criteria { (row(estate, criterion)) } }
            }
        }
    }
}

/// What must hold when it is entered.
pub(super) fn conditions(one: &Stage) -> String {
    let conditions: Vec<String> = one.enter.iter().map(ToString::to_string).collect();
    conditions.join("; ")
}

/// Who approves: the roles, and the people who have them today.
pub(super) fn approvers(estate: &Estate, list: &[Approver]) -> Markup {
    html! { @for (place, one) in list.iter().enumerate() {
        @if place > 0 { "; " }
        (approver(one)) " (" (names(&people(estate, one))) ")"
    } }
}

fn people(estate: &Estate, one: &Approver) -> Vec<String> {
    let people = estate.people().keys().filter(|person| estate.is_approver(one, person));
    people.map(ToString::to_string).collect()
}

fn steps(steps: &[Step]) -> Markup {
    html! { table {
        thead { tr { th scope="col" { "exposure" } th scope="col" { "soak" } th scope="col" { "decided within" } th scope="col" { "margin" } th scope="col" { "at risk" } } }
        tbody { @for step in steps { tr {
            th scope="row" { (step) }
            td data-label="soak" { (step.soak) }
            td data-label="decided within" { (step.at_most) }
            td data-label="margin" { (step.margin) }
            td data-label="at risk" { @match &step.at_risk { Some(money) => { (money) }, None => { "undeclared" } } }
        } } }
    } }
}

fn row(estate: &Estate, criterion: &Criterion) -> Markup {
    html! { tr {
        th scope="row" { (criterion.title) @if let Some(segment) = &criterion.segment { small { "only " (segment) } } }
        td data-label="answers for it" { (domain(estate, &criterion.owner)) }
        td data-label="harm" { (on_harm(criterion.on_harm)) }
    } }
}

fn on_harm(on_harm: OnHarm) -> &'static str {
    match on_harm {
        OnHarm::Rollback => "everybody back at once",
        OnHarm::Hold => "growth stops",
    }
}
