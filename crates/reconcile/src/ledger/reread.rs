//! What looked wrong is read again from all three: an order and its charge are never written in one moment.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::fault::SourceFault;
use crate::ledger::finding::{Seen, judge};
use crate::ledger::pass::Pass;
use crate::ledger::{LedgerEvent, Party};
use crate::row::Key;
use crate::suspects::{in_time, lookup, tried};
use crate::verdict::Doubt;

/// Readings without a change that make a finding certain.
const UNCHANGED_MIN: u32 = 2;
/// References of one look-up.
const KEYS_AT_ONCE: usize = 200;

/// A reference that looks wrong.
pub(super) struct Open {
    reference: Key,
    seen: Seen,
    unchanged: u32,
    reads: u32,
}

impl Open {
    pub(super) fn new(reference: Key, seen: Seen) -> Self {
        Self {
            reference,
            seen,
            unchanged: 0,
            reads: 0,
        }
    }
}

/// Reads references again until each is right, certain to be wrong, or has changed too often.
pub(super) async fn reread(pass: &mut Pass<'_>, mut open: Vec<Open>, sink: &mut (dyn FnMut(LedgerEvent) + Send)) {
    let mut moving = 0;
    while !open.is_empty() {
        let references = u64::try_from(open.len()).unwrap_or(u64::MAX);
        sink(LedgerEvent::Rereading { references });
        let settled = match in_time(pass.until(), settle(pass)).await {
            Ok(settled) => settled,
            Err(doubt) => return end(pass, moving, doubt),
        };
        let mut still = Vec::new();
        let mut rest = open.into_iter().peekable();
        while rest.peek().is_some() {
            let some: Vec<Open> = rest.by_ref().take(KEYS_AT_ONCE).collect();
            let keys: Vec<Key> = some.iter().map(|one| one.reference.clone()).collect();
            let found = match &settled {
                Err(fault) => Ok(Err(fault.clone())),
                Ok(()) => in_time(pass.until(), look_up(pass, &keys)).await,
            };
            let found = match found {
                Ok(found) => found,
                Err(doubt) => return end(pass, moving, doubt),
            };
            let mut found = match found {
                Ok(found) => found,
                Err((party, fault)) => {
                    let rows = still.len() + some.len() + rest.count();
                    let unread = Doubt::Unread {
                        rows: u64::try_from(rows).unwrap_or(u64::MAX),
                        fault: format!("{party}: {fault}"),
                    };
                    return end(pass, moving, unread);
                }
            };
            for one in some {
                let now = found.remove(&one.reference).unwrap_or_default();
                still.extend(weigh(pass, one, now, &mut moving, sink));
            }
        }
        open = still;
    }
    if moving > 0 {
        pass.gathered.doubts.push(Doubt::Moving { rows: moving });
    }
}

/// Ends before every reference has its end.
fn end(pass: &mut Pass<'_>, moving: u64, doubt: Doubt) {
    pass.gathered.doubts.push(doubt);
    if moving > 0 {
        pass.gathered.doubts.push(Doubt::Moving { rows: moving });
    }
}

/// Ends a reference, or gives it back to be read once more.
fn weigh(
    pass: &mut Pass<'_>,
    mut one: Open,
    now: Seen,
    moving: &mut u64,
    sink: &mut (dyn FnMut(LedgerEvent) + Send),
) -> Option<Open> {
    let findings = judge(&pass.ledger.rules, &one.reference, &now);
    if findings.is_empty() {
        pass.gathered.healed += 1;
        sink(LedgerEvent::Healed {
            reference: one.reference,
        });
        return None;
    }
    one.reads += 1;
    one.unchanged = if now == one.seen { one.unchanged + 1 } else { 0 };
    one.seen = now;
    if one.unchanged >= UNCHANGED_MIN {
        for finding in findings {
            pass.gathered.count(&finding);
            sink(LedgerEvent::Found(Box::new(finding)));
        }
        return None;
    }
    if one.reads >= pass.ledger.budget.reads_max {
        *moving += 1;
        sink(LedgerEvent::Moving {
            reference: one.reference,
        });
        return None;
    }
    Some(one)
}

/// Waits as long as is asked for, or as the one that lags most does.
async fn settle(pass: &Pass<'_>) -> Result<(), (Party, SourceFault)> {
    let mut settle: Duration = pass.ledger.budget.settle;
    for (party, reading) in &pass.readings {
        let load = tried(|| reading.live.load()).await.map_err(|fault| (*party, fault))?;
        settle = settle.max(load.lag);
    }
    tokio::time::sleep(settle).await;
    Ok(())
}

async fn look_up(pass: &Pass<'_>, keys: &[Key]) -> Result<BTreeMap<Key, Seen>, (Party, SourceFault)> {
    let mut found: BTreeMap<Key, Seen> = keys.iter().map(|key| (key.clone(), Seen::default())).collect();
    for (party, reading) in &pass.readings {
        let rows = lookup(reading, keys).await;
        for row in rows.map_err(|fault| (*party, fault))?.rows() {
            // A database may find references equal that are not; those are no answer to what was asked.
            let Some(seen) = found.get_mut(&Key::trusted(row.key)) else {
                continue;
            };
            let entry = match party {
                Party::Old => &mut seen.old,
                Party::New => &mut seen.new,
                Party::Ledger => &mut seen.ledger,
            };
            entry.get_or_insert_default().take(row.cells);
        }
    }
    Ok(found)
}
