//! The beat of everything live: one task follows the journal and the clock, and every open stream follows it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tidegate_engine::view::{self, StatusView};
use tidegate_runtime::{Handle, Snapshot};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use crate::chronicle::Chronicle;
use crate::clock;
use crate::why::{self, Whys};

/// Streams see the journal move at most this often, so that a burst of events costs one rendering.
const SHORTEST: Duration = Duration::from_millis(150);
/// Streams look again this often when nothing is journalled: waiting times and panels change by themselves.
const LONGEST: Duration = Duration::from_secs(2);

/// One beat: the engine's state at that moment, and the view of it, derived at most once for all streams.
pub(crate) struct Beat {
    pub(crate) snapshot: Arc<Snapshot>,
    chronicle: Arc<Chronicle>,
    status: OnceLock<StatusView>,
    whys: OnceLock<Whys>,
}

impl Beat {
    fn of(handle: &Handle, chronicle: &Arc<Chronicle>) -> Arc<Self> {
        Arc::new(Self {
            snapshot: handle.view(),
            chronicle: chronicle.clone(),
            status: OnceLock::new(),
            whys: OnceLock::new(),
        })
    }

    /// What is going on at this beat.
    pub(crate) fn status(&self) -> &StatusView {
        self.status.get_or_init(|| {
            let now = clock::now().max(self.snapshot.now);
            let mut status = view::status(&self.snapshot.estate, &self.snapshot.state, now);
            self.chronicle.tell(&mut status);
            status
        })
    }

    /// Why the criteria on the page say what they say.
    pub(crate) fn whys(&self) -> &Whys {
        self.whys.get_or_init(|| why::all(&self.snapshot, self.status()))
    }
}

/// Follows the beat; ends when the faces stop.
pub(crate) type Pulse = watch::Receiver<Arc<Beat>>;

/// Makes a pulse and its sender, which [`beat`] drives.
pub(crate) fn pulse(handle: &Handle, chronicle: &Arc<Chronicle>) -> (watch::Sender<Arc<Beat>>, Pulse) {
    watch::channel(Beat::of(handle, chronicle))
}

/// Beats until `stop` turns true or the loop ends; dropping the sender then ends every stream.
pub(crate) async fn beat(
    sender: watch::Sender<Arc<Beat>>,
    handle: Handle,
    chronicle: Arc<Chronicle>,
    mut stop: watch::Receiver<bool>,
) {
    let mut journal = handle.watch();
    let mut clock = tokio::time::interval(LONGEST);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rested = Instant::now();
    loop {
        tokio::select! {
            () = until_stopped(&mut stop) => return,
            moved = journal.changed() => {
                if moved.is_err() {
                    return;
                }
                tokio::time::sleep_until(rested + SHORTEST).await;
                rested = Instant::now();
            }
            _ = clock.tick() => {}
        }
        let beat = Beat::of(&handle, &chronicle);
        chronicle.catch_up(beat.snapshot.seq).await;
        sender.send_replace(beat);
    }
}

/// Returns once the faces are told to stop, or nobody can tell them any more.
pub(crate) async fn until_stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("nobody can stop the faces any more; they end");
    }
}
