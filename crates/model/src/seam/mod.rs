//! The types that cross rooms, and nothing else: what the senses report, what the hands are asked to do.

pub mod actor;
pub mod effect;
pub mod evidence;
pub mod exposure;
pub mod observation;
mod reconciled;
mod shown;
mod surveyed;
pub mod totals;
pub mod verdict;

pub use actor::{Actor, Door};
pub use effect::{Effect, EffectKey, Errand, Letter, Outcome, Receipt, Retry};
pub use evidence::{
    ArmCounts, BrakeLook, LaterHits, Meter, MeterCounts, MeterKind, PromiseMeter, PromisedCounts, Ripeness, SPLIT,
    Stratum, StratumId, StratumPart,
};
pub use exposure::{ExposureSnapshot, ExposureVersion, UnitExposure};
pub use observation::{EqualityCounts, Observation, Silence};
pub use reconciled::{Compared, EXTRA, MISSING, Reconciled, SEVERAL};
pub use shown::{PASS_HEADER, SHOWN_HEADER, Shown};
pub use surveyed::{FaultSeen, Subjects, Surveyed};
pub use verdict::{InvalidReason, Verdict};
