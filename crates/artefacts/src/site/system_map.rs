//! The map of systems on the page of a plan: what exists, whose it is, what is a part of what, and what flows between them.

use maud::{Markup, html};
use tidegate_model::catalogue::{Component, System};
use tidegate_model::integration::Integration;
use tidegate_model::{Estate, SystemId};

use super::frame::{domain, names};

pub(super) fn body(estate: &Estate) -> Markup {
    html! {
        @if estate.systems().is_empty() { p { b class="gap" { "no system is declared" } } } @else { (systems(estate)) }
        h3 { "What flows between them" }
        @if estate.integrations().is_empty() { p { b class="gap" { "no integration is declared" } } } @else { (flows(estate)) }
    }
}

fn systems(estate: &Estate) -> Markup {
    let loose: Vec<String> = estate
        .components()
        .values()
        .filter(|one| one.system.is_none())
        .map(part)
        .collect();
    html! {
        table {
            thead { tr { th scope="col" { "system" } th scope="col" { "owner" } th scope="col" { "domain" } th scope="col" { "parts" } th scope="col" { "is right about" } } }
            tbody { @for one in estate.systems().values() { tr {
                th scope="row" { (one.title) }
                td data-label="owner" { (one.owner) }
                td data-label="domain" { @match &one.domain { Some(id) => { (domain(estate, id)) }, None => { "-" } } }
                td data-label="parts" { (or_dash(&parts(estate, one))) }
                td data-label="is right about" { (or_dash(&right_about(estate, &one.id))) }
            } } }
        }
        @if !loose.is_empty() { p { "In no system: " (names(&loose)) "." } }
    }
}

fn parts(estate: &Estate, system: &System) -> Vec<String> {
    let parts = estate.components().values();
    parts
        .filter(|one| one.system.as_ref() == Some(&system.id))
        .map(part)
        .collect()
}

fn part(one: &Component) -> String {
    format!("{} ({}, of {})", one.title, one.what, one.owner)
}

/// Entities whose record the system is, from the beginning or from a stage on.
fn right_about(estate: &Estate, system: &SystemId) -> Vec<String> {
    let entities = estate.entities().values();
    let of = |one: &tidegate_model::entity::Entity| {
        let now = one.records.iter().any(|record| &record.system == system);
        let later = one
            .records
            .iter()
            .flat_map(|record| &record.from)
            .find(|(_, to)| *to == system);
        match (now, later) {
            (true, _) => Some(one.title.clone()),
            (false, Some((stage, _))) => Some(format!("{} from stage {stage} on", one.title)),
            (false, None) => None,
        }
    };
    entities.filter_map(of).collect()
}

fn flows(estate: &Estate) -> Markup {
    let title = |id: &SystemId| {
        estate
            .systems()
            .get(id)
            .map_or_else(|| id.to_string(), |system| system.title.clone())
    };
    html! { table {
        thead { tr { th scope="col" { "integration" } th scope="col" { "from, to" } th scope="col" { "about" } th scope="col" { "failures" } th scope="col" { "given up" } } }
        tbody { @for one in estate.integrations().values() { tr {
            th scope="row" { (one.title) }
            td data-label="from, to" { (title(&one.from)) " to " (title(&one.to)) }
            td data-label="about" { @match &one.entity { Some(id) => { (id) }, None => { "-" } } }
            td data-label="failures" { (domain(estate, &one.failures)) ", after " (one.retries.attempts_max) " attempts" (vendor(one)) }
            td data-label="given up" { (one.dead_letters.place) ", looked at within " (one.dead_letters.looked_at_within) }
        } } }
    } }
}

fn vendor(one: &Integration) -> String {
    one.vendor_contact
        .as_ref()
        .map_or_else(String::new, |contact| format!("; then {contact}"))
}

fn or_dash(items: &[String]) -> String {
    match items {
        [] => "-".to_owned(),
        items => items.join(", "),
    }
}
