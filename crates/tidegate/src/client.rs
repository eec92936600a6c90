//! The command line's way to a running controller: its JSON API, with a personal token.

use anyhow::Context;
use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::exit;
use crate::say::say;

/// Where the controller is and who asks.
#[derive(Debug, Clone, Args)]
pub(crate) struct Server {
    /// Address of the controller.
    #[arg(
        long,
        env = "TIDEGATE_SERVER",
        default_value = "http://127.0.0.1:7420",
        global = true
    )]
    server: String,
    /// Personal token, made by `tidegate token issue`.
    #[arg(long, env = "TIDEGATE_TOKEN", hide_env_values = true, global = true)]
    token: Option<String>,
    /// Idempotency key; the same key gives the same answer. Made up when missing.
    #[arg(long, global = true)]
    key: Option<String>,
}

/// RFC 9457 problem document.
#[derive(Debug, Deserialize)]
pub(crate) struct Problem {
    title: Option<String>,
    detail: Option<String>,
    code: Option<String>,
    owner: Option<String>,
    remedy: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Taken {
    said: String,
    seq: u64,
}

/// What the controller answered.
pub(crate) enum Reply<T> {
    /// It did.
    Fine(T),
    /// It refused or could not; already printed.
    Refused(u8),
}

impl Server {
    fn run<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start")?
            .block_on(work)
    }

    fn token(&self) -> anyhow::Result<&str> {
        self.token
            .as_deref()
            .context("a token is needed: set TIDEGATE_TOKEN; `tidegate token issue PERSON` makes one")
    }

    async fn answer<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Reply<T>> {
        let response = request
            .bearer_auth(self.token()?)
            .send()
            .await
            .with_context(|| format!("no controller answers at {}; is `tidegate serve` running?", self.server))?;
        let status = response.status();
        let bytes = response.bytes().await.context("the answer broke off")?;
        if status.is_success() {
            return Ok(Reply::Fine(
                serde_json::from_slice(&bytes).context("the answer has an unknown shape")?,
            ));
        }
        let problem: Problem = serde_json::from_slice(&bytes)
            .with_context(|| format!("the controller answered {status} without a problem document"))?;
        let code = problem.code.map_or_else(String::new, |code| format!("[{code}]"));
        let refused = problem.remedy.is_some();
        eprintln!(
            "{}{code}: {}",
            if refused { "refused" } else { "error" },
            problem.detail.or(problem.title).unwrap_or_else(|| status.to_string())
        );
        if let Some(owner) = problem.owner {
            eprintln!("  owner: {owner}");
        }
        if let Some(remedy) = problem.remedy {
            eprintln!("  help: {remedy}");
        }
        Ok(Reply::Refused(if refused { exit::REFUSED } else { exit::TROUBLE }))
    }

    /// Reads something.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Reply<T>> {
        let mut url = reqwest::Url::parse(&self.server)
            .and_then(|base| base.join(path))
            .with_context(|| format!("`{}` is not an address", self.server))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.run(async { self.answer(reqwest::Client::new().get(url)).await })
    }

    /// Asks for something and prints what follows from it.
    pub(crate) fn post(&self, path: &str, body: &serde_json::Value) -> anyhow::Result<u8> {
        let key = match &self.key {
            Some(key) => key.clone(),
            None => crate::live::chance::hex(16)?,
        };
        let url = format!("{}{path}", self.server.trim_end_matches('/'));
        let reply: Reply<Taken> = self.run(async {
            self.answer(
                reqwest::Client::new()
                    .post(url)
                    .header("Idempotency-Key", key)
                    .json(body),
            )
            .await
        })?;
        Ok(match reply {
            Reply::Fine(Taken { said, seq }) => {
                say!("{said} (journal {seq})");
                exit::FINE
            }
            Reply::Refused(code) => code,
        })
    }
}
