//! Criteria over the rows of an entity: it is compared at all, with what the criterion says, and that can come out clean.

use tidegate_model::entity::{Entity, Presence};
use tidegate_model::plan::{Against, Criterion, Measure, OnHarm};
use tidegate_model::{CriterionId, Millis};

use crate::code::Code;
use crate::read::Reading;
use crate::sink::{Finding, Place};

/// Checks every criterion over an entity that is declared.
pub(crate) fn check(reading: &mut Reading) {
    let mut asked: Vec<(Entity, Against, Place, Criterion)> = Vec::new();
    for stage in reading.parts.plans.iter().flat_map(|plan| &plan.stages) {
        for criterion in &stage.gate.criteria {
            if let Measure::Reconcile { entity, against, .. } = &criterion.measure {
                let subject = format!("stage `{}`", stage.id);
                let place = reading.place(&subject, &format!("criterion {}", criterion.id));
                let known = reading.parts.entities.iter().find(|known| known.id == *entity);
                asked.extend(known.map(|known| (known.clone(), *against, place, criterion.clone())));
            }
        }
    }
    for (entity, against, place, criterion) in asked {
        is_compared(&entity, against, place, reading);
        is_not_split(&entity, against, place, reading);
        hears_in_time(&entity, criterion.max_silence, place, &criterion.id, reading);
        lets_rows_arrive(&entity, &criterion, place, reading);
    }
}

fn is_compared(entity: &Entity, against: Against, place: Place, reading: &mut Reading) {
    let declared = reading.place(&format!("entity `{}`", entity.id), "");
    let (what, field) = match (&entity.comparison, against) {
        (None, Against::Sides | Against::Ledger) => ("how its rows are compared", "reconcile"),
        (Some(comparison), Against::Ledger) if comparison.ledger.is_none() => ("a ledger", "reconcile.ledger"),
        (Some(_), Against::Sides | Against::Ledger) => return,
    };
    let finding = Finding::error(
        Code::NotCompared,
        place,
        format!("entity `{}` does not say {what}", entity.id),
    )
    .expected(
        format!("an entity with `{field}`"),
        format!("`{}` without it", entity.id),
    )
    .help(format!(
        "add `{field}` to the entity, with the sources and what to read of them"
    ))
    .related(declared, "declared here");
    reading.sink.add(finding);
}

/// While visitors are split each row is on one side only; held against each other both sides lack the other's.
fn is_not_split(entity: &Entity, against: Against, place: Place, reading: &mut Reading) {
    let ledger = entity
        .comparison
        .as_ref()
        .and_then(|comparison| comparison.ledger.as_ref());
    let is_split = ledger.is_some_and(|ledger| ledger.presence == Presence::Split);
    if is_split && against == Against::Sides {
        let declared = reading.place(&format!("entity `{}`", entity.id), "ledger");
        let finding = Finding::error(
            Code::SplitCompared,
            place,
            format!(
                "each of the {} is on one side only, so that comparing the sides finds all of them",
                entity.id
            ),
        )
        .expected(
            "`against: ledger` for an entity that is `split`",
            "a comparison of the sides",
        )
        .help(format!("write `{{ reconcile: {}, against: ledger }}`", entity.id))
        .related(declared, "said to be split here");
        reading.sink.add(finding);
    }
}

fn hears_in_time(entity: &Entity, max_silence: Millis, place: Place, criterion: &CriterionId, reading: &mut Reading) {
    let Some(comparison) = &entity.comparison else { return };
    let needed = Millis(comparison.every.0.saturating_add(comparison.budget.time.0));
    if max_silence < needed {
        reading.sink.add(
            Finding::error(
                Code::StaleBeforeAsked,
                place,
                format!("the owner of `{criterion}` is paged for silence before the next comparison can have ended"),
            )
            .expected(
                format!(
                    "a `max-silence` of {needed} or more, which is `every` and the budget's `time` of `{}`",
                    entity.id
                ),
                max_silence.to_string(),
            )
            .help("lengthen `max-silence`, compare more often, or give a comparison less time"),
        );
    }
}

/// A row that is still on its way differs as one that is lost does; only its owner knows how long it may take.
fn lets_rows_arrive(entity: &Entity, criterion: &Criterion, place: Place, reading: &mut Reading) {
    let Some(comparison) = &entity.comparison else { return };
    if criterion.on_harm != OnHarm::Rollback || comparison.budget.is_settle_declared {
        return;
    }
    let declared = reading.place(&format!("entity `{}`", entity.id), "reconcile");
    reading.sink.add(
        Finding::error(
            Code::NoSettle,
            place,
            format!(
                "`{}` takes visitors back for rows of `{}`, and nobody has said how long these take to arrive",
                criterion.id, entity.id
            ),
        )
        .expected("`settle` in the `budget` of the entity", "none")
        .help(format!(
            "add `budget: {{ settle: 30s }}` to `{}`, as long as its slowest way between the sides takes; or let the criterion `hold`",
            entity.id
        ))
        .related(declared, "compared here"),
    );
}
