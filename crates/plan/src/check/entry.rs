//! Entries: what a stage waits for at its door is measured while it waits.

use tidegate_model::ask::Decimal;
use tidegate_model::objective::{ASKED, Gauge, Objective, Target};
use tidegate_model::plan::{EntryCondition, Plan, Stage};
use tidegate_model::{CriterionId, DomainId, ObjectiveId, StageId};
use tidegate_stats::burn::{Budget, Count, Factor, SLOW};

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
                    EntryCondition::Burns {
                        domain,
                        objective,
                        below,
                    } => burns(stage, (domain, objective), *below, place, reading),
                    EntryCondition::NoIncident { .. }
                    | EntryCondition::RollbackDrilled { .. }
                    | EntryCondition::ContactVerified { .. } => {}
                }
            }
        }
    }
    reading.parts.plans = plans;
}

/// An objective of a domain, which something measures: else the entry would stay shut for ever.
fn burns(stage: &Stage, (domain, id): (&DomainId, &ObjectiveId), below: Decimal, place: Place, reading: &mut Reading) {
    // A domain that is not declared is complained about as a reference.
    let domains = &reading.parts.domains;
    let Some(objectives) = domains
        .iter()
        .find(|known| known.id == *domain)
        .map(|known| &known.objectives)
    else {
        return;
    };
    let names: Vec<&str> = objectives.iter().map(|one| one.id.as_str()).collect();
    let finding = match objectives.iter().find(|one| one.id == *id) {
        Some(known) => match idle(stage, domain, known, below, place) {
            Some(finding) => finding,
            None => return,
        },
        None => Finding::error(
            Code::UnknownReference,
            place,
            format!("domain `{domain}` has no objective `{id}`"),
        )
        .expected(
            match names.is_empty() {
                true => format!("a domain with objectives; `{domain}` has none"),
                false => format!("an objective of `{domain}`: {}", list(names.iter().copied())),
            },
            format!("`{domain}/{id}`"),
        )
        .help(match nearest(id.as_str(), names.iter().copied()) {
            Some(near) => format!("did you mean `{domain}/{near}`?"),
            None => "name an objective of that domain".to_owned(),
        }),
    };
    reading.sink.add(finding);
}

/// Answers of a source that six hours hold, without those of the last minutes, which may not be told yet.
const SLICES: u64 = (SLOW.long_ms - ASKED.stale_after.0) / ASKED.every.0;

/// What is wrong with waiting for an objective: that nothing measures it, or that it is never waited for.
fn idle(stage: &Stage, domain: &DomainId, objective: &Objective, below: Decimal, place: Place) -> Option<Finding> {
    let name = format!("{domain}/{}", objective.id);
    if let Target::PerHour(_) = objective.target {
        return Some(
            Finding::error(
                Code::EntryNotMeasured,
                place,
                format!("`{name}` is a rate, which has no budget that could burn"),
            )
            .expected("an objective of times or of a share", objective.target.to_string())
            .help("wait for a share of what there was to do, such as `at-least: 99%`"),
        );
    }
    let Some(budget) = objective.share().and_then(|share| Budget::of_target(share.get())) else {
        return Some(
            Finding::error(
                Code::EntryNotMeasured,
                place,
                format!("nothing measures `{name}`, which stage `{}` waits for", stage.id),
            )
            .expected(
                "an objective of the times or completions of a flow, or one that a source tells",
                format!("`{name}`"),
            )
            .help("give the objective an `of` that is measured, or wait for another one"),
        );
    };
    let below_factor = Factor::millionths(u64::try_from(below.0).unwrap_or(0));
    if !budget.can_burn_above(below_factor) {
        return Some(
            Finding::error(
                Code::EntryAlwaysHolds,
                place,
                format!(
                    "stage `{}` waits for what always holds: `{name}` cannot burn as fast",
                    stage.id
                ),
            )
            .expected(
                format!(
                    "a rate below {:.2}, at which everything is bad",
                    1e6 / budget.ppm() as f64
                ),
                format!("`< {below}`"),
            )
            .help("write `burn: \"< 1\"`: at 1 the budget of thirty days is spent exactly"),
        );
    }
    let is_sliced = matches!(objective.gauge(), Some(Gauge::Slices(_)));
    let is_telling = budget.burns_below(Count::new(SLICES, 1), below_factor) == Some(true);
    (is_sliced && !is_telling).then(|| {
        Finding::error(
            Code::EntryNeverOpens,
            place,
            format!(
                "stage `{}` waits for what can never be told: `{name}` has {SLICES} answers in six hours",
                stage.id
            ),
        )
        .expected(
            format!(
                "a rate above {:.2}, which one bad answer of them is",
                1e6 / (budget.ppm() * SLICES) as f64
            ),
            format!("`< {below}`"),
        )
        .help("write `burn: \"< 1\"`, or wait for an objective of a flow, which counts more")
    })
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
