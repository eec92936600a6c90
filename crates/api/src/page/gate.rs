//! The gate of each exposed stage: one row per criterion with both sides, the difference, what can be seen, and the verdict.

use maud::{Markup, html};
use tidegate_engine::event::Reading;
use tidegate_engine::view::{AfterView, CriterionView, StageView, StatusView, words};
use tidegate_model::{BasisPoints, Money};

use crate::page::form::{Ask, Field, Forms, Weight};
use crate::page::{exploration, time, why};
use crate::why::{Whys, small};

pub(crate) fn cards(status: &StatusView, whys: &Whys, forms: &Forms<'_>) -> Markup {
    let stages: Vec<&StageView> = status
        .plans
        .iter()
        .flat_map(|plan| &plan.stages)
        .filter(|stage| is_shown(stage))
        .collect();
    html! {
        @for stage in &stages { (card(stage, whys, forms)) }
        @if stages.is_empty() {
            section class="card" { h2 { "Gates" } p class="mute" { "No stage is exposed, so nothing is being judged." } }
        }
    }
}

/// A gate is shown while its stage is exposed, and after a rollback until the stage moves on: its evidence is why.
pub(crate) fn is_shown(stage: &StageView) -> bool {
    if stage.criteria.is_empty() {
        return false;
    }
    let judged = stage.criteria.iter().any(|criterion| criterion.verdict != "not judged");
    match stage.phase.as_str() {
        "exposing" | "soaking" | "gating" | "watching" => true,
        "rolling back" | "rolled back" => judged,
        _ => stage.exposure > BasisPoints::ZERO && stage.phase != "finalised" && judged,
    }
}

fn card(stage: &StageView, whys: &Whys, forms: &Forms<'_>) -> Markup {
    html! {
        section class="card" aria-labelledby=(format!("gate-{}", stage.id)) {
            h2 id=(format!("gate-{}", stage.id)) {
                "Gate of " (stage.title)
                @if let Some(step) = stage.step.and_then(|step| stage.steps.get(step as usize)) { ", step " (step) }
            }
            p class="mute" {
                (passing(stage)) " Exposure grows only when every one passes; missing data never passes, and harm takes visitors back by itself."
            }
            table class="gate" {
                thead { tr {
                    th scope="col" { "criterion" }
                    th scope="col" { "old" }
                    th scope="col" { "new" }
                    th scope="col" { "difference" }
                    th scope="col" { abbr title="completed attempts missing on the new side so far, against the old side's share" { "lost" } }
                    th scope="col" { abbr title="the smallest harm that this step can see in the time it has" { "can see" } }
                    th scope="col" { "verdict" }
                } }
                tbody { @for criterion in &stage.criteria {
                    (row(stage, criterion, forms))
                    @if let Some(told) = whys.get(&(stage.id.clone(), criterion.id.clone())) { (why::row(stage, criterion, told)) }
                } }
            }
            (exploration::list(stage))
        }
    }
}

fn passing(stage: &StageView) -> String {
    let pass = stage
        .criteria
        .iter()
        .filter(|criterion| criterion.verdict == "pass")
        .count();
    let all = words::counted(stage.criteria.len() as u64, "criterion passes", "criteria pass");
    format!("{pass} of {all}.")
}

/// The class and the sign of a verdict word.
pub(crate) fn verdict(word: &str) -> (&'static str, &'static str) {
    match word {
        "pass" => ("good", "✓"),
        "harm" => ("harm", "✕"),
        "not yet" => ("wait", "…"),
        "no data" | "source down" | "invalid" => ("none", "?"),
        _ => ("idle", "–"),
    }
}

fn row(stage: &StageView, criterion: &CriterionView, forms: &Forms<'_>) -> Markup {
    let reading = &criterion.reading;
    let (class, sign) = verdict(&criterion.verdict);
    let blind = matches!(criterion.verdict.as_str(), "no data" | "source down");
    html! {
        tr {
            th scope="row" {
                (criterion.title)
                @if let Some(segment) = &criterion.segment { small class="segment" { "only " (segment) } }
                small { "signal of " (criterion.owner) @if let Some(at) = criterion.evidence_at { " · evidence " (time::age(at)) } }
            }
            @if blind {
                td colspan="5" class="blind" data-label="evidence" {
                    span { (criterion.verdict) @if let Some(since) = criterion.since { " since " (time::since(since)) } " · owner " b { (criterion.owner) } }
                }
            } @else {
                td data-label="old" { (side(&criterion.kind, reading.old)) (open(criterion.open.0)) }
                td data-label="new" { (side(&criterion.kind, reading.new)) (open(criterion.open.1)) }
                td data-label="difference" { (difference(&criterion.kind, reading)) }
                td data-label="lost" { (lost(reading, criterion.after.as_ref())) }
                td data-label="can see" { (sight(reading)) }
            }
            td data-label="verdict" class=(format!("verdict {class}")) {
                b { span aria-hidden="true" { (sign) " " } (criterion.verdict) }
                @if !reading.why.is_empty() { small { (time::told(&reading.why)) } }
                @if criterion.kind == "manual" { (attest(stage, criterion, forms)) }
            }
        }
    }
}

pub(crate) fn nothing() -> Markup {
    html! { span class="mute none" title="not computable from this evidence" { "–" } }
}

pub(crate) fn side(kind: &str, counts: Option<(u64, u64)>) -> Markup {
    let Some((n, hits)) = counts else { return nothing() };
    if kind == "sql" {
        return html! { span class="keep" { (words::counted(n, "row", "rows")) } };
    }
    if n == 0 {
        return html! { "0" small class="keep" { "attempts" } };
    }
    html! {
        span class="keep" title=(format!("{} of {}", words::count(hits), words::counted(n, "attempt", "attempts"))) {
            (words::percent(hits as f64 / n as f64))
        }
        small class="keep" { @if kind == "latency" { "slower, " } "of " (words::count(n)) }
    }
}

/// Attempts among them that may still turn bad.
fn open(attempts: u64) -> Markup {
    html! {
        @if attempts > 0 {
            small class="keep" title="their window is not over: an error may still be added, and only afterwards do they help to pass" {
                (words::count(attempts)) " still open"
            }
        }
    }
}

fn difference(kind: &str, reading: &Reading) -> Markup {
    if kind == "sql" {
        let Some((_, different)) = reading.new else {
            return nothing();
        };
        return html! { span class="keep" { (words::counted(different, "row", "rows")) } small { "differ" } };
    }
    let Some(difference) = reading.difference else {
        return nothing();
    };
    html! {
        span class="keep" { (words::points(difference)) }
        @if let Some((low, high)) = reading.interval {
            small class="keep" title="always-valid interval: it may be looked at at any time; the alarm for harm is a test of its own and needs fewer attempts" {
                "[" (words::signed(low)) ", " (words::signed(high)) "]"
            }
        }
    }
}

/// Completions lost; once the stage has fallen, by all that is counted since.
fn lost(reading: &Reading, after: Option<&AfterView>) -> Markup {
    let at_verdict = reading.lost.map(|lost| lost.max(0.0));
    let now = after.and_then(|after| Some((after, after.lost?.max(0.0))));
    let money = |worth: Option<&Money>| {
        html! { @if let Some(money) = worth.filter(|money| money.minor > 0) {
            small class="keep" title="at the declared basket" { (words::money(money)) }
        } }
    };
    match (now, at_verdict) {
        (Some((after, lost)), _) if after.new.0 > 0 => html! {
            (format!("{lost:.0}")) small class="keep" { "orders so far" }
            (money(after.worth.as_ref()))
            @if after.late > 0 {
                small title="attempts that had begun before the stage went back and came to their end since" {
                    "of " (words::count(after.new.0)) " attempts; "
                    @if let Some(then) = at_verdict { (format!("{then:.0}")) " when it went back" } @else { "none were counted when it went back" }
                }
            }
        },
        (_, Some(lost)) => html! {
            (format!("{lost:.0}")) small class="keep" { "orders" }
            (money(reading.account.as_ref().and_then(|account| account.money.as_ref())))
        },
        (_, None) => nothing(),
    }
}

fn sight(reading: &Reading) -> Markup {
    html! {
        @match words::sight(reading) {
            Some((share, of)) => {
                span class="keep" { "≥ " (share) }
                small { (of) }
            }
            None => { (nothing()) },
        }
        @if let Some(wait) = reading.speaks_in { small class="keep" { "speaks in " (words::duration(wait)) } }
        @if let Some(account) = &reading.account {
            small class="keep" title="the criterion's share of the plan's chance of a false alarm" { "alpha " (small(account.alpha_share)) }
        }
    }
}

fn attest(stage: &StageView, criterion: &CriterionView, forms: &Forms<'_>) -> Markup {
    let fields = [Field::Text {
        name: "note",
        label: "What was seen",
    }];
    let answer = |label, holds| {
        forms.ask(&Ask {
            action: "attest",
            subject: stage.id.as_str(),
            label,
            fields: &fields,
            weight: Weight::Plain,
            fixed: &[("criterion", criterion.id.as_str()), ("holds", holds)],
            agree: &[],
        })
    };
    html! { div class="buttons" { (answer("It holds…", "yes")) (answer("It does not hold…", "no")) } }
}
