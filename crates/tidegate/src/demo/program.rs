//! A program of the demo's world: started from the same file, spoken to only by HTTP, mail and its standard streams.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A program that is not ready by then never will be.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// Time to leave after its standard input has closed.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);

#[derive(Debug, Deserialize)]
struct Ready {
    ready: bool,
    addr: String,
    #[serde(flatten)]
    more: std::collections::BTreeMap<String, serde_json::Value>,
}

/// A running program. It leaves when its standard input closes, so it cannot outlive the demo.
pub(crate) struct Program {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    /// `host:port` that it listens on.
    pub(crate) addr: String,
    more: std::collections::BTreeMap<String, serde_json::Value>,
}

impl Program {
    /// Starts `tidegate demo-world NAME ARGS` and waits until it says that it is ready.
    ///
    /// # Errors
    /// When it cannot be started, or ends or stays silent instead.
    pub(crate) async fn start(name: &str, arguments: &[String]) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut child = Command::new(program)
            .arg("demo-world")
            .arg(name)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start the demo's {name}"))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("its standard output was not given")?;
        let mut lines = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(READY_WITHIN, lines.next_line())
            .await
            .with_context(|| format!("the demo's {name} did not become ready within {READY_WITHIN:?}"))?
            .with_context(|| format!("the demo's {name} cannot be read"))?;
        let Some(first) = first else {
            bail!("the demo's {name} ended before it was ready")
        };
        let ready: Ready = serde_json::from_str(&first).with_context(|| format!("the demo's {name} said `{first}`"))?;
        if !ready.ready {
            bail!("the demo's {name} is not ready: {first}");
        }
        tokio::spawn(listen(name.to_owned(), lines));
        Ok(Self {
            name: name.to_owned(),
            child,
            stdin,
            addr: ready.addr,
            more: ready.more,
        })
    }

    /// `http://host:port`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Another address that it named when it became ready.
    pub(crate) fn extra(&self, name: &str) -> Option<String> {
        self.more.get(name).and_then(|value| value.as_str()).map(str::to_owned)
    }

    /// Closes its standard input and waits until it has left; ends it when it does not.
    pub(crate) async fn stop(mut self) {
        drop(self.stdin.take());
        if tokio::time::timeout(LEAVE_WITHIN, self.child.wait()).await.is_err() {
            tracing::warn!(program = %self.name, "did not leave by itself; ending it");
            if let Err(error) = self.child.kill().await {
                tracing::warn!(program = %self.name, %error, "cannot be ended");
            }
        }
    }
}

/// Keeps reading what a program prints, so that it never waits for a full pipe.
async fn listen(name: String, mut lines: Lines<BufReader<ChildStdout>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        tracing::debug!(program = %name, "{line}");
    }
}
