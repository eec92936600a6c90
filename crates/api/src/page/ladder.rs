//! The ladder of stages: exposure, proven step, way back, what each waits for, and the buttons of a stage.

use maud::{Markup, html};
use tidegate_engine::view::{GroupView, PlanView, StageView, StatusView, words};
use tidegate_model::BasisPoints;

use crate::page::form::{Ask, Field, Forms, Weight, agreement};
use crate::page::{lesson, time};

pub(crate) fn card(status: &StatusView, forms: &Forms<'_>) -> Markup {
    html! {
        @for plan in &status.plans { (plan_card(plan, forms)) }
        @if status.plans.is_empty() {
            section class="card" { h2 { "Stages" } p class="mute" { "The adopted estate has no plan." } }
        }
    }
}

fn plan_card(plan: &PlanView, forms: &Forms<'_>) -> Markup {
    let exposed: Vec<&str> = plan
        .stages
        .iter()
        .filter(|stage| stage.exposure > BasisPoints::ZERO && stage.phase != "finalised")
        .map(|stage| stage.id.as_str())
        .collect();
    html! {
        section class="card" aria-label=(format!("Stages of {}", plan.title)) {
            h2 { (plan.title) }
            ol class="ladder" { @for stage in &plan.stages { (rung(stage, forms)) } }
            @if exposed.len() > 1 {
                (forms.ask(&Ask {
                    action: "rollback-all",
                    subject: plan.id.as_str(),
                    label: "Everything to the old side…",
                    fields: &[Field::Text { name: "reason", label: "Why (everybody reads it)" }],
                    weight: Weight::Danger,
                    fixed: &[],
                    agree: &[],
                }))
            }
        }
    }
}

/// How a stage stands, as a class and a sign; the sign says it without colour.
fn standing(stage: &StageView) -> (&'static str, &'static str) {
    match stage.phase.as_str() {
        "finalised" => ("good", "✓"),
        "watching" => ("good", "✓"),
        "rolling back" | "rolled back" => ("harm", "↩"),
        "exposing" | "soaking" | "gating" if !stage.holds.is_empty() => ("wait", "‖"),
        "exposing" | "soaking" | "gating" => ("live", "●"),
        "ready" => ("wait", "?"),
        _ => ("idle", "○"),
    }
}

fn rung(stage: &StageView, forms: &Forms<'_>) -> Markup {
    let (class, sign) = standing(stage);
    html! {
        li class=(class) id=(format!("stage-{}", stage.id)) {
            span class="sign" aria-hidden="true" { (sign) }
            div class="line" {
                b { (stage.title) }
                span class="now" title="share of visitors that the new side serves" { (stage.exposure) " " small { "on the new side" } }
            }
            p class="phase" {
                b { (stage.phase) } ", " (meaning(&stage.phase)) " · since " (time::since(stage.since))
            }
            (bar(stage))
            p class="phase" {
                "owner " b { (stage.owner) }
                @if let Some(step) = stage.step { " · step " (step + 1) " of " (stage.steps.len()) }
                " · " abbr title="the highest share whose gate has passed" { "proven" } " " (stage.proven)
                " · attempt " (stage.attempt) " of " (stage.attempts_max)
            }
            (groups(stage))
            @if let Some(until) = stage.soak_until { p class="mute" { "soak ends " (time::until(until)) } }
            (way_back(stage))
            @if let Some((completed, worth)) = stage.completed_on_new.as_ref().filter(|_| stage.phase != "watching") {
                p class="mute" title="completed attempts of this stage's flow at the declared basket; no way back moves them" {
                    "Made on the new side: at least " (words::counted(*completed, "order", "orders")) ", worth " (words::money(worth)) " as declared; going back leaves them there."
                }
            }
            @for hold in &stage.holds { p class="hold" { (hold) } }
            @if !stage.waits_for.is_empty() {
                p class="needs" { (needs(stage)) }
                ul class="waits" { @for wait in &stage.waits_for { li { (wait) } } }
            }
            @if !stage.approvals.is_empty() { (agreement(&stage.approvals)) }
            (lesson::list(stage, forms))
            (buttons(stage, forms))
        }
    }
}

/// Which groups of routes crawlers and first visits meet on the new side; nothing where the unit has none.
fn groups(stage: &StageView) -> Markup {
    let side = |group: &GroupView| match (group.is_flipped, group.is_proven) {
        (true, true) => "new side, proven".to_owned(),
        (true, false) => "new side, not proven yet".to_owned(),
        (false, _) => match group.flips_at {
            Some(step) => format!("old side, flips at step {}", step + 1),
            None => "old side, flips when the stage is final".to_owned(),
        },
    };
    html! {
        @if !stage.groups.is_empty() {
            p class="phase" { "Without a cookie, crawlers too:" }
            ul class="waits" { @for group in &stage.groups { li { b { (group.id) } " " (side(group)) } } }
        }
    }
}

/// What the word of a phase means, for whoever sees it for the first time.
fn meaning(phase: &str) -> &'static str {
    match phase {
        "pending" => "it cannot begin yet",
        "ready" => "it may begin",
        "exposing" => "the gateways are being told",
        "soaking" => "evidence is being collected before its gate decides",
        "gating" => "its gate decides on the evidence",
        "watching" => "all its steps have passed and it can still go back",
        "rolling back" => "its visitors return to the old side",
        "rolled back" => "its visitors are on the old side again",
        "finalised" => "the new side is final",
        _ => "not known to this page",
    }
}

fn needs(stage: &StageView) -> &'static str {
    if stage.exposure > BasisPoints::ZERO {
        "Before it goes on:"
    } else if stage.phase == "rolled back" {
        "Before it may begin again:"
    } else {
        "Before it begins:"
    }
}

fn way_back(stage: &StageView) -> Markup {
    let is_exposed = stage.exposure > BasisPoints::ZERO;
    html! {
        @if stage.phase == "finalised" {
            p class="mute" { "No way back: the point of no return is behind it." }
        } @else if let Some(until) = stage.way_back_until {
            p { "Way back open until " (time::until(until)) "." }
        } @else if is_exposed {
            p { "Way back open." }
        }
    }
}

fn bar(stage: &StageView) -> Markup {
    let percent = |share: BasisPoints| f64::from(share.get()) / 100.0;
    html! {
        svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img"
            aria-label=(format!("{} of visitors on the new side, {} proven", stage.exposure, stage.proven)) {
            rect class="bar-all" x="0" y="1" width="100" height="6" {}
            rect class="bar-now" x="0" y="1" width=(percent(stage.exposure)) height="6" {}
            @for step in &stage.steps { rect class="bar-step" x=((percent(*step) - 0.6).max(0.0)) y="1" width="0.6" height="6" {} }
            @if stage.proven > BasisPoints::ZERO {
                rect class="bar-proven" x=((percent(stage.proven) - 1.0).max(0.0)) y="0" width="1" height="8" {}
            }
        }
    }
}

/// Buttons that make sense in the stage's phase, most wanted first.
fn buttons(stage: &StageView, forms: &Forms<'_>) -> Markup {
    let subject = stage.id.as_str();
    let growing = matches!(stage.phase.as_str(), "exposing" | "soaking" | "gating");
    let exposed = stage.exposure > BasisPoints::ZERO && stage.phase != "finalised";
    let ask = |action, label, fields, weight| {
        // Who must agree stands beside what only takes effect with all of them.
        let agree = match action {
            "approve" | "accept-risk" | "finalise" => stage.approvals.as_slice(),
            _ => &[],
        };
        forms.ask(&Ask {
            action,
            subject,
            label,
            fields,
            weight,
            fixed: &[],
            agree,
        })
    };
    const WHY: Field<'_> = Field::Text {
        name: "reason",
        label: "Why (everybody reads it)",
    };
    let change = [
        Field::Side,
        Field::Text {
            name: "reference",
            label: "Commit, ticket or command that names it",
        },
        Field::Text {
            name: "summary",
            label: "What changed",
        },
    ];
    let waits_for_approval = stage.approvals.iter().any(|approval| approval.by.is_none());
    html! {
        div class="buttons" {
            @if waits_for_approval || forms.is_allowed("approve", subject) {
                (ask("approve", "Approve", &[], Weight::Primary))
            }
            @if exposed { (ask("rollback", "Roll back…", &[WHY], Weight::Danger)) }
            @if growing || stage.phase == "ready" {
                (ask("hold", "Hold", &[Field::MaybeText { name: "reason", label: "Why, if you like" }], Weight::Plain))
            }
            @if !stage.holds.is_empty() { (ask("resume", "Lift the hold…", &[WHY], Weight::Plain)) }
            @if stage.phase == "gating" { (ask("accept-risk", "Accept the risk…", &[WHY], Weight::Plain)) }
            @if stage.phase == "watching" { (ask("finalise", "Finalise…", &[], Weight::Danger)) }
            @if stage.phase != "finalised" && stage.phase != "pending" {
                (ask("change", "Note a change…", &change, Weight::Plain))
            }
            @if stage.phase != "finalised" { (lesson::filing(stage, forms)) }
        }
    }
}
