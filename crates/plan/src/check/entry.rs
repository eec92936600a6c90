//! Entries: what a stage waits for at its door is measured while it waits.

use tidegate_model::plan::{EntryCondition, Plan, Stage};
use tidegate_model::{CriterionId, StageId};

use crate::code::Code;
use crate::read::{Reading, list, nearest};
use crate::sink::{Finding, Place};

/// Checks the entry conditions of every stage.
pub(crate) fn check(reading: &mut Reading) {
    let plans = std::mem::take(&mut reading.parts.plans);
    for plan in &plans {
        for stage in &plan.stages {
            for (at, condition) in stage.enter.iter().enumerate() {
                let place = reading.place(&format!("stage `{}`", stage.id), &format!("enter {at}"));
                match condition {
                    EntryCondition::Passes {
                        stage: earlier,
                        criterion,
                    } => passes(plan, stage, (earlier, criterion), place, reading),
                    EntryCondition::NoIncident { .. }
                    | EntryCondition::RollbackDrilled { .. }
                    | EntryCondition::ContactVerified { .. } => {}
                }
            }
        }
    }
    reading.parts.plans = plans;
}

/// Of the stages before this one alone it is sure that they are exposed when it is entered, at full exposure: what needs an old
/// side to compare with is judged no more then.
fn passes(
    plan: &Plan,
    stage: &Stage,
    (earlier, criterion): (&StageId, &CriterionId),
    place: Place,
    reading: &mut Reading,
) {
    if !stage.after.contains(earlier) {
        let instead = match stage.after.as_slice() {
            [] => "`after` with the stage".to_owned(),
            after => format!("a stage of its `after`: {}", list(after.iter().map(StageId::as_str))),
        };
        reading.sink.add(
            Finding::error(
                Code::EntryNotMeasured,
                place,
                format!(
                    "`{earlier}/{criterion}` need not be measured when stage `{}` is entered",
                    stage.id
                ),
            )
            .expected(instead, format!("`{earlier}`"))
            .help(format!(
                "add `{earlier}` to `after`, or watch a criterion of a stage that comes before"
            )),
        );
        return;
    }
    // A stage or a gate that could not be read is complained about where it stands.
    let Some(known) = plan.stages.iter().find(|known| known.id == *earlier) else {
        return;
    };
    let names: Vec<&str> = known.gate.criteria.iter().map(|one| one.id.as_str()).collect();
    let is_read = !names.is_empty() && !reading.unread_gates.contains(earlier.as_str());
    if is_read && !names.contains(&criterion.as_str()) {
        let help = match nearest(criterion.as_str(), names.iter().copied()) {
            Some(near) => format!("did you mean `{earlier}/{near}`?"),
            None => "name a criterion of that gate".to_owned(),
        };
        reading.sink.add(
            Finding::error(
                Code::UnknownReference,
                place,
                format!("criterion `{criterion}` is not in the gate of stage `{earlier}`"),
            )
            .expected(
                format!("a criterion of stage `{earlier}`: {}", list(names.iter().copied())),
                format!("`{earlier}/{criterion}`"),
            )
            .help(help),
        );
    }
    let found = known.gate.criteria.iter().find(|one| one.id == *criterion);
    if found.is_some_and(|found| !found.measure.is_absolute()) {
        let absolute = known.gate.criteria.iter().filter(|one| one.measure.is_absolute());
        let absolute: Vec<&str> = absolute.map(|one| one.id.as_str()).collect();
        let (instead, help) = match absolute.as_slice() {
            [] => (
                "a criterion that needs no old side".to_owned(),
                format!("leave it out: that `{earlier}` has passed is what `after` says"),
            ),
            names => (
                format!("a criterion that needs no old side: {}", list(names.iter().copied())),
                format!("watch one of those; that `{earlier}` has passed is what `after` says"),
            ),
        };
        reading.sink.add(
            Finding::error(
                Code::EntryNotMeasured,
                place,
                format!(
                    "`{earlier}/{criterion}` compares two sides, and `{earlier}` is at 100 % when stage `{}` is entered",
                    stage.id
                ),
            )
            .expected(instead, format!("`{earlier}/{criterion}`"))
            .help(help),
        );
    }
}
