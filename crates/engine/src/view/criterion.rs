//! A criterion as people see it: its word, the numbers behind it, and its counts over time.

use tidegate_model::plan::{Criterion, Measure, Stage};
use tidegate_model::seam::Observation;
use tidegate_model::survey::SurveyAsk;
use tidegate_model::{BasisPoints, Estate, Timestamp};

use crate::event::Reading;
use crate::judge;
use crate::state::{Cell, Phase, StageState, State};
use crate::view::CriterionView;
use crate::view::after::after;

/// Points of a chart's line; more strata are added up by neighbours.
const POINTS_MAX: usize = 60;

/// The view of one criterion.
pub(super) fn view(
    estate: &Estate,
    state: &State,
    stage: &Stage,
    known: &StageState,
    criterion: &Criterion,
    now: Timestamp,
) -> CriterionView {
    let cells = known.cells.get(&criterion.id).map_or(&[][..], |cells| cells.as_slice());
    let said = known.verdicts.get(&criterion.id);
    let is_judged = match known.phase {
        Phase::Exposing | Phase::Soaking | Phase::Gating => true,
        // At full exposure there is no old side to compare with.
        Phase::Watching => criterion.measure.is_absolute(),
        Phase::Pending | Phase::Ready | Phase::RollingBack | Phase::RolledBack | Phase::Finalised => false,
    };
    let (verdict, since, reading) = if is_judged {
        let (verdict, reading) = judge::judge(estate, state, &stage.id, criterion, now);
        let reading = judge::told(estate, state, &stage.id, criterion, reading, now);
        let since = said
            .filter(|said| said.verdict.word() == verdict.word())
            .map(|said| said.since);
        (verdict.word(), since, reading)
    } else {
        // After a rollback the verdict that caused it stays on the page until the next attempt begins, and the last one of all once
        // the stage is final.
        let is_over = matches!(known.phase, Phase::RollingBack | Phase::RolledBack | Phase::Finalised);
        match said.filter(|_| is_over) {
            Some(said) => (said.verdict.word(), Some(said.since), said.reading.clone()),
            None => ("not judged", None, Reading::default()),
        }
    };
    CriterionView {
        id: criterion.id.clone(),
        title: criterion.title.clone(),
        kind: kind(&criterion.measure).to_owned(),
        segment: criterion.segment.as_ref().map(ToString::to_string),
        owner: criterion.owner.clone(),
        verdict: verdict.to_owned(),
        since,
        evidence_at: evidence_at(known, criterion),
        reading,
        after: after(estate, stage, known, criterion),
        slowed: None,
        open: open(known, criterion),
        series: series(cells),
    }
}

/// Attempts of the step that may still turn bad, old side and new.
pub(super) fn open(known: &StageState, criterion: &Criterion) -> (u64, u64) {
    let tally = known.tallies.get(&criterion.id).filter(|_| known.phase.is_exposed());
    tally.map_or((0, 0), |tally| tally.open_of_step())
}

/// The word of what a criterion measures.
pub(super) fn kind(measure: &Measure) -> &'static str {
    match measure {
        Measure::Completion { .. } => "completion",
        Measure::Errors { .. } => "errors",
        Measure::Latency { .. } => "latency",
        Measure::Slower { .. } => "slower",
        Measure::Level { .. } => "level",
        Measure::Counted { .. } => "counted",
        Measure::SqlEqual { .. } => "sql",
        Measure::Reconcile { .. } => "reconcile",
        Measure::Survey { ask, .. } => match ask {
            SurveyAsk::Crawl(_) => "crawl",
            SurveyAsk::Quote(_) => "quote",
        },
        Measure::Incidents { .. } => "incidents",
        Measure::Load { .. } => "load",
        Measure::Manual { .. } => "manual",
    }
}

fn evidence_at(known: &StageState, criterion: &Criterion) -> Option<Timestamp> {
    let counted = known
        .tallies
        .get(&criterion.id)
        .and_then(|tally| tally.attempt.received);
    let observed = known
        .observations
        .get(&criterion.id)
        .and_then(|observation| match observation {
            Observation::Equality { at, .. }
            | Observation::Reconciled { at, .. }
            | Observation::Surveyed { at, .. }
            | Observation::Level { at, .. }
            | Observation::Counts { at, .. } => Some(*at),
            Observation::Nothing { .. } | Observation::Unusable { .. } | Observation::Silent(_) => None,
        });
    let attested = known.attested.get(&criterion.id).map(|(_, at)| *at);
    counted.max(observed).max(attested)
}

/// Shares over time, at most [`POINTS_MAX`] points; a side without attempts has none, never zero.
fn series(cells: &[Cell]) -> Vec<(Timestamp, Option<f64>, Option<f64>)> {
    let mut cells: Vec<&Cell> = cells.iter().collect();
    cells.sort_by_key(|cell| cell.began);
    let size = cells.len().div_ceil(POINTS_MAX).max(1);
    let share = |hits: u64, n: u64| (n > 0).then(|| hits as f64 / n as f64);
    cells
        .chunks(size)
        .filter_map(|run| {
            let began = run.first()?.began;
            let sum = |pick: fn(&Cell) -> u64| run.iter().map(|cell| pick(cell)).sum::<u64>();
            let exposed = run.iter().any(|cell| cell.share > BasisPoints::ZERO);
            let old = share(sum(|cell| cell.old.hits), sum(|cell| cell.old.n));
            let new = share(sum(|cell| cell.new.hits), sum(|cell| cell.new.n)).filter(|_| exposed);
            Some((began, old, new))
        })
        .collect()
}
