//! What must hold when a stage is entered. What nobody can tell is unmet: missing data lets nobody in.

use tidegate_model::plan::{EntryCondition, Stage};
use tidegate_model::seam::Verdict;
use tidegate_model::{CriterionId, DomainId, Estate, Millis, PersonId, Severity, StageId, Timestamp};

use crate::event::Origin;
use crate::state::{Incident, Phase, State};
use crate::{judge, may};

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
        // A decision that waits is seen to by the decision; one that cannot be carried out is worse, and counts.
        let is_a_wait =
            |incident: &Incident| matches!(incident.origin, Origin::Waiting(_)) && !incident.severity.freezes();
        let mut open = self.state.open_incidents();
        let (id, incident) = open.find(|(_, incident)| incident.severity <= at_least && !is_a_wait(incident))?;
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
            Some(drill) if !self.carries_back(&drill.by) => lacks(format!(
                "was drilled by {}, who does not carry this way back out",
                drill.by
            )),
            Some(drill) if self.now.since(drill.at) > within => {
                lacks(format!("was last drilled at {}, longer than {within} ago", drill.at))
            }
            Some(_) => None,
        }
    }

    /// Whether somebody carries the way back out, or answers for the stage: another's drill of a runbook that both share is none.
    fn carries_back(&self, person: &PersonId) -> bool {
        may::answers_for(self.estate, &self.stage.owner, person)
            || may::is_member(self.estate, &self.stage.rollback.executor, person)
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

    /// A stage that is final has come through all of its gates, and nobody measures it any more.
    fn not_passing(&self, id: &StageId, name: &CriterionId) -> Option<String> {
        let found = self.estate.stage(id).and_then(|(_, stage)| {
            let mut criteria = stage.gate.criteria.iter();
            criteria.find(|criterion| &criterion.id == name)
        });
        let (Some(criterion), Some(known)) = (found, self.state.stages.get(id)) else {
            return Some(format!("{id}/{name} is not in the adopted plan, and must pass"));
        };
        let whose = self.whose(&criterion.owner);
        match known.phase {
            Phase::Finalised => None,
            Phase::Pending | Phase::Ready | Phase::RollingBack | Phase::RolledBack => {
                Some(format!("{id}/{name} of {whose} is not judged now, and must pass"))
            }
            Phase::Exposing | Phase::Soaking | Phase::Gating | Phase::Watching => {
                let (verdict, _) = judge::judge(self.estate, self.state, id, criterion, self.now);
                (verdict != Verdict::Pass)
                    .then(|| format!("{id}/{name} of {whose} says {}, and must pass", verdict.word()))
            }
        }
    }

    fn whose(&self, domain: &DomainId) -> String {
        match self.estate.owner_of(domain) {
            Some(team) => format!("{domain} ({team})"),
            None => domain.to_string(),
        }
    }
}
