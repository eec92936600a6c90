//! Closing an estate: every reference leads somewhere, and no list that must say something is empty.

use std::collections::BTreeMap;

use super::{Estate, Fault};
use crate::domain::ActionEffect;
use crate::entity::Resolver;
use crate::exploration::EXPLORE;
use crate::ladder::Target;
use crate::plan::{Approver, EntryCondition, Measure, Stage};
use crate::seam::SPLIT;

impl Estate {
    /// Adds every reference that leads nowhere, every unit that two stages move, and every empty list.
    pub(super) fn check_references(&self, faults: &mut Vec<Fault>) {
        self.check_people(faults);
        self.check_domains(faults);
        self.check_entities(faults);
        self.check_catalogue(faults);
        self.check_agreements(faults);
        self.check_integrations(faults);
        self.check_plans(faults);
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
            for grant in &domain.authority {
                if let ActionEffect::RunRunbook(runbook) = &grant.effect {
                    need(&self.runbooks, runbook, "runbook", from, faults);
                }
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

    fn check_catalogue(&self, faults: &mut Vec<Fault>) {
        for system in self.systems.values() {
            let from = || format!("system `{}`", system.id);
            need(&self.teams, &system.owner, "team", from, faults);
            if let Some(domain) = &system.domain {
                need(&self.domains, domain, "domain", from, faults);
            }
        }
        for component in self.components.values() {
            let from = || format!("component `{}`", component.id);
            need(&self.teams, &component.owner, "team", from, faults);
            if let Some(system) = &component.system {
                need(&self.systems, system, "system", from, faults);
            }
        }
    }

    fn check_agreements(&self, faults: &mut Vec<Fault>) {
        for agreement in self.agreements.values() {
            let from = || format!("agreement `{}`", agreement.id);
            need(&self.ladders, &agreement.escalation, "ladder", from, faults);
            for domain in &agreement.between {
                need(&self.domains, domain, "domain", from, faults);
            }
            for signature in &agreement.signed {
                need(&self.people, &signature.by, "person", from, faults);
            }
        }
        for transfer in self.transfers.values() {
            let from = || format!("transfer `{}`", transfer.id);
            need(&self.domains, &transfer.domain, "domain", from, faults);
            need(&self.people, &transfer.escalation_contact, "person", from, faults);
            for team in [&transfer.from, &transfer.to].into_iter().chain(&transfer.told) {
                need(&self.teams, team, "team", from, faults);
            }
        }
    }

    fn check_integrations(&self, faults: &mut Vec<Fault>) {
        for integration in self.integrations.values() {
            let from = || format!("integration `{}`", integration.id);
            need(&self.domains, &integration.domain, "domain", from, faults);
            need(&self.domains, &integration.failures, "domain", from, faults);
            if let Some(entity) = &integration.entity {
                need(&self.entities, entity, "entity", from, faults);
            }
            for stage in integration.effects.iter().flat_map(|effect| effect.from.keys()) {
                need(&self.stage_plan, stage, "stage", from, faults);
            }
        }
        for invariant in self.invariants.values() {
            let from = || format!("invariant `{}`", invariant.id);
            need(&self.domains, &invariant.domain, "domain", from, faults);
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
        for (earlier, criterion) in stage.enter.iter().filter_map(EntryCondition::criterion) {
            need(&self.stage_plan, earlier, "stage", from, faults);
            let known = self.stage(earlier).map(|(_, earlier)| &earlier.gate.criteria);
            let names = known.into_iter().flatten().map(|one| (one.id.clone(), ())).collect();
            need(&names, criterion, "criterion", from, faults);
        }
        for (domain, objective) in stage.enter.iter().filter_map(EntryCondition::objective) {
            need(&self.domains, domain, "domain", from, faults);
            let declared = self.domains.get(domain).map(|domain| &domain.objectives);
            let names = declared.into_iter().flatten().map(|one| (one.id.clone(), ())).collect();
            need(&names, objective, "objective", from, faults);
        }
        for criterion in &stage.gate.criteria {
            need(&self.domains, &criterion.owner, "domain", from, faults);
            if let Measure::Reconcile { entity, .. } = &criterion.measure {
                need(&self.entities, entity, "entity", from, faults);
            }
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
