//! Counts of strata enter the stages they were measured for.

use std::sync::Arc;

use tidegate_model::exploration::{EXPLORATIONS_MAX, EXPLORE};
use tidegate_model::seam::{SPLIT, Stratum};
use tidegate_model::{CriterionId, Timestamp};

use crate::state::{Belongs, CELLS_MAX, Cell, GatewayState, INCARNATIONS_MAX, RareEvents, StageState, State, Tally};
use crate::tally::add;

pub(super) fn record(state: &mut State, stratum: &Stratum, late: bool, at: Timestamp) {
    note(state, stratum);
    if late {
        return;
    }
    let is_tried_out = state.is_tried_out;
    for counts in &stratum.counts {
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
        // Counted under the step's own exposure, since that is in force.
        let is_of_step = stratum.version.seq >= stage.exposing_seq && stratum.version >= stage.step_since;
        let belongs = if is_of_step {
            Belongs::ToStep
        } else {
            Belongs::ToAttempt
        };
        let is_charted = add_up(stage, &counts.criterion, &cell, belongs);
        if is_charted && !is_tried_out {
            chart(stage, &counts.criterion, cell);
        }
    }
}

/// Takes one stratum of a criterion: into its sums, which verdicts are given by, and onto its chart.
pub(super) fn count(stage: &mut StageState, criterion: &CriterionId, cell: Cell, belongs: Belongs) {
    if add_up(stage, criterion, &cell, belongs) {
        chart(stage, criterion, cell);
    }
}

/// Takes a stratum into the sums of its criterion, and says whether it has a chart. What a stage does not ask for is not kept,
/// and explorations have no chart.
fn add_up(stage: &mut StageState, criterion: &CriterionId, cell: &Cell, belongs: Belongs) -> bool {
    let is_exploration = criterion.as_str().starts_with(EXPLORE);
    if !stage.tallies.contains_key(criterion) {
        let is_asked_for = criterion.as_str() == SPLIT || stage.criteria.contains(criterion);
        let has_room = stage.tallies.len() < stage.criteria.len() + EXPLORATIONS_MAX;
        if !(is_asked_for || is_exploration && has_room) {
            return false;
        }
    }
    let StageState { sources, tallies, .. } = stage;
    let tally = tallies.entry(criterion.clone()).or_insert_with(|| {
        Arc::new(match sources.get(criterion) {
            Some(source) => Tally::new(source.rare),
            None if criterion.as_str() == SPLIT => Tally::of_split(),
            None => Tally::new(Some(RareEvents::Neither)),
        })
    });
    Arc::make_mut(tally).push(cell, belongs);
    !is_exploration
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
