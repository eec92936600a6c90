//! Rows of an entity that were held against each other: clean is a pass, a difference that stayed is harm, anything in doubt is
//! neither; and what was not compared for certain, or too long ago, is no data.

use tidegate_model::plan::Criterion;
use tidegate_model::seam::{Compared, Observation, Reconciled, Verdict};
use tidegate_model::{Millis, Timestamp};

use super::answer::{answer, waiting};
use super::asked::Whole;
use super::validity::Check;
use super::{because, silence};
use crate::event::Reading;
use crate::state::StageState;

pub(super) fn judge(
    known: &StageState,
    criterion: &Criterion,
    stale_after: Millis,
    now: Timestamp,
) -> (Verdict, Reading) {
    let (at, found) = match answer(known, criterion, "the answer is no comparison of rows", reconciled) {
        Err((verdict, why)) => return (verdict, because(&why)),
        Ok(None) => {
            let why = because("the rows were not compared yet");
            return (waiting(known, criterion, now), why);
        }
        Ok(Some(found)) => found,
    };
    let reading = |why: String| Reading { why, ..told(found) };
    if let Some(why) = found.says_nothing() {
        let since = silence::since(known, &criterion.id);
        return (Verdict::NoData { since }, reading(format!("{why}; {}", found.words())));
    }
    let whole = whole(known, criterion, at, stale_after);
    match found.compared {
        // More of the same does not unsay it; the next comparison does.
        Compared::Diverged => (Verdict::Harm, reading(found.words())),
        Compared::Inconclusive => whole
            .outdated(now, &reading)
            .unwrap_or_else(|| (Verdict::NotYet { needed: None }, reading(found.words()))),
        Compared::Clean => {
            let untimely = whole.outdated(now, &reading).or_else(|| whole.unasked(now));
            untimely.unwrap_or_else(|| (Verdict::Pass, reading(found.words())))
        }
    }
}

/// What the verdict rests on, one by one; empty before anything was compared.
pub(super) fn checks(known: &StageState, criterion: &Criterion, stale_after: Millis, now: Timestamp) -> Vec<Check> {
    let Some((at, found)) = known.observations.get(&criterion.id).and_then(reconciled) else {
        return Vec::new();
    };
    let check = |name: &str, holds: bool, detail: String| Check {
        name: name.to_owned(),
        holds,
        detail,
    };
    let coverage = match (found.changed_keys, found.is_whole) {
        (Some(keys), _) => format!("not all keys were compared, but the {keys} that had changed"),
        (None, true) => "all keys were compared".to_owned(),
        (None, false) => format!("not all keys were compared, {} parts could not be read", found.skipped),
    };
    let rereading = format!("{} healed, {} kept changing", found.healed, found.moving);
    let mut checks = vec![
        check("coverage", found.is_whole && found.skipped == 0, coverage),
        check("read again", found.moving == 0, rereading),
    ];
    checks.extend(whole(known, criterion, at, stale_after).checks(now));
    checks
}

fn whole<'a>(known: &'a StageState, criterion: &'a Criterion, at: Timestamp, stale_after: Millis) -> Whole<'a> {
    Whole {
        known,
        criterion,
        at,
        stale_after,
        done: "compared",
        subject: "the rows",
    }
}

fn reconciled(said: &Observation) -> Option<(Timestamp, &Reconciled)> {
    let Observation::Reconciled { at, found } = said else {
        return None;
    };
    Some((*at, found))
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
