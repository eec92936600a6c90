//! Follows the estate that runs: after an adoption gateways, counts and questions are those of the new one.

use std::time::Duration;

use tidegate_runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::comparisons::{self, Means};
use super::supervise::Fleet;
use super::{promises, questions, surveys};

/// Rest before gateways that could not be started are tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Follows until `stop` is told (or its sender is gone); gives the gateways back.
pub(crate) async fn follow(handle: Handle, mut fleet: Fleet, means: Means, mut stop: watch::Receiver<bool>) -> Fleet {
    let mut entries = handle.watch();
    let mut estate = handle.view().estate.clone();
    let mut is_behind = false;
    let mut told = None;
    let doors = fleet.doors();
    let mut asked = JoinSet::new();
    questions::begin(&mut asked, &handle, &means.addresses);
    surveys::begin(&mut asked, &handle, &means.addresses, &doors);
    promises::begin(&mut asked, &handle, &means.addresses);
    comparisons::begin(&mut asked, &handle, &means);
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            seen = entries.changed() => {
                if seen.is_err() {
                    // The loop has ended by itself; that is no reason to stop a gateway.
                    if stop.changed().await.is_err() {
                        tracing::debug!("nobody can stop the gateways any more");
                    }
                    break;
                }
            }
            () = tokio::time::sleep(TRY_AGAIN_AFTER), if is_behind => {}
        }
        let runs = handle.view().estate.clone();
        let is_new = runs.digest() != estate.digest();
        if is_new {
            asked.shutdown().await;
            questions::begin(&mut asked, &handle, &means.addresses);
            surveys::begin(&mut asked, &handle, &means.addresses, &doors);
            promises::begin(&mut asked, &handle, &means.addresses);
            comparisons::begin(&mut asked, &handle, &means);
            estate = runs;
        }
        if is_new || is_behind {
            let followed = fleet.follow(&estate).await;
            is_behind = followed.is_err();
            let error = followed.err().map(|error| format!("{error:#}"));
            if let Some(error) = error.as_ref().filter(|_| error != told) {
                tracing::error!(error, "a gateway is not as the estate says; trying again");
            }
            told = error;
        }
    }
    asked.shutdown().await;
    fleet
}
