//! The whole journal for the faces: read through a connection of its own, so that the loop never waits for it.

use std::path::PathBuf;
use std::sync::Arc;

use tidegate_api::{Record, Verified};
use tidegate_journal::Journal;

/// Verifies and exports the store at `path`.
pub(super) fn record(path: PathBuf) -> Record {
    let of_export = path.clone();
    Record {
        verify: Arc::new(move || {
            let store = Journal::open_read_only(&path).map_err(|error| error.to_string())?;
            let report = store.verify().map_err(|error| error.to_string())?;
            Ok(Verified {
                entries: report.entries,
                broken: report.first_bad.map(|fault| fault.to_string()),
            })
        }),
        export: Arc::new(move |out| {
            let store = Journal::open_read_only(&of_export).map_err(|error| error.to_string())?;
            store.export(out).map_err(|error| error.to_string())
        }),
    }
}
