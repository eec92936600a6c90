//! Criteria over the rows of an entity: held against each other, or against its ledger. When they are compared is the entity's.

use tidegate_model::entity::Resolver;
use tidegate_model::plan::{Against, Measure, OnHarm};
use tidegate_model::{CriterionId, EntityId, Millis};

use super::Measured;
use crate::read::domain::reference;
use crate::read::fields::{Fields, value};
use crate::read::{Kind, Reading};
use crate::syntax::Node;

/// What a criterion says itself; the rest is its entity's, which may stand in a file that is read later.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) stage: String,
    pub(crate) criterion: CriterionId,
    pub(crate) has_owner: bool,
    pub(crate) has_silence: bool,
}

/// `{ reconcile: orders, against: ledger }`.
pub(super) fn read(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let entity = reference(node, "the entity", Kind::Entity, EntityId::parse, reading);
    let against = fields.get("against").map_or(Some(Against::Sides), |node| {
        value(node, "`against`", "`sides` or `ledger`", against, reading)
    });
    let (entity, against) = (entity?, against?);
    let (name, title) = match against {
        Against::Sides => (
            format!("{entity}-reconciled"),
            format!("{entity} are the same on both sides"),
        ),
        Against::Ledger => (
            format!("{entity}-booked"),
            format!("{entity} of both sides are those of the ledger"),
        ),
    };
    Some(Measured::new(
        Measure::Reconcile {
            entity,
            against,
            every: Millis(1),
            stale_after: Millis(1),
        },
        name,
        title,
        OnHarm::Hold,
    ))
}

fn against(text: &str) -> Option<Against> {
    match text {
        "sides" => Some(Against::Sides),
        "ledger" => Some(Against::Ledger),
        _ => None,
    }
}

/// Gives each criterion what its entity says: schedule, bounds, and whom silence concerns.
pub(crate) fn settle(reading: &mut Reading) {
    let Reading { parts, reconciles, .. } = reading;
    let stages = parts.plans.iter_mut().flat_map(|plan| &mut plan.stages);
    for stage in stages {
        for criterion in &mut stage.gate.criteria {
            let written = reconciles
                .iter()
                .find(|written| written.stage == stage.id.as_str() && written.criterion == criterion.id);
            let (
                Some(written),
                Measure::Reconcile {
                    entity,
                    every,
                    stale_after,
                    ..
                },
            ) = (written, &mut criterion.measure)
            else {
                continue;
            };
            // An entity that is not there, or compares nothing, is complained about.
            let Some(entity) = parts.entities.iter().find(|known| known.id == *entity) else {
                continue;
            };
            if let Some(comparison) = &entity.comparison {
                (*every, *stale_after) = (comparison.every, comparison.stale_after);
                if !written.has_silence {
                    criterion.max_silence = comparison.stale_after;
                }
            }
            match &entity.owner {
                Resolver::Domain(domain) if !written.has_owner => criterion.owner = domain.clone(),
                Resolver::Domain(_) | Resolver::Team(_) => {}
            }
        }
    }
}
