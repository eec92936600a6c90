//! The Data page: what is compared between the sides, with the verdict, its age, whose it is, and the differences by class.

use axum::extract::State as Extracted;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tidegate_engine::state::State;
use tidegate_engine::view::{self, EqualityView, words};
use tidegate_model::plan::OnHarm;
use tidegate_model::seam::EqualityCounts;
use tidegate_model::seam::totals::Totals;
use tidegate_model::{Estate, Timestamp};

use crate::app::Shared;
use crate::config::Slowed;
use crate::door::Visitor;
use crate::page::looked::{Looked, source};
use crate::page::view::{Part, Parts, Scene, View};
use crate::page::{live, strip, time};

pub(crate) async fn show(Extracted(app): Extracted<Shared>, visitor: Visitor) -> Response {
    live::render(&app, &visitor, &View::Comparisons, "Data", &Markup::default())
        .await
        .into_response()
}

pub(crate) fn shared(scene: &Scene<'_>) -> Vec<Part> {
    let all = all(scene.estate, scene.state, scene.slowed, scene.now);
    vec![
        ("head", head(&all)),
        ("compared", compared(&all)),
        ("foot", strip::foot(scene)),
    ]
}

pub(crate) fn compose(parts: &mut Parts) -> Markup {
    html! { @for id in ["head", "compared", "foot"] { (parts.place(id)) } }
}

/// Every comparison of rows, with which of them are slowed down now.
pub(crate) fn all(estate: &Estate, state: &State, slowed: &Slowed, now: Timestamp) -> Vec<EqualityView> {
    let mut all = view::equalities(estate, state, now);
    for one in &mut all {
        one.slowed = slowed(&one.stage, &one.criterion).map(|slow| slow.to_string());
    }
    all
}

fn differing(counts: &EqualityCounts) -> u64 {
    counts.missing + counts.differing + counts.duplicated
}

/// Nothing differs in what was read, and that is no certainty.
fn is_doubted(one: &EqualityView) -> bool {
    one.doubt.is_some() && one.counts.as_ref().is_some_and(|counts| differing(counts) == 0)
}

fn head(all: &[EqualityView]) -> Markup {
    let answered: Vec<&EqualityCounts> = all.iter().filter_map(|one| one.counts.as_ref()).collect();
    let unequal = answered.iter().filter(|counts| differing(counts) > 0).count();
    let silent = all.len() - answered.len();
    let doubted = all.iter().filter(|one| is_doubted(one)).count();
    strip::head(
        "Data",
        &html! {
            @if all.is_empty() { "No gate compares rows of both sides: whether records agree is not known." }
            @else {
                b { (words::counted(all.len() as u64, "comparison", "comparisons")) } ": "
                (answered.len() - unequal - doubted) " agree, "
                @if unequal > 0 { b class="bad" { (unequal) " differ" } } @else { "none differs" }
                @if doubted > 0 { ", " b class="blank" { (doubted) " without certainty" } }
                @if silent > 0 { ", " b class="blank" { (silent) " without an answer" } }
                "."
            }
        },
    )
}

fn compared(all: &[EqualityView]) -> Markup {
    // What needs somebody stands first: differences, then what is not known.
    let mut all: Vec<&EqualityView> = all.iter().collect();
    all.sort_by_key(|one| match one.counts.as_ref().map(differing) {
        Some(0) if is_doubted(one) => 1,
        Some(0) => 2,
        Some(_) => 0,
        None => 1,
    });
    html! {
        @for one in all { (card(one)) }
    }
}

fn card(one: &EqualityView) -> Markup {
    let looked = Looked {
        id: format!("compared-{}-{}", one.stage, one.criterion),
        title: &one.title,
        verdict: &one.verdict,
        stage: (&one.stage, &one.stage_title),
        owner: &one.owner,
        team: one.team.as_ref(),
        at: one.at,
        since: one.since,
        is_last: one.is_last,
        on_harm: match one.on_harm {
            OnHarm::Rollback => "a difference takes visitors back",
            OnHarm::Hold => "a difference stops growth",
        },
    };
    let asked = html! { (source(&one.old)) " against " (source(&one.new)) ", every " (words::duration(one.every)) };
    let body = html! {
        @match &one.counts {
            Some(counts) => {
                @match one.changed_keys {
                    Some(keys) => p { b { (words::count(keys)) } " keys had changed since all rows were compared; " b class="bad" { (words::count(differing(counts))) } " of them differ" },
                    None => (classes(counts)),
                }
                @if !one.classes.is_empty() {
                    p { @for (place, (class, n)) in one.classes.iter().enumerate() { @if place > 0 { " · " } (class) " " b { (words::count(*n)) } } }
                }
                @for totals in &one.totals { (sums(totals)) }
                @if let Some(doubt) = &one.doubt { p class="blind" { b { "No certainty" } ": " (time::told(doubt)) " · owner " (one.owner) } }
            },
            None => { (looked.missing("Not compared", one.gap.as_deref())) },
        }
        @if let Some(slowed) = &one.slowed { p class="blind" { b { "Now" } " " (time::told(slowed)) } }
    };
    looked.card(&asked, &body)
}

/// What both sides come to, as the rows were when they were first read; groups that differ first.
fn sums(totals: &Totals) -> Markup {
    html! {
        p { b { (totals.name()) } ", as first read: " (totals.words()) }
        @if totals.differing > 0 {
            div class="scroll" tabindex="0" role="region" aria-label=(totals.name()) {
                table {
                    thead { tr { th scope="col" { "group" } th scope="col" { "old side" } th scope="col" { "new side" } } }
                    tbody {
                        @for group in &totals.told {
                            tr class=[group.differs().then_some("bad")] {
                                th scope="row" { (group.name()) }
                                td { (group.old.to_string()) }
                                td { (group.new.to_string()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Differences by class, each with what it is a share of.
fn classes(counts: &EqualityCounts) -> Markup {
    let rows = counts.old_rows.max(counts.new_rows);
    let tile = |n: u64, word: &str, means: &str| {
        html! {
            div class=(if n > 0 { "tile bad" } else { "tile" }) title=(format!("{} of {}: {means}", words::count(n), words::counted(rows, "row", "rows"))) {
                dt { (word) } dd { (words::count(n)) }
            }
        }
    };
    html! {
        dl class="tiles" {
            div class="tile" { dt { "rows, old side" } dd { (words::count(counts.old_rows)) } }
            div class="tile" { dt { "rows, new side" } dd { (words::count(counts.new_rows)) } }
            (tile(counts.missing, "on one side only", "keys that the other side does not have"))
            (tile(counts.differing, "differ", "keys of both sides with different values"))
            (tile(counts.duplicated, "more than once", "keys that occur more than once on a side"))
        }
    }
}
