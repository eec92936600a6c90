//! The estate: everything that was declared, compiled and referentially closed. Its fields are private; `assemble` is the only way in.

mod closed;

use std::collections::BTreeMap;

use crate::agreement::{Agreement, Transfer};
use crate::catalogue::{Component, System};
use crate::code::CodeOwners;
use crate::declared::Declared;
use crate::domain::{Domain, Grant};
use crate::edge::Edge;
use crate::entity::Entity;
use crate::flow::Flow;
use crate::hazard::{FailureMode, Runbook};
use crate::integration::Integration;
use crate::ladder::{Ladder, Target};
use crate::objective::Invariant;
use crate::people::{Person, Team};
use crate::plan::{Approver, Plan, Stage};
use crate::switch::Switch;
use crate::{
    ActionId, AgreementId, ComponentId, DomainId, EdgeId, EntityId, FailureModeId, FlowId, IntegrationId, InvariantId,
    LadderId, PersonId, PlanId, RunbookId, StageId, SwitchId, SystemId, TeamId, TransferId, UnitId,
};

/// The pieces an estate is assembled from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// SHA-256 of the source bundle, lower-case hex.
    pub digest: String,
    /// People.
    pub people: Vec<Person>,
    /// Teams.
    pub teams: Vec<Team>,
    /// Ladders.
    pub ladders: Vec<Ladder>,
    /// Domains.
    pub domains: Vec<Domain>,
    /// Flows.
    pub flows: Vec<Flow>,
    /// Failure modes.
    pub failure_modes: Vec<FailureMode>,
    /// Runbooks.
    pub runbooks: Vec<Runbook>,
    /// Edges.
    pub edges: Vec<Edge>,
    /// Plans.
    pub plans: Vec<Plan>,
    /// Where what is declared; empty for an estate that was not written in files.
    pub declared: Vec<Declared>,
    /// Entities.
    pub entities: Vec<Entity>,
    /// Systems.
    pub systems: Vec<System>,
    /// Components.
    pub components: Vec<Component>,
    /// Agreements.
    pub agreements: Vec<Agreement>,
    /// Transfers.
    pub transfers: Vec<Transfer>,
    /// Integrations.
    pub integrations: Vec<Integration>,
    /// Invariants.
    pub invariants: Vec<Invariant>,
    /// Who owns which code.
    pub code: CodeOwners,
}

/// A reference that leads nowhere, or a name that is taken: what `assemble` refuses. The compiler reports these first, with spans.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Two things of one kind share a name.
    #[error("{kind} `{name}` is declared twice")]
    Twice {
        /// The kind in words.
        kind: &'static str,
        /// The shared name.
        name: String,
    },
    /// A reference to nothing.
    #[error("{from} names {kind} `{name}`, which is not declared")]
    Unknown {
        /// Who refers.
        from: String,
        /// The kind in words.
        kind: &'static str,
        /// The missing name.
        name: String,
    },
    /// A unit that two stages move: a rollback of one would leave the visitors of the other where they are.
    #[error("unit `{unit}` is moved by stage `{first}` and by stage `{second}`; one stage moves a unit")]
    Shared {
        /// The unit.
        unit: String,
        /// A stage that moves it.
        first: String,
        /// Another one.
        second: String,
    },
    /// A criterion with a name that means something else.
    #[error("a criterion of stage `{stage}` is named `{name}`, which stands for what every stage counts")]
    Reserved {
        /// The stage.
        stage: String,
        /// The name.
        name: String,
    },
    /// A structure that must not be empty is.
    #[error("{what} is empty")]
    Empty {
        /// What is empty.
        what: String,
    },
}

/// A checked estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estate {
    digest: String,
    people: BTreeMap<PersonId, Person>,
    teams: BTreeMap<TeamId, Team>,
    ladders: BTreeMap<LadderId, Ladder>,
    domains: BTreeMap<DomainId, Domain>,
    flows: BTreeMap<FlowId, Flow>,
    failure_modes: BTreeMap<FailureModeId, FailureMode>,
    runbooks: BTreeMap<RunbookId, Runbook>,
    edges: BTreeMap<EdgeId, Edge>,
    plans: BTreeMap<PlanId, Plan>,
    entities: BTreeMap<EntityId, Entity>,
    systems: BTreeMap<SystemId, System>,
    components: BTreeMap<ComponentId, Component>,
    agreements: BTreeMap<AgreementId, Agreement>,
    transfers: BTreeMap<TransferId, Transfer>,
    integrations: BTreeMap<IntegrationId, Integration>,
    invariants: BTreeMap<InvariantId, Invariant>,
    stage_plan: BTreeMap<StageId, PlanId>,
    code: CodeOwners,
    declared: Vec<Declared>,
}

fn index<K: Ord + Clone + std::fmt::Display, V>(
    kind: &'static str,
    items: Vec<V>,
    key: impl Fn(&V) -> &K,
    faults: &mut Vec<Fault>,
) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for item in items {
        match map.entry(key(&item).clone()) {
            std::collections::btree_map::Entry::Occupied(taken) => {
                faults.push(Fault::Twice {
                    kind,
                    name: taken.key().to_string(),
                });
            }
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(item);
            }
        }
    }
    map
}

impl Estate {
    /// Assembles an estate, or says every reason why it cannot be.
    ///
    /// # Errors
    /// All [`Fault`]s at once: names taken twice, references to nothing, empty ladders, stages and gates.
    pub fn assemble(parts: Parts) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut stage_plan = BTreeMap::new();
        for plan in &parts.plans {
            for stage in &plan.stages {
                if stage_plan.insert(stage.id.clone(), plan.id.clone()).is_some() {
                    faults.push(Fault::Twice {
                        kind: "stage",
                        name: stage.id.to_string(),
                    });
                }
            }
        }
        let estate = Self {
            digest: parts.digest,
            people: index("person", parts.people, |p| &p.id, &mut faults),
            teams: index("team", parts.teams, |t| &t.id, &mut faults),
            ladders: index("ladder", parts.ladders, |l| &l.id, &mut faults),
            domains: index("domain", parts.domains, |d| &d.id, &mut faults),
            flows: index("flow", parts.flows, |f| &f.id, &mut faults),
            failure_modes: index("failure mode", parts.failure_modes, |f| &f.id, &mut faults),
            runbooks: index("runbook", parts.runbooks, |r| &r.id, &mut faults),
            edges: index("edge", parts.edges, |e| &e.id, &mut faults),
            plans: index("plan", parts.plans, |p| &p.id, &mut faults),
            entities: index("entity", parts.entities, |e| &e.id, &mut faults),
            systems: index("system", parts.systems, |s| &s.id, &mut faults),
            components: index("component", parts.components, |c| &c.id, &mut faults),
            agreements: index("agreement", parts.agreements, |a| &a.id, &mut faults),
            transfers: index("transfer", parts.transfers, |t| &t.id, &mut faults),
            integrations: index("integration", parts.integrations, |i| &i.id, &mut faults),
            invariants: index("invariant", parts.invariants, |i| &i.id, &mut faults),
            stage_plan,
            code: parts.code,
            declared: {
                let mut declared = parts.declared;
                declared.sort();
                declared
            },
        };
        estate.check_references(&mut faults);
        if faults.is_empty() { Ok(estate) } else { Err(faults) }
    }

    /// SHA-256 of the source bundle, lower-case hex.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
    /// All people.
    #[must_use]
    pub fn people(&self) -> &BTreeMap<PersonId, Person> {
        &self.people
    }
    /// All teams.
    #[must_use]
    pub fn teams(&self) -> &BTreeMap<TeamId, Team> {
        &self.teams
    }
    /// All ladders.
    #[must_use]
    pub fn ladders(&self) -> &BTreeMap<LadderId, Ladder> {
        &self.ladders
    }
    /// All domains.
    #[must_use]
    pub fn domains(&self) -> &BTreeMap<DomainId, Domain> {
        &self.domains
    }
    /// All flows.
    #[must_use]
    pub fn flows(&self) -> &BTreeMap<FlowId, Flow> {
        &self.flows
    }
    /// All failure modes.
    #[must_use]
    pub fn failure_modes(&self) -> &BTreeMap<FailureModeId, FailureMode> {
        &self.failure_modes
    }
    /// All runbooks.
    #[must_use]
    pub fn runbooks(&self) -> &BTreeMap<RunbookId, Runbook> {
        &self.runbooks
    }
    /// All edges.
    #[must_use]
    pub fn edges(&self) -> &BTreeMap<EdgeId, Edge> {
        &self.edges
    }
    /// All entities.
    #[must_use]
    pub fn entities(&self) -> &BTreeMap<EntityId, Entity> {
        &self.entities
    }
    /// All systems.
    #[must_use]
    pub fn systems(&self) -> &BTreeMap<SystemId, System> {
        &self.systems
    }
    /// All components.
    #[must_use]
    pub fn components(&self) -> &BTreeMap<ComponentId, Component> {
        &self.components
    }
    /// All agreements.
    #[must_use]
    pub fn agreements(&self) -> &BTreeMap<AgreementId, Agreement> {
        &self.agreements
    }
    /// All transfers of ownership.
    #[must_use]
    pub fn transfers(&self) -> &BTreeMap<TransferId, Transfer> {
        &self.transfers
    }
    /// All integrations.
    #[must_use]
    pub fn integrations(&self) -> &BTreeMap<IntegrationId, Integration> {
        &self.integrations
    }
    /// All invariants.
    #[must_use]
    pub fn invariants(&self) -> &BTreeMap<InvariantId, Invariant> {
        &self.invariants
    }
    /// Who owns which code, as the repository says it.
    #[must_use]
    pub fn code(&self) -> &CodeOwners {
        &self.code
    }
    /// All plans.
    #[must_use]
    pub fn plans(&self) -> &BTreeMap<PlanId, Plan> {
        &self.plans
    }

    /// Where something is declared, by the kind and name that [`Declared`] has for it.
    #[must_use]
    pub fn declared(&self, kind: &str, name: &str) -> Option<&Declared> {
        let at = self
            .declared
            .partition_point(|one| (one.kind.as_str(), one.name.as_str()) < (kind, name));
        self.declared.get(at).filter(|one| one.kind == kind && one.name == name)
    }

    /// A stage with the plan that holds it.
    #[must_use]
    pub fn stage(&self, id: &StageId) -> Option<(&Plan, &Stage)> {
        let plan = self.plans.get(self.stage_plan.get(id)?)?;
        plan.stages
            .iter()
            .find(|stage| &stage.id == id)
            .map(|stage| (plan, stage))
    }

    /// Every stage in plan order.
    pub fn stages(&self) -> impl Iterator<Item = (&Plan, &Stage)> {
        self.plans
            .values()
            .flat_map(|plan| plan.stages.iter().map(move |stage| (plan, stage)))
    }

    /// The stages that cut a unit over.
    pub fn stages_of_unit<'a>(&'a self, unit: &'a UnitId) -> impl Iterator<Item = &'a Stage> {
        self.stages()
            .map(|(_, stage)| stage)
            .filter(move |stage| &stage.unit == unit)
    }

    /// A granted action with the domain that grants it.
    #[must_use]
    pub fn grant(&self, action: &ActionId) -> Option<(&Domain, &Grant)> {
        self.domains.values().find_map(|domain| {
            domain
                .authority
                .iter()
                .find(|grant| &grant.action == action)
                .map(|grant| (domain, grant))
        })
    }

    /// A switch with the domain that declares it.
    #[must_use]
    pub fn switch(&self, id: &SwitchId) -> Option<(&Domain, &Switch)> {
        self.domains.values().find_map(|domain| {
            domain
                .switches
                .iter()
                .find(|switch| &switch.id == id)
                .map(|switch| (domain, switch))
        })
    }

    /// The team that answers for a domain.
    #[must_use]
    pub fn owner_of(&self, domain: &DomainId) -> Option<&TeamId> {
        self.domains.get(domain).map(|domain| &domain.owner)
    }

    /// The ladder that a domain's incidents climb.
    #[must_use]
    pub fn ladder_of(&self, domain: &DomainId) -> Option<&Ladder> {
        self.ladders.get(&self.domains.get(domain)?.ladder)
    }

    /// The people whom a team's pager reaches: its roster, else its members.
    #[must_use]
    pub fn on_call(&self, team: &TeamId) -> &[PersonId] {
        self.teams.get(team).map_or(&[], |team| {
            if team.on_call.is_empty() {
                &team.members
            } else {
                &team.on_call
            }
        })
    }

    /// Whom a rung of a domain's ladder reaches now; empty when the rung or the domain does not exist.
    #[must_use]
    pub fn rung_people(&self, domain: &DomainId, rung: usize) -> Vec<PersonId> {
        let (Some(owner), Some(ladder)) = (self.owner_of(domain), self.ladder_of(domain)) else {
            return Vec::new();
        };
        let Some(rung) = ladder.rungs.get(rung) else {
            return Vec::new();
        };
        let mut people = Vec::new();
        for target in &rung.targets {
            let reached: &[PersonId] = match target {
                Target::OwnerOnCall => self.on_call(owner),
                Target::Team(team) => self.on_call(team),
                Target::Person(person) => std::slice::from_ref(person),
            };
            for person in reached {
                if !people.contains(person) {
                    people.push(person.clone());
                }
            }
        }
        people
    }

    /// Whether a person is one of those whom an approver entry means.
    #[must_use]
    pub fn is_approver(&self, approver: &Approver, person: &PersonId) -> bool {
        let in_team = |team: &TeamId| self.teams.get(team).is_some_and(|team| team.members.contains(person));
        match approver {
            Approver::OwnerOf(domain) => self.domains.get(domain).is_some_and(|domain| in_team(&domain.owner)),
            Approver::Team(team) => in_team(team),
            Approver::Person(one) => one == person,
        }
    }
}
