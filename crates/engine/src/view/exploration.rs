//! Segments that no criterion judges, as people see them: counts and an interval, labelled as exploration.

use tidegate_model::Estate;
use tidegate_model::exploration::explorations;
use tidegate_model::plan::Stage;

use crate::state::StageState;
use crate::view::ExplorationView;

/// Chance with which an interval shown here has ever been wrong. It is each one's own and none of the plan's alpha: of
/// twenty that are looked at, one may well stand out by chance.
const EXPLORATION_ALPHA: f64 = 0.05;

/// What a stage has counted of each segment without a criterion; empty before anything was exposed.
pub(super) fn view(estate: &Estate, declared: &Stage, known: &StageState) -> Vec<ExplorationView> {
    explorations(estate, declared)
        .into_iter()
        .filter_map(|explored| {
            let tally = known.tallies.get(&explored.id)?;
            let difference = tally.stratified.difference(EXPLORATION_ALPHA);
            Some(ExplorationView {
                id: explored.id,
                label: "exploration".to_owned(),
                of: explored.criterion,
                segment: explored.value.to_string(),
                old: tally.attempt.old_pair(),
                new: tally.attempt.new_pair(),
                difference: difference.map(|shown| shown.point_pp / 100.0),
                interval: difference.map(|shown| (shown.low_pp / 100.0, shown.high_pp / 100.0)),
            })
        })
        .collect()
}
