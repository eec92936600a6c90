//! Traffic: a gate that cannot decide on the declared traffic is decoration.

use std::collections::BTreeSet;

use tidegate_model::ask::{CountQuestion, Looks};
use tidegate_model::flow::Flow;
use tidegate_model::plan::{Measure, Plan, Stage, Step};
use tidegate_model::{BasisPoints, Millis};

use super::plan::flow_of;
use crate::code::Code;
use crate::forecast::{Ground, Need};
use crate::read::{Reading, list};
use crate::sink::{Finding, Place};

const DAY: Millis = Millis::minutes(24 * 60);

/// Checks every criterion at every step.
pub(crate) fn check(reading: &mut Reading) {
    let (plans, flows, edges) = (
        std::mem::take(&mut reading.parts.plans),
        std::mem::take(&mut reading.parts.flows),
        std::mem::take(&mut reading.parts.edges),
    );
    let known: Vec<&Flow> = flows.iter().collect();
    let mut findings = Vec::new();
    for plan in &plans {
        let Some(edge) = edges.iter().find(|edge| edge.id == plan.edge) else {
            continue;
        };
        for stage in &plan.stages {
            let ground = Ground {
                plan,
                stage,
                edge,
                flows: &known,
            };
            check_stage(&ground, reading, &mut findings);
        }
    }
    for finding in findings {
        reading.sink.add(finding);
    }
    (reading.parts.plans, reading.parts.flows, reading.parts.edges) = (plans, flows, edges);
}

fn check_stage(ground: &Ground<'_>, reading: &Reading, findings: &mut Vec<Finding>) {
    let stage = ground.stage;
    let subject = format!("stage `{}`", stage.id);
    let mut undeclared = BTreeSet::new();
    for (at, step) in stage.steps.iter().enumerate() {
        let place = reading.place(&subject, &format!("step {at}"));
        for criterion in &stage.gate.criteria {
            let criterion_place = reading.place(&subject, &format!("criterion {}", criterion.id));
            if let Some(days) = days_of_batches(&criterion.measure, step)
                && days > step.at_most
            {
                findings.push(many_batches(ground, at, days, place, criterion_place));
            }
            match ground.need(criterion, step) {
                Need::Nothing => {}
                Need::Undeclared => {
                    let flow = flow_of(criterion).expect("only criteria of flows need traffic");
                    if undeclared.insert(flow.clone()) {
                        findings.push(
                            Finding::error(
                                Code::NoTraffic,
                                criterion_place,
                                format!("no traffic of flow `{flow}` is declared"),
                            )
                            .expected(format!("`traffic` with flow `{flow}`"), declared_traffic(ground.plan))
                            .help(format!(
                                "add to the plan: `traffic: [{{ flow: {flow}, day: 1900/h, night: 250/h, completion: 60%, basket: 60 EUR }}]`"
                            )),
                        );
                    }
                }
                Need::Never => findings.push(decorative(
                    stage,
                    at,
                    criterion.id.as_str(),
                    place,
                    criterion_place,
                    None,
                )),
                Need::Seconds(seconds) => {
                    let needed = rounded(seconds);
                    if needed > step.at_most {
                        let needed = Some((needed, step.at_most));
                        findings.push(decorative(
                            stage,
                            at,
                            criterion.id.as_str(),
                            place,
                            criterion_place,
                            needed,
                        ));
                    }
                }
            }
        }
    }
}

/// The time that the planned batches of a table of days take; none for other measures, and where nothing is compared.
fn days_of_batches(measure: &Measure, step: &Step) -> Option<Millis> {
    let Measure::Counted {
        new, at_most, looks, ..
    } = measure
    else {
        return None;
    };
    let is_judged = step.to != BasisPoints::FULL || at_most.is_some();
    match (&new.question, looks) {
        (CountQuestion::Csv { .. }, Looks::Batches { planned }) if is_judged => {
            Some(Millis(DAY.0.saturating_mul(u64::from(*planned))))
        }
        (
            CountQuestion::Csv { .. }
            | CountQuestion::Prometheus { .. }
            | CountQuestion::Sql { .. }
            | CountQuestion::Log { .. }
            | CountQuestion::Probe { .. },
            Looks::Batches { .. } | Looks::Stream,
        ) => None,
    }
}

fn many_batches(ground: &Ground<'_>, at: usize, days: Millis, place: Place, criterion: Place) -> Finding {
    let step = ground.stage.steps.get(at).map_or(Millis(0), |step| step.at_most);
    Finding::error(
        Code::ManyBatches,
        criterion,
        format!(
            "more batches are planned than step {} of stage `{}` has days",
            at + 1,
            ground.stage.id
        ),
    )
    .expected(
        format!("at most {} batches, or `at-most` of {days}", step.0 / DAY.0),
        format!("{} batches", days.0 / DAY.0),
    )
    .help(format!(
        "each day is a batch: write `batches: {}`, or give the step `at-most: {days}`",
        (step.0 / DAY.0).max(1)
    ))
    .related(place, "the step")
}

fn decorative(
    stage: &Stage,
    at: usize,
    criterion: &str,
    place: Place,
    criterion_place: Place,
    needed: Option<(Millis, Millis)>,
) -> Finding {
    let message = format!(
        "criterion `{criterion}` cannot pass at step {} of stage `{}` on the declared night traffic",
        at + 1,
        stage.id
    );
    let claim = Finding::error(Code::Decorative, place, message);
    let finding = match needed {
        Some((needed, longest)) => claim
            .expected(format!("`at-most` of {needed} or more"), longest.to_string())
            .help(format!(
                "write `at-most: {needed}`, widen the margin, expose more, or drop a criterion that never decides"
            )),
        None => claim
            .expected("a criterion that traffic can decide", "one that it never does")
            .help("widen the margin, expose more, or declare more traffic"),
    };
    finding.related(criterion_place, "the criterion")
}

fn declared_traffic(plan: &Plan) -> String {
    match plan.traffic.as_slice() {
        [] => "no declared traffic".to_owned(),
        declared => format!("traffic of {} only", list(declared.iter().map(|one| one.flow.as_str()))),
    }
}

/// Up to the next second, minute, hour or day, so that the number reads well and is enough.
fn rounded(seconds: f64) -> Millis {
    let unit = match seconds {
        s if s <= 120.0 => 1.0,
        s if s <= 7_200.0 => 60.0,
        s if s <= 172_800.0 => 3_600.0,
        _ => 86_400.0,
    };
    Millis::seconds((seconds / unit).ceil() as u64 * unit as u64)
}
