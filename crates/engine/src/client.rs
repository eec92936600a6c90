//! Clients that are no browsers: whoever knows the old side only keeps a stage from being made final, and nothing else.

use tidegate_model::plan::{Plan, Stage};
use tidegate_model::{ClientId, Estate, Timestamp};

/// The client of a stage's unit that needs the old side longest, and until when; none when every client can move.
pub(crate) fn last_to_move<'a>(estate: &'a Estate, plan: &Plan, stage: &Stage) -> Option<(&'a ClientId, Timestamp)> {
    estate.edges().get(&plan.edge)?.unit(&stage.unit)?.last_to_move()
}
