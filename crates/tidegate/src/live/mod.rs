//! The composition root: the real world put together from the rooms, for `serve` and `demo` alike.

pub(crate) mod bundle;
pub(crate) mod chance;
mod comparing;
mod comparisons;
mod doors;
mod edges;
mod errand;
mod estate;
mod follow;
mod hands;
mod heard;
mod latencies;
pub(crate) mod logging;
mod mail;
mod promises;
mod questions;
pub(crate) mod reasons;
pub(crate) mod recompute;
mod record;
mod restored;
mod senses;
mod slowing;
pub(crate) mod store;
mod supervise;
mod surveys;
mod unsaid;
mod world;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, bail};
use tidegate_api::access::Access;
use tidegate_api::links::Links;
use tidegate_api::{Api, ApiConfig, Panel};
use tidegate_dispatch::{MailConfig, Mailer};
use tidegate_engine::command::{Command, Request};
use tidegate_gateway::Hub;
use tidegate_journal::{Journal, JournalError};
use tidegate_model::seam::Actor;
use tidegate_model::{EdgeId, GatewayId};
use tidegate_plan::Bundle;
use tidegate_runtime::{Handle, Running};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

pub(crate) use estate::Chosen;
pub(crate) use mail::mail_config;
pub(crate) use questions::Addresses;
pub(crate) use senses::Live;
pub(crate) use store::make as make_state;
pub(crate) use world::{LiveWorld, SharedJournal, clock};

/// Who sends or takes something slowly is given up after that.
const SLOW_AFTER: Duration = Duration::from_secs(60);

/// What a controller is started with.
pub(crate) struct Setup {
    /// The estate as found on disk.
    pub(crate) bundle: Bundle,
    /// Values for `${NAME}` in it.
    pub(crate) settings: BTreeMap<String, String>,
    /// Where everything is kept.
    pub(crate) state: PathBuf,
    /// Where the faces listen.
    pub(crate) listen: SocketAddr,
    /// How people reach them; the listening address when not given.
    pub(crate) public_url: Option<String>,
    /// The mail server, if any.
    pub(crate) mail: Option<MailConfig>,
    /// Addresses of the databases and sources that plan files name.
    pub(crate) addresses: Addresses,
    /// The most memory that one process that compares rows may hold, in bytes.
    pub(crate) comparing_memory_max: u64,
    /// Reads of switches that one program or person may make in a second.
    pub(crate) switch_reads_max: u32,
    /// Gateways end when this process does.
    pub(crate) tied: bool,
    /// Gateways go on serving after a clean stop.
    pub(crate) leave_edge: bool,
    /// Additional fragments on the page.
    pub(crate) panels: Vec<Panel>,
}

/// What is known of the journal that a controller is started on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Past {
    /// It is as it was left.
    Whole,
    /// It was restored: what came after its end is not in it.
    Restored,
}

/// A running controller.
pub(crate) struct Controller {
    pub(crate) handle: Handle,
    pub(crate) journal: SharedJournal,
    pub(crate) live: Live,
    pub(crate) url: String,
    /// Where each edge listened at the start.
    pub(crate) edges: Vec<(EdgeId, String)>,
    /// Whether the files on disk differ from what runs.
    pub(crate) chosen: Chosen,
    running: Running<LiveWorld>,
    following: JoinHandle<()>,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Controller {
    /// Recovers the state, adopts or resumes an estate, and starts loop, hands, senses, faces and gateways.
    ///
    /// # Errors
    /// A broken or foreign store, a second controller on it, plan files with errors at the first start, a port that is taken.
    pub(crate) async fn start(setup: Setup) -> anyhow::Result<Self> {
        Self::start_on(setup, Past::Whole).await
    }

    /// The same on a journal that was restored: everything that it believes exposed is taken back and held, and people are
    /// paged, before a gateway hears anything.
    ///
    /// # Errors
    /// As `start`; and when there is no journal yet.
    pub(crate) async fn start_restored(setup: Setup) -> anyhow::Result<Self> {
        Self::start_on(setup, Past::Restored).await
    }

    async fn start_on(setup: Setup, past: Past) -> anyhow::Result<Self> {
        crate::limit::raise_descriptors()?;
        store::make(&setup.state)?;
        let journal =
            Journal::open(&store::path(&setup.state), tidegate_journal::Options::default()).map_err(|error| {
                let code = unopened(&error);
                anyhow::Error::new(error).context(format!("{code}: cannot open the journal"))
            })?;
        let state = replay(&journal)?;
        if past == Past::Restored && state.estate_digest().is_none() {
            bail!("`--restored` is for a journal that was put back, and this one is empty");
        }
        let (chosen, journal) = estate::choose(journal, &state, &setup.bundle, &setup.settings)?;
        let journal: SharedJournal = Arc::new(Mutex::new(journal));

        let listener = tokio::net::TcpListener::bind(setup.listen).await.with_context(|| {
            format!(
                "TG8001: cannot listen on {}; is another controller running?",
                setup.listen
            )
        })?;
        let address = listener.local_addr().context("the listener has no address")?;
        let url = setup.public_url.unwrap_or_else(|| format!("http://{address}"));

        let (orders, taken) = mpsc::unbounded_channel();
        let world = LiveWorld {
            journal: journal.clone(),
            orders,
        };
        let (handle, running) = tidegate_runtime::start(world, chosen.estate.clone(), state);

        let (names, lease) = supervise::expected(&chosen.estate);
        let (hub, reports) =
            Hub::bind(&setup.state.join("edge.sock"), lease, &names).context("cannot listen for gateways")?;
        let links = Arc::new(Links::new(store::secret(&setup.state, "links.key")?));
        let access = Arc::new(Access::open(&setup.state.join("access.json")).context("cannot open the access file")?);
        let (show, live) = watch::channel(BTreeMap::new());
        let mut tasks = JoinSet::new();
        let mailer = setup
            .mail
            .as_ref()
            .map(Mailer::new)
            .transpose()
            .context("the mail server's settings are wrong")?;
        let hands = hands::Hands {
            handle: handle.clone(),
            hub: hub.clone(),
            mailer,
            links: links.clone(),
            public_url: url.trim_end_matches('/').to_owned(),
        };
        begin(&handle).await?;
        if past == Past::Restored {
            restored::take_back(&handle).await?;
        }
        // Not before: what a restored journal asks for at its start may never reach a gateway.
        tasks.spawn(hands::work(hands, taken));
        tasks.spawn(senses::hear_gateways(handle.clone(), reports, show));
        tasks.spawn(senses::watch_leases(handle.clone(), hub.clone()));
        tasks.spawn(senses::watch_gateways(handle.clone(), hub.clone()));

        let mut fleet = supervise::Fleet::new(setup.state.clone(), setup.tied, hub)?;
        if let Err(error) = fleet.follow(&chosen.estate).await {
            fleet.stop_new().await;
            return Err(error);
        }
        let edges = fleet.addresses();
        let (stop, stopped) = watch::channel(false);
        let slowing = slowing::Slowing::default();
        let means = comparisons::Means {
            addresses: Arc::new(setup.addresses),
            program: fleet.program().to_owned(),
            state: setup.state.clone(),
            live: live.clone(),
            slowing: slowing.clone(),
            memory_max: setup.comparing_memory_max,
        };
        let leave_edge = setup.leave_edge;
        let following = tokio::spawn({
            let (handle, stopped) = (handle.clone(), stopped.clone());
            async move {
                let fleet = follow::follow(handle, fleet, means, stopped).await;
                if !leave_edge {
                    fleet.stop().await;
                }
            }
        });

        let api = Api::new(
            ApiConfig {
                access,
                links: links.clone(),
                panels: setup.panels,
                journal: rows(&journal),
                record: record::record(store::path(&setup.state)),
                latencies: latencies::latencies(live.clone()),
                slowed: slowing.reader(),
                candidates: estate::candidates(&journal),
                public_url: url.clone(),
                connections_max: crate::limit::connections_max(),
                slow_after: SLOW_AFTER,
                switch_reads_max: setup.switch_reads_max,
            },
            handle.clone(),
        );
        tasks.spawn(async move {
            if let Err(error) = api.serve(listener, stopped).await {
                tracing::error!(%error, "the faces have ended");
            }
        });
        Ok(Self {
            handle,
            journal,
            live,
            url,
            edges,
            chosen,
            running,
            following,
            tasks,
            stop,
        })
    }

    /// Returns when the loop has ended by itself, which only a bug makes it do.
    pub(crate) async fn failed(&self) {
        self.handle.ended().await;
    }

    /// The end after that: as with a crash, gateways go on without a lease. The next start adopts them.
    pub(crate) async fn abandon(mut self) {
        self.following.abort();
        self.tasks.shutdown().await;
    }

    /// A clean stop: faces, gateways, hands, loop.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = self.following.await {
            tracing::error!(%error, "the gateways did not end cleanly");
        }
        self.tasks.shutdown().await;
        let running = self.running;
        let joined = tokio::task::spawn_blocking(move || running.join()).await;
        if let Err(error) = joined {
            tracing::error!(%error, "the loop did not end cleanly");
        }
    }
}

/// The code of a journal that cannot be opened.
fn unopened(error: &JournalError) -> &'static str {
    match error {
        JournalError::Held { .. } => "TG8002",
        JournalError::Full
        | JournalError::FileTooLarge { .. }
        | JournalError::ReadOnly
        | JournalError::Busy
        | JournalError::Setting { .. }
        | JournalError::Foreign { .. }
        | JournalError::Version { .. }
        | JournalError::Broken { .. }
        | JournalError::HeadMoved { .. }
        | JournalError::Unfit { .. }
        | JournalError::Damaged { .. }
        | JournalError::Disk { .. }
        | JournalError::File { .. }
        | JournalError::Export(_)
        | JournalError::Store { .. } => "TG8005",
    }
}

/// The names that gateways of an estate go by.
pub(crate) fn gateway_name(edge: &tidegate_model::EdgeId) -> GatewayId {
    GatewayId::parse(edge.as_str()).expect("an edge's name is a name")
}

fn replay(journal: &Journal) -> anyhow::Result<tidegate_engine::state::State> {
    let mut recovered = tidegate_runtime::Recovered::default();
    let mut failed = None;
    journal
        .for_each(1, |entry| match recovered.feed(entry.seq, &entry.bytes) {
            Ok(()) => true,
            Err(error) => {
                failed = Some(error);
                false
            }
        })
        .context("cannot read the journal")?;
    match failed {
        None => Ok(recovered.state),
        Some(error) => Err(error).context("was it written by a newer version?"),
    }
}

/// The estate that a journal says is in force; none before the first was adopted.
///
/// # Errors
/// Entries that cannot be read, or sources that are not there.
pub(crate) fn estate_in_force(journal: &Journal) -> anyhow::Result<Option<Arc<tidegate_model::Estate>>> {
    let state = replay(journal)?;
    state
        .estate_digest()
        .map(|digest| estate::adopted(journal, digest))
        .transpose()
}

async fn begin(handle: &Handle) -> anyhow::Result<()> {
    let command = Command {
        actor: Actor::Controller,
        key: None,
        request: Request::StartController,
    };
    let answer = handle.ask(command).await.context("cannot begin")?;
    match answer.result {
        Ok(_) => Ok(()),
        Err(refusal) => bail!("the engine refused to begin: {} ({})", refusal.what, refusal.remedy),
    }
}

fn rows(journal: &SharedJournal) -> tidegate_api::JournalRows {
    let journal = journal.clone();
    Arc::new(move |from, limit| {
        let journal = journal.lock().expect("no code panics while it holds the journal");
        let entries = journal.read(from, limit).map_err(|error| error.to_string())?;
        entries.into_iter().map(row).collect()
    })
}

fn row(entry: tidegate_journal::Entry) -> Result<tidegate_api::JournalRow, String> {
    let event = tidegate_engine::Event::decode(&entry.bytes).map_err(|error| error.to_string())?;
    Ok(tidegate_api::JournalRow {
        seq: entry.seq,
        kind: entry.kind,
        actor: event.actor.to_string(),
        hash: entry.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        happened: tidegate_engine::view::happened(entry.seq, &event),
        bytes: String::from_utf8_lossy(&entry.bytes).into_owned(),
    })
}
