//! The Plan page: the answer to "what is going on" without a click. From top to bottom: the answer, where we are, who is
//! needed, why, what it looks like, what happened.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use crate::app::{App, Shared};
use crate::door::Visitor;
use crate::page::form::Forms;
use crate::page::frame::{Outcome, told};
use crate::page::view::{Part, Parts, Scene, View};
use crate::page::{answer, chart, gate, incident, ladder, live, side};

pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    render(&app, &visitor, None).await.into_response()
}

/// The page, with what followed from a request at its top.
pub(crate) async fn render(app: &App, visitor: &Visitor, outcome: Option<&Outcome>) -> Html<String> {
    let snapshot = app.handle.view();
    let plan = snapshot.estate.plans().values().next();
    let title = plan.map_or("Plan", |plan| plan.title.as_str());
    let top = outcome.map_or_else(Markup::default, told);
    live::render(app, visitor, &View::Plan, title, &top).await
}

pub(crate) fn shared(scene: &Scene<'_>) -> Vec<Part> {
    vec![
        ("answer", answer::card(scene.status, scene.fault, scene.now)),
        ("charts", chart::cards(scene.status)),
        ("happened", side::happened(scene.status)),
        ("panels", side::panels(scene.panels)),
        ("foot", side::foot(scene.status)),
    ]
}

pub(crate) fn own(scene: &Scene<'_>, forms: &Forms<'_>) -> Vec<Part> {
    vec![
        ("ladder", ladder::card(scene.status, forms)),
        ("incidents", incident::cards(scene.status, forms)),
        ("gates", gate::cards(scene.status, scene.whys, forms)),
        ("switches", side::switches(scene.status, forms)),
    ]
}

pub(crate) fn compose(parts: &mut Parts) -> Markup {
    html! {
        (parts.place("answer"))
        div class="columns" {
            (parts.place("ladder"))
            div class="stack" {
                @for id in ["incidents", "gates", "charts"] { (parts.place(id)) }
                div class="pair" {
                    (parts.place("happened"))
                    div class="stack" { (parts.place("switches")) (parts.place("panels")) }
                }
            }
        }
        (parts.place("foot"))
    }
}
