//! The estate: everything that was declared, compiled and referentially closed. Its fields are private; `assemble` is the only way in.

use std::collections::BTreeMap;

use crate::domain::{Domain, Grant};
use crate::edge::Edge;
use crate::entity::{Entity, Resolver};
use crate::exploration::EXPLORE;
use crate::flow::Flow;
use crate::hazard::{FailureMode, Runbook};
use crate::ladder::{Ladder, Target};
use crate::people::{Person, Team};
use crate::plan::{Approver, Plan, Stage};
use crate::seam::SPLIT;
use crate::switch::Switch;
use crate::{
    ActionId, DomainId, EdgeId, EntityId, FailureModeId, FlowId, LadderId, PersonId, PlanId, RunbookId, StageId,
    SwitchId, TeamId, UnitId,
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
    /// Entities.
    pub entities: Vec<Entity>,
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
    stage_plan: BTreeMap<StageId, PlanId>,
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
            stage_plan,
        };
        estate.check_people(&mut faults);
        estate.check_domains(&mut faults);
        estate.check_entities(&mut faults);
        estate.check_plans(&mut faults);
        if faults.is_empty() { Ok(estate) } else { Err(faults) }
    }

    fn check_people(&self, faults: &mut Vec<Fault>) {
        for team in self.teams.values() {
            for person in team.members.iter().chain(&team.on_call) {
                need(&self.people, person, "person", || format!("team `{}`", team.id), faults);
            }
        }
        for ladder in self.ladders.values() {
            if ladder.rungs.is_empty() {
                faults.push(Fault::Empty {
                    what: format!("ladder `{}`", ladder.id),
                });
            }
            for target in ladder.rungs.iter().flat_map(|rung| &rung.targets) {
                let from = || format!("ladder `{}`", ladder.id);
                match target {
                    Target::OwnerOnCall => {}
                    Target::Team(team) => need(&self.teams, team, "team", from, faults),
                    Target::Person(person) => need(&self.people, person, "person", from, faults),
                }
            }
        }
    }

    fn check_domains(&self, faults: &mut Vec<Fault>) {
        for domain in self.domains.values() {
            let from = || format!("domain `{}`", domain.id);
            need(&self.teams, &domain.owner, "team", from, faults);
            need(&self.ladders, &domain.ladder, "ladder", from, faults);
            if let Some(person) = &domain.escalation_contact {
                need(&self.people, person, "person", from, faults);
            }
            if let Some(runbook) = &domain.runbook {
                need(&self.runbooks, runbook, "runbook", from, faults);
            }
        }
        for flow in self.flows.values() {
            need(
                &self.domains,
                &flow.domain,
                "domain",
                || format!("flow `{}`", flow.id),
                faults,
            );
        }
        for mode in self.failure_modes.values() {
            let from = || format!("failure mode `{}`", mode.id);
            need(&self.domains, &mode.domain, "domain", from, faults);
            need(&self.runbooks, &mode.runbook, "runbook", from, faults);
        }
    }

    fn check_entities(&self, faults: &mut Vec<Fault>) {
        for entity in self.entities.values() {
            let from = || format!("entity `{}`", entity.id);
            match &entity.owner {
                Resolver::Domain(domain) => need(&self.domains, domain, "domain", from, faults),
                Resolver::Team(team) => need(&self.teams, team, "team", from, faults),
            }
            for stage in entity.records.iter().flat_map(|record| record.from.keys()) {
                need(&self.stage_plan, stage, "stage", from, faults);
            }
        }
    }

    fn check_plans(&self, faults: &mut Vec<Fault>) {
        let mut moved_by = BTreeMap::new();
        for stage in self.plans.values().flat_map(|plan| &plan.stages) {
            if let Some(first) = moved_by.insert(&stage.unit, &stage.id) {
                faults.push(Fault::Shared {
                    unit: stage.unit.to_string(),
                    first: first.to_string(),
                    second: stage.id.to_string(),
                });
            }
        }
        for plan in self.plans.values() {
            need(
                &self.edges,
                &plan.edge,
                "edge",
                || format!("plan `{}`", plan.id),
                faults,
            );
            for stage in &plan.stages {
                self.check_stage(stage, faults);
            }
        }
    }

    fn check_stage(&self, stage: &Stage, faults: &mut Vec<Fault>) {
        let from = || format!("stage `{}`", stage.id);
        need(&self.domains, &stage.owner, "domain", from, faults);
        need(&self.teams, &stage.rollback.executor, "team", from, faults);
        need(&self.runbooks, &stage.rollback.runbook, "runbook", from, faults);
        for earlier in &stage.after {
            need(&self.stage_plan, earlier, "stage", from, faults);
        }
        for criterion in &stage.gate.criteria {
            need(&self.domains, &criterion.owner, "domain", from, faults);
            let name = criterion.id.as_str();
            if name == SPLIT || name.starts_with(EXPLORE) {
                faults.push(Fault::Reserved {
                    stage: stage.id.to_string(),
                    name: name.to_owned(),
                });
            }
        }
        for approver in stage.gate.approvers.iter().chain(&stage.rollback.trigger) {
            match approver {
                Approver::OwnerOf(domain) => need(&self.domains, domain, "domain", from, faults),
                Approver::Team(team) => need(&self.teams, team, "team", from, faults),
                Approver::Person(person) => need(&self.people, person, "person", from, faults),
            }
        }
        for (empty, what) in [
            (stage.steps.is_empty(), "steps"),
            (stage.gate.criteria.is_empty(), "criteria"),
            (stage.gate.approvers.is_empty(), "approvers"),
        ] {
            if empty {
                faults.push(Fault::Empty {
                    what: format!("the list of {what} of stage `{}`", stage.id),
                });
            }
        }
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
    /// All plans.
    #[must_use]
    pub fn plans(&self) -> &BTreeMap<PlanId, Plan> {
        &self.plans
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

fn need<K: Ord + std::fmt::Display, V>(
    map: &BTreeMap<K, V>,
    name: &K,
    kind: &'static str,
    from: impl Fn() -> String,
    faults: &mut Vec<Fault>,
) {
    if !map.contains_key(name) {
        faults.push(Fault::Unknown {
            from: from(),
            kind,
            name: name.to_string(),
        });
    }
}
