//! The process: state folder, listener, link, clock, and an end within a second of being asked.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pingora_core::apps::{HttpServerApp, ServerApp};
use pingora_core::protocols::l4::stream::Stream;
use pingora_core::protocols::{GetSocketDigest, SocketDigest};
use pingora_core::server::configuration::ServerConf;
use pingora_proxy::{HttpProxy, http_proxy};
use rustix::fs::{FlockOperation, flock};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};

use crate::clock;
use crate::config::{ConfigFault, GatewayConfig};
use crate::link::client::stay_linked;
use crate::proxy::Proxy;
use crate::roads::{RoadFault, Roads};
use crate::room::Room;
use crate::station::Station;
use crate::upstream::RESOLVE_EVERY;

/// Stopped when asked.
pub const EXIT_STOPPED: i32 = 0;
/// The configuration cannot be used.
pub const EXIT_CONFIG: i32 = 2;
/// The listening address is taken or not ours.
pub const EXIT_LISTEN: i32 = 3;
/// The state folder cannot be used or another gateway holds it.
pub const EXIT_STATE: i32 = 4;

/// How long requests under way may finish after a stop was asked.
const GRACE: Duration = Duration::from_millis(500);
/// Wait after a connection that could not be accepted.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// How long a start waits for its first word from the controller, so that a restart does not flap exposure.
const CONTACT_WAIT: Duration = Duration::from_secs(1);
/// Tries of one request: the first, on the asset's other side, on the old side instead of the new, repeated on the same side.
const TRIES_MAX: usize = 4;

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The configuration file.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// Its content.
    #[error(transparent)]
    Roads(#[from] RoadFault),
    /// The state folder.
    #[error("cannot use the state folder `{path}`: {source}")]
    State {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another gateway holds it.
    #[error("another gateway (process {pid}) holds the state folder `{path}`")]
    Held {
        /// Which.
        path: PathBuf,
        /// By whom.
        pid: String,
    },
    /// The listener.
    #[error("cannot listen on `{address}`: {source}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// Threads or signals.
    #[error("cannot start: {0}")]
    System(std::io::Error),
}

impl StartFault {
    /// The stable code on standard error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) | Self::Roads(_) => "gateway-config",
            Self::State { .. } | Self::System(_) => "gateway-state",
            Self::Held { .. } => "gateway-held",
            Self::Listen { .. } => "gateway-listen",
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> i32 {
        match self {
            Self::Config(_) | Self::Roads(_) => EXIT_CONFIG,
            Self::Listen { .. } => EXIT_LISTEN,
            Self::State { .. } | Self::Held { .. } | Self::System(_) => EXIT_STATE,
        }
    }
}

/// Runs a gateway until it is asked to stop (`SIGTERM`, `SIGINT`, or the end of standard input when tied). Returns the exit code.
#[must_use]
pub fn run(config: &Path) -> i32 {
    match start(config) {
        Ok(()) => EXIT_STOPPED,
        Err(fault) => {
            eprintln!("error[{}]: {fault}", fault.code());
            fault.exit()
        }
    }
}

fn start(path: &Path) -> Result<(), StartFault> {
    let config = GatewayConfig::read(path)?;
    let roads = Arc::new(Roads::compile(&config.edge, &config.flows)?);
    let in_state = |source| StartFault::State {
        path: config.state_dir.clone(),
        source,
    };
    std::fs::create_dir_all(&config.state_dir).map_err(in_state)?;
    let mut lock = hold(&config.state_dir)?;
    let station = Arc::new(Station::open(config.clone(), roads).map_err(in_state)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(StartFault::System)?;
    let ended = runtime.block_on(serve(station.clone(), &mut lock));
    runtime.shutdown_timeout(Duration::from_millis(100));
    if !station.spooling.close(GRACE) {
        tracing::warn!("the spool's disk stalls, what waited for it is lost");
    }
    ended
}

/// The lock file of a state folder: whoever holds its lock runs; the first line is the process, the second the address. Until
/// both lines are ended nothing is announced.
pub(crate) const LOCK_FILE: &str = "gateway.lock";

fn hold(state_dir: &Path) -> Result<File, StartFault> {
    let in_state = |source| StartFault::State {
        path: state_dir.to_owned(),
        source,
    };
    let path = state_dir.join(LOCK_FILE);
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(in_state)?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(in_state)?;
        return Err(StartFault::Held {
            path: state_dir.to_owned(),
            pid: text.lines().next().unwrap_or("unknown").to_owned(),
        });
    }
    file.set_len(0).map_err(in_state)?;
    Ok(file)
}

fn announce(lock: &mut File, address: SocketAddr) -> std::io::Result<()> {
    lock.rewind()?;
    // At once: formatted straight into the file it would come in pieces, and a reader would take half an address for a whole one.
    lock.write_all(format!("{}\n{address}\n", std::process::id()).as_bytes())?;
    lock.sync_data()
}

async fn serve(station: Arc<Station>, lock: &mut File) -> Result<(), StartFault> {
    let listen = station.config.edge.listen.clone();
    let at_listen = |source| StartFault::Listen {
        address: listen.clone(),
        source,
    };
    let listener = TcpListener::bind(&listen).await.map_err(at_listen)?;
    let address = listener.local_addr().map_err(at_listen)?;
    let link = tokio::spawn(stay_linked(station.clone()));
    let resolving = tokio::spawn(keep_resolved(station.clone()));
    let clocks = clock::start(&station);
    let mut contact = station.contact.subscribe();
    // Whoever waits longer than this is served from what is on disk.
    if tokio::time::timeout(CONTACT_WAIT, contact.wait_for(|met| *met))
        .await
        .is_err()
    {
        tracing::warn!("the controller does not answer");
    }
    // Whoever reads the announcement finds the room taken.
    let room = Room::claim();
    announce(lock, address).map_err(|source| StartFault::State {
        path: station.config.state_dir.clone(),
        source,
    })?;
    let stopped = accept_until_asked(&station, listener, room).await;
    for task in [link, resolving].into_iter().chain(clocks) {
        task.abort();
    }
    stopped
}

async fn accept_until_asked(station: &Arc<Station>, listener: TcpListener, room: Room) -> Result<(), StartFault> {
    let conf = ServerConf {
        upstream_keepalive_pool_size: room.upstream_idle,
        max_retries: TRIES_MAX,
        ..ServerConf::default()
    };
    let proxy = Arc::new(http_proxy(&Arc::new(conf), Proxy::new(station.clone())));
    let (closing, watch_closing) = watch::channel(false);
    let seats = Arc::new(Semaphore::new(room.connections));
    let asked = asked_to_stop(station.config.tied);
    tokio::pin!(asked);
    loop {
        tokio::select! {
            why = &mut asked => {
                why.map_err(StartFault::System)?;
                break;
            }
            seat = seats.clone().acquire_owned() => {
                let seat = seat.expect("never closed");
                let accepted = tokio::select! {
                    why = &mut asked => {
                        why.map_err(StartFault::System)?;
                        break;
                    }
                    accepted = listener.accept() => accepted,
                };
                match accepted {
                    Ok((stream, _)) => {
                        let (proxy, closing, station) = (proxy.clone(), watch_closing.clone(), station.clone());
                        tokio::spawn(async move {
                            station.totals.connections.fetch_add(1, Ordering::Relaxed);
                            converse(&proxy, stream, closing).await;
                            station.totals.connections.fetch_sub(1, Ordering::Relaxed);
                            drop(seat);
                        });
                    }
                    // Out of descriptors, or a client that left: neither ends the gateway.
                    Err(fault) => {
                        if let Some(left_out) = station.complaints.note("accept", station.now().ms) {
                            tracing::warn!(%fault, left_out, "cannot accept");
                        }
                        tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                    }
                }
            }
        }
    }
    drop(listener);
    closing.send_replace(true);
    proxy.http_cleanup().await;
    let all = u32::try_from(room.connections).expect("fits");
    if tokio::time::timeout(GRACE, seats.acquire_many(all)).await.is_err() {
        tracing::warn!("requests under way were cut off");
    }
    Ok(())
}

async fn converse(proxy: &Arc<HttpProxy<Proxy>>, stream: TcpStream, closing: watch::Receiver<bool>) {
    if let Err(fault) = stream.set_nodelay(true) {
        tracing::debug!(%fault, "cannot set no-delay");
    }
    let digest = SocketDigest::from_raw_fd(stream.as_raw_fd());
    let mut stream: Stream = stream.into();
    stream.set_socket_digest(digest);
    proxy.process_new(Box::new(stream), &closing).await;
}

async fn asked_to_stop(tied: bool) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let parent_left = async {
        if !tied {
            return std::future::pending().await;
        }
        let (left, seen) = tokio::sync::oneshot::channel::<()>();
        // A plain thread: a blocking read must not hold the runtime's end. It ends with the process.
        std::thread::spawn(move || {
            let (mut input, mut scrap) = (std::io::stdin().lock(), [0; 64]);
            while input.read(&mut scrap).is_ok_and(|n| n > 0) {}
            drop(left);
        });
        if seen.await.is_ok() {
            tracing::debug!("the sender is only ever dropped");
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = parent_left => {}
    }
    Ok(())
}

async fn keep_resolved(station: Arc<Station>) {
    let mut every = tokio::time::interval(RESOLVE_EVERY);
    loop {
        every.tick().await;
        for upstream in station.roads.places.iter().flat_map(|p| &p.upstreams) {
            upstream.resolve().await;
        }
    }
}
