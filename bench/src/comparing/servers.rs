//! A private PostgreSQL and a private MariaDB on loopback, each in a temporary folder, gone with the measurement.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

/// Where Debian keeps PostgreSQL's programs, by version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Starts a server, prints its process and folder, and takes both away when its standard input ends.
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
trap '' HUP INT TERM
printf 'secret' >"$folder/password"
"$bin/initdb" -N -D "$folder/db" -U tidegate -A password --pwfile="$folder/password" -E UTF8 --locale=C.UTF-8 \
  >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
"$bin/pg_ctl" -D "$folder/db" -w -t 60 -l "$folder/log" -o "-k $folder -p $port -c listen_addresses=127.0.0.1 \
  -c fsync=off -c autovacuum=off -c jit=off -c shared_buffers=1GB -c max_wal_size=8GB -c work_mem=64MB" \
  start >/dev/null 2>&1 || { cat "$folder/log" >&2; exit 1; }
echo "$(head -n 1 "$folder/db/postmaster.pid")"
read -r _ || true
"#;

/// The same of MariaDB.
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
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE USER 'tidegate'@'127.0.0.1' IDENTIFIED BY 'secret';
GRANT ALL ON *.* TO 'tidegate'@'127.0.0.1';
SQL
mariadbd --no-defaults --datadir="$folder/db" --socket="$folder/socket" --port="$port" --bind-address=127.0.0.1 \
  --pid-file="$folder/pid" --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=3G --innodb-log-file-size=1G \
  --innodb-doublewrite=0 --skip-name-resolve --default-time-zone=+00:00 --init-file="$folder/init.sql" \
  >>"$folder/log" 2>&1 &
server=$!
for _ in $(seq 600); do
  kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
  if mariadb --no-defaults -h 127.0.0.1 -P "$port" -u tidegate -psecret -e 'SELECT 1' shop >/dev/null 2>&1; then
    echo "$server"
    read -r _ || true
    exit 0
  fi
  sleep 0.1
done
cat "$folder/log" >&2
exit 1
"#;

/// A running server; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    pid: u32,
    /// Where it is reached.
    pub(crate) url: String,
}

impl Server {
    /// A PostgreSQL with an empty database.
    pub(crate) fn postgres() -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = unprivileged("postgres");
        command.args(["sh", "-c", POSTGRES, "sh"]).arg(programs()?);
        Self::begin(
            command,
            port,
            &format!("postgresql://tidegate:secret@127.0.0.1:{port}/postgres"),
        )
    }

    /// A MariaDB with an empty database.
    pub(crate) fn mariadb() -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = unprivileged("mysql");
        command.args(["sh", "-c", MARIADB, "sh"]);
        Self::begin(command, port, &format!("mysql://tidegate:secret@127.0.0.1:{port}/shop"))
    }

    fn begin(mut command: Command, port: u16, url: &str) -> anyhow::Result<Self> {
        let started = command
            .arg(port.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = started.context("no server; install postgresql and mariadb-server")?;
        let mut line = String::new();
        let output = child.stdout.take().context("a server without output")?;
        BufReader::new(output).read_line(&mut line)?;
        let Ok(pid) = line.trim().parse() else {
            bail!("a server did not start; its words are above");
        };
        let url = url.to_owned();
        Ok(Self { child, pid, url })
    }

    /// CPU seconds of the server, of the processes that it started, and of those that have ended.
    pub(crate) fn cpu_s(&self) -> anyhow::Result<f64> {
        let mut pids = crate::cpu::descendants(self.pid)?;
        pids.push(self.pid);
        // One that ends between the two looks is in its parent's account then.
        let of = |pid: &u32| -> Option<f64> {
            Some(crate::cpu::seconds(*pid).ok()? + crate::cpu::seconds_of_ended(*pid).ok()?)
        };
        Ok(pids.iter().filter_map(of).sum())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if let Err(error) = self.child.wait() {
            eprintln!("a server of the bench was not ended: {error}");
        }
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The folder of the newest version's programs.
fn programs() -> anyhow::Result<PathBuf> {
    let versions = std::fs::read_dir(VERSIONS).with_context(|| format!("no {VERSIONS}; install postgresql"))?;
    let mut found: Vec<PathBuf> = versions
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().context("no PostgreSQL; install postgresql")
}

/// Neither server runs as root; then each runs as the user of its package.
fn unprivileged(user: &str) -> Command {
    if rustix::process::geteuid().is_root() {
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
