//! Counts of strata enter the stages they were measured for.

use std::sync::Arc;

use tidegate_model::exploration::{EXPLORATIONS_MAX, EXPLORE};
use tidegate_model::seam::{ExposureVersion, MeterCounts, Ripeness, SPLIT, Stratum, StratumPart};
use tidegate_model::{CriterionId, Millis, Timestamp};

use crate::state::{
    Belongs, CELLS_MAX, Cell, GatewayState, INCARNATIONS_MAX, Phase, RareEvents, StageState, State, Tally,
};
use crate::tally::add;

pub(super) fn record(state: &mut State, stratum: &Stratum, late: bool, at: Timestamp) {
    note(state, stratum);
    follow(state, stratum);
    if late {
        return;
    }
    let is_heard = hear(state, stratum);
    let is_tried_out = state.is_tried_out;
    for counts in &stratum.counts {
        if counts.ripeness == Ripeness::Grown && !is_heard {
            continue;
        }
        let Some(stage) = state.stages.get_mut(&counts.stage) else {
            continue;
        };
        if stratum.version < stage.evidence_since || !stage.phase.is_exposed() {
            continue;
        }
        if stratum.version >= stage.step_since && counts.criterion.as_str() == SPLIT {
            stage.fallbacks += stratum.fallbacks;
        }
        // What was asked for last when the snapshot was made that was in force.
        let asked = stage
            .exposures
            .iter()
            .rev()
            .find(|asked| asked.seq <= stratum.version.seq);
        let Some(share) = asked.map(|asked| asked.to) else {
            continue;
        };
        let cell = Cell {
            began: stratum.began,
            received: at,
            version: stratum.version,
            share,
            old: counts.old,
            new: counts.new,
        };
        let is_charted = add_up(stage, counts, &cell);
        if is_charted && !is_tried_out {
            chart(stage, &counts.criterion, cell);
        }
    }
}

/// Takes what is counted of attempts that had begun before their stage fell. It is too late to judge by, and counts for what the
/// fall has cost.
fn follow(state: &mut State, stratum: &Stratum) {
    if stratum.voided {
        return;
    }
    for counts in stratum
        .counts
        .iter()
        .filter(|counts| counts.ripeness == Ripeness::Whole)
    {
        let Some(stage) = state.stages.get_mut(&counts.stage) else {
            continue;
        };
        let has_fallen = matches!(stage.phase, Phase::RollingBack | Phase::RolledBack);
        let began_before = stratum.version >= stage.evidence_since && stratum.version.seq < stage.exposing_seq;
        if has_fallen && began_before && stage.criteria.contains(&counts.criterion) {
            let after = stage.aftermath.entry(counts.criterion.clone());
            after.or_default().push(counts.old, counts.new);
        }
    }
}

/// Whether alarms have heard what happened in a stratum as it did. What they have not cannot help to pass.
fn hear(state: &mut State, stratum: &Stratum) -> bool {
    let id = &stratum.id;
    let Some(gateway) = state.gateways.get_mut(&id.gateway) else {
        return false;
    };
    let heard = gateway.heard.entry(id.incarnation).or_default();
    match id.part {
        StratumPart::Prompt => heard.note(id.index),
        StratumPart::Timed | StratumPart::Cohort => {}
    }
    let is_heard = heard.has(id.index);
    if gateway.heard.len() > INCARNATIONS_MAX {
        gateway.heard.pop_first();
    }
    is_heard
}

/// What attempts are evidence for that began under a snapshot: the step, when its own exposure was in force.
fn belongs(stage: &StageState, version: ExposureVersion) -> Belongs {
    if version.seq >= stage.exposing_seq && version >= stage.step_since {
        Belongs::ToStep
    } else {
        Belongs::ToAttempt
    }
}

/// Takes counts into the sums of their criterion as far as they are known, and says whether they are for its chart: those
/// to which nothing will be added.
fn add_up(stage: &mut StageState, counts: &MeterCounts, cell: &Cell) -> bool {
    let since = stage.evidence_since;
    let own = belongs(stage, cell.version);
    let later: Vec<_> = counts
        .later
        .iter()
        .filter(|row| row.version >= since)
        .map(|row| (row, belongs(stage, row.version)))
        .collect();
    let Some(tally) = tally(stage, &counts.criterion) else {
        return false;
    };
    for (row, belongs) in later {
        tally.push_later(row.old, row.new, belongs);
    }
    let is_whole = match counts.ripeness {
        Ripeness::Whole => {
            tally.push(cell, own);
            true
        }
        Ripeness::Young => {
            tally.push_young(cell, own);
            false
        }
        Ripeness::Grown => {
            tally.push_grown(cell, own);
            true
        }
    };
    is_whole && !counts.criterion.as_str().starts_with(EXPLORE)
}

/// Takes one stratum of a criterion: into its sums, which verdicts are given by, and onto its chart.
pub(super) fn count(stage: &mut StageState, criterion: &CriterionId, cell: Cell, belongs: Belongs) {
    if let Some(tally) = tally(stage, criterion) {
        tally.push(&cell, belongs);
        chart(stage, criterion, cell);
    }
}

/// The sums of a criterion. What a stage does not ask for is not kept, and of explorations so many.
fn tally<'a>(stage: &'a mut StageState, criterion: &CriterionId) -> Option<&'a mut Tally> {
    let is_exploration = criterion.as_str().starts_with(EXPLORE);
    if !stage.tallies.contains_key(criterion) {
        let is_asked_for = criterion.as_str() == SPLIT || stage.criteria.contains(criterion);
        let has_room = stage.tallies.len() < stage.criteria.len() + EXPLORATIONS_MAX;
        if !(is_asked_for || is_exploration && has_room) {
            return None;
        }
    }
    let StageState { sources, tallies, .. } = stage;
    let tally = tallies.entry(criterion.clone()).or_insert_with(|| {
        Arc::new(match sources.get(criterion) {
            Some(source) => match source.grown_after {
                // An end that is later than silence may be is not waited for.
                Some(window) => {
                    Tally::new(source.rare).ending_within(Millis(window.0.saturating_add(source.max_silence.0)))
                }
                None => Tally::new(source.rare),
            },
            None if criterion.as_str() == SPLIT => Tally::of_split(),
            None => Tally::new(Some(RareEvents::Neither)),
        })
    });
    Some(Arc::make_mut(tally))
}

fn chart(stage: &mut StageState, criterion: &CriterionId, cell: Cell) {
    let cells = Arc::make_mut(stage.cells.entry(criterion.clone()).or_default());
    if cells.len() >= CELLS_MAX {
        merge_pairs(cells);
    }
    if cells.len() >= CELLS_MAX {
        cells.remove(0);
    }
    cells.push(cell);
}

/// Remembers a report, so that its repeat is dropped; of the oldest starts of a gateway nothing is remembered.
fn note(state: &mut State, stratum: &Stratum) {
    let id = &stratum.id;
    let gateway = state
        .gateways
        .entry(id.gateway.clone())
        .or_insert_with(|| GatewayState {
            incarnation: id.incarnation,
            is_lost: false,
            seen: Default::default(),
            heard: Default::default(),
        });
    gateway
        .seen
        .entry(id.incarnation)
        .or_default()
        .entry(id.part)
        .or_default()
        .note(id.index);
    if gateway.seen.len() > INCARNATIONS_MAX {
        gateway.seen.pop_first();
    }
}

/// Halves the list by adding each pair of neighbours of one step; only the chart loses resolution.
fn merge_pairs(cells: &mut Vec<Cell>) {
    let mut merged: Vec<Cell> = Vec::with_capacity(cells.len() / 2 + 1);
    let mut is_open = false;
    for cell in cells.drain(..) {
        match merged.last_mut() {
            Some(last) if is_open && last.share == cell.share && last.version == cell.version => {
                last.old = add(last.old, cell.old);
                last.new = add(last.new, cell.new);
                last.received = cell.received;
                is_open = false;
            }
            Some(_) | None => {
                merged.push(cell);
                is_open = true;
            }
        }
    }
    *cells = merged;
}

#[cfg(test)]
mod tests {
    use tidegate_model::BasisPoints;
    use tidegate_model::seam::{ArmCounts, ExposureVersion};

    use super::*;

    fn cell(seq: u64, n: u64) -> Cell {
        Cell {
            began: Timestamp(0),
            received: Timestamp(0),
            version: ExposureVersion { epoch: 1, seq },
            share: BasisPoints::FULL,
            old: ArmCounts { n, hits: n / 2 },
            new: ArmCounts { n, hits: n },
        }
    }

    #[test]
    fn merging_halves_a_step_and_mixes_no_two() {
        let mut cells: Vec<Cell> = [(1, 10), (1, 20), (1, 30), (2, 40), (2, 50)]
            .into_iter()
            .map(|(seq, n)| cell(seq, n))
            .collect();
        merge_pairs(&mut cells);
        let merged: Vec<(u64, u64, u64)> = cells
            .iter()
            .map(|cell| (cell.version.seq, cell.new.n, cell.old.hits))
            .collect();
        assert_eq!(merged, [(1, 30, 15), (1, 30, 15), (2, 90, 45)]);
    }
}
