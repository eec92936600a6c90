//! The reasons of one criterion, from the journal alone: replayed with the estate in force then, and compared with the
//! verdict that was journalled.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail};
use serde::Serialize;
use tidegate_engine::event::{Body, Event};
use tidegate_engine::judge::{self, Explanation};
use tidegate_engine::state::{StageState, State};
use tidegate_engine::{STATS_VERSION, apply};
use tidegate_journal::Journal;
use tidegate_model::plan::Criterion;
use tidegate_model::{BasisPoints, CriterionId, Estate, StageId, Timestamp};

use super::{estate, recompute};

/// Names that an unknown one may have meant, at most.
const NEAREST_MAX: usize = 3;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The criterion's name.
    pub(crate) criterion: &'a str,
    /// Its stage; needed when two have a criterion of this name.
    pub(crate) stage: Option<&'a str>,
    /// The last journal entry that counts; none means all.
    pub(crate) at: Option<u64>,
}

/// Why a criterion says what it says.
#[derive(Debug)]
pub(crate) struct Reasons {
    /// The journal sequence that it is true at.
    pub(crate) seq: u64,
    /// The criterion, as the estate of that moment has it.
    pub(crate) criterion: Criterion,
    /// The verdict and what it is made of.
    pub(crate) explanation: Explanation,
    /// Who counted.
    pub(crate) counted: Vec<Counted>,
    /// The last verdict that was journalled up to there; none before the first.
    pub(crate) journalled: Option<Journalled>,
}

/// What one gateway, or the source, has counted of the attempt at one exposure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Counted {
    /// The gateway, or `source`.
    pub(crate) by: String,
    /// The exposure that was in force.
    pub(crate) exposure: BasisPoints,
    /// Strata.
    pub(crate) strata: u64,
    /// Attempts on the old side.
    pub(crate) old: u64,
    /// Attempts on the new side.
    pub(crate) new: u64,
}

/// A verdict in the journal, and whether the counts before it give it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Journalled {
    /// Its entry.
    pub(crate) seq: u64,
    /// When.
    pub(crate) at: Timestamp,
    /// Its word.
    pub(crate) verdict: String,
    /// The word that comes out of the counts before that entry.
    pub(crate) recomputed: String,
    /// Whether verdict and numbers are equal to the last bit; none when it was given by statistics that this version does not know.
    pub(crate) is_equal: Option<bool>,
    /// Version of the statistics that gave it.
    pub(crate) stats_version: u32,
}

impl Reasons {
    /// Whether the journal says another thing than its own counts.
    pub(crate) fn differ(&self) -> bool {
        self.journalled
            .as_ref()
            .is_some_and(|journalled| journalled.is_equal == Some(false))
    }
}

/// Replays the journal and explains the criterion: at the end of what counts while its stage is exposed there, else at its last
/// journalled verdict.
///
/// # Errors
/// An unknown or ambiguous name; a sequence number that is not in the journal; entries or sources that cannot be read.
pub(crate) fn reasons(journal: &Journal, asked: Asked<'_>) -> anyhow::Result<Reasons> {
    let head = journal.head().seq;
    if let Some(at) = asked.at
        && (at == 0 || at > head)
    {
        bail!("there is no entry {at}; the journal has entries 1 to {head}")
    }
    let events = recompute::events(journal, asked.at)?;
    let in_force = events.iter().rev().find_map(|event| {
        let Body::EstateAdopted { digest, .. } = &event.body else {
            return None;
        };
        Some(digest)
    });
    let Some(in_force) = in_force else {
        bail!("nothing has been adopted yet, so there are no criteria")
    };
    let (stage, criterion) = find(&*estate::adopted(journal, in_force)?, asked)?;
    Replay::new(stage, criterion).through(journal, &events)
}

/// The one criterion of this name.
fn find(estate: &Estate, asked: Asked<'_>) -> anyhow::Result<(StageId, CriterionId)> {
    let all: Vec<(&StageId, &CriterionId)> = estate
        .plans()
        .values()
        .flat_map(|plan| &plan.stages)
        .flat_map(|stage| stage.gate.criteria.iter().map(|criterion| (&stage.id, &criterion.id)))
        .collect();
    pick(&all, asked)
}

fn pick(all: &[(&StageId, &CriterionId)], asked: Asked<'_>) -> anyhow::Result<(StageId, CriterionId)> {
    if let Some(stage) = asked.stage
        && !all.iter().any(|(id, _)| id.as_str() == stage)
    {
        let near = nearest(stage, all.iter().map(|(id, _)| id.as_str()));
        bail!("no stage `{stage}` has criteria; nearest: {near}")
    }
    let of_stage = |id: &StageId| asked.stage.is_none_or(|stage| stage == id.as_str());
    let named: Vec<_> = all
        .iter()
        .filter(|(stage, criterion)| of_stage(stage) && criterion.as_str() == asked.criterion)
        .collect();
    match named.as_slice() {
        [(stage, criterion)] => Ok(((*stage).clone(), (*criterion).clone())),
        [] => {
            let names = all
                .iter()
                .filter(|(stage, _)| of_stage(stage))
                .map(|(_, id)| id.as_str());
            let near = nearest(asked.criterion, names);
            bail!("there is no criterion `{}`; nearest: {near}", asked.criterion)
        }
        several => {
            let stages: Vec<String> = several.iter().map(|(stage, _)| format!("`{stage}`")).collect();
            let stages = stages.join(", ");
            bail!(
                "stages {stages} have a criterion `{}` each; say which with `--stage`",
                asked.criterion
            )
        }
    }
}

/// The names nearest to one that is not known.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<(usize, &str)> = known.map(|known| (distance(name, known), known)).collect();
    known.sort_unstable();
    known.dedup();
    let near: Vec<String> = known
        .iter()
        .take(NEAREST_MAX)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    near.join(", ")
}

/// Letters to change, add or leave out; a name within the other is near.
fn distance(a: &str, b: &str) -> usize {
    if b.contains(a) || a.contains(b) {
        return 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// A replay that keeps an eye on one criterion.
struct Replay {
    stage: StageId,
    criterion: CriterionId,
    state: State,
    in_force: Option<Arc<Estate>>,
    counted: BTreeMap<(String, BasisPoints), Counted>,
}

impl Replay {
    fn new(stage: StageId, criterion: CriterionId) -> Self {
        Self {
            stage,
            criterion,
            state: State::default(),
            in_force: None,
            counted: BTreeMap::new(),
        }
    }

    fn through(mut self, journal: &Journal, events: &[Event]) -> anyhow::Result<Reasons> {
        let last_judged = events.iter().rposition(|event| self.is_verdict(event));
        let mut judged = None;
        for (place, event) in events.iter().enumerate() {
            if let Body::EstateAdopted { digest, .. } = &event.body {
                self.in_force = Some(estate::adopted(journal, digest)?);
            }
            if Some(place) == last_judged {
                judged = Some(self.again(event)?);
            }
            self.take(event);
        }
        let is_exposed = self.known().is_some_and(|known| known.phase.is_exposed());
        match judged {
            // The state before the last entry is what that verdict was given on.
            Some(judged) if !is_exposed || last_judged == events.len().checked_sub(1) => Ok(judged),
            judged => {
                let (criterion, explanation) = self.explain(self.state.at)?;
                Ok(Reasons {
                    seq: self.state.seq,
                    criterion,
                    explanation,
                    counted: self.counted.into_values().collect(),
                    journalled: judged.and_then(|judged| judged.journalled),
                })
            }
        }
    }

    fn known(&self) -> Option<&StageState> {
        self.state.stages.get(&self.stage)
    }

    fn is_verdict(&self, event: &Event) -> bool {
        matches!(&event.body, Body::CriterionJudged { stage, criterion, .. }
            if *stage == self.stage && *criterion == self.criterion)
    }

    fn explain(&self, now: Timestamp) -> anyhow::Result<(Criterion, Explanation)> {
        let (stage, criterion) = (&self.stage, &self.criterion);
        let estate = self.in_force.as_deref().context("nothing has been adopted yet")?;
        let (_, declared) = estate
            .stage(stage)
            .with_context(|| format!("stage `{stage}` is not in the estate of that moment"))?;
        let declared = declared.gate.criteria.iter().find(|other| &other.id == criterion);
        let declared =
            declared.with_context(|| format!("criterion `{criterion}` is not in the estate of that moment"))?;
        let explanation = judge::explain(estate, &self.state, stage, declared, now)
            .with_context(|| format!("stage `{stage}` is not known at that moment"))?;
        Ok((declared.clone(), explanation))
    }

    /// Explains a journalled verdict on the state before it, and compares.
    fn again(&self, event: &Event) -> anyhow::Result<Reasons> {
        let Body::CriterionJudged {
            verdict,
            reading,
            stats_version,
            ..
        } = &event.body
        else {
            bail!("entry {} is no verdict", self.state.seq + 1)
        };
        let (criterion, explanation) = self.explain(event.at)?;
        let is_equal = &explanation.verdict == verdict && explanation.reading.confirms(reading);
        let journalled = Journalled {
            seq: self.state.seq + 1,
            at: event.at,
            verdict: verdict.word().to_owned(),
            recomputed: explanation.verdict.word().to_owned(),
            is_equal: (*stats_version == STATS_VERSION).then_some(is_equal),
            stats_version: *stats_version,
        };
        Ok(Reasons {
            seq: self.state.seq + 1,
            criterion,
            explanation,
            counted: self.counted.values().cloned().collect(),
            journalled: Some(journalled),
        })
    }

    /// Applies an event, and notes who brought the strata that it adds to the criterion.
    fn take(&mut self, event: &Event) {
        let before = self.totals();
        apply(&mut self.state, event);
        let after = self.totals();
        if after.0 < before.0 {
            self.counted.clear();
        }
        if after.0 <= before.0 {
            return;
        }
        let Some(known) = self.known() else { return };
        let (by, exposure) = if let Body::EvidenceRecorded { stratum, .. } = &event.body {
            let mut asked = known.exposures.iter().rev();
            let asked = asked.find(|asked| asked.seq <= stratum.version.seq);
            let exposure = asked.map_or(known.exposure, |asked| asked.to);
            (stratum.id.gateway.to_string(), exposure)
        } else {
            ("source".to_owned(), known.exposure)
        };
        let counted = self.counted.entry((by.clone(), exposure)).or_insert_with(|| Counted {
            by,
            exposure,
            strata: 0,
            old: 0,
            new: 0,
        });
        counted.strata += after.0 - before.0;
        counted.old += after.1.saturating_sub(before.1);
        counted.new += after.2.saturating_sub(before.2);
    }

    /// Strata and attempts of both sides since the attempt began.
    fn totals(&self) -> (u64, u64, u64) {
        let tally = self.known().and_then(|known| known.tallies.get(&self.criterion));
        tally.map_or((0, 0, 0), |tally| {
            (tally.attempt.strata, tally.attempt.old.n, tally.attempt.new.n)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_two_stages_needs_the_stage_and_an_unknown_one_is_told_the_nearest() {
        let stage = |name| StageId::parse(name).expect("a name");
        let criterion = |name| CriterionId::parse(name).expect("a name");
        let (shop, pricing) = (stage("shop"), stage("pricing"));
        let (errors, prices) = (criterion("errors"), criterion("prices"));
        let all = [(&shop, &errors), (&pricing, &errors), (&pricing, &prices)];
        let asked = |criterion, stage| {
            let asked = Asked {
                criterion,
                stage,
                at: None,
            };
            pick(&all, asked).map_err(|error| error.to_string())
        };
        assert_eq!(asked("prices", None), Ok((pricing.clone(), prices.clone())));
        assert_eq!(asked("errors", Some("shop")), Ok((shop.clone(), errors.clone())));
        assert_eq!(
            asked("errors", None),
            Err("stages `shop`, `pricing` have a criterion `errors` each; say which with `--stage`".to_owned())
        );
        assert_eq!(
            asked("prizes", Some("shop")),
            Err("there is no criterion `prizes`; nearest: `errors`".to_owned())
        );
        assert_eq!(
            asked("prices", Some("price")),
            Err("no stage `price` has criteria; nearest: `pricing`, `shop`".to_owned())
        );
    }

    #[test]
    fn near_names_are_those_with_few_letters_changed_or_more_to_them() {
        let known = ["buy-completion", "buy-errors", "prices", "p95"];
        assert_eq!(
            nearest("buy-completoin", known.into_iter()),
            "`buy-completion`, `buy-errors`, `prices`"
        );
        assert_eq!(
            nearest("errors", known.into_iter()).split(',').next(),
            Some("`buy-errors`")
        );
    }
}
