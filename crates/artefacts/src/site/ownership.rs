//! The ownership map across systems and teams: gaps, the drawing, and each domain in words.

use maud::{Markup, PreEscaped, html};
use tidegate_model::Estate;
use tidegate_model::domain::{ActionEffect, Domain};

use super::frame::{items, names, plain, runbook};
use crate::{Dress, OwnershipMap};

pub(super) fn body(estate: &Estate) -> Markup {
    let map = OwnershipMap::of(estate);
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="The map as a drawing" { (PreEscaped(map.svg(Dress::Page))) }
        h2 { "Domains" }
        @for domain in estate.domains().values() { (section(estate, domain)) }
        h2 { "What is handed over" }
        ul { @for one in &map.hand_offs {
            li { b { (one.from) } " needs " b { (one.to) } ", which " (plain(&one.what.join("; "))) }
        } }
        @if !estate.agreements().is_empty() { h2 { "Shared by agreement" } (agreements(estate)) }
        @if !estate.transfers().is_empty() { h2 { "Transfers" } (transfers(estate)) }
        @if !estate.systems().is_empty() {
            h2 { "Systems" }
            table {
                thead { tr { th scope="col" { "system" } th scope="col" { "owner" } th scope="col" { "domain" } th scope="col" { "components" } } }
                tbody { @for system in estate.systems().values() {
                    tr {
                        th scope="row" { (system.title) }
                        td data-label="owner" { (system.owner) }
                        td data-label="domain" { @match &system.domain { Some(id) => { (id) }, None => { b class="gap" { "none" } } } }
                        td data-label="components" {
                            @let of: Vec<&str> = estate.components().values().filter(|one| one.system.as_ref() == Some(&system.id)).map(|one| one.title.as_str()).collect();
                            @if of.is_empty() { "none" } @else { (of.join(", ")) }
                        }
                    }
                } }
            }
        }
    }
}

fn section(estate: &Estate, domain: &Domain) -> Markup {
    html! {
        section class="card" id=(format!("domain-{}", domain.id)) {
            h3 { (domain.title) }
            dl {
                dt { "owner" } dd { (estate.teams().get(&domain.owner).map_or(domain.owner.as_str(), |team| team.title.as_str())) }
                dt { "on call" } dd { (names(estate.on_call(&domain.owner))) }
                dt { "ladder" } dd { a href=(format!("escalation.html#ladder-{}", domain.ladder)) { (domain.ladder) } }
                dt { "escalation contact" } dd { @match &domain.escalation_contact { Some(person) => { (person) }, None => { "none beside the ladder" } } }
                dt { "runbook" } dd { @match &domain.runbook { Some(id) => { (runbook(estate, id)) }, None => { b class="gap" { "none" } } } }
            }
            h4 { "Answers for" } (items(&domain.responsibilities, "nothing is declared"))
            @let promises = promises(estate, domain);
            @if !promises.is_empty() { h4 { "Objectives" } ul { @for promise in promises { li { (promise) } } } }
            h4 { "May do in an incident without asking" }
            @if domain.authority.is_empty() { p { b class="gap" { "nothing" } } }
            ul { @for grant in &domain.authority {
                li { b { (grant.title) } " (" (grant.action) "): " (effect(&grant.effect)) @if lasts(&grant.effect) { ", for " (grant.expires) } }
            } }
        }
    }
}

fn promises(estate: &Estate, domain: &Domain) -> Vec<String> {
    let mut promises: Vec<String> = domain
        .objectives
        .iter()
        .map(|one| {
            let measured = if one.of.is_some() {
                ""
            } else {
                ", which nothing measures"
            };
            format!("{}: {}{measured}", one.title, one.target)
        })
        .collect();
    let invariants = estate.invariants().values().filter(|one| one.domain == domain.id);
    promises.extend(invariants.map(|one| format!("{}: in every single case", one.title)));
    promises
}

/// Whether it is a mode that ends by itself.
fn lasts(effect: &ActionEffect) -> bool {
    match effect {
        ActionEffect::SetSwitches(_) => true,
        ActionEffect::Rollback | ActionEffect::RunRunbook(_) => false,
    }
}

fn effect(effect: &ActionEffect) -> String {
    match effect {
        ActionEffect::SetSwitches(set) => set
            .iter()
            .map(|(switch, value)| format!("sets {switch} to {value}"))
            .collect::<Vec<_>>()
            .join(", "),
        ActionEffect::Rollback => "takes exposed stages back".to_owned(),
        ActionEffect::RunRunbook(runbook) => format!("begins runbook {runbook}, whose steps people do and tick"),
    }
}

fn agreements(estate: &Estate) -> Markup {
    html! { @for one in estate.agreements().values() {
        section class="card" {
            h3 { (one.title) }
            p { "Between " (names(&one.between)) "; they promise together " b { (one.objective.title) ": " (one.objective.target) } "." }
            ul { @for boundary in &one.boundaries { li { b { (boundary.domain) } ": " (boundary.does) } } }
            p { "A page about it climbs ladder " a href=(format!("escalation.html#ladder-{}", one.escalation)) { (one.escalation) }
                "; the parties meet every " (one.meets_every) "; signed by "
                (names(&one.signed.iter().map(|signature| format!("{} for {}", signature.by, signature.domain)).collect::<Vec<_>>()))
                "; in force before " (day(&one.until.to_string())) "." }
        }
    } }
}

fn transfers(estate: &Estate) -> Markup {
    html! { @for one in estate.transfers().values() {
        section class="card" {
            h3 { (one.title) }
            p { "Domain " b { (one.domain) } " goes from " b { (one.from) } " to " b { (one.to) } " because of " (one.cause.words()) ". "
                @match &one.completed {
                    Some(at) => { "Complete since " (day(&at.to_string())) "." },
                    None => { b { "Under way: the owner stays accountable until it is complete." } },
                } }
            h4 { "Knowledge" } (items(&one.sessions, "no session is declared"))
            h4 { "Documents" } (items(&one.documents, "no document is declared"))
            p { "Told: " (names(&one.told)) ". Escalation contact from then on: " (one.escalation_contact) "." }
        }
    } }
}

/// The day of an instant.
fn day(instant: &str) -> &str {
    instant.split('T').next().unwrap_or(instant)
}
