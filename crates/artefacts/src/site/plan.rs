//! A migration plan in its six sections.

use std::collections::BTreeSet;

use maud::{Markup, html};
use tidegate_model::Estate;
use tidegate_model::plan::{Plan, Stage, Traffic};

use super::frame::{domain, items, names, runbook, stage};
use super::{gates, risks, system_map};
use crate::RiskMap;

pub(super) fn body(estate: &Estate, plan: &Plan) -> Markup {
    html! {
        nav class="sections" aria-label="Sections" { ol {
            @for (id, title) in SECTIONS { li { a href=(format!("#{id}")) { (title) } } }
        } }
        (section(0, &systems(estate, plan)))
        (section(1, &failures(estate, plan)))
        (section(2, &owners(estate, plan)))
        (section(3, &cutover(estate, plan)))
        (section(4, &validation(estate, plan)))
        (section(5, &way_back(estate, plan)))
    }
}

/// The sections that a plan has.
const SECTIONS: [(&str, &str); 6] = [
    ("systems", "System map and critical flows"),
    ("failures", "Failure modes, severity and detection"),
    ("owners", "Ownership across systems and teams"),
    ("cutover", "Staged cutover with entry and exit"),
    ("validation", "Validation gates and measurement"),
    ("way-back", "Way back per stage and response"),
];

fn section(place: usize, body: &Markup) -> Markup {
    let (id, title) = SECTIONS[place];
    html! { section id=(id) { h2 { (place + 1) ". " (title) } (body) } }
}

fn systems(estate: &Estate, plan: &Plan) -> Markup {
    html! {
        (system_map::body(estate))
        h3 { "What the edge leads to" }
        @if let Some(edge) = estate.edges().get(&plan.edge) {
            table {
                thead { tr { th scope="col" { "unit" } th scope="col" { "old side" } th scope="col" { "new side" } th scope="col" { "routes" } } }
                tbody { @for unit in &edge.units { tr {
                    th scope="row" { (unit.unit) }
                    td data-label="old side" { code { (unit.old) } }
                    td data-label="new side" { code { (unit.new) } }
                    td data-label="routes" { @let routes: Vec<&str> = edge.routes.iter().filter(|route| route.unit == unit.unit).map(|route| route.path.as_str()).collect();
                        @if routes.is_empty() { "none" } @else { (routes.join(", ")) } }
                } }
                @for unit in &edge.keyed { tr {
                    th scope="row" { (unit) }
                    td data-label="old side" { "by key" }
                    td data-label="new side" { "by key" }
                    td data-label="routes" { "none" }
                } } }
            }
        }
        h3 { "Critical flows" }
        table {
            thead { tr { th scope="col" { "flow" } th scope="col" { "from, to" } th scope="col" { "domain" } th scope="col" { "declared traffic" } } }
            tbody { @for flow in estate.flows().values() { tr {
                th scope="row" { (flow.title) }
                td data-label="from, to" { (flow.entry) " to " (flow.complete) ", within " (flow.window) }
                td data-label="domain" { (domain(estate, &flow.domain)) }
                td data-label="declared traffic" { @match plan.traffic.iter().find(|one| one.flow == flow.id) {
                    Some(traffic) => { (declared(traffic)) },
                    None => { b class="gap" { "none" } },
                } }
            } } }
        }
    }
}

fn declared(traffic: &Traffic) -> String {
    format!(
        "{} an hour by day, {} by night; {} complete, {} each",
        traffic.day_per_hour, traffic.night_per_hour, traffic.completion, traffic.basket
    )
}

/// Failure modes that a gate of this plan would notice, and those of its domains that none does.
fn failures(estate: &Estate, plan: &Plan) -> Markup {
    let stages: BTreeSet<_> = plan.stages.iter().map(|stage| &stage.id).collect();
    let ranked = RiskMap::of(estate).risks.into_iter();
    let ours: Vec<_> = ranked
        .filter(|risk| risk.signals.is_empty() || risk.signals.iter().any(|signal| stages.contains(&signal.stage)))
        .collect();
    html! {
        @if ours.is_empty() { p { b class="gap" { "no failure mode has a signal in a gate of this plan" } } }
        @else { (risks::table(estate, &ours, |_| None)) }
    }
}

fn owners(estate: &Estate, plan: &Plan) -> Markup {
    let mut domains: BTreeSet<_> = plan.stages.iter().map(|stage| &stage.owner).collect();
    for stage in &plan.stages {
        domains.extend(stage.gate.criteria.iter().map(|criterion| &criterion.owner));
    }
    html! { table {
        thead { tr { th scope="col" { "domain" } th scope="col" { "owner" } th scope="col" { "on call" } th scope="col" { "moves" } th scope="col" { "answers for" } } }
        tbody { @for id in domains { tr {
            th scope="row" { (domain(estate, id)) }
            td data-label="owner" { @match estate.owner_of(id) { Some(team) => { (team) }, None => { b class="gap" { "nobody" } } } }
            td data-label="on call" { @if let Some(team) = estate.owner_of(id) { (names(estate.on_call(team))) } }
            td data-label="moves" { @let units: Vec<&str> = plan.stages.iter().filter(|stage| &stage.owner == id).map(|stage| stage.unit.as_str()).collect();
                @if units.is_empty() { "nothing" } @else { (units.join(", ")) } }
            td data-label="answers for" { (plan.stages.iter().flat_map(|stage| &stage.gate.criteria).filter(|criterion| &criterion.owner == id).count()) " criteria" }
        } } }
    } }
}

fn cutover(estate: &Estate, plan: &Plan) -> Markup {
    html! { ol class="stages" { @for one in &plan.stages { li {
        h3 { (stage(estate, &one.id)) }
        p { "Moves " b { (one.unit) } " in " (one.steps.len()) " steps: "
            (one.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) "." }
        dl {
            dt { "enters when" } dd {
                @if one.after.is_empty() && one.enter.is_empty() { b class="gap" { "its approvers say so" } } @else if one.after.is_empty() { "its approvers say so" }
                @else { @for (place, earlier) in one.after.iter().enumerate() { @if place > 0 { " and " } (stage(estate, earlier)) } " passed, and its approvers say so" }
                "; " (gates::approvers(estate, &one.gate.approvers))
            }
            @if !one.enter.is_empty() {
                dt { "and while" } dd { (gates::conditions(one)) }
            }
            dt { "leaves when" } dd { "each of " (one.gate.criteria.len()) " criteria passed at every step, and it was watched at full exposure for " (one.watch) }
        }
    } } } }
}

fn validation(estate: &Estate, plan: &Plan) -> Markup {
    html! {
        p { "The chance of one false alarm in the whole plan is at most " (plan.alpha) ", shared by all gates. Only a pass opens a step; missing data never does." }
        @for one in &plan.stages {
            h3 { (stage(estate, &one.id)) }
            ul { @for criterion in &one.gate.criteria { li { (criterion.title) ", by " (domain(estate, &criterion.owner)) } } }
        }
        @if !plan.expand.within.is_empty() || !plan.expand.never.is_empty() {
            h3 { "When exposure may grow" }
            ul {
                @for window in &plan.expand.within { li { (days(&window.days)) ", " (clock(window.from_minute)) " to " (clock(window.until_minute)) " " (window.zone) } }
                @for (from, until) in &plan.expand.never { li { "never from " (from) " until " (until) } }
            }
        }
    }
}

fn days(days: &[u8]) -> String {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let names = days
        .iter()
        .filter_map(|day| NAMES.get(usize::from(*day).checked_sub(1)?));
    names.copied().collect::<Vec<_>>().join(" ")
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn way_back(estate: &Estate, plan: &Plan) -> Markup {
    html! { @for one in &plan.stages { (back(estate, one)) } }
}

fn back(estate: &Estate, one: &Stage) -> Markup {
    html! { section class="card" {
        h3 { (stage(estate, &one.id)) }
        dl {
            dt { "can be rolled back" } dd { (one.rollback.what) ", within " (one.rollback.within) " of full exposure" }
            dt { "who triggers" } dd { "harm found by the gate; " (gates::approvers(estate, &one.rollback.trigger)) "; whoever is touched may hold" }
            dt { "who executes" } dd { (one.rollback.executor) " (" (names(estate.on_call(&one.rollback.executor))) ")" }
            dt { "runbook" } dd { (runbook(estate, &one.rollback.runbook)) }
            dt { "told" } dd { (names(&one.communication.on_rollback)) }
        }
        h4 { "Is fixed forward" } (items(&one.rollback.forward_fix, "nothing is declared"))
    } }
}
