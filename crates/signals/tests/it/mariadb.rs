//! Debian's MariaDB, started when a test needs it and gone with this process.

use std::sync::{Arc, OnceLock};

use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;
use tidegate_servers::{Make, Server};
use tidegate_signals::sql::Database;

/// Stays until this process ends: its standard input ends with it.
static SHARED: OnceLock<Arc<MariaDb>> = OnceLock::new();

/// A running server.
pub(crate) struct MariaDb(Server);

impl MariaDb {
    /// The one that tests share.
    pub(crate) async fn shared() -> Arc<Self> {
        tokio::task::spawn_blocking(|| SHARED.get_or_init(|| Arc::new(Self::start())).clone())
            .await
            .unwrap()
    }

    fn start() -> Self {
        let settings = ["innodb-log-file-size=8M", "innodb-buffer-pool-size=16M", "skip-log-bin"];
        Self(Server::start(Make::MariaDb, &settings).unwrap())
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port()
    }

    /// Its address over the loopback.
    pub(crate) fn address(&self) -> String {
        self.0.address("shop")
    }

    pub(crate) fn database(&self) -> Database {
        Database::parse(&self.address()).unwrap()
    }

    /// Runs statements, one by one.
    pub(crate) async fn run(&self, statements: &str) {
        let mut conn = Conn::from_url(self.address()).await.unwrap();
        for statement in statements.split(';').filter(|statement| !statement.trim().is_empty()) {
            conn.query_drop(statement).await.unwrap();
        }
        conn.disconnect().await.unwrap();
    }
}
