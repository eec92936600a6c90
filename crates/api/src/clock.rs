//! The wall clock of the faces; decisions use the engine's own.

use std::time::{SystemTime, UNIX_EPOCH};

use tidegate_model::Timestamp;

/// The wall clock now.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
