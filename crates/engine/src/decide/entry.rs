//! What must hold when a stage is entered. What nobody can tell is unmet: missing data lets nobody in.

use tidegate_model::plan::{EntryCondition, Stage};
use tidegate_model::seam::Verdict;
use tidegate_model::{CriterionId, DomainId, Estate, Millis, PersonId, Severity, StageId, Timestamp};

use crate::judge;
use crate::state::State;

/// Each condition that does not hold now, one sentence with whose it is.
pub(super) fn unmet(estate: &Estate, state: &State, stage: &Stage, now: Timestamp) -> Vec<String> {
    let entering = Entering {
        estate,
        state,
        stage,
        now,
    };
    stage
        .enter
        .iter()
        .filter_map(|condition| entering.unmet(condition))
        .collect()
}

struct Entering<'a> {
    estate: &'a Estate,
    state: &'a State,
    stage: &'a Stage,
    now: Timestamp,
}

impl Entering<'_> {
    fn unmet(&self, condition: &EntryCondition) -> Option<String> {
        match condition {
            EntryCondition::NoIncident { at_least } => self.open_incident(*at_least),
            EntryCondition::RollbackDrilled { within } => self.undrilled(*within),
            EntryCondition::ContactVerified { within } => self.unverified(*within),
            EntryCondition::Passes { stage, criterion } => self.not_passing(stage, criterion),
        }
    }

    fn open_incident(&self, at_least: Severity) -> Option<String> {
        let mut open = self.state.open_incidents();
        let (id, incident) = open.find(|(_, incident)| incident.severity <= at_least)?;
        Some(format!(
            "no incident at {} or worse may be open to enter {}, and {id} of {} is",
            at_least.word(),
            self.stage.id,
            self.whose(&incident.domain)
        ))
    }

    fn undrilled(&self, within: Millis) -> Option<String> {
        let runbook = &self.stage.rollback.runbook;
        let executor = &self.stage.rollback.executor;
        let lacks = |what: String| Some(format!("the way back, runbook {runbook} of {executor}, {what}"));
        match self.state.drills.get(runbook) {
            None => lacks(format!("was never drilled; within {within} is asked for")),
            Some(drill) if !drill.worked => lacks(format!("did not work when it was drilled at {}", drill.at)),
            Some(drill) if self.now.since(drill.at) > within => {
                lacks(format!("was last drilled at {}, longer than {within} ago", drill.at))
            }
            Some(_) => None,
        }
    }

    fn unverified(&self, within: Millis) -> Option<String> {
        let domain = &self.stage.owner;
        let people = self.estate.rung_people(domain, 0);
        if people.is_empty() {
            return Some(format!("nobody is on the first rung of {}", self.whose(domain)));
        }
        let answered = |person: &PersonId| {
            let at = self.state.reached.get(person);
            at.is_some_and(|at| self.now.since(*at) <= within)
        };
        let silent = people.iter().find(|person| !answered(person))?;
        Some(format!(
            "{silent}, on the first rung of {}, has answered no letter within {within}",
            self.whose(domain)
        ))
    }

    fn not_passing(&self, id: &StageId, name: &CriterionId) -> Option<String> {
        let (_, stage) = self.estate.stage(id)?;
        let criterion = stage.gate.criteria.iter().find(|criterion| &criterion.id == name)?;
        let is_exposed = self.state.stages.get(id).is_some_and(|known| known.phase.is_exposed());
        let whose = self.whose(&criterion.owner);
        if !is_exposed {
            return Some(format!("{id}/{name} of {whose} is not judged now, and must pass"));
        }
        let (verdict, _) = judge::judge(self.estate, self.state, id, criterion, self.now);
        (verdict != Verdict::Pass).then(|| format!("{id}/{name} of {whose} says {}, and must pass", verdict.word()))
    }

    fn whose(&self, domain: &DomainId) -> String {
        match self.estate.owner_of(domain) {
            Some(team) => format!("{domain} ({team})"),
            None => domain.to_string(),
        }
    }
}
