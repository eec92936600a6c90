//! The answer card: what is going on, in one sentence, and who has it.

use maud::{Markup, html};
use tidegate_engine::view::{StatusView, Tone};
use tidegate_model::Timestamp;

use crate::page::time;

/// The class and the word of a tone; colour never stands alone.
pub(crate) fn tone(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Calm => ("calm", "Nobody is needed"),
        Tone::Wait => ("wait", "Somebody is needed"),
        Tone::Harm => ("harm", "Harm"),
        Tone::Good => ("good", "Reached"),
    }
}

pub(crate) fn card(status: &StatusView, fault: Option<&str>, now: Timestamp) -> Markup {
    let headline = &status.headline;
    let (class, word) = tone(headline.tone);
    html! {
        @if let Some(fault) = fault {
            section class="card answer harm" role="alert" {
                div { p class="sentence" { "The journal takes nothing: exposure cannot grow and no request is taken." } p class="detail" { (fault) } }
            }
        }
        section class=(format!("card answer {class}")) aria-labelledby="answer-sentence" {
            div class="what" {
                p class="word" { (word) }
                h1 id="answer-sentence" class="sentence" { (headline.sentence) }
                @if !headline.detail.is_empty() { p class="detail" { (headline.detail) } }
            }
            div class="who" {
                @if !headline.who.is_empty() { p { b { (headline.who) } } }
                p class="mute" { "since " (time::since(headline.since.min(now))) }
            }
        }
    }
}
