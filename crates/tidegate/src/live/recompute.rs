//! Recomputing every journalled verdict from the journalled counts, as an auditor would: with the estate that was in force then.

use std::sync::Arc;

use anyhow::Context;
use tidegate_engine::event::{Body, Event};
use tidegate_engine::state::State;
use tidegate_engine::{apply, judge};
use tidegate_journal::Journal;
use tidegate_model::Estate;

use super::estate;

/// What recomputing found.
#[derive(Debug, Default)]
pub(crate) struct Recomputed {
    /// Verdicts that came out the same, to the last bit of their numbers.
    pub(crate) same: u64,
    /// Verdicts that did not, one line each.
    pub(crate) different: Vec<String>,
    /// Verdicts by statistics that this version does not know.
    pub(crate) unknown: u64,
}

/// Replays the journal and judges again wherever a verdict was given.
///
/// # Errors
/// Entries or sources of estates that cannot be read.
pub(crate) fn recompute(journal: &Journal) -> anyhow::Result<Recomputed> {
    let events = events(journal, None)?;
    let mut state = State::default();
    let mut in_force: Option<Arc<Estate>> = None;
    let mut found = Recomputed::default();
    for event in &events {
        if let Body::EstateAdopted { digest, .. } = &event.body {
            in_force = Some(estate::adopted(journal, digest)?);
        }
        if let Some(estate) = &in_force {
            again(estate, &state, event, &mut found);
        }
        apply(&mut state, event);
    }
    Ok(found)
}

/// Every event, or those up to a sequence number.
///
/// # Errors
/// Entries that cannot be read.
pub(super) fn events(journal: &Journal, up_to: Option<u64>) -> anyhow::Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut torn = None;
    journal
        .for_each(1, |entry| match Event::decode(&entry.bytes) {
            Ok(_) if up_to.is_some_and(|last| entry.seq > last) => false,
            Ok(event) => {
                events.push(event);
                true
            }
            Err(error) => {
                torn = Some((entry.seq, error));
                false
            }
        })
        .context("cannot read the journal")?;
    match torn {
        Some((seq, error)) => Err(error).with_context(|| format!("entry {seq} was written by another version")),
        None => Ok(events),
    }
}

fn again(estate: &Estate, state: &State, event: &Event, found: &mut Recomputed) {
    let Body::CriterionJudged {
        stage,
        criterion,
        verdict,
        reading,
        stats_version,
        ..
    } = &event.body
    else {
        return;
    };
    if *stats_version != tidegate_engine::STATS_VERSION {
        found.unknown += 1;
        return;
    }
    let declared = estate
        .stage(stage)
        .and_then(|(_, stage)| stage.gate.criteria.iter().find(|c| &c.id == criterion));
    let Some(declared) = declared else {
        found
            .different
            .push(format!("{stage}/{criterion} is not in the estate of its time"));
        return;
    };
    let (verdict_again, reading_again) = judge::judge(estate, state, stage, declared, event.at);
    let reading_again = judge::told(estate, state, stage, declared, reading_again, event.at);
    if &verdict_again == verdict && reading_again.confirms(reading) {
        found.same += 1;
    } else {
        let seq = state.seq + 1;
        found.different.push(format!(
            "entry {seq}: {stage}/{criterion} said {}, recomputed {}",
            verdict.word(),
            verdict_again.word()
        ));
    }
}
