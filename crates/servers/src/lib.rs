//! Debian's PostgreSQL and MariaDB in temporary folders on loopback, started when a test needs them and gone with it.
//!
//! They can be killed, started again, frozen and thawed. Nothing here knows what is asked of them.

mod orders;

use std::io::{self, BufReader, Error};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Where Debian keeps PostgreSQL's programs, by version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// What starts PostgreSQL: its programs, a port, and settings as `name=value`.
const POSTGRES: &str = include_str!("postgres.sh");
/// What starts MariaDB: a port, and settings as `name=value`.
const MARIADB: &str = include_str!("mariadb.sh");
/// Ports are chosen by the system and may be taken before the server is there.
const STARTS_MAX: u32 = 5;

/// Whose server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
}

impl Make {
    /// The account that Debian's package runs it under; neither server runs as root.
    fn account(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MariaDb => "mysql",
        }
    }
}

/// A server of one's own; stopped when dropped, and when this process ends, however it ends.
pub struct Server {
    make: Make,
    child: Child,
    answers: BufReader<ChildStdout>,
    port: u16,
    /// Of the server's first process.
    process: u32,
    folder: PathBuf,
}

impl Server {
    /// Starts a server with the account `tidegate`, which may do everything, and settings as `name=value`. It takes seconds.
    ///
    /// # Errors
    /// When it does not start five times; its own words are on standard error then.
    pub fn start(make: Make, settings: &[&str]) -> io::Result<Self> {
        for _ in 0..STARTS_MAX {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let mut command = unprivileged(make);
            match make {
                Make::Postgres => command.args(["sh", "-c", POSTGRES, "sh"]).arg(programs()?),
                Make::MariaDb => command.args(["sh", "-c", MARIADB, "sh"]),
            };
            let mut child = command
                .arg(port.to_string())
                .args(settings)
                .current_dir("/")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            let output = child.stdout.take().expect("its output is piped");
            let mut answers = BufReader::new(output);
            if let Some((process, folder)) = orders::begun(&mut answers)? {
                return Ok(Self {
                    make,
                    child,
                    answers,
                    port,
                    process,
                    folder,
                });
            }
            drop(child.stdin.take());
            child.wait()?;
        }
        let words = format!("{make:?} did not start {STARTS_MAX} times; its words are above");
        Err(Error::other(words))
    }

    /// The address of one of its databases, over the loopback.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        let scheme = match self.make {
            Make::Postgres => "postgres",
            Make::MariaDb => "mysql",
        };
        format!("{scheme}://tidegate:secret@127.0.0.1:{}/{database}", self.port)
    }

    /// The port on the loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its files and its local socket are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number of its first process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if let Err(error) = self.child.wait() {
            eprintln!("a server was not ended: {error}");
        }
    }
}

/// The folder of the newest version's programs.
fn programs() -> io::Result<PathBuf> {
    let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let mut found: Vec<_> = versions
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().ok_or_else(|| {
        let words = format!("no PostgreSQL under {VERSIONS}; install Debian's package postgresql");
        Error::other(words)
    })
}

/// Begins a command that does not run as root.
fn unprivileged(make: Make) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new("env");
    }
    let account = make.account();
    let mut command = Command::new("setpriv");
    command.args([
        format!("--reuid={account}"),
        format!("--regid={account}"),
        "--init-groups".to_owned(),
    ]);
    command
}
