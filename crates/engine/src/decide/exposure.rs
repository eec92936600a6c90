//! Exposure as a whole: the complete snapshot that gateways are given, always under the version of the event that asks for it.

use tidegate_model::seam::{Effect, ExposureSnapshot, ExposureVersion, UnitExposure};
use tidegate_model::{BasisPoints, StageId};

use super::turn::sent;
use crate::event::Sent;
use crate::state::{Phase, State};

/// The exposure that the state asks for.
#[must_use]
pub fn snapshot(state: &State, version: ExposureVersion) -> ExposureSnapshot {
    let units = state
        .stages
        .values()
        .map(|stage| UnitExposure {
            unit: stage.unit.clone(),
            exposure: stage.exposure,
            proven: stage.proven,
            killed: false,
            finalised: stage.phase == Phase::Finalised,
            measured: stage.phase.is_exposed(),
        })
        .collect();
    ExposureSnapshot { version, units }
}

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

/// The effect that the next event at `seq` sends.
pub(super) fn ask(state: &State, seq: u64, epoch: u64, ask: &Ask<'_>) -> Sent {
    let version = ExposureVersion { epoch, seq };
    let mut asked = snapshot(state, version);
    let mut change = |id: &StageId, edit: &dyn Fn(&mut UnitExposure)| {
        let unit = state.stages.get(id).map(|stage| stage.unit.clone());
        if let Some(found) = asked
            .units
            .iter_mut()
            .find(|exposure| Some(&exposure.unit) == unit.as_ref())
        {
            edit(found);
        }
    };
    match ask {
        Ask::Again => {}
        Ask::Expose(id, to) => change(id, &|unit| {
            if *to > unit.exposure && unit.exposure > BasisPoints::ZERO {
                unit.proven = unit.exposure;
            }
            unit.exposure = *to;
            unit.measured = true;
        }),
        Ask::Retreat(id) => change(id, &|unit| {
            unit.exposure = BasisPoints::ZERO;
            unit.proven = BasisPoints::ZERO;
            unit.measured = false;
        }),
        Ask::Finalise(id) => change(id, &|unit| {
            unit.exposure = BasisPoints::FULL;
            unit.proven = BasisPoints::FULL;
            unit.finalised = true;
            unit.measured = false;
        }),
    }
    let (epoch, seq) = (epoch.to_string(), seq.to_string());
    sent(&["set-exposure", &epoch, &seq], Effect::SetExposure(asked))
}
