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

/// A criterion is judged while its stage is exposed, and of the stages before this one alone that is sure.
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
}
