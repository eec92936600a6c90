//! Buttons that ask the engine: each says what it will do before it is pressed, and takes the reason where one is needed.

use maud::{Markup, html};
use tidegate_engine::view::{ApprovalView, RulingView};
use tidegate_model::Timestamp;

use crate::sight::Sights;

/// What else a button needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// A text that must be given.
    Text {
        /// Its name in the form.
        name: &'static str,
        /// What is asked.
        label: &'static str,
    },
    /// A text that may be given.
    MaybeText {
        /// Its name in the form.
        name: &'static str,
        /// What is asked.
        label: &'static str,
    },
    /// The old or the new side.
    Side,
    /// One of some values, each with its words.
    Choice {
        /// Its name in the form.
        name: &'static str,
        /// What is asked.
        label: &'static str,
        /// Values with their words, at least one.
        options: &'a [(String, String)],
    },
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// What is most likely wanted.
    Primary,
    /// Lowers exposure or cannot be undone.
    Danger,
    /// Everything else.
    Plain,
}

/// A button.
pub(crate) struct Ask<'a> {
    pub(crate) action: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) label: &'a str,
    pub(crate) fields: &'a [Field<'a>],
    pub(crate) weight: Weight,
    /// Additional fixed values, such as the action of an incident.
    pub(crate) fixed: &'a [(&'a str, &'a str)],
    /// Who must agree before it takes effect.
    pub(crate) agree: &'a [ApprovalView],
}

/// The name of one showing of a page. The same form of the same showing asks once, however often it is sent.
pub(crate) fn once(seq: u64, now: Timestamp) -> String {
    format!("{seq}-{}", now.0)
}

/// What every form of a page shares.
pub(crate) struct Forms<'a> {
    pub(crate) rulings: &'a [RulingView],
    pub(crate) form_secret: &'a str,
    /// See [`once`].
    pub(crate) once: &'a str,
    /// What the page shows of each stage; a decision carries it.
    pub(crate) sights: &'a Sights,
}

impl Forms<'_> {
    /// The engine's ruling on an action and its subject.
    pub(crate) fn ruling(&self, action: &str, subject: &str) -> Option<&RulingView> {
        self.rulings
            .iter()
            .find(|ruling| ruling.action == action && ruling.subject == subject)
    }

    /// What was seen of the stage that an action decides on.
    pub(crate) fn seen(&self, action: &str, subject: &str) -> Option<&str> {
        let decides = matches!(action, "approve" | "accept-risk" | "finalise");
        self.sights.get(subject).filter(|_| decides).map(String::as_str)
    }

    /// Whether the engine would take it now.
    pub(crate) fn is_allowed(&self, action: &str, subject: &str) -> bool {
        self.ruling(action, subject).is_some_and(|ruling| ruling.allowed)
    }

    /// A button behind its explanation.
    pub(crate) fn ask(&self, ask: &Ask<'_>) -> Markup {
        let part = ask
            .fixed
            .iter()
            .find(|(name, _)| matches!(*name, "action" | "criterion" | "lesson"));
        let step = ask.fixed.iter().find(|(name, _)| *name == "step");
        let subject = [part, step]
            .into_iter()
            .flatten()
            .fold(ask.subject.to_owned(), |whole, (_, part)| format!("{whole}/{part}"));
        let ruling = self.ruling(ask.action, &subject);
        let allowed = ruling.is_none_or(|ruling| ruling.allowed);
        // The dots say that something is asked first; the button in the form acts.
        let act = ask.label.trim_end_matches('…');
        let key = format!("{} {} {}", ask.action, ask.subject, ask.label);
        let class = match (ask.weight, allowed) {
            (_, false) => "ask not-now",
            (Weight::Primary, true) => "ask primary",
            (Weight::Danger, true) => "ask danger",
            (Weight::Plain, true) => "ask",
        };
        html! {
            details class=(class) data-key=(key) {
                summary { (ask.label) @if !allowed { span class="mute" { " · not now" } } }
                form method="post" action="/do" data-ask {
                    @if let Some(ruling) = ruling { p class="ruling" { (ruling.says) } }
                    @if !ask.agree.is_empty() { (agreement(ask.agree)) }
                    input type="hidden" name="csrf" value=(self.form_secret);
                    input type="hidden" name="once" value=(self.once);
                    input type="hidden" name="subject" value=(ask.subject);
                    @if let Some(seen) = self.seen(ask.action, ask.subject) { input type="hidden" name="seen" value=(seen); }
                    @for (name, value) in ask.fixed { input type="hidden" name=(name) value=(value); }
                    @for field in ask.fields { (input(*field)) }
                    button name="do" value=(ask.action) class=(button_class(ask.weight, allowed)) {
                        @if allowed { (act) } @else { "Ask all the same: " (act) }
                    }
                    div class="answer-slot" role="status" {}
                }
            }
        }
    }
}

/// Who has agreed, and who must still.
pub(crate) fn agreement(approvals: &[ApprovalView]) -> Markup {
    html! {
        ul class="approvals" aria-label="Who must agree" {
            @for approval in approvals {
                @match &approval.by {
                    Some(by) => li class="given" { "✓ approved by " b { (by) } ", for " (approval.approver) },
                    None => li { "○ not yet approved by " (approval.approver) },
                }
            }
        }
    }
}

fn button_class(weight: Weight, allowed: bool) -> &'static str {
    match (weight, allowed) {
        (_, false) => "quiet",
        (Weight::Primary, true) => "primary",
        (Weight::Danger, true) => "danger",
        (Weight::Plain, true) => "plain",
    }
}

fn input(field: Field<'_>) -> Markup {
    match field {
        Field::Text { name, label } => html! {
            label { span { (label) } input name=(name) required maxlength="2000" autocomplete="off"; }
        },
        Field::MaybeText { name, label } => html! {
            label { span { (label) } input name=(name) maxlength="2000" autocomplete="off"; }
        },
        Field::Side => html! {
            label { span { "Which side changed" } select name="side" {
                option value="new" { "the new side" }
                option value="old" { "the old side" }
            } }
        },
        Field::Choice { name, label, options } => html! {
            label { span { (label) } select name=(name) {
                @for (value, words) in options { option value=(value) { (words) } }
            } }
        },
    }
}
