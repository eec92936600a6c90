//! Debian's PostgreSQL, started when a test needs it and gone with this process.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tidegate_servers::Make;
use tidegate_signals::sql::Database;
use tokio_postgres::{Client, NoTls};

/// Beyond it, what is waited for does not come.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Stays until this process ends: its standard input ends with it.
static SHARED: OnceLock<Arc<Server>> = OnceLock::new();

/// A running server; stopped when dropped.
pub(crate) struct Server(tidegate_servers::Server);

impl Server {
    /// The one that tests share.
    pub(crate) async fn shared() -> Arc<Self> {
        tokio::task::spawn_blocking(|| SHARED.get_or_init(|| Arc::new(Self::start())).clone())
            .await
            .unwrap()
    }

    /// One of its own, for a test that stops it.
    pub(crate) fn start() -> Self {
        Self(tidegate_servers::Server::start(Make::Postgres, &["max_connections=50"]).unwrap())
    }

    /// Its address over the loopback.
    pub(crate) fn address(&self) -> String {
        self.0.address("postgres")
    }

    /// Its address over the local socket.
    pub(crate) fn socket_address(&self) -> String {
        let folder = self.0.folder().display().to_string().replace('/', "%2F");
        format!("postgres://tidegate:secret@{folder}:{}/postgres", self.port())
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port()
    }

    pub(crate) fn database(&self) -> Database {
        Database::parse(&self.address()).unwrap()
    }

    /// A connection of the test's own.
    pub(crate) async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.address(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Runs statements.
    pub(crate) async fn run(&self, statements: &str) {
        self.client().await.batch_execute(statements).await.unwrap();
    }

    /// The process that works on a query that holds these words, once there is one.
    pub(crate) async fn working_on(&self, words: &str) -> i32 {
        let client = self.client().await;
        let working = async {
            loop {
                if let Some(process) = at_work(&client, words).await {
                    return process;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT_MAX, working)
            .await
            .expect("a query is at work")
    }

    /// Waits until no process works on a query that holds these words.
    pub(crate) async fn rests_from(&self, words: &str) {
        let client = self.client().await;
        let resting = async {
            while at_work(&client, words).await.is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT_MAX, resting).await.expect("the query ends");
    }
}

async fn at_work(client: &Client, words: &str) -> Option<i32> {
    let asked = "SELECT pid FROM pg_stat_activity
                 WHERE state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid() LIMIT 1";
    let found = client.query_opt(asked, &[&format!("%SELECT left(%{words}%")]).await;
    found.unwrap().map(|row| row.get(0))
}
