//! Objectives: what must hold of each domain, how much of its budget is left, and what nobody measures.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tidegate_engine::view::{self, DomainObjectives, ObjectiveView, SpentView, words};

use crate::app::Shared;
use crate::config::Quantiles;
use crate::door::Visitor;
use crate::page::gate::verdict;
use crate::page::view::{Part, Parts, Scene, View};
use crate::page::{live, promises, strip, time};

pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    live::render(&app, &visitor, &View::Objectives, "Objectives", &Markup::default())
        .await
        .into_response()
}

pub(crate) fn shared(scene: &Scene<'_>) -> Vec<Part> {
    let all = view::objectives(scene.estate, scene.state, scene.now);
    vec![
        ("head", head(&all)),
        (
            "objectives",
            html! { (unsaid(&all)) @for domain in promises::worst_first(&all) { (card(domain, scene)) } },
        ),
        ("times", times(scene)),
        ("foot", strip::foot(scene)),
    ]
}

pub(crate) fn compose(parts: &mut Parts) -> Markup {
    html! { @for id in ["head", "objectives", "times", "foot"] { (parts.place(id)) } }
}

fn head(all: &[DomainObjectives]) -> Markup {
    let every = || all.iter().flat_map(|domain| &domain.objectives);
    let (limits, gaps) = (every().count(), every().filter(|one| one.gap.is_some()).count());
    let overspent = every().filter(|one| left(one).is_some_and(|left| left < 0.0)).count();
    strip::head(
        "Objectives",
        &html! {
            (promises::head(all))
            @if limits > 0 {
                " " b { (words::counted(limits as u64, "limit is", "limits are")) } " held by gates: "
                @if overspent > 0 { b class="bad" { (overspent) " overspent" } } @else { "none is overspent" }
                @if gaps > 0 { ", " b class="blank" { (gaps) " not measured now" } }
                ". They count on the new side of each stage, since its attempt began."
            } @else { " Gates hold no limit." }
        },
    )
}

fn left(one: &ObjectiveView) -> Option<f64> {
    one.spent.as_ref()?.left
}

/// Domains of which nothing is asked: a gap with its owner's name.
fn unsaid(all: &[DomainObjectives]) -> Markup {
    let without: Vec<&DomainObjectives> = all.iter().filter(|domain| domain.is_unsaid()).collect();
    html! {
        @if !without.is_empty() {
            section class="card gaps" aria-labelledby="unsaid-title" {
                h2 id="unsaid-title" { "Nobody has said what must hold" }
                ul class="gap-list" {
                    @for domain in without {
                        li { b { (domain.title) } " has no objective · owner "
                            a href=(format!("/ownership?q={}", domain.domain)) { (domain.owner) } }
                    }
                }
            }
        }
    }
}

fn card(domain: &DomainObjectives, scene: &Scene<'_>) -> Markup {
    let id = format!("objectives-{}", domain.domain);
    html! {
        section class="card" aria-labelledby=(id) {
            div class="line" {
                h2 id=(id) { (domain.title) }
                span class="mute" { "owner " a href=(format!("/ownership?q={}", domain.domain)) { (domain.owner) } }
            }
            @if !domain.declared.is_empty() { (promises::table(domain, scene)) }
            @if !domain.objectives.is_empty() { table class="rows budgets" {
                thead { tr {
                    th scope="col" { "what must hold" } th scope="col" { "good / bad / total" }
                    th scope="col" { "budget left" }
                    th scope="col" { abbr title="how fast the budget goes: at 1 it is spent exactly, above 1 it is overspent" { "burn" } }
                    th scope="col" { "verdict" }
                } }
                tbody { @for one in &domain.objectives { (row(one, domain)) } }
            } }
        }
    }
}

fn row(one: &ObjectiveView, domain: &DomainObjectives) -> Markup {
    let (class, sign) = verdict(&one.verdict);
    html! {
        tr {
            th scope="row" {
                (one.title)
                small { (one.target) " · told by " (one.source) " · stage " (one.stage_title) }
            }
            @match (&one.spent, &one.told, &one.gap) {
                (Some(spent), _, _) => { (budget(spent)) },
                (None, Some((at, value)), _) => {
                    td colspan="3" data-label="told" { span { b { (value) } " " span class="mute" { "as told " (time::since(*at)) "; a number, not a share, so there is no budget" } } }
                },
                (None, None, gap) => {
                    td colspan="3" class="blind" data-label="measured" {
                        span { b { (gap.as_deref().unwrap_or("not measured")) } " · owner " (domain.owner) }
                    }
                },
            }
            td data-label="verdict" class=(format!("verdict {class}")) {
                b { span aria-hidden="true" { (sign) " " } (one.verdict) }
                @if let Some(at) = one.at { small { "evidence " (time::age(at)) } }
            }
        }
    }
}

fn budget(spent: &SpentView) -> Markup {
    let good = spent.total.saturating_sub(spent.bad).saturating_sub(spent.open);
    html! {
        td data-label="counted" {
            span class="keep" { (words::count(good)) " / " b { (words::count(spent.bad)) } " / " (words::count(spent.total)) }
            small { (words::percent(spent.budget)) " of them may be bad" }
            @if spent.open > 0 {
                small title="their window is not over, so they may still meet an error: the budget left may fall" { (words::count(spent.open)) " still open" }
            }
        }
        td data-label="budget left" {
            @match spent.left {
                Some(left) => {
                    b class=(if left < 0.0 { "bad" } else { "" }) { (percent(left)) }
                    (bar(left))
                    @if let Some(old) = spent.old_left { small { "old side " (percent(old)) } }
                },
                None => { b { "none: nothing may be bad" } small { (words::counted(spent.bad, "is", "are")) } },
            }
        }
        (burn(spent, "no attempts"))
    }
}

/// How fast a budget goes over the last while; over a while without any, it says so.
pub(super) fn burn(spent: &SpentView, nothing: &str) -> Markup {
    html! {
        td data-label="burn" {
            @for burn in &spent.burns {
                small class="keep" {
                    @match burn.rate {
                        Some(rate) => { b { (format!("{rate:.1}×")) } },
                        None => { (nothing) },
                    }
                    " last " (words::duration(burn.over))
                }
            }
        }
    }
}

/// A share of a budget in whole percent; overspent budgets are below zero.
pub(super) fn percent(left: f64) -> String {
    let whole = (left * 100.0).round();
    if whole < 0.0 {
        format!("−{:.0} %", whole.abs())
    } else {
        format!("{whole:.0} %")
    }
}

pub(super) fn bar(left: f64) -> Markup {
    let width = (left.clamp(0.0, 1.0) * 100.0).round();
    html! {
        svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=(format!("{} of the budget left", percent(left))) {
            rect class=(if left < 0.0 { "bar-spent" } else { "bar-all" }) x="0" y="1" width="100" height="6" {}
            rect class=(if left < 0.25 { "bar-low" } else { "bar-left" }) x="0" y="1" width=(width) height="6" {}
        }
    }
}

/// Times of the first request of each flow, as gateways have measured them.
fn times(scene: &Scene<'_>) -> Markup {
    let flows = scene.estate.flows();
    html! {
        section class="card" aria-labelledby="times-title" {
            h2 id="times-title" { "How long entry requests take" }
            table class="rows" {
                thead { tr {
                    th scope="col" { "flow" } th scope="col" { "side" } th scope="col" { "requests" }
                    th scope="col" { "half within" } th scope="col" { "95 of 100" } th scope="col" { "99 of 100" }
                } }
                tbody {
                    @for (id, flow) in flows {
                        @let seen = (scene.latencies)(id);
                        @if seen.iter().all(|one| one.old.is_none() && one.new.is_none()) {
                            tr { th scope="row" { (flow.title) } td colspan="5" class="blind" data-label="measured" {
                                span { b { "not measured: no gateway has timed a request yet" } " · owner " (flow.domain) }
                            } }
                        }
                        @for one in &seen {
                            @for (side, quantiles) in [("old", one.old), ("new", one.new)] {
                                @if let Some(quantiles) = quantiles { (timed(&flow.title, side, one.gateway.as_str(), &quantiles)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn timed(flow: &str, side: &str, gateway: &str, quantiles: &Quantiles) -> Markup {
    html! {
        tr {
            th scope="row" { (flow) small { "gateway " (gateway) } }
            td data-label="side" { (side) }
            td data-label="requests" { (words::count(quantiles.requests)) }
            td data-label="half within" { (words::took(quantiles.p50)) }
            td data-label="95 of 100" { (words::took(quantiles.p95)) }
            td data-label="99 of 100" { (words::took(quantiles.p99)) }
        }
    }
}
