//! What stands beside the answer: what happened, switches, panels from outside, and the foot of the page.

use maud::{Markup, PreEscaped, html};
use tidegate_engine::view::{HappenedView, StatusView, SwitchView, Tone, words};

use crate::config::Panel;
use crate::page::answer::tone;
use crate::page::form::{Ask, Forms, Weight};
use crate::page::time;

/// Events shown without a click; those that moved nothing, such as a verdict that stays open, are behind one.
const NEWEST: usize = 12;

/// The last events in plain words; each leads to its journal entry.
pub(crate) fn happened(status: &StatusView) -> Markup {
    html! {
        section class="card" aria-labelledby="happened-title" {
            h2 id="happened-title" { "What happened" }
            @let news: Vec<HappenedView> =
                status.recent.iter().filter(|event| event.tone != Tone::Calm).take(NEWEST).cloned().collect();
            (timeline(&news))
            @if status.recent.len() > news.len() {
                details class="past" data-key="recent" {
                    summary { "All of the last " (words::counted(status.recent.len() as u64, "event", "events")) }
                    (timeline(&status.recent))
                }
            }
            p { a href="/journal" { "the whole journal" } }
        }
    }
}

/// A list of events.
pub(crate) fn timeline(events: &[HappenedView]) -> Markup {
    html! {
        @if events.is_empty() { p class="mute" { "Nothing yet." } }
        ol class="timeline" {
            @for event in events {
                li class=(tone(event.tone).0) {
                    (time::at(event.at))
                    span { (event.text) " " a class="seq" href=(format!("/journal?from={}#e{}", event.seq, event.seq)) aria-label=(format!("journal entry {}", event.seq)) { (event.seq) } }
                }
            }
        }
    }
}

pub(crate) fn switches(status: &StatusView, forms: &Forms<'_>) -> Markup {
    html! {
        section class="card" aria-labelledby="switches-title" {
            h2 id="switches-title" { "Switches" }
            @if status.switches.is_empty() { p class="mute" { "The estate declares none." } }
            ul class="switches" { @for switch in &status.switches { (one(switch, forms)) } }
        }
    }
}

fn one(switch: &SwitchView, forms: &Forms<'_>) -> Markup {
    html! {
        li {
            div class="line" { code { (switch.id) } b { (switch.value) } }
            @match &switch.action {
                Some(action) => {
                    p class="mute" {
                        "set by " (action)
                        @if let Some(until) = switch.until { ", reverted at the latest " (time::until(until)) }
                    }
                    (forms.ask(&Ask {
                        action: "revert", subject: action.as_str(), label: "End it now…", fields: &[], weight: Weight::Plain, fixed: &[], agree: &[],
                    }))
                }
                None => { p class="mute" { "its default" } }
            }
        }
    }
}

/// Panels supplied from outside; their HTML is theirs to escape.
pub(crate) fn panels(panels: &[Panel]) -> Markup {
    html! {
        @for panel in panels {
            section class="card" { h2 { (panel.title) } (PreEscaped((panel.html)())) }
        }
    }
}

pub(crate) fn foot(status: &StatusView) -> Markup {
    html! {
        footer {
            "Journal " a href=(format!("/journal?from={}#e{}", status.seq, status.seq)) { b { (status.seq) } }
            " · estate " code title=(status.estate) { (short(&status.estate)) }
            " · times in UTC"
            @if !status.outbox.is_empty() {
                " · under way: "
                @for (place, effect) in status.outbox.iter().take(5).enumerate() {
                    @if place > 0 { ", " }
                    (effect.kind) " since " (time::since(effect.since))
                }
                @if status.outbox.len() > 5 { " and " (status.outbox.len() - 5) " more" }
            }
        }
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
