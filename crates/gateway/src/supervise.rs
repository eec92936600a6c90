//! Starts the gateway as a child process, starts it again when it ends, adopts one that outlived its controller.
//!
//! The child lives in its own process group and is not told when its parent dies (unless tied): a crash of the controller
//! leaves the traffic alone. Whoever holds the lock in the state folder is the gateway; its first line names the process.

use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::config::GatewayConfig;
use crate::log::log_path;
use crate::run::LOCK_FILE;

/// The shortest wait before a restart; it doubles with each.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// The longest wait before a restart.
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// Running this long makes the next wait the shortest again.
const STEADY_AFTER: Duration = Duration::from_secs(30);
/// How often the child is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(25);
/// How long a start may take until the gateway listens.
const START_WITHIN: Duration = Duration::from_secs(10);
/// How long a stop may take before the process is killed.
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// Most bytes of the child's last words that are repeated.
const LAST_WORDS_BYTES_MAX: usize = 2_000;
/// Events that may wait for whoever watches; further ones are dropped and logged.
const EVENTS_WAITING_MAX: usize = 64;

/// What happened to the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayEvent {
    /// It runs.
    Running {
        /// The process.
        pid: i32,
        /// The address it listens on.
        address: String,
        /// Whether it was running before.
        adopted: bool,
    },
    /// It ended by itself and will be started again.
    Ended {
        /// Its exit code, when it was our child and was not killed.
        code: Option<i32>,
        /// What it said last.
        last_words: String,
        /// The wait before the next start.
        again_after: Duration,
    },
}

/// Why a gateway cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseFault {
    /// The state folder.
    #[error("cannot use the state folder `{path}`: {source}")]
    State {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The program.
    #[error("cannot start `{program}`: {source}")]
    Spawn {
        /// Which.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It ended before it listened.
    #[error("the gateway ended with code {code:?}: {last_words}")]
    Ended {
        /// Its exit code.
        code: Option<i32>,
        /// What it said last, with its stable code.
        last_words: String,
    },
    /// It did not listen in time.
    #[error("the gateway did not listen within {0:?}")]
    Slow(Duration),
}

/// A supervised gateway.
#[derive(Debug)]
pub struct Gateway {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    watching: Option<JoinHandle<()>>,
}

/// A running gateway process, ours or adopted.
#[derive(Debug)]
struct Running {
    pid: i32,
    address: String,
    child: Option<Child>,
}

impl Gateway {
    /// Starts or adopts the gateway of a configuration and watches it. `program` is usually the running executable; it is
    /// called with `gateway --config FILE`. Events are for the log and the status page.
    ///
    /// # Errors
    /// [`SuperviseFault`]; a taken address shows in the child's last words as `gateway-listen`.
    pub async fn start(
        program: &Path,
        config: &GatewayConfig,
    ) -> Result<(Self, mpsc::Receiver<GatewayEvent>), SuperviseFault> {
        let nest = Nest::prepare(program, config)?;
        let (events, inbox) = mpsc::channel(EVENTS_WAITING_MAX);
        let (running, adopted) = match nest.adopt()? {
            // Listener, upstreams, routes or flows changed: it must start anew. What is counted comes over the link.
            Some(mut stale) if !nest.is_as_before => {
                nest.end(&mut stale).await;
                (nest.spawn().await?, false)
            }
            Some(running) => (running, true),
            None => (nest.spawn().await?, false),
        };
        publish(&events, event_of(&running, adopted));
        let address = running.address.clone();
        let (stop, stopped) = oneshot::channel();
        let watching = tokio::spawn(watch(nest, running, events, stopped));
        let gateway = Self {
            address,
            stop: Some(stop),
            watching: Some(watching),
        };
        Ok((gateway, inbox))
    }

    /// Where it listened at its start.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Stops it: asks, waits two seconds, kills.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take()
            && stop.send(()).is_err()
        {
            tracing::debug!("the watch had ended already");
        }
        if let Some(watching) = self.watching.take()
            && let Err(fault) = watching.await
        {
            tracing::error!(%fault, "the watch of the gateway failed");
        }
    }
}

/// Where a gateway lives, and how it is started.
#[derive(Debug)]
struct Nest {
    program: PathBuf,
    state_dir: PathBuf,
    tied: bool,
    /// Whether the configuration on disk was this one but for what is counted.
    is_as_before: bool,
}

impl Nest {
    fn prepare(program: &Path, config: &GatewayConfig) -> Result<Self, SuperviseFault> {
        let mut nest = Self {
            program: program.to_owned(),
            state_dir: config.state_dir.clone(),
            tied: config.tied,
            is_as_before: false,
        };
        nest.is_as_before = GatewayConfig::read(&nest.config_path()).is_ok_and(|before| {
            let counting = config.counting.clone();
            GatewayConfig { counting, ..before } == *config
        });
        let text = serde_json::to_vec_pretty(config).expect("a configuration is plain data");
        std::fs::create_dir_all(&nest.state_dir)
            .and_then(|()| std::fs::write(nest.config_path(), text))
            .map_err(|source| nest.in_state(source))?;
        Ok(nest)
    }

    fn config_path(&self) -> PathBuf {
        self.state_dir.join("gateway.json")
    }

    fn log_path(&self) -> PathBuf {
        log_path(&self.state_dir)
    }

    /// An empty log to append to: whoever cuts it later cuts it for the gateway too.
    fn fresh_log(&self) -> std::io::Result<File> {
        let log = OpenOptions::new().create(true).append(true).open(self.log_path())?;
        log.set_len(0)?;
        Ok(log)
    }

    fn in_state(&self, source: std::io::Error) -> SuperviseFault {
        SuperviseFault::State {
            path: self.state_dir.clone(),
            source,
        }
    }

    /// Whether somebody holds the lock.
    fn is_held(&self) -> std::io::Result<bool> {
        let path = self.state_dir.join(LOCK_FILE);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        Ok(flock(&file, FlockOperation::NonBlockingLockExclusive).is_err())
    }

    /// The process and address that the holder of the lock announced.
    fn announced(&self) -> std::io::Result<Option<(i32, String)>> {
        let text = std::fs::read_to_string(self.state_dir.join(LOCK_FILE))?;
        Ok(announcement(&text).map(|(pid, address)| (pid, address.to_owned())))
    }

    fn adopt(&self) -> Result<Option<Running>, SuperviseFault> {
        let found = self
            .is_held()
            .and_then(|held| if held { self.announced() } else { Ok(None) });
        let found = found.map_err(|source| self.in_state(source))?;
        Ok(found.map(|(pid, address)| Running {
            pid,
            address,
            child: None,
        }))
    }

    async fn spawn(&self) -> Result<Running, SuperviseFault> {
        let log = self.fresh_log().map_err(|source| self.in_state(source))?;
        let mut child = Command::new(&self.program)
            .args(["gateway", "--config"])
            .arg(self.config_path())
            .stdin(if self.tied { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(|source| SuperviseFault::Spawn {
                program: self.program.clone(),
                source,
            })?;
        let pid = i32::try_from(child.id()).expect("process ids fit");
        let deadline = Instant::now() + START_WITHIN;
        loop {
            if let Some(status) = child.try_wait().map_err(|source| self.in_state(source))? {
                return Err(SuperviseFault::Ended {
                    code: status.code(),
                    last_words: self.last_words(),
                });
            }
            let announced = self
                .announced()
                .map_or(None, |found| found.filter(|(by, _)| *by == pid));
            if let Some((_, address)) = announced {
                return Ok(Running {
                    pid,
                    address,
                    child: Some(child),
                });
            }
            if Instant::now() >= deadline {
                let killed = child.kill().and_then(|()| child.wait());
                if let Err(fault) = killed {
                    tracing::error!(%fault, "cannot kill a gateway that does not listen");
                }
                return Err(SuperviseFault::Slow(START_WITHIN));
            }
            tokio::time::sleep(WATCH_EVERY).await;
        }
    }

    fn last_words(&self) -> String {
        let text = match std::fs::read(self.log_path()) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(fault) => format!("its log cannot be read: {fault}"),
        };
        let from = text.len().saturating_sub(LAST_WORDS_BYTES_MAX);
        let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text[from..].trim().to_owned()
    }

    /// Whether it has ended, and how. An adopted process is no child: its lock tells.
    fn ended(&self, running: &mut Running) -> std::io::Result<Option<Option<i32>>> {
        match &mut running.child {
            Some(child) => Ok(child.try_wait()?.map(|status| status.code())),
            None => Ok((!self.is_held()?).then_some(None)),
        }
    }

    async fn end(&self, running: &mut Running) {
        send_signal(running.pid, Signal::TERM);
        let deadline = Instant::now() + STOP_WITHIN;
        let mut killed = false;
        while !self.ended(running).is_ok_and(|ended| ended.is_some()) {
            if Instant::now() >= deadline && !killed {
                tracing::warn!(pid = running.pid, "the gateway did not stop and is killed");
                send_signal(running.pid, Signal::KILL);
                killed = true;
            }
            tokio::time::sleep(WATCH_EVERY).await;
        }
    }
}

/// Process and address of an announcement; nothing while it is being written.
fn announcement(text: &str) -> Option<(i32, &str)> {
    let (pid, address) = text.strip_suffix('\n')?.split_once('\n')?;
    Some((pid.parse().ok()?, address))
}

fn send_signal(pid: i32, signal: Signal) {
    let Some(pid) = Pid::from_raw(pid) else { return };
    if let Err(fault) = kill_process(pid, signal) {
        tracing::debug!(%fault, "the gateway was gone already");
    }
}

fn event_of(running: &Running, adopted: bool) -> GatewayEvent {
    GatewayEvent::Running {
        pid: running.pid,
        address: running.address.clone(),
        adopted,
    }
}

fn publish(events: &mpsc::Sender<GatewayEvent>, event: GatewayEvent) {
    tracing::info!(?event, "gateway");
    if events.try_send(event).is_err() {
        tracing::debug!("nobody watches the gateway's events");
    }
}

async fn watch(
    nest: Nest,
    mut running: Running,
    events: mpsc::Sender<GatewayEvent>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut backoff = BACKOFF_MIN;
    let mut since = Instant::now();
    loop {
        tokio::select! {
            asked = &mut stopped => {
                // Dropped without a word: the controller goes away and the gateway stays, unless it is tied.
                if asked.is_ok() || nest.tied {
                    nest.end(&mut running).await;
                }
                return;
            }
            () = tokio::time::sleep(WATCH_EVERY) => {}
        }
        let mut code = match nest.ended(&mut running) {
            Ok(None) => continue,
            Ok(Some(code)) => code,
            Err(fault) => {
                tracing::error!(%fault, "cannot look after the gateway");
                continue;
            }
        };
        if since.elapsed() >= STEADY_AFTER {
            backoff = BACKOFF_MIN;
        }
        let mut last_words = nest.last_words();
        running = loop {
            publish(
                &events,
                GatewayEvent::Ended {
                    code,
                    last_words,
                    again_after: backoff,
                },
            );
            tokio::select! {
                _ = &mut stopped => return,
                () = tokio::time::sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
            match nest.spawn().await {
                Ok(running) => break running,
                Err(fault) => {
                    code = None;
                    last_words = fault.to_string();
                }
            }
        };
        since = Instant::now();
        publish(&events, event_of(&running, false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_announcement_is_none() {
        let whole = "4242\n127.0.0.1:41234\n";
        assert_eq!(announcement(whole), Some((4242, "127.0.0.1:41234")));
        for end in 0..whole.len() {
            assert_eq!(announcement(&whole[..end]), None, "{:?}", &whole[..end]);
        }
    }
}
