//! The panel of a gate: what each of its criteria says now, judged once, and what they say together.

use tidegate_model::plan::{Criterion, Measure, Stage};
use tidegate_model::seam::Verdict;
use tidegate_model::{BasisPoints, CriterionId, Estate, Timestamp};

use crate::event::Reading;
use crate::judge;
use crate::state::State;

/// What one criterion says now.
#[derive(Debug, PartialEq)]
pub(crate) struct Said<'a> {
    /// The criterion.
    pub(crate) criterion: &'a Criterion,
    /// Its word.
    pub(crate) verdict: Verdict,
    /// The numbers behind it.
    pub(crate) reading: Reading,
}

/// What a gate's criteria say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Every criterion passes now.
    Pass,
    /// Every criterion says `pass` or `not yet`, and one at least the latter.
    Undecided,
    /// One says something that nobody can accept.
    Blocked,
}

/// Every criterion of a gate that can be judged at the present exposure.
#[derive(Debug, PartialEq)]
pub(crate) struct Panel<'a>(Vec<Said<'a>>);

impl<'a> Panel<'a> {
    /// What has just been judged, in the order of the gate.
    pub(crate) fn of(said: Vec<Said<'a>>) -> Self {
        Self(said)
    }

    /// Judges a gate's criteria at an instant.
    pub(crate) fn hear(estate: &Estate, state: &State, stage: &'a Stage, now: Timestamp) -> Self {
        let exposure = state.stages.get(&stage.id).map(|known| known.exposure);
        let can_be_judged =
            |criterion: &&Criterion| exposure != Some(BasisPoints::FULL) || criterion.measure.is_absolute();
        let criteria = stage.gate.criteria.iter().filter(can_be_judged);
        Self(
            criteria
                .map(|criterion| {
                    let (verdict, reading) = judge::judge(estate, state, &stage.id, criterion, now);
                    Said {
                        criterion,
                        verdict,
                        reading,
                    }
                })
                .collect(),
        )
    }

    /// What they say together. A gate has criteria always; at full exposure one of comparisons alone has nothing left to say,
    /// and the watch and its approvers decide.
    pub(crate) fn standing(&self) -> Standing {
        self.0.iter().map(Said::standing).max().unwrap_or(Standing::Pass)
    }

    /// The first criterion that keeps the risk of the gate from being accepted.
    pub(crate) fn unacceptable(&self) -> Option<&Said<'a>> {
        self.0.iter().find(|said| said.standing() == Standing::Blocked)
    }

    /// What each criterion that does not pass says.
    pub(crate) fn shut(&self) -> Vec<String> {
        let others = self.0.iter().filter(|said| said.verdict != Verdict::Pass);
        others
            .map(|said| format!("{} says {}", said.criterion.title, said.verdict.word()))
            .collect()
    }

    /// The numbers, for the journal.
    pub(crate) fn readings(self) -> Vec<(CriterionId, Reading)> {
        let said = self.0.into_iter();
        said.map(|said| (said.criterion.id.clone(), said.reading)).collect()
    }
}

impl Said<'_> {
    fn standing(&self) -> Standing {
        match self.verdict {
            Verdict::Pass => Standing::Pass,
            Verdict::NotYet { .. } if self.has_seen_nothing() => Standing::Blocked,
            Verdict::NotYet { .. } => Standing::Undecided,
            Verdict::Harm | Verdict::NoData { .. } | Verdict::Invalid { .. } | Verdict::SourceDown { .. } => {
                Standing::Blocked
            }
        }
    }

    /// Whether what is measured has not been measured under this step at all; nobody can accept the risk of what nobody has seen.
    pub(crate) fn has_seen_nothing(&self) -> bool {
        match self.criterion.measure {
            Measure::Completion { .. }
            | Measure::Errors { .. }
            | Measure::Latency { .. }
            | Measure::Slower { .. }
            | Measure::Level { .. }
            | Measure::Counted { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. } => self.reading.new.is_none_or(|(seen, _)| seen == 0),
            Measure::Incidents { .. } | Measure::Load { .. } | Measure::Manual { .. } => false,
        }
    }
}
