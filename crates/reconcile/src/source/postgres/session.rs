//! Connections to PostgreSQL that wait for their next use, with every setting that changes a value's form pinned.

use std::error::Error as _;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::protection::Connector;
use crate::fault::SourceFault;

/// How long a statement may wait for a lock, in milliseconds: we give way, not the application.
const LOCK_WITHIN_MS: u32 = 1_000;

/// Classes of errors whose words are about connections, names and syntax, never about a row's content.
///
/// # Source
/// PostgreSQL documentation, appendix A.
const CLASSES_OF_SAFE_WORDS: [&str; 8] = ["0A", "25", "28", "3D", "42", "53", "55", "57"];

/// The class of connections that do not come about or end.
const CLASS_OF_CONNECTIONS: &str = "08";

/// Everything that would change what a value looks like, for the whole session.
const PINNED: &str = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; \
    SET bytea_output = 'hex'; SET extra_float_digits = 1; SET lc_monetary = 'C'; SET client_encoding = 'UTF8'; \
    SET standard_conforming_strings = on; SET default_transaction_read_only = on; \
    SET idle_in_transaction_session_timeout = '120s'; SET application_name = 'tidegate-reconcile'";

/// Connections to one database.
pub(super) struct Sessions {
    config: Config,
    /// Speaks TLS; without it the connection stays open to whoever reads along.
    connector: Option<Connector>,
    idle: Mutex<Vec<Session>>,
}

impl Sessions {
    pub(super) fn new(config: Config, connector: Option<Connector>) -> Self {
        Self {
            config,
            connector,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Which database on which server.
    pub(super) fn identity(&self) -> String {
        let config = &self.config;
        format!(
            "PostgreSQL {:?} {:?} {:?} {:?}",
            config.get_hosts(),
            config.get_hostaddrs(),
            config.get_ports(),
            config.get_dbname()
        )
    }

    /// An idle connection or a new one.
    pub(super) async fn take(&self) -> Result<Session, SourceFault> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match idle {
                Some(session) if session.client.is_closed() => {}
                Some(session) => return Ok(session),
                None => return Session::begin(&self.config, self.connector.as_ref()).await,
            }
        }
    }
}

/// One connection; closed when dropped.
pub(super) struct Session {
    client: Client,
    talk: JoinHandle<()>,
}

impl Session {
    async fn begin(config: &Config, connector: Option<&Connector>) -> Result<Self, SourceFault> {
        let session = match connector {
            None => {
                let (client, connection) = config.connect(NoTls).await.map_err(|error| fault(&error))?;
                let talk = tokio::spawn(spoken(connection));
                Self { client, talk }
            }
            Some(connector) => {
                let connecting = config.connect(connector.clone()).await;
                let (client, connection) = connecting.map_err(|error| fault(&error))?;
                let talk = tokio::spawn(spoken(connection));
                Self { client, talk }
            }
        };
        let settings = format!("{PINNED}; SET lock_timeout = {LOCK_WITHIN_MS}");
        session
            .client
            .batch_execute(&settings)
            .await
            .map_err(|error| fault(&error))?;
        Ok(session)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Keeps it for the next use; only one that stands outside any transaction may be kept.
    pub(super) fn give_back(self, sessions: &Sessions) {
        sessions.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }
}

/// Carries what is said to and fro, until the connection ends.
async fn spoken(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        // The question fails with it, and says so to whoever asked.
        tracing::debug!(%error, "a connection to PostgreSQL ended early");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.talk.abort();
    }
}

/// Nothing crosses a network unprotected unless the address asks for that in so many words.
pub(super) fn refuse_unprotected(config: &Config) -> Result<(), SourceFault> {
    let is_local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
    };
    let stays_here = match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(is_local),
        numbers => numbers.iter().all(IpAddr::is_loopback),
    };
    let mode = config.get_ssl_mode();
    if mode == SslMode::Disable || mode == SslMode::Prefer && stays_here {
        Ok(())
    } else {
        Err(SourceFault::Unprotected {
            say: "sslmode=verify-full",
        })
    }
}

pub(super) fn fault(error: &tokio_postgres::Error) -> SourceFault {
    let Some(said) = error.as_db_error() else {
        return SourceFault::Connection { why: chain(error) };
    };
    let code = said.code();
    let is = |states: &[SqlState]| states.contains(code);
    if is(&[
        SqlState::QUERY_CANCELED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]) {
        return SourceFault::victim(said.message());
    }
    if is(&[
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::IDLE_SESSION_TIMEOUT,
    ]) || code.code().starts_with(CLASS_OF_CONNECTIONS)
    {
        return SourceFault::Connection {
            why: said.message().to_owned(),
        };
    }
    if is(&[SqlState::UNDEFINED_COLUMN, SqlState::UNDEFINED_TABLE]) || is_safe(code) {
        return SourceFault::refused(&format!("{} ({})", said.message(), code.code()));
    }
    SourceFault::Failed {
        code: code.code().to_owned(),
    }
}

fn is_safe(code: &SqlState) -> bool {
    CLASSES_OF_SAFE_WORDS.iter().any(|class| code.code().starts_with(class))
}

/// The error and its causes on one line; none of them comes from the server's rows.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        write!(text, ": {deeper}").expect("a string takes all text");
        cause = deeper.source();
    }
    text
}
