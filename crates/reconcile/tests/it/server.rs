//! The databases that tests read: one server of each kind that all share, and servers of a test's own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use mysql_async::prelude::Queryable as _;
use tidegate_servers::{Make, Server};

static SHARED: LazyLock<Mutex<Weak<Servers>>> = LazyLock::new(|| Mutex::new(Weak::new()));
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// One server of each kind.
pub(crate) struct Servers {
    pub(crate) postgres: Server,
    pub(crate) mariadb: Server,
}

impl Servers {
    /// Those that tests share.
    pub(crate) async fn shared() -> Arc<Self> {
        tokio::task::spawn_blocking(|| {
            let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            shared.upgrade().unwrap_or_else(|| {
                let mariadb = std::thread::spawn(|| start(Make::MariaDb));
                let servers = Arc::new(Self {
                    postgres: start(Make::Postgres),
                    mariadb: mariadb.join().unwrap(),
                });
                *shared = Arc::downgrade(&servers);
                servers
            })
        })
        .await
        .unwrap()
    }

    /// A new empty database of PostgreSQL.
    pub(crate) async fn postgres(&self) -> Postgres {
        let name = format!("case{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        postgres(&self.postgres, "postgres")
            .run(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .await;
        postgres(&self.postgres, &name)
    }

    /// A new empty database of MariaDB.
    pub(crate) async fn mariadb(&self) -> MariaDb {
        let name = format!("case{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        mariadb(&self.mariadb, "shop")
            .run(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"))
            .await;
        mariadb(&self.mariadb, &name)
    }
}

/// A server of a test's own.
pub(crate) async fn own(make: Make) -> Server {
    tokio::task::spawn_blocking(move || start(make)).await.unwrap()
}

fn start(make: Make) -> Server {
    let settings: &[&str] = match make {
        Make::Postgres => &["max_connections=80"],
        // In another zone than its clients, so that those who forget theirs are seen.
        Make::MariaDb => &[
            "max-connections=80",
            "innodb-buffer-pool-size=64M",
            "default-time-zone=+05:30",
        ],
    };
    Server::start(make, settings).unwrap()
}

pub(crate) fn postgres(server: &Server, name: &str) -> Postgres {
    Postgres(server.address(name))
}

pub(crate) fn mariadb(server: &Server, name: &str) -> MariaDb {
    MariaDb(server.address(name))
}

/// A database of PostgreSQL by its address.
pub(crate) struct Postgres(pub(crate) String);

impl Postgres {
    /// Runs statements.
    pub(crate) async fn run(&self, statements: &str) {
        let (client, connection) = tokio_postgres::connect(&self.0, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(statements).await.unwrap();
    }
}

impl Postgres {
    /// The one text that a query gives.
    pub(crate) async fn text(&self, query: &str) -> String {
        let (client, connection) = tokio_postgres::connect(&self.0, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(query, &[]).await.unwrap().get(0)
    }
}

/// A database of MariaDB by its address.
pub(crate) struct MariaDb(pub(crate) String);

impl MariaDb {
    /// Runs statements, parted by semicolons at the ends of lines.
    pub(crate) async fn run(&self, statements: &str) {
        let mut conn = mysql_async::Conn::from_url(&self.0).await.unwrap();
        conn.query_drop(
            "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES,NO_BACKSLASH_ESCAPES'",
        )
        .await
        .unwrap();
        for statement in statements.split(";\n").filter(|statement| !statement.trim().is_empty()) {
            conn.query_drop(statement)
                .await
                .unwrap_or_else(|error| panic!("{error}: {statement}"));
        }
        conn.disconnect().await.unwrap();
    }

    /// Ends what other sessions in this database ask, not the sessions; how many there were.
    pub(crate) async fn end_queries(&self) -> usize {
        let mut conn = mysql_async::Conn::from_url(&self.0).await.unwrap();
        let sessions = "SELECT id FROM information_schema.processlist
            WHERE db = database() AND id <> connection_id() AND command <> 'Sleep'";
        let ids: Vec<u64> = conn.query(sessions).await.unwrap();
        for id in &ids {
            conn.query_drop(format!("KILL QUERY {id}")).await.unwrap();
        }
        conn.disconnect().await.unwrap();
        ids.len()
    }
}
