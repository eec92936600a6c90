//! The frame of every page: head, the way to all others, foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use tidegate_model::{DomainId, Estate, RunbookId, StageId};

use super::{GENERATOR, plan_file};

/// The pages of every site, by file and name in the navigation.
pub(super) const PAGES: [(&str, &str); 7] = [
    ("index.html", "Overview"),
    ("ownership.html", "Ownership"),
    ("escalation.html", "Escalation"),
    ("gates.html", "Gates"),
    ("contracts.html", "Contracts"),
    ("runbooks.html", "Runbooks"),
    ("risks.html", "Risks"),
];

/// A whole page.
pub(super) fn page(estate: &Estate, name: &str, file: &str, title: &str, body: &Markup) -> String {
    let digest: String = estate.digest().chars().take(12).collect();
    let head = if title == name {
        name.to_owned()
    } else {
        format!("{title} - {name}")
    };
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                (PreEscaped(GENERATOR))
                title { (head) }
                link rel="stylesheet" href="style.css";
            }
            body {
                a class="skip" href="#main" { "To the text" }
                header {
                    p class="estate" { a href="index.html" { (name) } }
                    nav aria-label="Pages" { ul {
                        @for (to, words) in PAGES { (entry(file, to, words)) }
                        @for plan in estate.plans().values() { (entry(file, &plan_file(&plan.id), &plan.title)) }
                    } }
                }
                main id="main" { h1 { (title) } (body) }
                footer { p { "Made of the plan files of estate " b { (name) } ", digest " code { (digest) } ". Nothing here is kept by hand." } }
            }
        }
    };
    whole.into_string()
}

fn entry(here: &str, to: &str, words: &str) -> Markup {
    html! { li { @if here == to { a href=(to) aria-current="page" { (words) } } @else { a href=(to) { (words) } } } }
}

/// A domain, with the way to it.
pub(super) fn domain(estate: &Estate, id: &DomainId) -> Markup {
    let title = estate
        .domains()
        .get(id)
        .map_or_else(|| id.to_string(), |domain| domain.title.clone());
    html! { a href=(format!("ownership.html#domain-{id}")) { (title) } }
}

/// A runbook, with the way to it.
pub(super) fn runbook(estate: &Estate, id: &RunbookId) -> Markup {
    let title = estate
        .runbooks()
        .get(id)
        .map_or_else(|| id.to_string(), |runbook| runbook.title.clone());
    html! { a href=(format!("runbooks.html#runbook-{id}")) { (title) } }
}

/// A stage, with the way to its gate.
pub(super) fn stage(estate: &Estate, id: &StageId) -> Markup {
    let title = estate
        .stage(id)
        .map_or_else(|| id.to_string(), |(_, stage)| stage.title.clone());
    html! { a href=(format!("gates.html#stage-{id}")) { (title) } }
}

/// Names in one text, or a gap where there is none.
pub(super) fn names<T: std::fmt::Display>(items: &[T]) -> Markup {
    html! {
        @if items.is_empty() { b class="gap" { "nobody" } }
        @else { (items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) }
    }
}

/// A text as items of a list, or a gap that says what is missing.
pub(super) fn items(texts: &[String], missing: &str) -> Markup {
    html! {
        @if texts.is_empty() { p { b class="gap" { (missing) } } }
        @else { ul { @for text in texts { li { (text) } } } }
    }
}

/// Sentences of the maps name things in backticks; a page has none.
pub(super) fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// A number and its noun.
pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
