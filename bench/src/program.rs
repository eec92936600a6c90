//! `tidegate serve` on an estate of the bench, asked over its JSON API like any other.

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

use crate::estate::Setup;

/// How often the journal is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running controller. Dropped before it was stopped, it is killed together with its gateway.
pub(crate) struct Program {
    child: Child,
    url: String,
    /// The stages, each with the token of who approves it.
    approvers: Vec<(&'static str, String)>,
    client: Client,
    /// The entry that is read next.
    from: u64,
    /// When the newest stratum of which an error or the split was told by the entries read so far began, in milliseconds
    /// since 1970.
    stratum_began: Option<i64>,
    pub(crate) gateway: SocketAddr,
    _folder: TempDir,
}

impl Program {
    /// Starts it.
    pub(crate) async fn start(program: &Path, setup: &Setup) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder")?;
        let (files, state) = (folder.path().join("estate"), folder.path().join("state"));
        setup.write(&files)?;
        let mut approvers = Vec::new();
        for (stage, person) in setup.stages {
            let issued = Command::new(program)
                .args(["token", "issue", person, "--state"])
                .arg(&state)
                .output()
                .await
                .context("cannot run the program")?;
            approvers.push((*stage, String::from_utf8(issued.stdout)?.trim().to_owned()));
        }
        let mut serve = Command::new(program);
        serve.arg("serve").arg(&files).arg("--state").arg(&state);
        serve.args(["--listen", "127.0.0.1:0"]);
        for (name, value) in &setup.settings {
            serve.arg("--set").arg(format!("{name}={value}"));
        }
        for (name, setting) in setup.sources {
            let address = setup.settings.get(*setting).context("a source without its address")?;
            serve.arg("--source").arg(format!("{name}={address}"));
        }
        let mut child = serve
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the program")?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                let mut words = line.split_whitespace();
                if let Some(url) = words.find(|word| word.starts_with("http://")) {
                    return Ok(url.to_owned());
                }
            }
            bail!("`serve` ended without saying where it listens")
        };
        let url = tokio::time::timeout(PATIENCE, listening)
            .await
            .context("`serve` does not say where it listens")??;
        // What it says later is read and dropped: a full pipe would hold it up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self {
            child,
            url,
            approvers,
            client: Client::new(),
            from: 1,
            stratum_began: None,
            gateway: setup.gateway,
            _folder: folder,
        })
    }

    /// Where its faces listen.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The controller's process.
    pub(crate) fn controller_pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the program has ended")
    }

    /// Its gateway's processes.
    pub(crate) fn gateway_pids(&self) -> anyhow::Result<Vec<u32>> {
        crate::cpu::descendants(self.controller_pid()?)
    }

    /// Asks for something in the name of who approves the first stage.
    pub(crate) async fn ask(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.ask_as(self.token()?, path, body).await
    }

    async fn ask_as(&self, token: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}/api/v1/{path}", self.url));
        let response = request.bearer_auth(token).json(&body).send().await?;
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
                    let is_evidence = row["kind"] == "evidence-recorded";
                    if row["kind"] != kind && !is_evidence {
                        continue;
                    }
                    let bytes = row["bytes"].as_str().context("an entry without bytes")?;
                    let event: Value = serde_json::from_str(bytes)?;
                    let stratum = &event["body"]["stratum"];
                    if is_evidence && stratum["id"]["part"] == "prompt" {
                        self.stratum_began = stratum["began"].as_i64();
                    }
                    if row["kind"] == kind {
                        return Ok(event);
                    }
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking)
            .await
            .with_context(|| format!("no `{kind}` within {PATIENCE:?}"))?
    }

    /// When the last stratum before the last awaited entry began, in milliseconds since 1970.
    pub(crate) fn stratum_began(&self) -> anyhow::Result<i64> {
        self.stratum_began
            .context("no stratum was recorded, or one without its beginning")
    }

    /// Every incident that is not resolved.
    pub(crate) async fn incidents(&self) -> anyhow::Result<Vec<String>> {
        let status = self.status().await?;
        let incidents = status["incidents"].as_array().context("no incidents in the status")?;
        let open = incidents.iter().filter(|incident| incident["phase"] != "resolved");
        Ok(open
            .filter_map(|incident| incident["id"].as_str().map(str::to_owned))
            .collect())
    }

    /// Attempts of both sides that a criterion has counted, and the hits among them.
    pub(crate) async fn counted(&self, criterion: &str) -> anyhow::Result<(u64, u64)> {
        let status = self.status().await?;
        let stages = status["plans"][0]["stages"].as_array().context("no stages")?;
        let found = stages
            .iter()
            .filter_map(|stage| stage["criteria"].as_array())
            .flatten()
            .find(|row| row["id"] == criterion)
            .with_context(|| format!("no criterion `{criterion}`"))?;
        let sum = |at: usize| -> u64 {
            let sides = [&found["reading"]["old"], &found["reading"]["new"]];
            sides.iter().filter_map(|side| side[at].as_u64()).sum()
        };
        Ok((sum(0), sum(1)))
    }

    async fn status(&self) -> anyhow::Result<Value> {
        let request = self.client.get(format!("{}/api/v1/status", self.url));
        let response = request.bearer_auth(self.token()?).send().await?;
        Ok(response.error_for_status()?.json().await?)
    }

    async fn rows(&self) -> anyhow::Result<Vec<Value>> {
        let url = format!("{}/api/v1/journal?from={}&limit=1000", self.url, self.from);
        let response = self.client.get(url).bearer_auth(self.token()?).send().await?;
        Ok(response.error_for_status()?.json().await?)
    }

    pub(crate) fn token(&self) -> anyhow::Result<&str> {
        let (_, token) = self.approvers.first().context("nobody approves anything")?;
        Ok(token)
    }

    /// Approves each stage and waits until its step is in force.
    pub(crate) async fn expose(&mut self) -> anyhow::Result<()> {
        for at in 0..self.approvers.len() {
            let (stage, token) = &self.approvers[at];
            self.ask_as(token, &format!("stages/{stage}/approve"), json!({}))
                .await?;
            self.wait_for("soak-begun").await?;
        }
        Ok(())
    }

    /// Stops it with its gateway and waits for its end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.controller_pid()?.to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await?;
        self.child.wait().await?;
        Ok(())
    }
}

/// A gateway outlives a controller that is killed, as it should; here nobody would end it.
impl Drop for Program {
    fn drop(&mut self) {
        let Some(pid) = self.child.id() else { return };
        let gateways = crate::cpu::descendants(pid).unwrap_or_default();
        let pids = [pid].into_iter().chain(gateways).map(|pid| pid.to_string());
        if let Err(error) = std::process::Command::new("kill").arg("-KILL").args(pids).status() {
            eprintln!("the program of the bench was not ended: {error}");
        }
    }
}

/// A free address, given back at once; on loopback nobody else takes it in between.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?)
}
