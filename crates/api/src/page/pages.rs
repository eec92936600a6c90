//! The Pages page: what is looked at page by page and basket by basket, with the verdict, its age, whose it is, and the faults by
//! class with examples.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tidegate_engine::view::{self, ExampleView, FaultView, FoundView, SurveyView, words};
use tidegate_model::plan::OnHarm;

use crate::app::Shared;
use crate::door::Visitor;
use crate::page::looked::{Looked, source};
use crate::page::view::{Part, Parts, Scene, View};
use crate::page::{live, strip};

pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    live::render(&app, &visitor, &View::Pages, "Pages", &Markup::default())
        .await
        .into_response()
}

pub(crate) fn shared(scene: &Scene<'_>) -> Vec<Part> {
    let all = view::surveys(scene.estate, scene.state, scene.now);
    vec![
        ("head", head(&all)),
        ("surveyed", surveyed(&all)),
        ("foot", strip::foot(scene)),
    ]
}

pub(crate) fn compose(parts: &mut Parts) -> Markup {
    html! { @for id in ["head", "surveyed", "foot"] { (parts.place(id)) } }
}

pub(crate) fn head(all: &[SurveyView]) -> Markup {
    let so = |word: &str| all.iter().filter(|one| one.verdict == word).count();
    let (sound, harmful) = (so("pass"), so("harm"));
    let unsaid = all.len() - sound - harmful;
    strip::head(
        "Pages",
        &html! {
            @if all.is_empty() {
                "No gate looks at pages or baskets: " code { "crawl" } " asks a side for its addresses, " code { "quote" }
                " asks both for the totals of fixed baskets. Whether pages and prices are as they were is not known."
            } @else {
                b { (words::counted(all.len() as u64, "survey", "surveys")) } ": "
                (sound) @if sound == 1 { " passes, " } @else { " pass, " }
                @if harmful > 0 { b class="bad" { (harmful) " with more faults than tolerated" } } @else { "none with more faults than tolerated" }
                @if unsaid > 0 { ", " b class="blank" { (unsaid) " without a verdict" } }
                "."
            }
        },
    )
}

pub(crate) fn surveyed(all: &[SurveyView]) -> Markup {
    // What needs somebody stands first: faults, then what is not known.
    let mut all: Vec<&SurveyView> = all.iter().collect();
    all.sort_by_key(|one| match one.verdict.as_str() {
        "harm" => 0,
        "pass" => 2,
        _ => 1,
    });
    html! {
        @for one in all { (card(one)) }
    }
}

/// What is looked at, one and many.
fn subjects(one: &SurveyView) -> (&'static str, &'static str) {
    match one.kind.as_str() {
        "quote" => ("basket", "baskets"),
        _ => ("address", "addresses"),
    }
}

fn card(one: &SurveyView) -> Markup {
    let looked = Looked {
        id: format!("surveyed-{}-{}", one.stage, one.criterion),
        title: &one.title,
        verdict: &one.verdict,
        stage: (&one.stage, &one.stage_title),
        owner: &one.owner,
        team: one.team.as_ref(),
        at: one.at,
        since: one.since,
        is_last: one.is_last,
        on_harm: match one.on_harm {
            OnHarm::Rollback => "more faults than tolerated take visitors back",
            OnHarm::Hold => "more faults than tolerated stop growth",
        },
    };
    let asked = html! {
        (one.asks) ", asked of " (source(&one.on))
        @match &one.against {
            Some(against) => { " and held against " (source(against)) },
            None => { ", without parity" },
        }
        ", every " (words::duration(one.every))
    };
    let gap = one.gap.as_deref();
    let body = html! {
        @match &one.found {
            Some(found) => {
                (numbers(one, found))
                @if !found.faults.is_empty() { (faults(one, found)) }
                @if gap.is_some() { (looked.missing("Missing", gap)) }
            },
            None => { (looked.missing("Not looked at", gap.or(Some("no answer yet")))) },
        }
    };
    looked.card(&asked, &body)
}

/// How many were asked for and are at fault, each with its bound.
fn numbers(one: &SurveyView, found: &FoundView) -> Markup {
    let (word, many) = subjects(one);
    let is_few = found.looked_at < one.at_least;
    let asked = words::counted(found.looked_at, word, many);
    html! {
        dl class="tiles" {
            div class="tile" title=(format!("{asked} in {}", words::duration(found.took))) {
                dt { (many) " asked" } dd { (words::count(found.looked_at)) @if is_few { small { "expected " (words::count(one.at_least)) " at least" } } }
            }
            div class=(if found.faulty > one.at_most { "tile bad" } else { "tile" }) title=(format!("of {asked}")) {
                dt { "at fault" } dd { (words::count(found.faulty)) small { "tolerated " (words::count(one.at_most)) } }
            }
            @if one.against.is_some() {
                div class="tile" title=(format!("of {asked}")) { dt { "held against the other side" } dd { (words::count(found.compared)) } }
            }
        }
    }
}

fn faults(one: &SurveyView, found: &FoundView) -> Markup {
    let (_, many) = subjects(one);
    html! {
        table class="rows faults" {
            thead { tr { th scope="col" { "fault" } th scope="col" { (many) } th scope="col" { "examples" } } }
            tbody { @for fault in &found.faults { (row(fault)) } }
        }
    }
}

fn row(fault: &FaultView) -> Markup {
    let kept = fault.examples.len() as u64;
    html! {
        tr {
            th scope="row" { (fault.class) }
            td data-label="how many" { b { (words::count(fault.count)) } }
            td data-label="examples" {
                @for one in &fault.examples { (example(one)) }
                @if kept < fault.count { small { (words::count(fault.count - kept)) " more" } }
            }
        }
    }
}

/// One address or basket; both addresses where the fault is about two.
fn example(one: &ExampleView) -> Markup {
    html! {
        span class="rung" {
            @match (&one.old, &one.new) {
                (Some(old), Some(new)) => { "old side " code { (old) } ", new side " code { (new) } },
                (None, Some(new)) => { code { (one.subject) } " to " code { (new) } },
                (_, None) => { code { (one.subject) } },
            }
            " " small { (one.detail) }
        }
    }
}
