//! The way back: it is open for longer than harm needs to show, and people may take it too.

use tidegate_model::ask::Looks;
use tidegate_model::flow::Flow;
use tidegate_model::plan::{Criterion, Measure, Stage};
use tidegate_model::{FlowId, Millis};

use crate::code::Code;
use crate::read::{Reading, list};
use crate::sink::Finding;

/// Checks the rollback rule of every stage.
pub(crate) fn check(reading: &mut Reading) {
    let plans = std::mem::take(&mut reading.parts.plans);
    let flows = std::mem::take(&mut reading.parts.flows);
    for stage in plans.iter().flat_map(|plan| &plan.stages) {
        window(stage, &flows, reading);
        triggers(stage, reading);
        way_on(stage, reading);
    }
    (reading.parts.plans, reading.parts.flows) = (plans, flows);
}

fn window(stage: &Stage, flows: &[Flow], reading: &mut Reading) {
    let slowest = stage
        .gate
        .criteria
        .iter()
        .map(|criterion| (delay(criterion, flows), criterion))
        .max_by_key(|(delay, _)| *delay);
    let Some((delay, criterion)) = slowest else { return };
    if stage.rollback.within >= delay {
        return;
    }
    let subject = format!("stage `{}`", stage.id);
    let place = reading.place(&subject, "within");
    let related = reading.place(&subject, &format!("criterion {}", criterion.id));
    reading.sink.add(
        Finding::error(
            Code::WindowTooShort,
            place,
            format!(
                "the way back of {subject} closes before `{}` can show harm",
                criterion.id
            ),
        )
        .expected(
            format!("a `within` of {delay} or more"),
            stage.rollback.within.to_string(),
        )
        .help("lengthen the window, or judge something that shows harm sooner")
        .related(related, "the slowest criterion"),
    );
}

/// The shortest time after which a criterion can show harm that begins now.
fn delay(criterion: &Criterion, flows: &[Flow]) -> Millis {
    let of_flow = |id: &FlowId| {
        let found = flows.iter().find(|flow| flow.id == *id);
        found.map_or(Millis(0), |flow| flow.window)
    };
    match &criterion.measure {
        Measure::Completion { flow }
        | Measure::Errors { flow, .. }
        | Measure::Latency { flow, .. }
        | Measure::Slower { flow, .. } => of_flow(flow),
        Measure::Level { lasting, cadence, .. } => Millis(lasting.0.saturating_add(cadence.every.0)),
        Measure::Counted { looks, cadence, .. } => match looks {
            Looks::Stream => cadence.every,
            Looks::Batches { .. } => Millis(cadence.every.0.max(DAY.0)),
        },
        Measure::Survey { cadence, .. } => cadence.every,
        Measure::SqlEqual { every, .. } | Measure::Reconcile { every, .. } => *every,
        Measure::Incidents { .. } | Measure::Load { .. } | Measure::Manual { .. } => Millis(0),
    }
}

/// A batch is a day or a night.
const DAY: Millis = Millis::minutes(24 * 60);

/// Exposure that falls does not take back what was written on the new side.
fn way_on(stage: &Stage, reading: &mut Reading) {
    if !stage.rollback.forward_fix.is_empty() {
        return;
    }
    let entities = reading.parts.entities.iter();
    let moved: Vec<&str> = entities
        .filter(|entity| entity.records.iter().any(|record| record.from.contains_key(&stage.id)))
        .map(|entity| entity.id.as_str())
        .collect();
    if moved.is_empty() {
        return;
    }
    let subject = format!("stage `{}`", stage.id);
    let place = reading.place(&subject, "");
    let message = format!("{subject} does not say what becomes of what was written on the new side");
    let finding = Finding::warning(Code::NoForwardFix, place, message)
        .expected(
            "`forward-fix` in the rollback rule",
            format!("none, and records of {} that move with it", list(moved.iter().copied())),
        )
        .help("add `forward-fix: [orders paid on the new side are served there]`: a rollback moves visitors, not rows");
    reading.sink.add(finding);
}

fn triggers(stage: &Stage, reading: &mut Reading) {
    let subject = format!("stage `{}`", stage.id);
    // No trigger at all is an error of its own, found while reading.
    if stage.rollback.trigger.is_empty() && reading.has_place(&subject, "trigger") {
        let place = reading.place(&subject, "trigger");
        reading.sink.add(
            Finding::error(
                Code::NoHumanTrigger,
                place,
                format!("nobody but the gate may take {subject} back"),
            )
            .expected("an owner, a team or a person beside `gate harm`", "`gate harm` alone")
            .help(format!(
                "add `{}.owner`: people see what no criterion asks about",
                stage.owner
            )),
        );
    }
}
