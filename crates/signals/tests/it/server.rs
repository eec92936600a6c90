//! Debian's PostgreSQL in a temporary folder, started when a test needs it and gone with this process.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tidegate_signals::sql::Database;
use tokio_postgres::{Client, NoTls};

/// Where Debian keeps the programs, by version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Starts a server, prints its folder, and takes both away when its standard input ends, however this process ends.
const SCRIPT: &str = r#"
set -e
bin=$1 port=$2
umask 077
folder=$(mktemp -d)
finish() {
  "$bin/pg_ctl" -D "$folder/db" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap finish EXIT
# Only the end of the standard input ends it: a signal to the whole group must not leave the server behind.
trap '' HUP INT TERM
printf 'secret' >"$folder/password"
"$bin/initdb" -N -D "$folder/db" -U tidegate -A scram-sha-256 --pwfile="$folder/password" -E UTF8 --locale=C.UTF-8 \
  >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
"$bin/pg_ctl" -D "$folder/db" -w -t 60 -l "$folder/log" \
  -o "-k $folder -p $port -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=50" start >/dev/null 2>&1 \
  || { cat "$folder/log" >&2; exit 1; }
echo "$folder"
read -r _ || true
"#;

/// Ports are chosen by the system and may be taken before the server is there.
const STARTS_MAX: u32 = 5;

/// Beyond it, what is waited for does not come.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Stays until this process ends: its standard input ends with it.
static SHARED: OnceLock<Arc<Server>> = OnceLock::new();

/// A running server; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    folder: String,
    port: u16,
}

impl Server {
    /// The one that tests share.
    pub(crate) async fn shared() -> Arc<Self> {
        tokio::task::spawn_blocking(|| SHARED.get_or_init(|| Arc::new(Self::start())).clone())
            .await
            .unwrap()
    }

    /// One of its own, for a test that stops it.
    pub(crate) fn start() -> Self {
        let bin = programs();
        for _ in 0..STARTS_MAX {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut child = unprivileged()
                .args(["sh", "-c", SCRIPT, "sh"])
                .arg(&bin)
                .arg(port.to_string())
                .current_dir("/")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut line = String::new();
            let mut said = BufReader::new(child.stdout.take().unwrap());
            said.read_line(&mut line).unwrap();
            if !line.is_empty() {
                let folder = line.trim().to_owned();
                return Self { child, folder, port };
            }
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        panic!("PostgreSQL did not start {STARTS_MAX} times; its words are above");
    }

    /// Its address over the loopback.
    pub(crate) fn address(&self) -> String {
        format!("postgres://tidegate:secret@127.0.0.1:{}/postgres", self.port)
    }

    /// Its address over the local socket.
    pub(crate) fn socket_address(&self) -> String {
        let folder = self.folder.replace('/', "%2F");
        format!("postgres://tidegate:secret@{folder}:{}/postgres", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
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

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

/// The folder of the newest version's programs.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let mut found: Vec<_> = versions
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .unwrap_or_else(|| panic!("no PostgreSQL under {VERSIONS}; install Debian's package postgresql"))
}

/// PostgreSQL refuses to run as root; then it runs as the user of Debian's package.
fn unprivileged() -> Command {
    if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        command
    } else {
        Command::new("env")
    }
}
