//! The Risks page: what can go wrong, by impact and detectability, what guards against it and says so now, and what nobody
//! would notice.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tidegate_artefacts::RiskMap;
use tidegate_artefacts::risk::{Guard, Risk, Signal};
use tidegate_engine::view::{CriterionView, DrillView, DrilledView, words};
use tidegate_model::hazard::Detectability;
use tidegate_model::{RunbookId, Severity};

use crate::app::Shared;
use crate::door::Visitor;
use crate::page::form::{Ask, Field, Forms, Weight};
use crate::page::gate::verdict;
use crate::page::view::{Part, Parts, Scene, View};
use crate::page::{live, strip, time};

const ROWS: [(Severity, &str); 4] = [
    (Severity::Sev1, "revenue stops or records are lost"),
    (Severity::Sev2, "revenue or a critical flow is impaired"),
    (Severity::Sev3, "degraded, a work-around exists"),
    (Severity::Sev4, "a nuisance"),
];

/// From what is noticed by itself to what nobody would notice.
const COLUMNS: [(Detectability, &str); 3] = [
    (Detectability::Easy, "easy: a signal shows it"),
    (Detectability::Hard, "hard: noticed by hand or late"),
    (Detectability::Hidden, "hidden: nobody would notice for days"),
];

pub(crate) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    live::render(&app, &visitor, &View::Risks, "Risks", &Markup::default())
        .await
        .into_response()
}

pub(crate) fn shared(scene: &Scene<'_>) -> Vec<Part> {
    let map = RiskMap::of(scene.estate);
    vec![
        ("head", head(&map, scene)),
        ("matrix", matrix(&map, scene)),
        ("ranked", ranked(&map, scene)),
        ("foot", strip::foot(scene)),
    ]
}

pub(crate) fn compose(parts: &mut Parts) -> Markup {
    html! { @for id in ["head", "matrix", "ranked", "drills", "foot"] { (parts.place(id)) } }
}

/// How many runbooks were never tried out, or did not work when they were.
fn undrilled(scene: &Scene<'_>) -> String {
    let drills = &scene.status.drills;
    let all = words::counted(drills.len() as u64, "runbook", "runbooks");
    match drills.iter().filter(|drill| drill.works()).count() {
        0 => format!("No drill of any of {all} is recorded as one that worked."),
        some => format!("{some} of {all} worked when last drilled."),
    }
}

/// The last drill of a runbook, in words, with whether it worked.
fn drilled(scene: &Scene<'_>, id: &RunbookId) -> (bool, String) {
    let known = scene.status.drills.iter().find(|drill| &drill.runbook == id);
    match known.and_then(|drill| drill.last.as_ref()) {
        None => (false, "undrilled".to_owned()),
        Some(DrilledView {
            at,
            by,
            worked: true,
            note,
        }) => (true, format!("drilled {} by {by}: {note}", words::clock(*at))),
        Some(DrilledView { at, by, note, .. }) => (
            false,
            format!("did not work when {by} drilled it, {}: {note}", words::clock(*at)),
        ),
    }
}

fn head(map: &RiskMap, scene: &Scene<'_>) -> Markup {
    let unguarded = map.risks.iter().filter(|risk| !risk.gaps.is_empty()).count();
    strip::head(
        "Risks",
        &html! {
            @if map.risks.is_empty() { "Nobody has declared what can go wrong." }
            @else {
                b { (words::counted(map.risks.len() as u64, "failure mode", "failure modes")) } ", ranked by impact times how hard it is to notice; "
                @if unguarded > 0 { b class="bad" { (words::counted(unguarded as u64, "has a gap", "have gaps")) } } @else { "each has a guard that reads data" }
                ". " (undrilled(scene))
            }
        },
    )
}

/// What a signal says now; none while its stage is not known.
fn says<'a>(scene: &Scene<'a>, signal: &Signal) -> Option<&'a CriterionView> {
    let stages = scene.status.plans.iter().flat_map(|plan| &plan.stages);
    let stage = stages.into_iter().find(|stage| stage.id == signal.stage)?;
    stage.criteria.iter().find(|one| one.id.as_str() == signal.criterion)
}

fn is_harmed(risk: &Risk, scene: &Scene<'_>) -> bool {
    let mut said = risk.signals.iter().filter_map(|signal| says(scene, signal));
    said.any(|criterion| criterion.verdict == "harm")
}

fn heat(score: u32) -> &'static str {
    match score {
        0..=2 => "heat0",
        3..=5 => "heat1",
        6..=7 => "heat2",
        _ => "heat3",
    }
}

fn guard_class(guard: Guard) -> &'static str {
    match guard {
        Guard::Rollback => "ok",
        Guard::Hold | Guard::Person => "so-so",
        Guard::Nothing => "bad",
    }
}

fn matrix(map: &RiskMap, scene: &Scene<'_>) -> Markup {
    html! {
        section class="card" aria-labelledby="matrix-title" {
            h2 id="matrix-title" { "Impact against detectability" }
            table class="matrix" {
                thead { tr {
                    th scope="col" { span class="unseen" { "impact" } }
                    @for (_, words) in COLUMNS { th scope="col" { (words) } }
                } }
                tbody {
                    @for (severity, means) in ROWS {
                        tr {
                            th scope="row" { (severity.word()) small { (means) } }
                            @for (detectability, words) in COLUMNS {
                                @let score = tidegate_artefacts::risk::impact(severity) * tidegate_artefacts::risk::difficulty(detectability);
                                @let here: Vec<&Risk> = map.risks.iter().filter(|risk| risk.severity == severity && risk.detectability == detectability).collect();
                                td class=(heat(score)) data-label=(words) {
                                    @if here.is_empty() { span class="mute" { "none" } }
                                    ul { @for risk in here { li {
                                        a href=(format!("#risk-{}", risk.id)) {
                                            span class=(guard_class(risk.guard)) aria-hidden="true" { (risk.guard.sign()) } " " (risk.rank) ". " (risk.title)
                                        }
                                        @if is_harmed(risk, scene) { b class="bad" { " happening now" } }
                                        @else { span class="unseen" { ": " (risk.guard.words()) } }
                                    } } }
                                }
                            }
                        }
                    }
                }
            }
            p class="legend" {
                @for guard in [Guard::Rollback, Guard::Hold, Guard::Person, Guard::Nothing] {
                    span { span class=(guard_class(guard)) aria-hidden="true" { (guard.sign()) } " " (legend(guard)) }
                }
            }
        }
    }
}

fn legend(guard: Guard) -> &'static str {
    match guard {
        Guard::Rollback => "a signal takes visitors back",
        Guard::Hold => "a signal stops growth",
        Guard::Person => "only a person looks",
        Guard::Nothing => "nothing notices it",
    }
}

fn ranked(map: &RiskMap, scene: &Scene<'_>) -> Markup {
    html! {
        section class="card" aria-labelledby="ranked-title" {
            h2 id="ranked-title" { "Worst first" }
            @if map.risks.is_empty() { p class="mute" { "The estate declares no failure mode." } }
            @else {
                table class="rows ranked" {
                    thead { tr {
                        th scope="col" { "what happens" } th scope="col" { "whose" }
                        th scope="col" { abbr title="impact (1 to 4) times how hard it is to notice (1 to 3)" { "score" } }
                        th scope="col" { "what guards, and says now" } th scope="col" { "runbook" }
                    } }
                    tbody { @for risk in &map.risks { (row(risk, scene)) } }
                }
            }
        }
    }
}

/// Tells how a drill went.
pub(crate) fn own(scene: &Scene<'_>, forms: &Forms<'_>) -> Vec<Part> {
    const NOTE: [Field<'static>; 1] = [Field::Text {
        name: "note",
        label: "What was done and seen",
    }];
    fn tell(drill: &DrillView, label: &str, holds: &str, forms: &Forms<'_>) -> Markup {
        forms.ask(&Ask {
            action: "drill",
            subject: drill.runbook.as_str(),
            label: &format!("{}: {label}…", drill.runbook),
            fields: &NOTE,
            weight: Weight::Plain,
            fixed: &[("holds", holds)],
            agree: &[],
        })
    }
    let drills = &scene.status.drills;
    let part = html! {
        section class="card" aria-labelledby="drills-title" {
            h2 id="drills-title" { "Drills" }
            @if drills.is_empty() { p class="mute" { "The estate declares no runbook." } }
            @for drill in drills {
                @let (works, said) = drilled(scene, &drill.runbook);
                p { b { (drill.title) } " " span class=(if works { "ok" } else { "bad" }) { (said) } }
                div class="buttons" {
                    (tell(drill, "it worked", "yes", forms))
                    (tell(drill, "it did not", "no", forms))
                }
            }
        }
    };
    vec![("drills", part)]
}

fn row(risk: &Risk, scene: &Scene<'_>) -> Markup {
    let runbook = scene.estate.runbooks().get(&risk.runbook);
    html! {
        tr id=(format!("risk-{}", risk.id)) {
            th scope="row" {
                (risk.rank) ". " (risk.title)
                @for gap in &risk.gaps { small class="bad" { (gap.replace('`', "")) } }
            }
            td data-label="whose" {
                a href=(format!("/ownership?q={}", risk.domain)) { (risk.domain) }
                small { @match &risk.owner { Some(owner) => { (owner) }, None => { "nobody" } } }
            }
            td data-label="score" {
                span { b { (risk.score) } " of 12" } small { (risk.severity.word()) ", " (tidegate_artefacts::risk::word(risk.detectability)) }
                @for money in &risk.at_risk { small { "at most " (words::money(money)) " a step" } }
            }
            td data-label="guards" {
                @if risk.signals.is_empty() { b class="bad" { "nothing" } }
                @for signal in &risk.signals { (guard(signal, scene)) }
            }
            td data-label="runbook" {
                @match runbook {
                    Some(runbook) => { (runbook.title) small { (words::counted(risk.runbook_steps as u64, "step", "steps")) ", "
                        (words::counted(risk.actions as u64, "action", "actions")) }
                        @let (works, drill) = drilled(scene, &risk.runbook);
                        small class=(if works { "ok" } else { "bad" }) { (drill) } },
                    None => { b class="bad" { "none" } },
                }
            }
        }
    }
}

fn guard(signal: &Signal, scene: &Scene<'_>) -> Markup {
    let said = says(scene, signal);
    let (class, sign) = verdict(said.map_or("", |criterion| &criterion.verdict));
    html! {
        span class="rung" {
            span class=(guard_class(signal.guard)) aria-hidden="true" { (signal.guard.sign()) } " " (signal.title)
            span class="mute" { " " (signal.guard.words()) " · " (signal.stage) " " }
            @if let Some(criterion) = said {
                b class=(format!("verdict {class}")) { span aria-hidden="true" { (sign) " " } (criterion.verdict) }
                @if let Some(since) = criterion.since { span class="mute" { ", so since " (time::since(since)) } }
            }
        }
    }
}
