//! Connections to MariaDB and MySQL that wait for their next use, with every setting that changes a value's form pinned.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error, Opts, OptsBuilder};

use super::wire::Wire;
use crate::fault::SourceFault;

/// Everything that would change what a value looks like or let us stand in somebody's way.
const PINNED: [&str; 3] = [
    "SET NAMES utf8mb4",
    "SET SESSION time_zone = '+00:00', sql_mode = '', innodb_lock_wait_timeout = 1, lock_wait_timeout = 1, \
     max_sort_length = 65536, group_concat_max_len = 1048576, net_write_timeout = 120",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
];

/// Error numbers that end a statement for somebody else's sake or because of its time: lock wait, deadlock, interrupted, a
/// sort that was interrupted, MariaDB's and MySQL's longest time of a statement, a table that was changed after the
/// snapshot was taken.
const VICTIM: [u16; 7] = [1205, 1213, 1317, 1028, 1969, 3024, 1412];
/// Error numbers of a server that goes away or takes nobody in: shutdown, too many connections, killed.
const GONE: [u16; 4] = [1053, 1040, 1927, 1079];
/// Error numbers whose words are about names, rights and syntax: rights (1044, 1045, 1142, 1143, 1227, 1370), database
/// and table and column (1049, 1146, 1054, 1052, 1051), syntax (1064, 1149), writing (1792, 1290), functions (1305).
const SAFE_WORDS: [u16; 16] = [
    1044, 1045, 1142, 1143, 1227, 1370, 1049, 1146, 1054, 1052, 1051, 1064, 1149, 1792, 1290, 1305,
];

/// Connections to one database: those that ask the catalogue, and those that read rows.
pub(super) struct Sessions {
    opts: Opts,
    idle: Mutex<Vec<Session>>,
    idle_wires: Mutex<Vec<Wire>>,
}

impl Sessions {
    pub(super) fn new(opts: Opts) -> Self {
        // A statement is asked once; keeping it would cost the server memory.
        let opts = OptsBuilder::from_opts(opts)
            .stmt_cache_size(0_usize)
            .prefer_socket(false)
            .into();
        Self {
            opts,
            idle: Mutex::new(Vec::new()),
            idle_wires: Mutex::new(Vec::new()),
        }
    }

    /// Which database on which server.
    pub(super) fn identity(&self) -> String {
        let opts = &self.opts;
        let (host, port, name) = (opts.ip_or_hostname(), opts.tcp_port(), opts.db_name());
        format!("MySQL {host} {port} {:?} {name:?}", opts.socket())
    }

    /// An idle connection for rows that still answers, or a new one.
    pub(super) async fn take_wire(&self) -> Result<Wire, SourceFault> {
        loop {
            let idle = self.idle_wires.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut wire) = idle else { break };
            if wire.ping().await.is_ok() {
                return Ok(wire);
            }
        }
        let mut wire = Wire::connect(&self.opts).await?;
        for setting in PINNED {
            wire.run(setting).await?;
        }
        Ok(wire)
    }

    /// Keeps it for the next use; only one that stands outside any transaction may be kept.
    pub(super) fn give_wire_back(&self, wire: Wire) {
        let mut idle = self.idle_wires.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(wire);
    }

    /// An idle connection that still answers, or a new one.
    pub(super) async fn take(&self) -> Result<Session, SourceFault> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match idle {
                Some(mut session) => {
                    if session.conn.ping().await.is_ok() {
                        return Ok(session);
                    }
                }
                None => return Session::begin(&self.opts).await,
            }
        }
    }
}

/// One connection; closed when dropped.
pub(super) struct Session {
    conn: Conn,
}

impl Session {
    async fn begin(opts: &Opts) -> Result<Self, SourceFault> {
        let mut conn = Conn::new(opts.clone()).await.map_err(|error| fault(&error))?;
        for setting in PINNED {
            conn.query_drop(setting).await.map_err(|error| fault(&error))?;
        }
        Ok(Self { conn })
    }

    pub(super) fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// Keeps it for the next use; only one that stands outside any transaction may be kept.
    pub(super) fn give_back(self, sessions: &Sessions) {
        sessions.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }
}

/// Nothing crosses a network unprotected unless the address asks for that in so many words.
pub(super) fn refuse_unprotected(address: &str, opts: &Opts) -> Result<(), SourceFault> {
    let is_asked_for = address
        .split_once('?')
        .is_some_and(|(_, options)| options.split('&').any(|option| option == "require_ssl=false"));
    let host = opts.ip_or_hostname();
    let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let stays_here = opts.socket().is_some() || is_loopback;
    if stays_here || opts.ssl_opts().is_some() || is_asked_for {
        Ok(())
    } else {
        Err(SourceFault::Unprotected {
            say: "require_ssl=true",
        })
    }
}

/// What the server's number for an error and its words come to.
pub(super) fn of_server(code: u16, words: &str) -> SourceFault {
    match code {
        code if VICTIM.contains(&code) => SourceFault::victim(words),
        code if GONE.contains(&code) => SourceFault::Connection { why: words.to_owned() },
        code if SAFE_WORDS.contains(&code) => SourceFault::refused(&format!("{words} ({code})")),
        code => SourceFault::Failed { code: code.to_string() },
    }
}

pub(super) fn fault(error: &Error) -> SourceFault {
    match error {
        Error::Server(said) => of_server(said.code, &said.message),
        Error::Url(_) => SourceFault::Address,
        Error::Driver(_) | Error::Io(_) | Error::Other(_) => SourceFault::Connection { why: error.to_string() },
    }
}
