//! Exposure as a whole: the complete snapshot that gateways are given, always under the version of the event that asks for it.

use tidegate_model::BasisPoints;
use tidegate_model::StageId;
use tidegate_model::plan::Step;
use tidegate_model::seam::{Effect, ExposureSnapshot, ExposureVersion, UnitExposure};

use super::turn::sent;
use crate::event::Sent;
use crate::state::{Phase, StageState, State};

/// What is asked of one stage's unit, the rest staying as it is.
pub(super) enum Ask<'a> {
    /// Everything as it is, under a new version.
    Again,
    /// A step of a stage: its exposure, and the groups that flip with it.
    Expose(&'a StageId, &'a Step),
    /// Nobody on the new side of a stage.
    Retreat(&'a StageId),
    /// The new side of a stage is final.
    Finalise(&'a StageId),
}

/// The exposure that the state asks for.
#[must_use]
pub fn snapshot(state: &State, version: ExposureVersion) -> ExposureSnapshot {
    with(state, version, &Ask::Again)
}

/// The effect that the next event at `seq` sends.
pub(super) fn ask(state: &State, seq: u64, epoch: u64, ask: &Ask<'_>) -> Sent {
    let asked = with(state, ExposureVersion { epoch, seq }, ask);
    let (epoch, seq) = (epoch.to_string(), seq.to_string());
    sent(&["set-exposure", &epoch, &seq], Effect::SetExposure(asked))
}

fn with(state: &State, version: ExposureVersion, ask: &Ask<'_>) -> ExposureSnapshot {
    // One stage moves a unit: two with different wishes would leave visitors on a side that was rolled back.
    let units = state.stages.iter().map(|(id, stage)| of_stage(id, stage, ask));
    ExposureSnapshot {
        version,
        units: units.collect(),
    }
}

fn of_stage(id: &StageId, stage: &StageState, ask: &Ask<'_>) -> UnitExposure {
    let now = UnitExposure {
        unit: stage.unit.clone(),
        exposure: stage.exposure,
        proven: stage.proven,
        killed: false,
        finalised: stage.phase == Phase::Finalised,
        measured: stage.phase.is_exposed(),
        groups: stage.groups.clone(),
        proven_groups: stage.proven_groups.clone(),
    };
    match ask {
        Ask::Expose(asked, step) if *asked == id => UnitExposure {
            exposure: step.to,
            measured: true,
            groups: stage.groups.iter().chain(&step.flips).cloned().collect(),
            ..now
        },
        Ask::Retreat(asked) if *asked == id => UnitExposure {
            exposure: BasisPoints::ZERO,
            proven: BasisPoints::ZERO,
            measured: false,
            groups: Vec::new(),
            proven_groups: Vec::new(),
            ..now
        },
        Ask::Finalise(asked) if *asked == id => UnitExposure {
            exposure: BasisPoints::FULL,
            proven: BasisPoints::FULL,
            finalised: true,
            measured: false,
            ..now
        },
        Ask::Again | Ask::Expose(..) | Ask::Retreat(_) | Ask::Finalise(_) => now,
    }
}
