//! What every page says beside its own subject: whether something is wrong, in one line, and how many incidents are open.

use maud::{Markup, html};
use tidegate_engine::view::{StatusView, words};

use crate::page::answer::tone;
use crate::page::side;
use crate::page::view::Scene;

/// How many incidents are open; nothing when none is.
pub(crate) fn alarm(status: &StatusView) -> Markup {
    let open = status.incidents.iter().filter(|one| one.phase != "resolved").count();
    html! { @if open > 0 { span class="badge" { (words::count(open as u64)) span class="unseen" { " open" } } } }
}

/// The answer of the Plan page in one line.
pub(crate) fn line(scene: &Scene<'_>) -> Markup {
    let headline = &scene.status.headline;
    let (class, word) = tone(headline.tone);
    html! {
        p class=(format!("strip {class}")) {
            a href="/" { b { (word) ": " } (headline.sentence) }
            @if !headline.who.is_empty() { span class="mute" { (headline.who) } }
        }
        @if let Some(fault) = scene.fault { p class="strip harm" { b { "The journal takes nothing: " } (fault) } }
    }
}

/// The head of a page: what it is about, and what is so, in a sentence.
pub(crate) fn head(title: &str, says: &Markup) -> Markup {
    html! { div class="head" { h1 { (title) } p class="lead" { (says) } } }
}

/// What stands below every page.
pub(crate) fn foot(scene: &Scene<'_>) -> Markup {
    side::foot(scene.status)
}
