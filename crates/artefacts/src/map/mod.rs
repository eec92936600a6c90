//! The map of owners: who owns which domain, what it moves and measures, what is handed over, and first of all what is missing.

mod gap;
mod handoff;
mod mermaid;
mod svg;
mod words;

use serde::Serialize;
use tidegate_model::plan::Measure;
use tidegate_model::{DomainId, Estate, FlowId, PersonId, StageId, TeamId, UnitId};

pub use gap::Gap;
pub use handoff::{HandOff, Party};

/// The map of an estate. Equal estates give equal maps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnershipMap {
    /// What is missing, worst first.
    pub gaps: Vec<Gap>,
    /// Every team that owns something or takes part; owners first, by name.
    pub owners: Vec<Owner>,
    /// What passes from a domain to another domain or team.
    pub hand_offs: Vec<HandOff>,
}

/// A team and what it owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// The team.
    pub team: TeamId,
    /// What people call it.
    pub title: String,
    /// Who is paged when it is.
    pub on_call: Vec<PersonId>,
    /// Its domains; empty for a team that only takes part.
    pub domains: Vec<Held>,
}

/// A domain on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The domain.
    pub domain: DomainId,
    /// What people call it.
    pub title: String,
    /// Units that its stages move.
    pub units: Vec<UnitId>,
    /// Its stages.
    pub stages: Vec<StageId>,
    /// Its flows.
    pub flows: Vec<FlowId>,
    /// Its objectives and invariants.
    pub promises: usize,
    /// Criteria that it answers for and that read data, over all gates.
    pub signals: usize,
    /// Its failure modes.
    pub risks: usize,
    /// What its people may do without asking.
    pub actions: usize,
    /// How many gaps name it.
    pub gaps: usize,
}

impl OwnershipMap {
    /// Draws the map from what is declared.
    #[must_use]
    pub fn of(estate: &Estate) -> Self {
        let gaps = gap::all(estate);
        let hand_offs = handoff::all(estate);
        let mut owners: Vec<Owner> = estate
            .teams()
            .values()
            .map(|team| Owner {
                team: team.id.clone(),
                title: team.title.clone(),
                on_call: estate.on_call(&team.id).to_vec(),
                domains: held_by(estate, &team.id, &gaps),
            })
            .filter(|owner| !owner.domains.is_empty() || takes_part(&owner.team, &hand_offs))
            .collect();
        owners.sort_by_key(|owner| owner.domains.is_empty());
        Self {
            gaps,
            owners,
            hand_offs,
        }
    }
}

/// Whether a criterion reads data; what a person says is no signal.
#[must_use]
pub fn reads_data(measure: &Measure) -> bool {
    !matches!(measure, Measure::Manual { .. })
}

fn takes_part(team: &TeamId, hand_offs: &[HandOff]) -> bool {
    let party = Party::Team(team.clone());
    hand_offs.iter().any(|hand_off| hand_off.to == party)
}

fn held_by(estate: &Estate, team: &TeamId, gaps: &[Gap]) -> Vec<Held> {
    let domains = estate.domains().values().filter(|domain| &domain.owner == team);
    domains
        .map(|domain| {
            let id = &domain.id;
            let stages: Vec<_> = estate.stages().map(|(_, stage)| stage).collect();
            let own = || stages.iter().filter(|stage| &stage.owner == id);
            Held {
                domain: id.clone(),
                title: domain.title.clone(),
                units: own().map(|stage| stage.unit.clone()).collect(),
                stages: own().map(|stage| stage.id.clone()).collect(),
                flows: estate
                    .flows()
                    .values()
                    .filter(|flow| &flow.domain == id)
                    .map(|flow| flow.id.clone())
                    .collect(),
                promises: domain.objectives.len()
                    + estate
                        .invariants()
                        .values()
                        .filter(|invariant| &invariant.domain == id)
                        .count(),
                signals: signals_of(estate, id),
                risks: estate
                    .failure_modes()
                    .values()
                    .filter(|mode| &mode.domain == id)
                    .count(),
                actions: domain.authority.len(),
                gaps: gaps.iter().filter(|gap| gap.domain.as_ref() == Some(id)).count(),
            }
        })
        .collect()
}

/// Criteria that a domain answers for and that read data.
pub(crate) fn signals_of(estate: &Estate, domain: &DomainId) -> usize {
    estate
        .stages()
        .flat_map(|(_, stage)| &stage.gate.criteria)
        .filter(|criterion| &criterion.owner == domain && reads_data(&criterion.measure))
        .count()
}
