//! A foreign client in a process of its own, which answers a line for every line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::world::World;

/// Where `ci/clients` has put the clients.
pub(crate) const CLIENTS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/clients");
/// Python with its clients.
pub(crate) const PYTHON: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/clients/python/bin/python3");
/// The scripts beside this file.
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ofrep");

/// The client; killed when dropped.
pub(super) struct Client {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Client {
    /// OpenFeature for servers, in JavaScript.
    pub(super) fn javascript(world: &World, key: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(format!("{HERE}/server.mjs"));
        Self::start(command, world, key)
    }

    /// OpenFeature for browsers, in JavaScript, which hears of changes by `sse` or by `polling`.
    pub(super) fn web(world: &World, key: &str, changes: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(format!("{HERE}/web.mjs")).env("CHANGES", changes);
        Self::start(command, world, key)
    }

    /// OpenFeature for servers, in Python.
    pub(super) fn python(world: &World, key: &str) -> Self {
        let mut command = Command::new(PYTHON);
        command.arg(format!("{HERE}/client.py"));
        Self::start(command, world, key)
    }

    fn start(mut command: Command, world: &World, key: &str) -> Self {
        assert!(
            std::path::Path::new(PYTHON).exists(),
            "the clients are not at {CLIENTS}: `./ci/test` installs them there, and so does `ci/clients`"
        );
        let mut child = command
            .env("CLIENTS", CLIENTS)
            .env("SERVER", world.url())
            .env("KEY", key)
            // Nothing between.
            .env("NO_PROXY", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            questions,
            answers,
        }
    }

    /// Asks for a switch, with what to take when it cannot be told.
    pub(super) fn ask(&mut self, flag: &str, otherwise: Value) -> Value {
        let question = json!({ "flag": flag, "otherwise": otherwise });
        writeln!(self.questions, "{question}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: the client said `{answer}`"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended by itself.
        if self.child.try_wait().unwrap().is_none() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}
