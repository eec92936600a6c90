//! Hand-offs: where one domain depends on another domain or team to keep its promise during a migration.
//! Who is only told of something hands nothing over.

use std::collections::BTreeMap;

use serde::Serialize;
use tidegate_model::plan::{Approver, Stage};
use tidegate_model::{DomainId, Estate, TeamId};

/// Who takes over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The owner of a domain.
    Domain(DomainId),
    /// A team in a role of a stage.
    Team(TeamId),
}

impl std::fmt::Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Domain(domain) => write!(f, "{domain}"),
            Self::Team(team) => write!(f, "team {team}"),
        }
    }
}

/// What a domain needs of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandOff {
    /// The domain that depends.
    pub from: DomainId,
    /// On whom.
    pub to: Party,
    /// For what, each as words that follow the name of `to`.
    pub what: Vec<String>,
}

type Gathered = BTreeMap<(DomainId, Party), Vec<String>>;

/// Every hand-off, by who depends and on whom.
pub(super) fn all(estate: &Estate) -> Vec<HandOff> {
    let mut gathered = Gathered::new();
    for (_, stage) in estate.stages() {
        of_stage(estate, stage, &mut gathered);
    }
    for flow in estate.flows().values() {
        for stage in estate.stages_of_unit(&flow.unit) {
            let what = format!("has its flow {} moved by stage {}", flow.id, stage.id);
            add(&mut gathered, &stage.owner, Party::Domain(flow.domain.clone()), what);
        }
    }
    for mode in estate.failure_modes().values() {
        let actions = estate
            .runbooks()
            .get(&mode.runbook)
            .map_or(&[][..], |runbook| &runbook.actions);
        for action in actions {
            if let Some((grants, _)) = estate.grant(action) {
                let what = format!("grants its action {action}");
                add(&mut gathered, &mode.domain, Party::Domain(grants.id.clone()), what);
            }
        }
    }
    of_agreements(estate, &mut gathered);
    gathered
        .into_iter()
        .map(|((from, to), what)| HandOff { from, to, what })
        .collect()
}

fn of_agreements(estate: &Estate, gathered: &mut Gathered) {
    for agreement in estate.agreements().values() {
        for (from, to) in agreement.between.iter().zip(agreement.between.iter().skip(1)) {
            let what = format!("shares {} by agreement {}", agreement.objective.title, agreement.id);
            add(gathered, from, Party::Domain(to.clone()), what);
        }
    }
    for integration in estate.integrations().values() {
        let what = format!("handles failures of integration {}", integration.id);
        add(
            gathered,
            &integration.domain,
            Party::Domain(integration.failures.clone()),
            what,
        );
    }
    for transfer in estate
        .transfers()
        .values()
        .filter(|transfer| transfer.completed.is_none())
    {
        let what = format!("takes it over by transfer {}", transfer.id);
        add(gathered, &transfer.domain, Party::Team(transfer.to.clone()), what);
    }
}

fn of_stage(estate: &Estate, stage: &Stage, gathered: &mut Gathered) {
    let mut criteria: BTreeMap<&DomainId, usize> = BTreeMap::new();
    for criterion in &stage.gate.criteria {
        *criteria.entry(&criterion.owner).or_default() += 1;
    }
    for (owner, n) in criteria {
        let noun = if n == 1 { "criterion" } else { "criteria" };
        let what = format!("answers for {n} {noun} of gate {}", stage.id);
        add(gathered, &stage.owner, Party::Domain(owner.clone()), what);
    }
    for earlier in &stage.after {
        if let Some((_, first)) = estate.stage(earlier) {
            let what = format!("goes first with stage {earlier}");
            add(gathered, &stage.owner, Party::Domain(first.owner.clone()), what);
        }
    }
    let own_team = estate.owner_of(&stage.owner);
    let mut role = |approver: &Approver, what: String| match approver {
        Approver::OwnerOf(domain) => add(gathered, &stage.owner, Party::Domain(domain.clone()), what),
        Approver::Team(team) if Some(team) == own_team => {}
        Approver::Team(team) => add(gathered, &stage.owner, Party::Team(team.clone()), what),
        // A person is no owner; their team is told by the role it has elsewhere.
        Approver::Person(_) => {}
    };
    for approver in &stage.gate.approvers {
        role(approver, format!("approves stage {}", stage.id));
    }
    for trigger in &stage.rollback.trigger {
        role(trigger, format!("may take stage {} back", stage.id));
    }
    role(
        &Approver::Team(stage.rollback.executor.clone()),
        format!("carries out what a rollback of {} leaves", stage.id),
    );
}

fn add(gathered: &mut Gathered, from: &DomainId, to: Party, what: String) {
    if to == Party::Domain(from.clone()) {
        return;
    }
    let known = gathered.entry((from.clone(), to)).or_default();
    if !known.contains(&what) {
        known.push(what);
    }
}
