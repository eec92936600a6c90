//! What the composition root gives to the faces.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_engine::view::HappenedView;
use tidegate_model::{CriterionId, Estate, FlowId, GatewayId, Millis, StageId, Timestamp};

use crate::access::Access;
use crate::door::{SESSION_COOKIE, SESSION_COOKIE_SECURE};
use crate::links::Links;

/// An additional fragment on the Plan page, supplied from outside.
#[derive(Clone)]
pub struct Panel {
    /// Its heading.
    pub title: String,
    /// Its HTML, complete and escaped, rendered anew with each update.
    pub html: Arc<dyn Fn() -> String + Send + Sync>,
}

/// An entry of the journal as people read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JournalRow {
    /// Its sequence number.
    pub seq: u64,
    /// The event's kind.
    pub kind: String,
    /// Who caused it.
    pub actor: String,
    /// Hash of the chain up to it, lower-case hex.
    pub hash: String,
    /// In plain words.
    pub happened: HappenedView,
    /// The stored bytes as text.
    pub bytes: String,
}

/// Reads entries from a sequence number upwards, at most so many.
pub type JournalRows = Arc<dyn Fn(u64, usize) -> Result<Vec<JournalRow>, String> + Send + Sync>;

/// What a reading of the whole journal has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Entries read.
    pub entries: u64,
    /// The first entry that does not fit the chain, in words; none when it holds.
    pub broken: Option<String>,
}

/// Reads the whole journal and says whether its chain holds, or why it cannot be read.
pub type Verify = Arc<dyn Fn() -> Result<Verified, String> + Send + Sync>;

/// Writes the whole journal as JSON lines, or says why it cannot.
pub type Export = Arc<dyn Fn(&mut dyn Write) -> Result<(), String> + Send + Sync>;

/// The journal as a whole, read beside the loop and never through it.
#[derive(Clone)]
pub struct Record {
    /// Verifies the chain from the stored bytes.
    pub verify: Verify,
    /// Writes all of it as JSON lines.
    pub export: Export,
}

/// A plan file as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// Its path below the estate's root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The sources of an estate that somebody asks to run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// The plan files; their order carries no meaning.
    pub files: Vec<PlanFile>,
    /// Values for `${NAME}` in them.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// Why sources cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// They have errors: every diagnostic, as a person reads them.
    Wrong(String),
    /// They have none, and yet no gateway could route what they say.
    Unroutable(String),
    /// The store did not keep them, so nothing may be adopted.
    NotKept(String),
}

/// An estate that may be adopted, once its sources are kept.
pub struct Candidate {
    /// What the sources say.
    pub estate: Arc<Estate>,
    /// Keeps the sources durably; called before the engine is asked to adopt, and only when it would.
    pub keep: Box<dyn FnOnce() -> Result<(), Unfit> + Send>,
}

impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Candidate").field(&self.estate.digest()).finish()
    }
}

/// Compiles sources; nothing is kept by that.
pub type Candidates = Arc<dyn Fn(Sources) -> Result<Candidate, Unfit> + Send + Sync>;

/// How long the entry requests of a flow took at one gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyView {
    /// The gateway; quantiles of two do not add up.
    pub gateway: GatewayId,
    /// Nothing before it is counted: the gateway's start, or the longest that it remembers.
    pub since: Timestamp,
    /// When it looked.
    pub at: Timestamp,
    /// The old side; none before a request was timed.
    pub old: Option<Quantiles>,
    /// The new side.
    pub new: Option<Quantiles>,
}

/// Quantiles of times, each within 1 % of one that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quantiles {
    /// Requests.
    pub requests: u64,
    /// Half of them took at most this.
    pub p50: Millis,
    /// 95 of 100.
    pub p95: Millis,
    /// 99 of 100.
    pub p99: Millis,
}

/// Tells how long the entry requests of a flow took, by gateway; empty before one has looked.
pub type Latencies = Arc<dyn Fn(&FlowId) -> Vec<LatencyView> + Send + Sync>;

/// A comparison of rows that leaves its databases alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    /// Since when.
    pub since: Timestamp,
    /// Why, in words.
    pub why: String,
}

impl std::fmt::Display for Slow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "slowed down since {}: {}", self.since, self.why)
    }
}

/// Tells whether the comparison of a criterion is slowed down now.
pub type Slowed = Arc<dyn Fn(&StageId, &CriterionId) -> Option<Slow> + Send + Sync>;

/// What the faces stand on, beside the handle.
#[derive(Clone)]
pub struct ApiConfig {
    /// Who may come in.
    pub access: Arc<Access>,
    /// Signs and reads the links in letters.
    pub links: Arc<Links>,
    /// Additional fragments of the Plan page.
    pub panels: Vec<Panel>,
    /// Reads the journal.
    pub journal: JournalRows,
    /// Verifies and exports all of it.
    pub record: Record,
    /// Times of entry requests, as gateways have measured them.
    pub latencies: Latencies,
    /// Comparisons of rows that are slowed down.
    pub slowed: Slowed,
    /// Makes candidates of plan files that somebody sends.
    pub candidates: Candidates,
    /// How people reach the faces, such as `https://tidegate.example`. With `https` cookies carry `Secure`.
    pub public_url: String,
    /// Connections at once; further ones wait until one ends. Below what the system lets this process open.
    pub connections_max: usize,
    /// A body that has not come by then is not waited for; nor is somebody who takes so long for a small part of an answer.
    pub slow_after: Duration,
    /// Reads of switches that one program or person may make in a second.
    pub switch_reads_max: u32,
}

impl ApiConfig {
    /// Whether browsers come in over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The cookie of a browser session. Over TLS its name binds it to this host and to TLS: a neighbour below the same domain can
    /// put no session of its own in its place.
    ///
    /// # Source
    /// RFC 6265bis §4.1.3.2, the prefix `__Host-`.
    pub(crate) fn session_cookie(&self) -> &'static str {
        if self.is_secure() {
            SESSION_COOKIE_SECURE
        } else {
            SESSION_COOKIE
        }
    }
}
