//! One side as a crawler meets it: known by its public host, asked politely, and asked again once when it did not answer.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tidegate_model::ask::Cadence;
use tidegate_model::survey::Pace;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Interval, MissedTickBehavior, interval};
use url::Url;

use super::entrance::Through;
use crate::miss::{Finding, Miss};
use crate::web::{Answer, ExchangeFault, Question, WebAddress, exchange};

/// The longest page that is read, in bytes.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// How often an address is asked for that does not answer.
const TRIES: u32 = 2;

/// A side.
#[derive(Debug)]
pub(super) struct Side {
    address: WebAddress,
    /// A gateway on the way.
    through: Option<Through>,
    /// Scheme and host that visitors know it by.
    public: Url,
    is_public_declared: bool,
    within: Duration,
    places: Semaphore,
    pace: Mutex<Interval>,
}

impl Side {
    /// # Errors
    /// The public address, or the source's own, is none.
    pub(super) fn new(
        (address, through): (&WebAddress, Option<Through>),
        public: Option<&str>,
        pace: Pace,
        cadence: Cadence,
    ) -> Finding<Arc<Self>> {
        let own = format!(
            "{}://{}",
            if address.is_tls { "https" } else { "http" },
            address.authority
        );
        let url = Url::parse(public.unwrap_or(&own)).map_err(|_| Miss::Silent("the public address is none".into()))?;
        let mut ticks = interval(Duration::from_secs(1) / pace.per_second.max(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Arc::new(Self {
            address: address.clone(),
            through,
            public: url,
            is_public_declared: public.is_some(),
            within: Duration::from_millis(cadence.timeout.0),
            places: Semaphore::new(usize::try_from(pace.at_once.max(1)).unwrap_or(1)),
            pace: Mutex::new(ticks),
        }))
    }

    /// Asks for a path. Whatever comes is an answer; redirects are not followed.
    ///
    /// # Errors
    /// In words, when none came at either try, it asks not to be asked so often, or a gateway shows something else.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, String> {
        let _place = self.places.acquire().await.map_err(|error| error.to_string())?;
        let mut fault = String::new();
        for _ in 0..TRIES {
            self.pace.lock().await.tick().await;
            match self.once(path).await {
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                    "status 429: it asks to be asked less often".clone_into(&mut fault);
                }
                Ok(answer) => return Ok(answer),
                Err(found) => fault = found,
            }
        }
        Err(fault)
    }

    async fn once(&self, path: &str) -> Result<Answer, String> {
        let (host, path) = (self.host(), self.address.below(path));
        let pass = self.through.as_ref().map(|through| (through.pass)(&path)).transpose()?;
        let question = Question {
            path: &path,
            post: None,
            known_as: self.is_public_declared.then_some((self.public.scheme(), host.as_str())),
            pass: pass.as_deref(),
            body_bytes_max: PAGE_BYTES_MAX,
            within: self.within,
        };
        let answer = exchange(&self.address, question)
            .await
            .map_err(|fault: ExchangeFault| fault.to_string())?;
        if let Some(through) = &self.through {
            through.took(answer.status, &answer.headers)?;
        }
        Ok(answer)
    }

    /// The host that visitors know, with its port where it has one.
    fn host(&self) -> String {
        let host = self.public.host_str().unwrap_or_default();
        match self.public.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// An address as visitors write it: scheme, host, path and query.
    pub(super) fn public(&self, path: &str) -> Option<Url> {
        let mut url = self.public.join(path).ok()?;
        url.set_fragment(None);
        Some(url)
    }

    /// Path and query of an address of this host; none for another scheme, host or port.
    pub(super) fn path_of(&self, url: &Url) -> Option<String> {
        let is_here = url.origin() == self.public.origin();
        is_here.then(|| path_and_query(url))
    }

    /// Where a reference on a page of this path leads.
    pub(super) fn resolve(&self, from: &str, reference: &str) -> Option<Url> {
        let mut url = self.public(from)?.join(reference.trim()).ok()?;
        url.set_fragment(None);
        Some(url)
    }
}

/// Path and query of an address, normalised as browsers do.
pub(super) fn path_and_query(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
