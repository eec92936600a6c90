//! Debian's PostgreSQL and MariaDB in temporary folders, started when a test needs them and gone with the last one that does.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use mysql_async::prelude::Queryable as _;

/// Where Debian keeps PostgreSQL's programs, by version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Starts a server, prints its folder, and takes both away when its standard input ends, however this process ends.
const POSTGRES: &str = r#"
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
"$bin/initdb" -N -D "$folder/db" -U tidegate -A password --pwfile="$folder/password" -E UTF8 --locale=C.UTF-8 \
  >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=shop \
  -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
  -keyout "$folder/db/server.key" -out "$folder/db/server.crt" 2>"$folder/log"
"$bin/pg_ctl" -D "$folder/db" -w -t 60 -l "$folder/log" \
  -o "-k $folder -p $port -c listen_addresses=127.0.0.1 -c ssl=on -c fsync=off -c max_connections=80" start >/dev/null 2>&1 \
  || { cat "$folder/log" >&2; exit 1; }
echo "$folder"
read -r _ || true
"#;

/// The same of MariaDB. The account that tests use is made by statements that the server runs as it starts.
const MARIADB: &str = r#"
set -e
port=$1
umask 077
folder=$(mktemp -d)
finish() {
  [ -z "$server" ] || { kill -9 "$server" 2>/dev/null; wait "$server" 2>/dev/null; } || true
  rm -rf "$folder"
}
trap finish EXIT
trap '' HUP INT TERM
mariadb-install-db --no-defaults --datadir="$folder/db" --auth-root-authentication-method=normal --skip-test-db \
  >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
cat >"$folder/init.sql" <<'SQL'
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE USER 'tidegate'@'127.0.0.1' IDENTIFIED BY 'secret';
GRANT ALL ON *.* TO 'tidegate'@'127.0.0.1';
SQL
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=shop \
  -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>>"$folder/log"
mariadbd --no-defaults --datadir="$folder/db" --ssl-cert="$folder/certificate.pem" --ssl-key="$folder/key.pem" --socket="$folder/socket" --port="$port" --bind-address=127.0.0.1 \
  --pid-file="$folder/pid" --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M --skip-name-resolve \
  --default-time-zone=+05:30 --max-connections=80 --init-file="$folder/init.sql" >>"$folder/log" 2>&1 &
server=$!
for _ in $(seq 600); do
  kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
  if mariadb --no-defaults -h 127.0.0.1 -P "$port" -u tidegate -psecret -e 'SELECT 1' shop >/dev/null 2>&1; then
    echo "$folder"
    read -r _ || true
    exit 0
  fi
  sleep 0.1
done
cat "$folder/log" >&2
exit 1
"#;

/// Ports are chosen by the system and may be taken before the server is there.
const STARTS_MAX: u32 = 5;

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
                let mariadb = std::thread::spawn(|| Server::start(Make::MariaDb));
                let servers = Arc::new(Self {
                    postgres: Server::start(Make::Postgres),
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
        self.postgres
            .postgres("postgres")
            .run(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .await;
        self.postgres.postgres(&name)
    }

    /// A new empty database of MariaDB.
    pub(crate) async fn mariadb(&self) -> MariaDb {
        let name = format!("case{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.mariadb
            .mariadb("shop")
            .run(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"))
            .await;
        self.mariadb.mariadb(&name)
    }
}

/// Whose server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    Postgres,
    MariaDb,
}

/// A running server; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    pub(crate) fn start(make: Make) -> Self {
        for _ in 0..STARTS_MAX {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut command = unprivileged(make);
            match make {
                Make::Postgres => command.args(["sh", "-c", POSTGRES, "sh"]).arg(programs()),
                Make::MariaDb => command.args(["sh", "-c", MARIADB, "sh"]),
            };
            let started = command
                .arg(port.to_string())
                .current_dir("/")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn();
            let mut child = started.unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap())
                .read_line(&mut line)
                .unwrap();
            if !line.is_empty() {
                return Self { child, port };
            }
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        panic!("{make:?} did not start {STARTS_MAX} times; its words are above");
    }

    pub(crate) fn postgres(&self, name: &str) -> Postgres {
        Postgres(format!("postgres://tidegate:secret@127.0.0.1:{}/{name}", self.port))
    }

    pub(crate) fn mariadb(&self, name: &str) -> MariaDb {
        MariaDb(format!("mysql://tidegate:secret@127.0.0.1:{}/{name}", self.port))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
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

/// Neither server runs as root; then each runs as the user of its package.
fn unprivileged(make: Make) -> Command {
    if rustix::process::geteuid().is_root() {
        let user = match make {
            Make::Postgres => "postgres",
            Make::MariaDb => "mysql",
        };
        let mut command = Command::new("setpriv");
        command.args([
            format!("--reuid={user}"),
            format!("--regid={user}"),
            "--init-groups".to_owned(),
        ]);
        command
    } else {
        Command::new("env")
    }
}
