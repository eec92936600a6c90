//! `tidegate serve` on the bench's estate, asked over its JSON API like any other.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::estate;

/// How often the journal is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running controller. Dropped, it is killed together with its gateway.
pub(crate) struct Program {
    child: Child,
    url: String,
    token: String,
    client: Client,
    /// The entry that is read next.
    from: u64,
    pub(crate) gateway: SocketAddr,
    _folder: TempDir,
}

impl Program {
    /// Starts it between two upstreams.
    pub(crate) async fn start(program: &Path, old: SocketAddr, new: SocketAddr) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder")?;
        let (files, state) = (folder.path().join("estate"), folder.path().join("state"));
        estate::write(&files)?;
        let gateway = free_address()?;
        let token = Command::new(program)
            .args(["token", "issue", "ana", "--state"])
            .arg(&state)
            .output()
            .await
            .context("cannot run the program")?;
        let mut serve = Command::new(program);
        serve.arg("serve").arg(&files).arg("--state").arg(&state);
        serve.args(["--listen", "127.0.0.1:0"]);
        for (name, value) in estate::settings(gateway, old, new) {
            serve.arg("--set").arg(format!("{name}={value}"));
        }
        let mut child = serve
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the program")?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let first = lines.next_line().await?.context("`serve` said nothing")?;
        let url = first
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .with_context(|| format!("no address in `{first}`"))?
            .to_owned();
        Ok(Self {
            child,
            url,
            token: String::from_utf8(token.stdout)?.trim().to_owned(),
            client: Client::new(),
            from: 1,
            gateway,
            _folder: folder,
        })
    }

    /// Its gateway's processes.
    pub(crate) fn gateway_pids(&self) -> anyhow::Result<Vec<u32>> {
        crate::cpu::descendants(self.child.id().context("the program has ended")?)
    }

    /// Asks for something.
    pub(crate) async fn ask(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}/api/v1/{path}", self.url));
        let response = request.bearer_auth(&self.token).json(&body).send().await?;
        let (status, answer) = (response.status(), response.json::<Value>().await?);
        if !status.is_success() {
            bail!("{path}: {status} {answer}");
        }
        Ok(answer)
    }

    /// Waits for the next entry of a kind: the event as it is journalled.
    pub(crate) async fn wait_for(&mut self, kind: &str) -> anyhow::Result<Value> {
        let looking = async {
            loop {
                for row in self.rows().await? {
                    self.from = row["seq"].as_u64().context("an entry without a number")? + 1;
                    if row["kind"] == kind {
                        let bytes = row["bytes"].as_str().context("an entry without bytes")?;
                        return Ok(serde_json::from_str(bytes)?);
                    }
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking)
            .await
            .with_context(|| format!("no `{kind}` within {PATIENCE:?}"))?
    }

    /// Every incident that is not resolved.
    pub(crate) async fn incidents(&self) -> anyhow::Result<Vec<String>> {
        let request = self.client.get(format!("{}/api/v1/status", self.url));
        let response = request.bearer_auth(&self.token).send().await?;
        let status: Value = response.error_for_status()?.json().await?;
        let incidents = status["incidents"].as_array().context("no incidents in the status")?;
        let open = incidents.iter().filter(|incident| incident["phase"] != "resolved");
        Ok(open
            .filter_map(|incident| incident["id"].as_str().map(str::to_owned))
            .collect())
    }

    async fn rows(&self) -> anyhow::Result<Vec<Value>> {
        let url = format!("{}/api/v1/journal?from={}&limit=1000", self.url, self.from);
        let response = self.client.get(url).bearer_auth(&self.token).send().await?;
        Ok(response.error_for_status()?.json().await?)
    }

    /// Approves the stage and waits until its step is in force.
    pub(crate) async fn expose(&mut self) -> anyhow::Result<()> {
        self.ask("stages/shop/approve", json!({})).await?;
        self.wait_for("soak-begun").await?;
        Ok(())
    }

    /// Stops it and waits for its end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().context("the program has ended")?.to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await?;
        self.child.wait().await?;
        Ok(())
    }
}

/// A free address, given back at once; on loopback nobody else takes it in between.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?)
}
