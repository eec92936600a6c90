//! The command line's way to a running controller: its JSON API, with a personal token.

use anyhow::Context;
use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::exit;
use crate::say::say;
use crate::stop::Stop;

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
    /// As JSON: what was asked for, or the problem document of a refusal.
    #[arg(long, global = true)]
    pub(crate) json: bool,
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

#[derive(Debug, Serialize, Deserialize)]
struct Taken {
    said: String,
    seq: u64,
}

/// Codes that say that a name means nothing to the controller.
const UNKNOWN: [&str; 2] = ["TG9002", "TG8111"];

/// The name in a path such as `/api/v1/stages/checkout/approve`.
fn subject(path: &str) -> Option<&str> {
    path.strip_prefix("/api/v1/")?.split('/').nth(1)
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

    /// Reads something again and again, `every` so often, until Ctrl-C, SIGTERM, or until `show` gives an exit code.
    ///
    /// # Errors
    /// What `show` gives, or that nobody can be listened to.
    pub(crate) fn follow<T: DeserializeOwned>(
        &self,
        path: &str,
        every: std::time::Duration,
        mut show: impl FnMut(anyhow::Result<Reply<T>>) -> anyhow::Result<Option<u8>>,
    ) -> anyhow::Result<u8> {
        let url = self.url(path, &[])?;
        self.run(async {
            let mut stop = Stop::listen()?;
            loop {
                let look = self.answer(reqwest::Client::new().get(url.clone()), None);
                let seen = tokio::select! {
                    () = stop.asked() => return Ok(exit::FINE),
                    seen = look => seen,
                };
                if let Some(code) = show(seen)? {
                    return Ok(code);
                }
                tokio::select! {
                    () = stop.asked() => return Ok(exit::FINE),
                    () = tokio::time::sleep(every) => {}
                }
            }
        })
    }

    fn token(&self) -> anyhow::Result<&str> {
        self.token
            .as_deref()
            .context("a token is needed: set TIDEGATE_TOKEN; `tidegate token issue PERSON` makes one")
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
        asked: Option<&str>,
    ) -> anyhow::Result<Reply<T>> {
        let sent = request.bearer_auth(self.token()?).send().await;
        let unanswered = || format!("no controller answers at {}; is `tidegate serve` running?", self.server);
        let response = match sent {
            Ok(response) => response,
            // Programs read standard output, whatever happened.
            Err(_) if self.json => {
                say!("{}", json!({ "title": "no answer", "detail": unanswered() }));
                return Ok(Reply::Refused(exit::TROUBLE));
            }
            Err(error) => return Err(error).with_context(unanswered),
        };
        let status = response.status();
        let bytes = response.bytes().await.context("the answer broke off")?;
        if status.is_success() {
            return Ok(Reply::Fine(
                serde_json::from_slice(&bytes).context("the answer has an unknown shape")?,
            ));
        }
        let problem: Problem = serde_json::from_slice(&bytes)
            .with_context(|| format!("the controller answered {status} without a problem document"))?;
        let refused = problem.remedy.is_some();
        let exit = if refused { exit::REFUSED } else { exit::TROUBLE };
        if self.json {
            say!("{}", String::from_utf8_lossy(&bytes));
            return Ok(Reply::Refused(exit));
        }
        let is_unknown = problem.code.as_deref().is_some_and(|code| UNKNOWN.contains(&code));
        let code = problem.code.map_or_else(String::new, |code| format!("[{code}]"));
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
        if is_unknown && let Some(asked) = asked {
            for near in self.near(asked).await {
                eprintln!("  near it: {near}");
            }
        }
        Ok(Reply::Refused(exit))
    }

    /// The nearest names to one that the controller does not know. No answer is no name: the refusal is told already.
    async fn near(&self, asked: &str) -> Vec<String> {
        #[derive(Deserialize)]
        struct Near {
            near: Vec<String>,
        }
        let Ok(url) = self.url("/api/v1/who", &[("q", asked)]) else {
            return Vec::new();
        };
        let request = reqwest::Client::new()
            .get(url)
            .bearer_auth(self.token.as_deref().unwrap_or_default());
        let Ok(response) = request.send().await else {
            return Vec::new();
        };
        let found = response
            .bytes()
            .await
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Near>(&bytes).ok());
        found.map_or(Vec::new(), |found| found.near)
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<reqwest::Url> {
        let mut url = reqwest::Url::parse(&self.server)
            .and_then(|base| base.join(path))
            .with_context(|| format!("`{}` is not an address", self.server))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Reads something.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Reply<T>> {
        let url = self.url(path, query)?;
        self.run(async { self.answer(reqwest::Client::new().get(url), subject(path)).await })
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
                subject(path).or_else(|| body.get("domain").and_then(serde_json::Value::as_str)),
            )
            .await
        })?;
        Ok(match reply {
            Reply::Fine(taken) => {
                if self.json {
                    say!("{}", serde_json::to_string_pretty(&taken)?);
                } else {
                    say!("{} (journal {})", taken.said, taken.seq);
                }
                exit::FINE
            }
            Reply::Refused(code) => code,
        })
    }
}
