//! A PostgreSQL and a MariaDB as large as the measurement wants them, and what they cost.

use anyhow::Context as _;
use tidegate_servers::Make;

/// Memory enough that nothing waits for a disk, and nothing besides at work; no client's protection costs any time.
const POSTGRES: [&str; 6] = [
    "ssl=off",
    "autovacuum=off",
    "jit=off",
    "shared_buffers=1GB",
    "max_wal_size=8GB",
    "work_mem=64MB",
];
/// The same; texts in the order of their bytes, times in UTC.
const MARIADB: [&str; 6] = [
    "skip-ssl",
    "collation-server=utf8mb4_bin",
    "innodb-buffer-pool-size=3G",
    "innodb-log-file-size=1G",
    "innodb-doublewrite=0",
    "default-time-zone=+00:00",
];

/// A running server; stopped when dropped.
pub(crate) struct Server {
    server: tidegate_servers::Server,
    /// Where it is reached.
    pub(crate) url: String,
}

impl Server {
    /// A PostgreSQL with an empty database.
    pub(crate) fn postgres() -> anyhow::Result<Self> {
        Self::start(Make::Postgres, &POSTGRES, "postgres")
    }

    /// A MariaDB with an empty database.
    pub(crate) fn mariadb() -> anyhow::Result<Self> {
        Self::start(Make::MariaDb, &MARIADB, "shop")
    }

    fn start(make: Make, settings: &[&str], database: &str) -> anyhow::Result<Self> {
        let server = tidegate_servers::Server::start(make, settings);
        let server = server.context("install postgresql and mariadb-server")?;
        // The rival knows this name of the scheme only.
        let url = server.address(database).replacen("postgres://", "postgresql://", 1);
        Ok(Self { server, url })
    }

    /// CPU seconds of the server, of the processes that it started, and of those that have ended.
    pub(crate) fn cpu_s(&self) -> anyhow::Result<f64> {
        let first = self.server.process();
        let mut pids = crate::cpu::descendants(first)?;
        pids.push(first);
        // One that ends between the two looks is in its parent's account then.
        let of = |pid: &u32| -> Option<f64> {
            Some(crate::cpu::seconds(*pid).ok()? + crate::cpu::seconds_of_ended(*pid).ok()?)
        };
        Ok(pids.iter().filter_map(of).sum())
    }
}
