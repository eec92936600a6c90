//! The pages that follow the journal, and the parts that each is made of. A part that looks the same to everybody is rendered
//! once for all of them; what depends on who looks is rendered for each.

use std::collections::BTreeMap;

use maud::{Markup, html};
use tidegate_engine::state::State;
use tidegate_engine::view::StatusView;
use tidegate_model::{Estate, IncidentId, Timestamp};

use crate::config::{Latencies, Panel, Slowed};
use crate::page::form::Forms;
use crate::page::frame::Place;
use crate::page::{comparisons, incident, incidents, journal, objectives, ownership, pages, plan, risks, strip};
use crate::why::Whys;

/// A page that follows the journal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum View {
    Plan,
    Incidents,
    Incident(IncidentId),
    Objectives,
    Ownership,
    Risks,
    Comparisons,
    Pages,
    Journal,
}

/// What a part is called, and what it shows.
pub(crate) type Part = (&'static str, Markup);

/// What everybody sees alike.
pub(crate) struct Scene<'a> {
    pub(crate) status: &'a StatusView,
    /// Of the criteria of the shown gates.
    pub(crate) whys: &'a Whys,
    pub(crate) estate: &'a Estate,
    pub(crate) state: &'a State,
    pub(crate) panels: &'a [Panel],
    pub(crate) latencies: &'a Latencies,
    pub(crate) slowed: &'a Slowed,
    /// Why the store takes no appends, while it does not.
    pub(crate) fault: Option<&'a str>,
    pub(crate) now: Timestamp,
}

impl View {
    /// What a page calls itself when it asks for its stream.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Plan => "plan".to_owned(),
            Self::Incidents => "incidents".to_owned(),
            Self::Incident(id) => format!("incident:{id}"),
            Self::Objectives => "objectives".to_owned(),
            Self::Ownership => "ownership".to_owned(),
            Self::Risks => "risks".to_owned(),
            Self::Comparisons => "data".to_owned(),
            Self::Pages => "pages".to_owned(),
            Self::Journal => "journal".to_owned(),
        }
    }

    /// The page of a name; none when there is no such page.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if let Some(id) = name.strip_prefix("incident:") {
            return IncidentId::parse(id).ok().map(Self::Incident);
        }
        [
            Self::Plan,
            Self::Incidents,
            Self::Objectives,
            Self::Ownership,
            Self::Risks,
            Self::Comparisons,
            Self::Pages,
            Self::Journal,
        ]
        .into_iter()
        .find(|view| view.name() == name)
    }

    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Plan => Place::Plan,
            Self::Incidents | Self::Incident(_) => Place::Incidents,
            Self::Objectives => Place::Objectives,
            Self::Ownership => Place::Ownership,
            Self::Risks => Place::Risks,
            Self::Comparisons => Place::Comparisons,
            Self::Pages => Place::Pages,
            Self::Journal => Place::Journal,
        }
    }

    /// Whether any part of it is somebody's own.
    pub(crate) fn has_buttons(&self) -> bool {
        match self {
            Self::Plan | Self::Incidents | Self::Incident(_) | Self::Risks => true,
            Self::Objectives | Self::Ownership | Self::Comparisons | Self::Pages | Self::Journal => false,
        }
    }

    /// The parts that everybody sees alike.
    pub(crate) fn shared(&self, scene: &Scene<'_>) -> Vec<Part> {
        let mut parts = vec![("alarm", strip::alarm(scene.status))];
        if *self != Self::Plan {
            parts.push(("strip", strip::line(scene)));
        }
        parts.extend(match self {
            Self::Plan => plan::shared(scene),
            Self::Incidents => incidents::shared(scene),
            Self::Incident(id) => incident::shared(scene, id),
            Self::Objectives => objectives::shared(scene),
            Self::Ownership => ownership::shared(scene),
            Self::Risks => risks::shared(scene),
            Self::Comparisons => comparisons::shared(scene),
            Self::Pages => pages::shared(scene),
            Self::Journal => journal::shared(scene),
        });
        parts
    }

    /// The parts with buttons, which are somebody's own.
    pub(crate) fn own(&self, scene: &Scene<'_>, forms: &Forms<'_>) -> Vec<Part> {
        match self {
            Self::Plan => plan::own(scene, forms),
            Self::Incidents => incidents::own(scene, forms),
            Self::Incident(id) => incident::own(scene, id, forms),
            Self::Risks => risks::own(scene, forms),
            Self::Objectives | Self::Ownership | Self::Comparisons | Self::Pages | Self::Journal => Vec::new(),
        }
    }

    /// The content of the page, its parts in their places.
    pub(crate) fn compose(&self, parts: &mut Parts) -> Markup {
        match self {
            Self::Plan => plan::compose(parts),
            Self::Incidents => incidents::compose(parts),
            Self::Incident(id) => incident::compose(parts, id),
            Self::Objectives => objectives::compose(parts),
            Self::Ownership => ownership::compose(parts),
            Self::Risks => risks::compose(parts),
            Self::Comparisons => comparisons::compose(parts),
            Self::Pages => pages::compose(parts),
            Self::Journal => journal::compose(parts),
        }
    }
}

/// The parts of a page that have no place yet.
pub(crate) struct Parts(BTreeMap<&'static str, Markup>);

impl Parts {
    pub(crate) fn of(parts: Vec<Part>) -> Self {
        Self(parts.into_iter().collect())
    }

    /// A part where it is replaced from now on.
    pub(crate) fn place(&mut self, id: &'static str) -> Markup {
        let part = self.0.remove(id).unwrap_or_default();
        html! { div id=(id) data-fragment { (part) } }
    }

    /// The same within a line.
    pub(crate) fn inline(&mut self, id: &'static str) -> Markup {
        let part = self.0.remove(id).unwrap_or_default();
        html! { span id=(id) data-fragment { (part) } }
    }
}
