//! The frame of every page: head, navigation, the region that announces what happened, footer.

use axum::response::Html;
use maud::{DOCTYPE, Markup, html};

use crate::page::view::View;

/// Which entry of the navigation is the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Plan,
    Incidents,
    Objectives,
    Ownership,
    Risks,
    Comparisons,
    Pages,
    Journal,
    Elsewhere,
}

/// The navigation: place, address and word.
const ENTRIES: [(Place, &str, &str); 8] = [
    (Place::Plan, "/", "Plan"),
    (Place::Incidents, "/incidents", "Incidents"),
    (Place::Objectives, "/objectives", "Objectives"),
    (Place::Ownership, "/ownership", "Ownership"),
    (Place::Risks, "/risks", "Risks"),
    (Place::Comparisons, "/data", "Data"),
    (Place::Pages, "/pages", "Pages"),
    (Place::Journal, "/journal", "Journal"),
];

/// What the frame shows of whoever looks.
pub(crate) struct Looker<'a> {
    pub(crate) name: &'a str,
    pub(crate) form_secret: &'a str,
    /// What stands beside the word for incidents.
    pub(crate) alarm: Markup,
}

/// A whole page. A `live` one makes the script follow the journal.
pub(crate) fn page(
    title: &str,
    place: Place,
    looker: Option<&Looker<'_>>,
    live: Option<&View>,
    main: &Markup,
) -> Html<String> {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Tidegate" }
                link rel="stylesheet" href="/asset/style.css";
                link rel="icon" href="data:,";
                script src="/asset/page.js" defer {}
            }
            body data-live=[live.map(View::name)] {
                a class="skip" href="#main" { "To the content" }
                header {
                    a class="brand" href="/" { "Tidegate" }
                    @if let Some(looker) = looker {
                        nav aria-label="Pages" {
                            @for (entry, path, word) in ENTRIES {
                                a href=(path) aria-current=[(entry == place).then_some("page")] {
                                    (word) @if entry == Place::Incidents { (looker.alarm) }
                                }
                            }
                        }
                        form class="leave" method="post" action="/logout" {
                            span class="mute" { (looker.name) }
                            input type="hidden" name="csrf" value=(looker.form_secret);
                            button class="quiet" { "Log out" }
                        }
                    }
                }
                p id="link-lost" class="lost" role="status" hidden { "The connection is lost; this page shows an older state. It reconnects by itself." }
                div id="told" role="status" aria-live="polite" {}
                main id="main" { (main) }
            }
        }
    };
    Html(document.into_string())
}

/// What followed from a request, or why it was refused and what would help.
pub(crate) fn told(outcome: &Outcome) -> Markup {
    match outcome {
        Outcome::Taken { said, seq } => html! {
            p class="told good" { b { "Done. " } (said) " " span class="mute" { "journal " (seq) } }
        },
        Outcome::Turned(problem) => html! {
            div class="told harm" {
                p { b { @if problem.rule.is_some() { "Refused" } @else { "Not done" } } " (" (problem.code) "): " (problem.detail) }
                @if let Some(owner) = &problem.owner { p { "Whose it is: " b { (owner) } } }
                @if let Some(remedy) = &problem.remedy { p { "What helps: " (remedy) } }
            }
        },
    }
}

/// How a request from a page ended.
pub(crate) enum Outcome {
    /// The engine took it.
    Taken {
        /// What follows.
        said: String,
        /// Where it is in the journal.
        seq: u64,
    },
    /// It was refused or could not be asked.
    Turned(crate::problem::Problem),
}

impl Outcome {
    /// The status of the answer that shows it.
    pub(crate) fn status(&self) -> axum::http::StatusCode {
        match self {
            Self::Taken { .. } => axum::http::StatusCode::OK,
            Self::Turned(problem) => problem.status_code(),
        }
    }
}
