//! The artefacts of an estate as a static site: pages that need no server and no script, and whose links all lead somewhere.

mod contracts;
mod escalation;
mod frame;
mod gates;
mod index;
mod ownership;
mod plan;
mod risks;
mod runbooks;
mod system_map;

use maud::Markup;
use tidegate_model::{Estate, PlanId};

use crate::draw::STYLE;

/// A file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteFile {
    /// Its name in the site's folder; there are no folders inside.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// What the first page carries, so that a folder is known to be one that this wrote.
pub const GENERATOR: &str = "<meta name=\"generator\" content=\"tidegate docs\">";

/// Makes every file of the site. `name` is the estate's.
#[must_use]
pub fn site(estate: &Estate, name: &str) -> Vec<SiteFile> {
    let page = |file: &str, title: &str, body: Markup| SiteFile {
        name: file.to_owned(),
        text: frame::page(estate, name, file, title, &body),
    };
    let mut files = vec![
        page("index.html", name, index::body(estate)),
        page("ownership.html", "Ownership map", ownership::body(estate)),
        page(
            "escalation.html",
            "Escalation and incident routine",
            escalation::body(estate),
        ),
        page("gates.html", "Stage gates", gates::body(estate)),
        page("contracts.html", "Contract ownership", contracts::body(estate)),
        page("runbooks.html", "Runbooks", runbooks::body(estate)),
        page("risks.html", "Risks", risks::body(estate)),
    ];
    for plan in estate.plans().values() {
        files.push(page(&plan_file(&plan.id), &plan.title, plan::body(estate, plan)));
    }
    files.push(SiteFile {
        name: "style.css".to_owned(),
        text: format!("{}{STYLE}", include_str!("style.css")),
    });
    files
}

/// The page of a plan.
pub(crate) fn plan_file(plan: &PlanId) -> String {
    format!("plan-{plan}.html")
}
