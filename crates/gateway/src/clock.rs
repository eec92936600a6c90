//! The clocks of a gateway: lease, kill file, strata and log. One each, so that whatever stalls one of them stops no other.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::log;
use crate::station::Station;

/// How often time passes.
const TICK_EVERY: Duration = Duration::from_millis(50);
/// Looks are published every so many ticks: each second.
const TICKS_PER_LOOK: u32 = 20;
/// How often the length of the log is looked at.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// Starts the clocks; they go until they are aborted.
#[must_use]
pub fn start(station: &Arc<Station>) -> [JoinHandle<()>; 4] {
    [
        tokio::spawn(watch_lease(station.clone())),
        tokio::spawn(watch_glass(station.clone())),
        tokio::spawn(pass_time(station.clone())),
        tokio::spawn(watch_log(station.clone())),
    ]
}

/// Retreats when the lease runs out. No disk is asked, so no disk can hold it up.
async fn watch_lease(station: Arc<Station>) {
    let mut every = ticks();
    loop {
        every.tick().await;
        station.reconsider();
    }
}

/// Looks after the kill file. A disk that does not answer leaves everything as it is.
async fn watch_glass(station: Arc<Station>) {
    let mut every = ticks();
    loop {
        every.tick().await;
        let station = station.clone();
        let watched = tokio::task::spawn_blocking(move || {
            station.watch_glass();
            station.reconsider();
        });
        if let Err(fault) = watched.await {
            tracing::error!(%fault, "cannot look for the kill file");
        }
    }
}

/// Closes strata and publishes looks.
async fn pass_time(station: Arc<Station>) {
    let mut every = ticks();
    let mut passed = 0_u32;
    loop {
        every.tick().await;
        passed = passed.wrapping_add(1);
        let looks = passed.is_multiple_of(TICKS_PER_LOOK);
        let station = station.clone();
        let ticked = tokio::task::spawn_blocking(move || {
            station.tick();
            if looks {
                station.look();
            }
        });
        if let Err(fault) = ticked.await {
            tracing::error!(%fault, "the clock stumbled");
        }
    }
}

/// Keeps the log short.
async fn watch_log(station: Arc<Station>) {
    let mut every = interval(LOG_EVERY);
    loop {
        every.tick().await;
        let station = station.clone();
        let watched = tokio::task::spawn_blocking(move || log::keep_short(&station.config.state_dir)).await;
        if let Err(fault) = watched.map_err(std::io::Error::other).and_then(|kept| kept) {
            tracing::warn!(%fault, "cannot move the log aside");
        }
    }
}

fn ticks() -> Interval {
    let mut every = interval(TICK_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    every
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::ledger::Departed;
    use crate::sample;
    use crate::spool::Spool;
    use crate::spooling::Spooling;
    use tidegate_model::seam::StratumPart;

    async fn until(what: &str, claim: impl Fn() -> bool) {
        let waited = tokio::time::timeout(Duration::from_secs(20), async {
            while !claim() {
                tokio::task::yield_now().await;
            }
        });
        assert!(waited.await.is_ok(), "waited in vain: {what}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_spool_that_hangs_stops_neither_lease_nor_kill_file() {
        let dir = tempfile::tempdir().unwrap();
        let (mut spool, _) = Spool::open(dir.path()).unwrap();
        spool.write_to(sample::hanging(dir.path()));
        let station = Arc::new(sample::station(dir.path(), Spooling::begin(spool, vec![]).unwrap()));
        let clocks = start(&station);
        station.spooling.submit(Departed {
            owed: vec![],
            finished: vec![sample::stratum(0, StratumPart::Prompt, false)],
        });
        station.accept(sample::snapshot(5_000, 1_000)).await;
        station.lease_until(station.now().ms + 1_000);
        let exposure = || station.in_force.load().standings[0].exposure.get();
        assert_eq!(exposure(), 5_000);
        until("the lease runs out", || exposure() == 1_000).await;
        std::fs::write(dir.path().join("kill"), "").unwrap();
        until("the glass is broken", || station.in_force.load().glass_broken).await;
        for clock in clocks {
            clock.abort();
        }
    }
}
