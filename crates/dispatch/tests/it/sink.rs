//! Starts the mail server of `sink.py` and reads what it wrote down.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Debian's interpreter, which sees Debian's python3-aiosmtpd.
const PYTHON: &str = "/usr/bin/python3";

/// A running mail server; ends when dropped.
pub(crate) struct Sink {
    child: Child,
    folder: TempDir,
    pub(crate) port: u16,
}

impl Sink {
    pub(crate) fn start(replies: &str) -> Self {
        Self::start_with(0, replies, "-", "plain")
    }

    /// See `sink.py` for the arguments.
    pub(crate) fn start_with(port: u16, replies: &str, login: &str, security: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/sink.py");
        let mut child = Command::new(PYTHON)
            .arg(script)
            .arg(port.to_string())
            .arg(folder.path())
            .args([replies, login, security])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line
            .trim()
            .parse()
            .expect("the sink prints its port; is python3-aiosmtpd installed?");
        Self { child, folder, port }
    }

    /// Letters taken over, in order.
    pub(crate) fn letters(&self) -> Vec<Value> {
        self.seen("taken")
    }

    /// Letters that were seen whole and not taken over, in order.
    pub(crate) fn refused(&self) -> Vec<Value> {
        self.seen("refused")
    }

    fn seen(&self, kind: &str) -> Vec<Value> {
        (0..)
            .map_while(|n| std::fs::read(self.folder.path().join(format!("{kind}-{n}.json"))).ok())
            .map(|bytes| serde_json::from_slice(&bytes).unwrap())
            .collect()
    }

    /// Replies given so far.
    pub(crate) fn replies(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("asked")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}
