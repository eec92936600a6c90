//! A live page as it is first read: whole, and readable without a script.

use axum::response::Html;
use maud::{Markup, html};
use tidegate_engine::state::State;
use tidegate_engine::view::StatusView;
use tidegate_model::{Estate, Timestamp};

use crate::app::App;
use crate::clock;
use crate::door::Visitor;
use crate::page::form::{Forms, once};
use crate::page::frame::{Looker, page};
use crate::page::view::{Parts, Scene, View};
use crate::sight;
use crate::why::{self, Whys};

/// The page of a view; `top` is what stands above its parts: what followed from a request, or
/// what was asked of it.
pub(crate) async fn render(app: &App, visitor: &Visitor, view: &View, title: &str, top: &Markup) -> Html<String> {
    let sights = sight::all(&app.handle.view());
    let status = app.status_for(view).await;
    let snapshot = app.handle.view();
    let now = clock::now().max(snapshot.now);
    let whys = match view {
        View::Plan => why::all(&snapshot, &status),
        View::Incidents
        | View::Incident(_)
        | View::Objectives
        | View::Ownership
        | View::Risks
        | View::Comparisons
        | View::Pages
        | View::Journal => Whys::new(),
    };
    let fault = snapshot.fault.as_deref();
    let scene = app.scene(&status, &whys, (&snapshot.estate, &snapshot.state), fault, now);
    let rulings = app.rulings(&visitor.caller.actor());
    let form_secret = visitor.session.form_secret();
    let forms = Forms {
        rulings: &rulings,
        form_secret: &form_secret,
        once: &once(snapshot.seq, now),
        sights: &sights,
    };
    let mut all = view.shared(&scene);
    all.extend(view.own(&scene, &forms));
    let mut parts = Parts::of(all);
    let looker = Looker {
        name: visitor.id.as_str(),
        form_secret: &form_secret,
        alarm: parts.inline("alarm"),
    };
    let main = html! {
        @if *view != View::Plan { (parts.place("strip")) }
        (top)
        (view.compose(&mut parts))
    };
    page(title, view.place(), Some(&looker), Some(view), &main)
}

impl App {
    /// What everybody sees alike, of a status and what it was derived from.
    pub(crate) fn scene<'a>(
        &'a self,
        status: &'a StatusView,
        whys: &'a Whys,
        (estate, state): (&'a Estate, &'a State),
        fault: Option<&'a str>,
        now: Timestamp,
    ) -> Scene<'a> {
        Scene {
            status,
            whys,
            estate,
            state,
            panels: &self.config.panels,
            latencies: &self.config.latencies,
            slowed: &self.config.slowed,
            fault,
            now,
        }
    }
}
