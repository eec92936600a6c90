//! Gaps of ownership: what nobody answers for, and what only one person could answer.
//! The compiler refuses what makes an estate unusable; a gap is what it accepts and a reviewer would not.

use serde::Serialize;
use tidegate_model::domain::Domain;
use tidegate_model::plan::Measure;
use tidegate_model::{DomainId, Estate, TeamId};

use super::signals_of;

/// How much a gap weighs; the heaviest sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Nobody owns it.
    Nobody,
    /// Somebody owns it and would not see it fail.
    Unseen,
    /// Somebody owns it and could not act, or only one person could.
    Unable,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Gap {
    /// How much it weighs.
    pub weight: Weight,
    /// The domain it is about; none when it is in no domain.
    pub domain: Option<DomainId>,
    /// Who has to close it; none when nobody owns it.
    pub owner: Option<TeamId>,
    /// What is missing, as a sentence without a stop.
    pub what: String,
    /// What to declare.
    pub remedy: String,
}

/// Every gap, heaviest first.
pub(super) fn all(estate: &Estate) -> Vec<Gap> {
    let mut gaps = without_owner(estate);
    for domain in estate.domains().values() {
        let of = |weight, what: String, remedy: &str| Gap {
            weight,
            domain: Some(domain.id.clone()),
            owner: Some(domain.owner.clone()),
            what,
            remedy: remedy.to_owned(),
        };
        gaps.extend(unseen(estate, domain).map(|(what, remedy)| of(Weight::Unseen, what, remedy)));
        gaps.extend(unable(estate, domain).map(|(what, remedy)| of(Weight::Unable, what, remedy)));
    }
    gaps.extend(unjudged(estate));
    gaps.sort();
    gaps
}

/// Units with routes that no stage moves and no flow measures: nobody is asked when they fail.
fn without_owner(estate: &Estate) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for edge in estate.edges().values() {
        for unit in &edge.units {
            let is_owned = estate.stages_of_unit(&unit.unit).next().is_some()
                || estate.flows().values().any(|flow| flow.unit == unit.unit);
            if is_owned {
                continue;
            }
            let routes = edge.routes.iter().filter(|route| route.unit == unit.unit).count();
            gaps.push(Gap {
                weight: Weight::Nobody,
                domain: None,
                owner: None,
                what: format!(
                    "unit `{}` of edge `{}` is in no domain, and {routes} of its routes lead there",
                    unit.unit, edge.id
                ),
                remedy: "a stage that moves it, or a flow that measures it, in a domain".to_owned(),
            });
        }
    }
    gaps
}

/// Flows that no gate judges, although their unit is moved.
fn unjudged(estate: &Estate) -> impl Iterator<Item = Gap> + '_ {
    let flows = estate.flows().values();
    flows.filter_map(|flow| {
        let stage = estate.stages_of_unit(&flow.unit).next()?;
        let is_judged =
            stage.gate.criteria.iter().any(
                |criterion| matches!(&criterion.measure, Measure::Completion { flow: judged } if judged == &flow.id),
            );
        (!is_judged).then(|| Gap {
            weight: Weight::Unseen,
            domain: Some(flow.domain.clone()),
            owner: estate.owner_of(&flow.domain).cloned(),
            what: format!("no criterion judges the completion of flow `{}`", flow.id),
            remedy: format!("a criterion `flow: {}` in the gate of stage `{}`", flow.id, stage.id),
        })
    })
}

fn unseen(estate: &Estate, domain: &Domain) -> impl Iterator<Item = (String, &'static str)> {
    let id = &domain.id;
    let measures = signals_of(estate, id) > 0
        || estate.flows().values().any(|flow| &flow.domain == id)
        || estate.invariants().values().any(|invariant| &invariant.domain == id)
        || domain.objectives.iter().any(|objective| objective.of.is_some());
    let unmeasured: Vec<&str> = domain
        .objectives
        .iter()
        .filter(|objective| objective.of.is_none())
        .map(|objective| objective.id.as_str())
        .collect();
    let fears = estate.failure_modes().values().any(|mode| &mode.domain == id);
    [
        (!measures).then(|| {
            (
                format!("nothing measures `{id}`: it has no flow and no criterion that reads data"),
                "a flow, or a criterion with this domain as its owner",
            )
        }),
        (!unmeasured.is_empty()).then(|| {
            (
                format!("nothing measures these objectives of `{id}`: {}", unmeasured.join(", ")),
                "`of` of each objective",
            )
        }),
        (!fears).then(|| {
            (
                format!("nobody has declared what can go wrong in `{id}`"),
                "a failure mode with its signals and its runbook",
            )
        }),
    ]
    .into_iter()
    .flatten()
}

fn unable(estate: &Estate, domain: &Domain) -> impl Iterator<Item = (String, &'static str)> {
    let id = &domain.id;
    let people = estate.teams().get(&domain.owner).map_or(0, |team| {
        team.members
            .iter()
            .chain(&team.on_call)
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    });
    [
        (people < 2).then(|| {
            (
                format!("only one person of `{}` can answer for `{id}`", domain.owner),
                "a second member of the owning team",
            )
        }),
        domain.authority.is_empty().then(|| {
            (
                format!("the owner of `{id}` may do nothing in an incident without asking"),
                "an action under `authority` of the domain",
            )
        }),
        domain
            .runbook
            .is_none()
            .then(|| (format!("`{id}` has no runbook"), "`runbook` of the domain")),
        domain.responsibilities.is_empty().then(|| {
            (
                format!("nothing says what the owner of `{id}` answers for"),
                "`responsibilities` of the domain",
            )
        }),
    ]
    .into_iter()
    .flatten()
}
