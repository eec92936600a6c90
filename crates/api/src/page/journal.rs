//! The journal page: entries in order, each with its words, its hash, and the stored bytes.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::app::Shared;
use crate::body::parameter;
use crate::config::JournalRow;
use crate::door::Visitor;
use crate::json::read::ROWS;
use crate::page::answer::tone;
use crate::page::frame::{Looker, Place, page};
use crate::page::time;

pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let head = app.handle.view().seq;
    let last_page = head.saturating_sub(ROWS as u64 - 1).max(1);
    let from = parameter(query.as_deref(), "from")
        .and_then(|from| from.parse().ok())
        .unwrap_or(last_page)
        .max(1);
    let form_secret = visitor.session.form_secret();
    let looker = Looker {
        name: visitor.id.as_str(),
        form_secret: &form_secret,
    };
    match app.journal(from, ROWS).await {
        Ok(rows) => page(
            "Journal",
            Place::Journal,
            Some(&looker),
            false,
            &content(from, head, &rows),
        )
        .into_response(),
        Err(problem) => problem.into_response(),
    }
}

fn content(from: u64, head: u64, rows: &[JournalRow]) -> Markup {
    let step = ROWS as u64;
    html! {
        section class="card" {
            h1 { "Journal" }
            p {
                "Entries " (from) " to " (rows.last().map_or(from, |row| row.seq)) " of " b { (head) } ". "
                "Each hash covers everything before it; " code { "tidegate journal verify" } " checks the whole chain"
                " from the stored bytes, and " code { "--recompute" } " every verdict."
            }
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
            ol class="journal" { @for row in rows { (entry(row)) } }
        }
    }
}

fn entry(row: &JournalRow) -> Markup {
    html! {
        li id=(format!("e{}", row.seq)) class=(tone(row.happened.tone).0) {
            details {
                summary {
                    span class="seq" { (row.seq) } " " (time::at(row.happened.at)) " " (row.happened.text)
                    " " span class="mute" { (row.kind) " · " (row.actor) }
                }
                p { "hash " code class="hash" { (row.hash) } }
                pre tabindex="0" { (row.bytes) }
            }
        }
    }
}
