//! What must hold when a stage is entered. What nobody can tell is unmet: missing data lets nobody in.

use tidegate_model::ask::Decimal;
use tidegate_model::objective::{Gauge, Objective, Promise};
use tidegate_model::plan::{EntryCondition, Stage};
use tidegate_model::seam::Verdict;
use tidegate_model::{CriterionId, DomainId, Estate, Millis, ObjectiveId, PersonId, Severity, StageId, Timestamp};
use tidegate_stats::burn::{Budget, Count, Factor, QUICK, SLICE, SLOW};

use crate::event::Origin;
use crate::state::{Incident, Kept, Phase, State};
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

/// Slices of which shares are told, one a minute, that an entry asks for.
const SHARES_AT_LEAST: u64 = 30;

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
            EntryCondition::Burns {
                domain,
                objective,
                below,
            } => self.burning(domain, objective, *below),
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

    /// Over the last hour and the last six: a burst is over, and no longer trend is left. What was once known lets nobody in.
    fn burning(&self, domain: &DomainId, id: &ObjectiveId, below: Decimal) -> Option<String> {
        let promise = Promise::Objective(domain.clone(), id.clone());
        let whose = self.whose(domain);
        let declared = self.estate.domains().get(domain);
        let objective = declared.and_then(|domain| domain.objectives.iter().find(|one| &one.id == id));
        let budget = objective
            .and_then(Objective::share)
            .and_then(|share| Budget::of_target(share.get()));
        let unknown = |why: &str| {
            Some(format!(
                "how the budget of {promise} of {whose} burns is not known ({why}), and it must burn below {below}"
            ))
        };
        let Some(kept) = self.state.promises.of(&promise) else {
            return unknown("nothing measures it");
        };
        let Some(budget) = budget else {
            return unknown("it has none");
        };
        let limit = Factor::millionths(u64::try_from(below.0).unwrap_or(0));
        if let Some(why) = kept.unknown(self.now) {
            return unknown(&why);
        }
        // What was promised otherwise until a moment ago has begun anew, whatever was bad before.
        if self.now.since(kept.since) < Millis(QUICK.long_ms) {
            return unknown(&format!("it is promised so since {}", kept.since));
        }
        if tells_too_little(kept, budget, limit, self.now) {
            return unknown(&format!(
                "too little was counted within {} to tell",
                Millis(SLOW.long_ms)
            ));
        }
        [QUICK.long_ms, SLOW.long_ms].into_iter().find_map(|over| {
            let count = kept.within(self.now, over);
            let over = Millis(over);
            match budget.burn(count) {
                None => unknown(&format!("nothing was counted within {over}")),
                // Exactly as fast as that is not below.
                Some(rate) if budget.burns_below(count, limit) != Some(true) => Some(format!(
                    "the budget of {promise} of {whose} burns at {rate:.2} over {over}, and must burn below {below}"
                )),
                Some(_) => None,
            }
        })
    }

    fn whose(&self, domain: &DomainId) -> String {
        match self.estate.owner_of(domain) {
            Some(team) => format!("{domain} ({team})"),
            None => domain.to_string(),
        }
    }
}

/// Whether six hours hold so few that one bad one would be too many: as long as they were all good by chance, nothing is known.
/// Slices of which shares are told hold nobody knows how many, and half an hour of them is asked for.
fn tells_too_little(kept: &Kept, budget: Budget, limit: Factor, now: Timestamp) -> bool {
    let count = kept.within(now, SLOW.long_ms);
    match kept.adopted.gauge {
        Gauge::Shares(_) => count.total < SHARES_AT_LEAST * SLICE,
        Gauge::Attempts | Gauge::Slices(_) | Gauge::Shown(_) | Gauge::Violations => {
            budget.burns_below(Count::new(count.total, 1), limit) != Some(true)
        }
    }
}
