//! Whether what was looked at as a whole counts now: it takes its time, so it speaks of the moment at which it began. Too old, of
//! another step or begun before the gate asked, it passes nothing.

use tidegate_model::plan::Criterion;
use tidegate_model::seam::Verdict;
use tidegate_model::{Millis, Timestamp};

use super::answer::waiting;
use super::because;
use super::silence;
use super::validity::Check;
use crate::event::Reading;
use crate::state::{Phase, StageState};

/// When a stage's gate asked: as the soak, or the watch, was over. Before, it asks nobody.
#[must_use]
pub fn gate_asked(known: &StageState, now: Timestamp) -> Option<Timestamp> {
    match known.phase {
        Phase::Gating => Some(known.since),
        Phase::Watching => known.watch_until.filter(|until| now >= *until),
        Phase::Pending
        | Phase::Ready
        | Phase::Exposing
        | Phase::Soaking
        | Phase::RollingBack
        | Phase::RolledBack
        | Phase::Finalised => None,
    }
}

/// Something that was looked at as a whole.
pub(super) struct Whole<'a> {
    /// The stage that it was looked at for.
    pub(super) known: &'a StageState,
    /// The criterion.
    pub(super) criterion: &'a Criterion,
    /// When it began.
    pub(super) at: Timestamp,
    /// What began longer ago does not count.
    pub(super) stale_after: Millis,
    /// What was done: `compared`, `looked at`.
    pub(super) done: &'static str,
    /// What it was done to: `the rows`.
    pub(super) subject: &'static str,
}

impl Whole<'_> {
    /// The verdict when it is too old or of another step. What nobody has seen under this step nobody can accept the risk of:
    /// no counts go with that.
    pub(super) fn outdated(&self, now: Timestamp, reading: &impl Fn(String) -> Reading) -> Option<(Verdict, Reading)> {
        let Self {
            at, stale_after, done, ..
        } = self;
        if now.since(*at) > *stale_after {
            let why = format!("last {done} at {at}; what began longer than {stale_after} ago does not count");
            let since = silence::since(self.known, &self.criterion.id);
            return Some((Verdict::NoData { since }, reading(why)));
        }
        (*at < self.known.step_since_at).then(|| {
            let why = format!("{} were not {done} since this step began", self.subject);
            (waiting(self.known, self.criterion, now), because(&why))
        })
    }

    /// The verdict when it began before the gate asked. What the gate asked for is on its way: there is no risk in it to accept yet,
    /// and no counts go with that.
    pub(super) fn unasked(&self, now: Timestamp) -> Option<(Verdict, Reading)> {
        let Self { at, done, .. } = self;
        let asked = gate_asked(self.known, now).filter(|asked| at < asked)?;
        let why = format!("{done} at {at}, before the gate asked at {asked}; it waits for what is {done} since");
        Some((waiting(self.known, self.criterion, now), because(&why)))
    }

    /// Both as what a verdict rests on.
    pub(super) fn checks(&self, now: Timestamp) -> Vec<Check> {
        let (at, age, bound) = (self.at, now.since(self.at), self.stale_after);
        let check = |name: &str, holds: bool, detail: String| Check {
            name: name.to_owned(),
            holds,
            detail,
        };
        let fresh = format!("{age} old; older than {bound} does not count");
        let mut checks = vec![check("fresh", age <= bound, fresh)];
        checks.extend(gate_asked(self.known, now).map(|asked| {
            let detail = format!("began at {at}; the gate asked at {asked}");
            check("asked", at >= asked, detail)
        }));
        checks
    }
}
