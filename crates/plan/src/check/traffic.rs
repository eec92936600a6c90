//! Traffic: a gate that cannot decide on the declared traffic is decoration.

use std::collections::BTreeSet;

use tidegate_model::flow::Flow;
use tidegate_model::plan::{Plan, Stage, Step};
use tidegate_model::{BasisPoints, Millis};

use super::plan::flow_of;
use crate::code::Code;
use crate::forecast::{FIRST_TRY, Ground, Need, rounded};
use crate::read::{Reading, list};
use crate::sink::{Finding, Place};

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
                shares: &reading.shares,
                attempt: FIRST_TRY,
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
    // That crawlers come before anybody else is told of the step itself.
    let is_told = |step: &Step| step.to == BasisPoints::ZERO && !step.flips.is_empty();
    for (at, step) in stage.steps.iter().enumerate().filter(|(_, step)| !is_told(step)) {
        let place = reading.place(&subject, &format!("step {at}"));
        for criterion in &stage.gate.criteria {
            let criterion_place = reading.place(&subject, &format!("criterion {}", criterion.id));
            if let Some(days) = ground.days_of_batches(criterion, step)
                && days > step.at_most
            {
                findings.push(many_batches(ground, at, step, days, [criterion_place, place]));
            }
            match ground.need(criterion, step) {
                Need::Nothing => {}
                Need::Undeclared => {
                    let flow = flow_of(criterion).expect("only criteria of flows need traffic");
                    // Traffic that could not be read may be this flow's.
                    let is_torn = reading.is_torn(&format!("plan `{}`", ground.plan.id), "traffic");
                    if !is_torn && undeclared.insert(flow.clone()) {
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
                    if ground.is_late(seconds, step) {
                        let needed = Some((rounded(seconds), step.at_most));
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

fn many_batches(ground: &Ground<'_>, at: usize, step: &Step, days: Millis, places: [Place; 2]) -> Finding {
    let [criterion, place] = places;
    let most = ground.batches_max(step);
    let help = match most {
        0 => format!("each day is a batch: give the step `at-most: {days}`, or judge something quicker"),
        _ => format!("each day is a batch: write `batches: {most}`, or give the step `at-most: {days}`"),
    };
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
        format!("at most {most} batches, or `at-most` of {days} or more"),
        format!("`at-most` of {}", step.at_most),
    )
    .help(help)
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
    let hardly = match needed {
        Some(_) => "has less than 80 % chance to pass",
        None => "cannot pass",
    };
    let message = format!(
        "criterion `{criterion}` {hardly} at step {} of stage `{}` on the declared night traffic",
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
