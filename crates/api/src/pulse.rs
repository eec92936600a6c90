//! The beat of everything live: one task follows the journal and the clock, and every open stream follows it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tidegate_engine::view::{self, RulingView, StatusView};
use tidegate_model::PersonId;
use tidegate_runtime::{Handle, Snapshot};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use crate::app::App;
use crate::chronicle::Chronicle;
use crate::clock;
use crate::door::Person;
use crate::page::form::Forms;
use crate::page::fragments::{Fragment, Marks};
use crate::page::view::{Scene, View};
use crate::sight::{self, Sights};
use crate::why::{self, Whys};

/// Streams see the journal move at most this often, so that a burst of events costs one rendering.
const SHORTEST: Duration = Duration::from_millis(150);
/// Streams look again this often when nothing is journalled: waiting times and panels change by themselves.
const LONGEST: Duration = Duration::from_secs(2);

/// Rendered parts of a page, for as many streams as want them.
type Fragments = Arc<Vec<Fragment>>;

/// One beat: the engine's state at that moment, and the view of it, derived at most once for all streams.
pub(crate) struct Beat {
    pub(crate) snapshot: Arc<Snapshot>,
    chronicle: Arc<Chronicle>,
    status: OnceLock<StatusView>,
    whys: OnceLock<Whys>,
    /// What everybody sees alike, by page.
    shared: Mutex<BTreeMap<View, Fragments>>,
    /// What is a person's own of a page.
    own: Mutex<BTreeMap<(View, PersonId), Fragments>>,
    /// What each person may do.
    rulings: Mutex<BTreeMap<PersonId, Arc<Vec<RulingView>>>>,
    sights: OnceLock<Sights>,
}

impl Beat {
    fn of(handle: &Handle, chronicle: &Arc<Chronicle>) -> Arc<Self> {
        Arc::new(Self {
            snapshot: handle.view(),
            chronicle: chronicle.clone(),
            status: OnceLock::new(),
            whys: OnceLock::new(),
            shared: Mutex::default(),
            own: Mutex::default(),
            rulings: Mutex::default(),
            sights: OnceLock::new(),
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

    /// What everybody sees of a page at this beat, alike; rendered by whoever asks first.
    pub(crate) fn shared(&self, app: &App, view: &View) -> Fragments {
        let mut shared = self.shared.lock().expect("no code panics while it renders");
        if let Some(known) = shared.get(view) {
            return known.clone();
        }
        let parts = view.shared(&self.scene(app));
        let fragments: Fragments = Arc::new(parts.into_iter().map(Fragment::of).collect());
        shared.insert(view.clone(), fragments.clone());
        fragments
    }

    /// The parts of a page that are a person's own, with marks where the secrets of a session go; rendered once a person.
    pub(crate) fn own(&self, app: &App, view: &View, person: &Person, marks: &Marks) -> Fragments {
        if !view.has_buttons() {
            return Arc::default();
        }
        let mut own = self.own.lock().expect("no code panics while it renders");
        let key = (view.clone(), person.id.clone());
        if let Some(known) = own.get(&key) {
            return known.clone();
        }
        let rulings = self.rulings(person);
        let forms = Forms {
            rulings: &rulings,
            form_secret: &marks.form_secret,
            once: &marks.once,
            sights: self.sights.get_or_init(|| sight::all(&self.snapshot)),
        };
        let parts = view.own(&self.scene(app), &forms);
        let fragments: Fragments = Arc::new(parts.into_iter().map(Fragment::of).collect());
        own.insert(key, fragments.clone());
        fragments
    }

    fn rulings(&self, person: &Person) -> Arc<Vec<RulingView>> {
        let mut rulings = self.rulings.lock().expect("no code panics while it rules");
        let of_person = rulings.entry(person.id.clone()).or_insert_with(|| {
            let now = clock::now().max(self.snapshot.now);
            let (estate, state) = (&self.snapshot.estate, &self.snapshot.state);
            Arc::new(view::rulings(estate, state, &person.caller.actor(), now))
        });
        of_person.clone()
    }

    fn scene<'a>(&'a self, app: &'a App) -> Scene<'a> {
        let now = clock::now().max(self.snapshot.now);
        let from = (&*self.snapshot.estate, &*self.snapshot.state);
        app.scene(self.status(), self.whys(), from, self.snapshot.fault.as_deref(), now)
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
