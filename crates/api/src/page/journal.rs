//! The journal page: entries in order, each with its words, its hash and the stored bytes; searched, verified and exported.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tidegate_engine::view::words;

use crate::app::Shared;
use crate::body::parameter;
use crate::config::{JournalRow, Verified};
use crate::door::Visitor;
use crate::json::read::ROWS;
use crate::page::answer::tone;
use crate::page::view::{Part, Parts, Scene, View};
use crate::page::{live, strip, time};
use crate::problem::Problem;
use crate::record::Found;

/// What is asked of the journal.
enum Asked {
    /// Entries from this one on.
    From(u64),
    /// Entries with a text, from this one back.
    Search(String, u64),
    /// Whether the chain holds.
    Verify,
}

pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let head = app.handle.view().seq;
    let content = match asked(query.as_deref(), head) {
        Asked::From(from) => app.journal(from, ROWS).await.map(|rows| entries(from, head, &rows)),
        Asked::Search(text, until) => app.search(&text, until).await.map(|found| hits(&text, head, &found)),
        Asked::Verify => app.verify().await.map(|verified| verdict(&verified)),
    };
    match content {
        Ok(content) => {
            let text = parameter(query.as_deref(), "q").unwrap_or_default();
            let top = html! { (tools(&text)) section class="card" { (content) } };
            live::render(&app, &visitor, &View::Journal, "Journal", &top)
                .await
                .into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

fn asked(query: Option<&str>, head: u64) -> Asked {
    let number = |name| parameter(query, name).and_then(|given| given.parse::<u64>().ok());
    if parameter(query, "verify").is_some() {
        return Asked::Verify;
    }
    let text = parameter(query, "q").map(|text| text.trim().to_owned());
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        return Asked::Search(text, number("until").unwrap_or(head));
    }
    let last_page = head.saturating_sub(ROWS as u64 - 1).max(1);
    Asked::From(number("from").unwrap_or(last_page).max(1))
}

pub(crate) fn shared(scene: &Scene<'_>) -> Vec<Part> {
    let seq = scene.status.seq;
    let newest = html! {
        p class="mute" {
            "The journal ends at entry " a href=(format!("/journal?from={seq}#e{seq}")) { b { (words::count(seq)) } }
            @if let Some(last) = scene.status.recent.first() { ", last told " (time::since(last.at)) ": " (last.text) }
        }
    };
    vec![("newest", newest), ("foot", strip::foot(scene))]
}

pub(crate) fn compose(parts: &mut Parts) -> Markup {
    html! { @for id in ["newest", "foot"] { (parts.place(id)) } }
}

/// The heading, and what can be done with the whole of it.
fn tools(text: &str) -> Markup {
    html! {
        (strip::head("Journal", &html! {
            "Everything that was decided, by whom and on which counts. Each hash covers everything before it; "
            code { "tidegate journal verify" } " checks the same offline."
        }))
        div class="tools" {
            form class="search" method="get" action="/journal" role="search" {
                label { span { "Search for a person, a stage or a word" } input type="search" name="q" value=(text) maxlength="200"; }
                button class="plain" { "Search" }
            }
            form method="get" action="/journal" { button class="plain" name="verify" value="now" { "Verify the chain" } }
            a class="button" href="/journal/export" download="tidegate-journal.jsonl" { "Export all of it" }
        }
    }
}

fn entries(from: u64, head: u64, rows: &[JournalRow]) -> Markup {
    let step = ROWS as u64;
    html! {
        h2 { "Entries " (words::count(from)) " to " (words::count(rows.last().map_or(from, |row| row.seq))) " of " (words::count(head)) ", newest first" }
        nav class="pages" aria-label="Entries" {
            @if from > 1 {
                a href="/journal?from=1" { "first" }
                a href=(format!("/journal?from={}", from.saturating_sub(step).max(1))) { "earlier" }
            }
            @if from + step <= head {
                a href=(format!("/journal?from={}", from + step)) { "later" }
                a href="/journal" { "last" }
            }
        }
        @if rows.is_empty() { p class="mute" { "No entry has this number yet." } }
        ol class="journal" reversed { @for row in rows.iter().rev() { (entry(row)) } }
    }
}

fn hits(text: &str, head: u64, found: &Found) -> Markup {
    html! {
        h2 { (words::counted(found.rows.len() as u64, "entry", "entries")) " with “" (text) "”" }
        p class="mute" {
            "Searched entries " (words::count(found.from)) " to " (words::count(found.until)) " of " (words::count(head)) ", newest first. "
            @if found.from > 1 {
                a href=(format!("/journal?q={}&until={}", crate::record::encoded(text), found.from - 1)) { "search older ones" }
            }
        }
        ol class="journal" { @for row in &found.rows { (entry(row)) } }
        p { a href="/journal" { "all entries" } }
    }
}

fn verdict(verified: &Verified) -> Markup {
    html! {
        @match &verified.broken {
            None => {
                p class="told good" role="status" {
                    b { "The chain holds. " } (words::counted(verified.entries, "entry was", "entries were"))
                    " read again from the store; each hash was computed anew from the stored bytes and fits the one before."
                }
            },
            Some(fault) => {
                div class="told harm" role="alert" {
                    p { b { "The chain is broken: " } (fault) }
                    p { "What helps: keep the store as it is, and compare it with a backup or an export." }
                }
            },
        }
        p {
            "The same offline, without this controller: " code { "tidegate journal verify" } "; with "
            code { "--recompute" } " every verdict is computed again from the counts, with " code { "--file" } " an export is verified."
        }
        p { a href="/journal" { "to the entries" } }
    }
}

fn entry(row: &JournalRow) -> Markup {
    html! {
        li id=(format!("e{}", row.seq)) class=(tone(row.happened.tone).0) {
            details {
                summary {
                    span class="seq" { (row.seq) } " " (time::day(row.happened.at)) " "
                    span { (row.happened.text) " " small class="mute" { (row.kind.replace('-', " ")) " · " (row.actor) } }
                }
                p { "hash " code class="hash" { (row.hash) } }
                pre tabindex="0" { (row.bytes) }
            }
        }
    }
}

/// The whole journal as JSON lines, as `tidegate journal export` writes it.
pub(crate) async fn export(State(app): State<Shared>, _: Visitor) -> Result<Response, Problem> {
    Ok(app.export())
}
