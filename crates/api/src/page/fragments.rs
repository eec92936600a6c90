//! The Plan page cut into fragments: each is rendered from one scene and replaced when its text changes.

use std::hash::{DefaultHasher, Hash, Hasher};

use maud::{Markup, html};
use serde::Serialize;
use tidegate_engine::view::{RulingView, StatusView};
use tidegate_model::Timestamp;

use crate::config::Panel;
use crate::page::form::Forms;
use crate::page::{answer, chart, gate, incident, ladder, side};
use crate::sight::Sights;
use crate::why::Whys;

/// Everything a page is rendered from.
pub(crate) struct Scene<'a> {
    pub(crate) status: &'a StatusView,
    /// Of the criteria of the shown gates.
    pub(crate) whys: &'a Whys,
    pub(crate) rulings: Vec<RulingView>,
    pub(crate) form_secret: String,
    /// See [`crate::page::form::once`].
    pub(crate) once: String,
    /// Of the same moment as the status, or before it.
    pub(crate) sights: Sights,
    pub(crate) panels: &'a [Panel],
    /// Why the store takes no appends, while it does not.
    pub(crate) fault: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// A part of the page, replaced as a whole.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Fragment {
    pub(crate) id: &'static str,
    html: String,
}

impl Fragment {
    /// Equal texts have equal prints; only ever compared within one process.
    pub(crate) fn print(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.html.hash(&mut hasher);
        hasher.finish()
    }
}

impl Scene<'_> {
    pub(crate) fn forms(&self) -> Forms<'_> {
        Forms {
            rulings: &self.rulings,
            form_secret: &self.form_secret,
            once: &self.once,
            sights: &self.sights,
        }
    }

    /// Every part in reading order: the answer, where we are, who is needed, why, what it looks like, what happened.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Markup)> {
        let forms = self.forms();
        vec![
            ("answer", answer::card(self.status, self.fault, self.now)),
            ("ladder", ladder::card(self.status, &forms)),
            ("incidents", incident::cards(self.status, &forms)),
            ("gates", gate::cards(self.status, self.whys, &forms)),
            ("charts", chart::cards(self.status)),
            ("happened", side::happened(self.status)),
            ("switches", side::switches(self.status, &forms)),
            ("panels", side::panels(self.panels)),
            ("foot", side::foot(self.status)),
        ]
    }

    pub(crate) fn fragments(&self) -> Vec<Fragment> {
        self.parts()
            .into_iter()
            .map(|(id, html)| Fragment {
                id,
                html: html.into_string(),
            })
            .collect()
    }

    /// The whole content of the page.
    pub(crate) fn page(&self) -> Markup {
        let parts = self.parts();
        let part = |wanted: &str| {
            parts
                .iter()
                .find(|(id, _)| *id == wanted)
                .map(|(id, html)| html! { div id=(id) data-fragment { (html) } })
        };
        html! {
            (part("answer").unwrap_or_default())
            div class="columns" {
                (part("ladder").unwrap_or_default())
                div class="stack" {
                    @for id in ["incidents", "gates", "charts"] { (part(id).unwrap_or_default()) }
                    div class="pair" {
                        (part("happened").unwrap_or_default())
                        div class="stack" { (part("switches").unwrap_or_default()) (part("panels").unwrap_or_default()) }
                    }
                }
            }
            (part("foot").unwrap_or_default())
        }
    }
}
