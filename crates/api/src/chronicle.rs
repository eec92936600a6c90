//! What happened, in words: follows the journal and keeps its last told entries in memory, so that no page reads the store.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use tidegate_engine::view::{HappenedView, IncidentView, StatusView, Tone};
use tidegate_model::IncidentId;

use crate::config::{JournalRow, JournalRows};

/// Told entries kept; the oldest go first.
const TOLD_MAX: usize = 20_000;
/// Entries read at the start, before the present ones.
const READ_BACK: u64 = 5_000;
/// Entries of one read.
const ROWS_PER_READ: usize = 1_000;
/// Entries that a status shows.
const RECENT: usize = 40;
/// Older entries of incidents that one status may fetch.
const FETCHED_MAX: usize = 200;

#[derive(Default)]
struct Told {
    /// The first entry that was not read yet.
    next: u64,
    entries: BTreeMap<u64, HappenedView>,
}

/// The last told entries of the journal.
pub(crate) struct Chronicle {
    rows: JournalRows,
    told: Mutex<Told>,
    /// One reader at a time; the others wait for what it finds.
    reading: tokio::sync::Mutex<()>,
}

impl Chronicle {
    pub(crate) fn new(rows: JournalRows) -> Self {
        Self {
            rows,
            told: Mutex::default(),
            reading: tokio::sync::Mutex::new(()),
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect("no code panics while it holds what was told")
    }

    /// Reads up to `head`. A store that cannot be read leaves the list as it was; the log says so.
    pub(crate) async fn catch_up(&self, head: u64) {
        let _one = self.reading.lock().await;
        loop {
            let next = self.told().next.max(head.saturating_sub(READ_BACK)).max(1);
            if next > head {
                return;
            }
            let Some(rows) = self.read(next, ROWS_PER_READ).await else {
                return;
            };
            let Some(last) = rows.last().map(|row| row.seq) else {
                return;
            };
            let mut told = self.told();
            told.next = last + 1;
            told.entries.extend(
                rows.into_iter()
                    .filter(is_worth_telling)
                    .map(|row| (row.seq, row.happened)),
            );
            while told.entries.len() > TOLD_MAX {
                told.entries.pop_first();
            }
        }
    }

    /// Fetches entries of open incidents that are older than what is kept.
    pub(crate) async fn fetch_missing(&self, status: &StatusView) {
        let open = status.incidents.iter().filter(|incident| incident.phase != "resolved");
        self.fetch(open).await;
    }

    /// The same for one incident, open or not.
    pub(crate) async fn fetch_incident(&self, status: &StatusView, id: &IncidentId) {
        self.fetch(status.incidents.iter().filter(|incident| &incident.id == id))
            .await;
    }

    async fn fetch(&self, of: impl Iterator<Item = &IncidentView>) {
        let wanted: Vec<u64> = {
            let told = self.told();
            let entries = of.flat_map(|incident| incident.entries.iter().copied());
            entries
                .filter(|seq| !told.entries.contains_key(seq))
                .take(FETCHED_MAX)
                .collect()
        };
        for seq in wanted {
            let Some(rows) = self.read(seq, 1).await else { return };
            self.told()
                .entries
                .extend(rows.into_iter().map(|row| (row.seq, row.happened)));
        }
    }

    async fn read(&self, from: u64, limit: usize) -> Option<Vec<JournalRow>> {
        let rows = self.rows.clone();
        match tokio::task::spawn_blocking(move || rows(from, limit)).await {
            Ok(Ok(rows)) => Some(rows),
            Ok(Err(reason)) => {
                tracing::warn!(%reason, "the journal cannot be read for the pages");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "the journal cannot be read for the pages");
                None
            }
        }
    }

    /// Fills in what happened, up to the status' own sequence.
    pub(crate) fn tell(&self, status: &mut StatusView) {
        let told = self.told();
        status.recent = told
            .entries
            .range(..=status.seq)
            .rev()
            .take(RECENT)
            .map(|(_, told)| told.clone())
            .collect();
        for incident in &mut status.incidents {
            incident.timeline = incident
                .entries
                .iter()
                .filter_map(|seq| told.entries.get(seq).cloned())
                .collect();
        }
    }
}

/// Counts, answers of sources and delivered letters come by the second; they are in the journal, not in the story.
fn is_worth_telling(row: &JournalRow) -> bool {
    match row.kind.as_str() {
        "evidence-recorded" => false,
        "observed" | "effect-ended" => row.happened.tone == Tone::Harm,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tidegate_model::Timestamp;

    fn chronicle() -> Chronicle {
        Chronicle::new(Arc::new(|from, limit| {
            let last = (from + limit as u64 - 1).min(3_000);
            Ok((from..=last).map(row).collect())
        }))
    }

    fn row(seq: u64) -> JournalRow {
        let kind = if seq.is_multiple_of(2) {
            "evidence-recorded"
        } else {
            "approved"
        };
        let happened = HappenedView {
            seq,
            at: Timestamp(0),
            text: format!("entry {seq}"),
            tone: Tone::Calm,
        };
        JournalRow {
            seq,
            kind: kind.into(),
            actor: "ana".into(),
            hash: String::new(),
            happened,
            bytes: String::new(),
        }
    }

    #[tokio::test]
    async fn the_story_leaves_out_counts_and_is_newest_first() {
        let chronicle = chronicle();
        chronicle.catch_up(3_000).await;
        let mut status = crate::page::sample::status();
        status.seq = 3_000;
        status.incidents[0].entries = vec![1, 5];
        chronicle.tell(&mut status);
        let shown: Vec<u64> = status.recent.iter().map(|told| told.seq).collect();
        assert_eq!(shown.first(), Some(&2_999));
        assert_eq!(shown.len(), RECENT);
        assert!(shown.iter().all(|seq| seq % 2 == 1));
        assert_eq!(status.incidents[0].timeline.len(), 2);
    }
}
