//! Exposure as a whole: the complete snapshot that gateways are given, always under the version of the event that asks for it.

use tidegate_model::seam::{Effect, ExposureSnapshot, ExposureVersion, UnitExposure};
use tidegate_model::{BasisPoints, StageId};

use super::turn::sent;
use crate::event::Sent;
use crate::state::{Phase, StageState, State};

/// What is asked of one stage's unit, the rest staying as it is.
pub(super) enum Ask<'a> {
    /// Everything as it is, under a new version.
    Again,
    /// Another exposure for a stage.
    Expose(&'a StageId, BasisPoints),
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
    let mut units: Vec<UnitExposure> = Vec::new();
    for (id, stage) in &state.stages {
        let asked = of_stage(id, stage, ask);
        match units.iter_mut().find(|unit| unit.unit == asked.unit) {
            Some(unit) => join(unit, &asked),
            None => units.push(asked),
        }
    }
    ExposureSnapshot { version, units }
}

fn of_stage(id: &StageId, stage: &StageState, ask: &Ask<'_>) -> UnitExposure {
    let now = UnitExposure {
        unit: stage.unit.clone(),
        exposure: stage.exposure,
        proven: stage.proven,
        killed: false,
        finalised: stage.phase == Phase::Finalised,
        measured: stage.phase.is_exposed(),
    };
    match ask {
        Ask::Expose(asked, to) if *asked == id => UnitExposure {
            exposure: *to,
            measured: true,
            ..now
        },
        Ask::Retreat(asked) if *asked == id => UnitExposure {
            exposure: BasisPoints::ZERO,
            proven: BasisPoints::ZERO,
            measured: false,
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

/// Stages of one unit: the unit has the highest exposure of them.
fn join(unit: &mut UnitExposure, other: &UnitExposure) {
    unit.exposure = unit.exposure.max(other.exposure);
    unit.proven = unit.proven.max(other.proven);
    unit.finalised |= other.finalised;
    unit.measured |= other.measured;
}
