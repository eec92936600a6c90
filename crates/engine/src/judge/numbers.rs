//! From journalled cells to the counts that the statistics take.

use tidegate_stats::{ArmCounts, PairedStratum};

use crate::state::{Cell, StageState};

/// One cell as the statistics take it.
pub(super) fn paired(cell: &Cell) -> PairedStratum {
    PairedStratum {
        old: arm(cell.old),
        new: arm(cell.new),
    }
}

pub(super) fn arm(counts: tidegate_model::seam::ArmCounts) -> ArmCounts {
    ArmCounts::new(counts.n, counts.hits)
}

/// Whether a cell may help this step to pass: it was counted under the step's own exposure, and came since that is in force.
pub(super) fn is_of_step(stage: &StageState, cell: &Cell) -> bool {
    cell.version.seq >= stage.exposing_seq && cell.version >= stage.step_since && cell.received >= stage.step_since_at
}

/// Sum of the cells: old, new.
pub(super) fn totals<'a>(cells: impl Iterator<Item = &'a Cell>) -> ((u64, u64), (u64, u64)) {
    cells.fold(((0, 0), (0, 0)), |((old_n, old_hits), (new_n, new_hits)), cell| {
        (
            (old_n.saturating_add(cell.old.n), old_hits.saturating_add(cell.old.hits)),
            (new_n.saturating_add(cell.new.n), new_hits.saturating_add(cell.new.hits)),
        )
    })
}

/// A ratio for people; none without a denominator.
#[expect(clippy::cast_precision_loss, reason = "for display; exact below 2^53")]
pub(super) fn share((n, hits): (u64, u64)) -> Option<f64> {
    (n > 0).then(|| hits as f64 / n as f64)
}

/// `93.1 % of 1240`.
pub(super) fn in_words(counts: (u64, u64)) -> String {
    share(counts).map_or_else(
        || "no attempts".into(),
        |share| format!("{:.1} % of {}", 100.0 * share, counts.0),
    )
}
