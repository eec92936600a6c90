//! Debian's MariaDB in a temporary folder, started when a test needs it and gone with this process.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};

use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;
use tidegate_signals::sql::Database;

/// Starts a server, prints its folder, and takes both away when its standard input ends, however this process ends.
const SCRIPT: &str = r#"
set -e
port=$1
umask 077
folder=$(mktemp -d)
finish() {
  [ -z "$pid" ] || { kill -KILL "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
  rm -rf "$folder"
}
trap finish EXIT
# Only the end of the standard input ends it: a signal to the whole group must not leave the server behind.
trap '' HUP INT TERM
fail() { cat "$folder/log" >&2; exit 1; }
mariadb-install-db --no-defaults --datadir="$folder/db" --auth-root-authentication-method=normal --skip-test-db \
  --innodb-log-file-size=8M >"$folder/log" 2>&1 || fail
mariadbd --no-defaults --datadir="$folder/db" --socket="$folder/socket" --port="$port" --bind-address=127.0.0.1 \
  --pid-file="$folder/pid" --innodb-log-file-size=8M --innodb-buffer-pool-size=16M --innodb-flush-log-at-trx-commit=0 \
  --skip-log-bin >"$folder/log" 2>&1 &
pid=$!
until mariadb-admin --no-defaults --socket="$folder/socket" -u root ping >/dev/null 2>&1; do
  kill -0 "$pid" 2>/dev/null || fail
  sleep 0.05
done
mariadb --no-defaults --socket="$folder/socket" -u root -e "CREATE DATABASE shop CHARACTER SET utf8mb4;
  CREATE USER tidegate@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO tidegate@'127.0.0.1'" || fail
echo "$folder"
read -r _ || true
"#;

/// Ports are chosen by the system and may be taken before the server is there.
const STARTS_MAX: u32 = 5;

/// Stays until this process ends: its standard input ends with it.
static SHARED: OnceLock<Arc<MariaDb>> = OnceLock::new();

/// A running server.
pub(crate) struct MariaDb {
    /// Held, and with it the server.
    _child: Child,
    port: u16,
}

impl MariaDb {
    /// The one that tests share.
    pub(crate) async fn shared() -> Arc<Self> {
        tokio::task::spawn_blocking(|| SHARED.get_or_init(|| Arc::new(Self::start())).clone())
            .await
            .unwrap()
    }

    fn start() -> Self {
        for _ in 0..STARTS_MAX {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut child = unprivileged()
                .args(["sh", "-c", SCRIPT, "sh"])
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
                return Self { _child: child, port };
            }
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        panic!(
            "MariaDB did not start {STARTS_MAX} times; is Debian's package mariadb-server there? Its words are above"
        );
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its address over the loopback.
    pub(crate) fn address(&self) -> String {
        format!("mysql://tidegate:secret@127.0.0.1:{}/shop", self.port)
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

/// MariaDB refuses to run as root; then it runs as the user of Debian's package.
fn unprivileged() -> Command {
    if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=mysql", "--regid=mysql", "--init-groups"]);
        command
    } else {
        Command::new("env")
    }
}
