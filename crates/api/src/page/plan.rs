//! The Plan page: the answer to "what is going on" without a click.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use maud::html;

use crate::app::{App, Shared};
use crate::clock;
use crate::door::Visitor;
use crate::page::form;
use crate::page::fragments::Scene;
use crate::page::frame::{Looker, Outcome, Place, page, told};
use crate::sight;
use crate::why;

pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    render(&app, &visitor, None).await.into_response()
}

/// The page, with what followed from a request at its top.
pub(crate) async fn render(app: &App, visitor: &Visitor, outcome: Option<&Outcome>) -> Html<String> {
    let sights = sight::all(&app.handle.view());
    let status = app.status().await;
    let snapshot = app.handle.view();
    let now = clock::now().max(snapshot.now);
    let whys = why::all(&snapshot, &status);
    let scene = Scene {
        once: form::once(snapshot.seq, now),
        status: &status,
        whys: &whys,
        sights,
        rulings: app.rulings(&visitor.caller.actor()),
        form_secret: visitor.session.form_secret(),
        panels: &app.config.panels,
        fault: snapshot.fault.as_deref(),
        now,
    };
    let looker = Looker {
        name: visitor.id.as_str(),
        form_secret: &scene.form_secret,
    };
    let main = html! {
        @if let Some(outcome) = outcome { (told(outcome)) }
        (scene.page())
    };
    let title = status.plans.first().map_or("Plan", |plan| plan.title.as_str());
    page(title, Place::Plan, Some(&looker), true, &main)
}
