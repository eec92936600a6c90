//! The card of what a gate looks at as a whole, rows or pages: what it is, whose it is, its verdict, and how old that is.

use maud::{Markup, html};
use tidegate_model::{DomainId, StageId, TeamId, Timestamp};

use crate::page::gate::verdict;
use crate::page::time;

/// What every such card says.
pub(crate) struct Looked<'a> {
    /// Names the card within its page.
    pub(crate) id: String,
    pub(crate) title: &'a str,
    pub(crate) verdict: &'a str,
    pub(crate) stage: (&'a StageId, &'a str),
    pub(crate) owner: &'a DomainId,
    pub(crate) team: Option<&'a TeamId>,
    /// When the last answer came.
    pub(crate) at: Option<Timestamp>,
    /// Since when the verdict is what it is.
    pub(crate) since: Option<Timestamp>,
    /// Whether nothing is asked any more.
    pub(crate) is_last: bool,
    /// What harm does, in words.
    pub(crate) on_harm: &'static str,
}

impl Looked<'_> {
    /// The card, with what is asked of whom in its head.
    pub(crate) fn card(&self, asked: &Markup, body: &Markup) -> Markup {
        let (class, sign) = verdict(self.verdict);
        html! {
            section class=(format!("card compared {class}")) aria-labelledby=(self.id) {
                div class="line" {
                    h2 id=(self.id) { (self.title) }
                    span class=(format!("verdict {class}")) { b { span aria-hidden="true" { (sign) " " } (self.verdict) } }
                }
                p class="phase" {
                    "stage " a href=(format!("/#stage-{}", self.stage.0)) { (self.stage.1) }
                    " · owner " a href=(format!("/ownership?q={}", self.owner)) { (self.owner) }
                    @if let Some(team) = self.team { " (" (team) ")" }
                    " · " (asked)
                }
                (body)
                p class="mute" {
                    @if let Some(at) = self.at { "last answer " (time::since(at)) " · " }
                    @if let Some(since) = self.since {
                        @if self.is_last { "its last verdict, of " } @else { "says so since " }
                        (time::since(since)) " · "
                    }
                    (self.on_harm)
                }
            }
        }
    }

    /// What is missing, and whose it is.
    pub(crate) fn missing(&self, word: &str, gap: Option<&str>) -> Markup {
        html! {
            p class="blind" {
                b { (word) } @if let Some(gap) = gap { ": " (time::told(gap)) }
                ". Whose it is: " b { (self.owner) } @if let Some(team) = self.team { " (" (team) ")" } "."
            }
        }
    }
}

/// A source by its name; words for what is none.
pub(crate) fn source(name: &str) -> Markup {
    html! { @if name.contains(' ') { (name) } @else { code { (name) } } }
}
