//! Contract ownership: which system is right about what, who resolves differences, and who handles failures between systems.

use maud::{Markup, html};
use tidegate_model::Estate;
use tidegate_model::entity::{Entity, Resolver};
use tidegate_model::integration::{Integration, Runner, SideEffect};

use super::frame::{domain, stage};

pub(super) fn body(estate: &Estate) -> Markup {
    html! {
        h2 { "Systems of record" }
        @if estate.entities().is_empty() {
            p { b class="gap" { "No entity is declared: nobody is named who is right about an order, a price or a stock." } }
        }
        @for entity in estate.entities().values() { (record(estate, entity)) }
        h2 { "Integrations" }
        @if estate.integrations().is_empty() {
            p { b class="gap" { "No integration is declared: retries and dead letters have no owner." } }
        }
        @for integration in estate.integrations().values() { (joined(estate, integration)) }
    }
}

fn record(estate: &Estate, entity: &Entity) -> Markup {
    html! { section class="card" id=(format!("entity-{}", entity.id)) {
        h3 { (entity.title) }
        dl {
            dt { "changes and differences" } dd { @match &entity.owner {
                Resolver::Domain(id) => { (domain(estate, id)) },
                Resolver::Team(team) => { "team " (team) },
            } }
            dt { "never tolerable" } dd { @if entity.critical.is_empty() { "no field is named" } @else { (entity.critical.join(", ")) } }
            dt { "compared" } dd { @if entity.comparison.is_some() { "row by row" } @else { b class="gap" { "nothing compares its rows" } } }
        }
        table {
            thead { tr { th scope="col" { "fields" } th scope="col" { "system of record" } th scope="col" { "from a stage on" } } }
            tbody { @for one in &entity.records { tr {
                th scope="row" { @if one.fields.is_empty() { "all others" } @else { (one.fields.join(", ")) } }
                td data-label="system of record" { (one.system) }
                td data-label="from a stage on" {
                    @if one.from.is_empty() { "always" }
                    @for (place, (from, system)) in one.from.iter().enumerate() { @if place > 0 { ", " } (system) " from " (stage(estate, from)) }
                }
            } } }
        }
    } }
}

fn joined(estate: &Estate, one: &Integration) -> Markup {
    html! { section class="card" id=(format!("integration-{}", one.id)) {
        h3 { (one.title) }
        dl {
            dt { "from, to" } dd { (one.from) " to " (one.to) }
            dt { "belongs to" } dd { (domain(estate, &one.domain)) }
            dt { "failures are handled by" } dd { (domain(estate, &one.failures)) }
            dt { "about" } dd { @match &one.entity {
                Some(id) => { a href=(format!("contracts.html#entity-{id}")) { (id) } },
                None => { "no declared entity" },
            } }
            dt { "retries" } dd { (one.retries.attempts_max) " attempts, " (one.retries.wait) " apart" }
            dt { "the same message by" } dd { (one.idempotency_key) }
            dt { "dead letters" } dd { (one.dead_letters.place) ", looked at within " (one.dead_letters.looked_at_within) }
            dt { "vendor" } dd { (one.vendor_contact.as_deref().unwrap_or("none")) }
        }
        @if !one.effects.is_empty() {
            h4 { "Done once" }
            ul { @for effect in &one.effects { li { (once(estate, effect)) } } }
        }
    } }
}

fn once(estate: &Estate, effect: &SideEffect) -> Markup {
    html! {
        b { (effect.what) } ": " (runner(effect.runs_on))
        @for (from, side) in &effect.from { ", " (runner(*side)) " from " (stage(estate, from)) " on" }
    }
}

fn runner(runner: Runner) -> &'static str {
    match runner {
        Runner::Old => "by the old side",
        Runner::New => "by the new side",
        Runner::ByRecord => "by the side on which the record lives",
    }
}
