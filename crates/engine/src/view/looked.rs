//! What a gate has looked at as a whole, rows or pages: its word, which stands as the last one once its stage is over, and why there
//! is none when there is none.

use tidegate_model::plan::{Criterion, Stage};
use tidegate_model::{Estate, Timestamp};

use crate::state::{Phase, StageState, State};
use crate::view::criterion;

/// A stage with what is known of it.
pub(super) type Known<'a> = (&'a Stage, &'a StageState);

/// Every criterion of every gate whose stage is known, in the order of the plans.
pub(super) fn criteria<'a>(estate: &'a Estate, state: &'a State) -> impl Iterator<Item = (Known<'a>, &'a Criterion)> {
    let known = estate
        .stages()
        .filter_map(|(_, stage)| Some((stage, state.stages.get(&stage.id)?)));
    known.flat_map(|known| known.0.gate.criteria.iter().map(move |declared| (known, declared)))
}

/// What is said of it.
pub(super) struct Looked {
    /// The kind of its criterion.
    pub(super) kind: String,
    /// The word of its verdict.
    pub(super) verdict: String,
    /// Since when it says so.
    pub(super) since: Option<Timestamp>,
    /// Whether nothing is asked any more, so that it stays so.
    pub(super) is_last: bool,
    /// Why the verdict is none that decides.
    unsaid: Option<String>,
}

impl Looked {
    pub(super) fn of(
        (estate, state): (&Estate, &State),
        (stage, known): Known<'_>,
        declared: &Criterion,
        now: Timestamp,
    ) -> Self {
        let seen = criterion::view(estate, state, stage, known, declared, now);
        let is_decided = matches!(seen.verdict.as_str(), "pass" | "harm");
        let is_exposed = known.phase.is_exposed();
        let why = Some(seen.reading.why).filter(|why| !why.is_empty());
        let over = (!is_exposed).then(|| match known.phase {
            Phase::Finalised => format!("{} is final, and nothing is asked any more", stage.title),
            Phase::Pending
            | Phase::Ready
            | Phase::Exposing
            | Phase::Soaking
            | Phase::Gating
            | Phase::Watching
            | Phase::RollingBack
            | Phase::RolledBack => format!("{} is not exposed", stage.title),
        });
        Self {
            is_last: !is_exposed && seen.since.is_some(),
            kind: seen.kind,
            verdict: seen.verdict,
            since: seen.since,
            unsaid: why.or(over).filter(|_| !is_decided),
        }
    }

    /// What of the evidence is missing: what its last answer says, or else why there is no verdict.
    pub(super) fn gap(&mut self, of_answer: Option<String>) -> Option<String> {
        of_answer.or(self.unsaid.take())
    }
}
