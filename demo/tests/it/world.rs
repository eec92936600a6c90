//! Starts the programs as processes of their own and asks them over HTTP.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The seed of every test; printed with each failure by the programs' arguments.
pub(crate) const SEED: &str = "20261121";
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// A condition that does not hold by then is a failure.
const DEADLINE: Duration = Duration::from_secs(60);

/// A running program; it leaves when this value goes, because its standard input closes.
pub(crate) struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    pub(crate) out: BufReader<ChildStdout>,
    pub(crate) ready: Value,
}

impl Program {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_demo-world"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let ready = line(&mut out);
        assert_eq!(ready["ready"], true, "{args:?} said {ready}");
        Self {
            stdin: child.stdin.take(),
            child,
            out,
            ready,
        }
    }

    pub(crate) fn addr(&self) -> &str {
        self.ready["addr"].as_str().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// The next line that the program prints.
    pub(crate) fn line(&mut self) -> Value {
        line(&mut self.out)
    }

    /// Closes standard input and waits for the exit code.
    pub(crate) fn leave(&mut self) -> Option<i32> {
        drop(self.stdin.take());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.child.wait().unwrap();
    }
}

fn line(out: &mut BufReader<ChildStdout>) -> Value {
    let mut text = String::new();
    out.read_line(&mut text).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

pub(crate) fn pay(folder: &Path, callback: &str) -> Program {
    let ledger = folder.join("ledger.db");
    Program::start(&[
        "pay",
        "--secret",
        SECRET,
        "--ledger",
        ledger.to_str().unwrap(),
        "--callback",
        callback,
        "--seed",
        SEED,
    ])
}

pub(crate) fn shop(folder: &Path, side: &str, port: u16, pay: &str, more: &[&str]) -> Program {
    let db = folder.join(format!("{side}.db"));
    let port = port.to_string();
    let mut args = vec![
        "shop",
        "--side",
        side,
        "--port",
        &port,
        "--db",
        db.to_str().unwrap(),
        "--pay",
        pay,
        "--pay-secret",
        SECRET,
        "--seed",
        SEED,
    ];
    args.extend(more);
    Program::start(&args)
}

/// Runs an asynchronous check.
pub(crate) fn wait<T>(check: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(check)
}

/// Asks until the answer holds; the deadline is a failure.
pub(crate) async fn until(url: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        if holds(&answer) {
            return answer;
        }
        assert!(began.elapsed() < DEADLINE, "{url} never held: {answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Rows of a query on a program's database, each as texts.
pub(crate) fn rows(db: &Path, query: &str) -> Vec<Vec<String>> {
    let connection = rusqlite::Connection::open(db).unwrap();
    let mut select = connection.prepare(query).unwrap();
    let width = select.column_count();
    let read = |row: &rusqlite::Row<'_>| {
        (0..width)
            .map(|at| {
                let value = row.get_ref(at)?;
                Ok(value
                    .as_i64()
                    .map_or_else(|_| value.as_str().unwrap().to_owned(), |number| number.to_string()))
            })
            .collect::<rusqlite::Result<Vec<String>>>()
    };
    select.query_map([], read).unwrap().map(Result::unwrap).collect()
}
