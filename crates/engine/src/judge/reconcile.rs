//! Rows of an entity that were held against each other: clean is a pass, a difference that stayed is harm, anything in doubt is
//! neither; and what was not compared for certain, or too long ago, is no data.

use tidegate_model::plan::Criterion;
use tidegate_model::seam::{Compared, InvalidReason, Observation, Reconciled, Verdict};
use tidegate_model::{Millis, Timestamp};

use super::validity::Check;
use super::{because, silence};
use crate::event::Reading;
use crate::state::{Phase, StageState};

pub(super) fn judge(
    known: &StageState,
    criterion: &Criterion,
    stale_after: Millis,
    now: Timestamp,
) -> (Verdict, Reading) {
    let since = silence::since(known, &criterion.id);
    let no_data = |reading: Reading| (Verdict::NoData { since }, reading);
    let waiting = |reading: Reading| match silence::of(known, &criterion.id, now) {
        Some(since) => (Verdict::NoData { since }, reading),
        None => (Verdict::NotYet { needed: None }, reading),
    };
    let (at, found) = match known.observations.get(&criterion.id) {
        None => return waiting(because("the rows were not compared yet")),
        Some(Observation::Silent(silent)) => {
            return (Verdict::SourceDown { since: silent.since }, because(&silent.reason));
        }
        Some(Observation::Nothing { detail, .. }) => return no_data(because(detail)),
        Some(Observation::Unusable { reason, detail, .. }) => {
            return (Verdict::Invalid { reason: reason.clone() }, because(detail));
        }
        // Not an answer to what was asked here.
        Some(
            Observation::Equality { .. }
            | Observation::Level { .. }
            | Observation::Counts { .. }
            | Observation::Surveyed { .. },
        ) => {
            let reason = InvalidReason::Shape;
            return (
                Verdict::Invalid { reason },
                because("the answer is no comparison of rows"),
            );
        }
        Some(Observation::Reconciled { at, found }) => (*at, found),
    };
    let reading = |why: String| Reading { why, ..told(found) };
    if let Some(why) = found.says_nothing() {
        return no_data(reading(format!("{why}; {}", found.words())));
    }
    match found.compared {
        // More of the same does not unsay it; the next comparison does.
        Compared::Diverged => (Verdict::Harm, reading(found.words())),
        Compared::Clean | Compared::Inconclusive if now.since(at) > stale_after => {
            let why = format!("last compared at {at}; what began longer than {stale_after} ago does not count");
            no_data(reading(why))
        }
        // What nobody has seen under this step, nobody can accept the risk of: no counts go with it.
        Compared::Clean | Compared::Inconclusive if at < known.step_since_at => {
            waiting(because("the rows were not compared since this step began"))
        }
        Compared::Inconclusive => (Verdict::NotYet { needed: None }, reading(found.words())),
        Compared::Clean => match gate_asked(known, now) {
            Some(asked) if at < asked => waiting(reading(format!(
                "clean at {at}; compared again since the gate asked at {asked}"
            ))),
            Some(_) | None => (Verdict::Pass, reading(found.words())),
        },
    }
}

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

/// What the verdict rests on, one by one; empty before anything was compared.
pub(super) fn checks(known: &StageState, criterion: &Criterion, stale_after: Millis, now: Timestamp) -> Vec<Check> {
    let Some(Observation::Reconciled { at, found }) = known.observations.get(&criterion.id) else {
        return Vec::new();
    };
    let check = |name: &str, holds: bool, detail: String| Check {
        name: name.to_owned(),
        holds,
        detail,
    };
    let age = now.since(*at);
    let coverage = match (found.changed_keys, found.is_whole) {
        (Some(keys), _) => format!("not all keys were compared, but the {keys} that had changed"),
        (None, true) => "all keys were compared".to_owned(),
        (None, false) => format!("not all keys were compared, {} parts could not be read", found.skipped),
    };
    let rereading = format!("{} healed, {} kept changing", found.healed, found.moving);
    let mut checks = vec![
        check("coverage", found.is_whole && found.skipped == 0, coverage),
        check("read again", found.moving == 0, rereading),
        check(
            "fresh",
            age <= stale_after,
            format!("{age} old; older than {stale_after} does not count"),
        ),
    ];
    if let Some(asked) = gate_asked(known, now) {
        let detail = format!("began at {at}; the gate asked at {asked}");
        checks.push(check("asked", *at >= asked, detail));
    }
    checks
}

fn told(found: &Reconciled) -> Reading {
    let side = |rows: u64, differing: u64| Some((rows, differing));
    let (old, new) = match found.changed_keys {
        Some(keys) => (keys, keys),
        None => (found.ledger_rows.unwrap_or(found.old_rows), found.new_rows),
    };
    Reading {
        old: side(old, 0),
        new: side(new, found.differing),
        ..Reading::default()
    }
}
