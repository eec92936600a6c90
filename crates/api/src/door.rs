//! The door: from the headers of a request to who asks. Handlers that need somebody take a type of this file, and only
//! this file makes them.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use tidegate_model::seam::{Actor, Door};
use tidegate_model::{PersonId, ServiceId};

use crate::access::{Holder, Purpose};
use crate::admission::Peer;
use crate::app::{App, Shared};
use crate::clock;
use crate::links::{LinkError, Opened};
use crate::problem::{Code, Problem};
use crate::secret;

/// Cookie of a browser session on plain HTTP, which is for loopback.
pub(crate) const SESSION_COOKIE: &str = "tidegate_session";
/// Cookie of a browser session over TLS.
pub(crate) const SESSION_COOKIE_SECURE: &str = "__Host-tidegate_session";
/// Header that repeats a session's form secret when a script posts JSON.
pub(crate) const FORM_HEADER: &str = "x-csrf-token";

/// Somebody who was recognised. Nobody else can ask the engine for anything.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    actor: Actor,
    /// Which program it is; the engine knows only what its key is good for.
    service: Option<ServiceId>,
}

impl Caller {
    pub(crate) fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// Its own name: no two callers share one.
    pub(crate) fn name(&self) -> String {
        match &self.service {
            Some(service) => format!("{} {service}", self.actor),
            None => self.actor.to_string(),
        }
    }

    /// The holder of a genuine link that has not expired.
    pub(crate) fn by_link(app: &App, token: &str) -> Result<(Self, Opened), LinkError> {
        let opened = app.config.links.open(token, clock::now())?;
        let actor = Actor::Person {
            id: opened.person.clone(),
            door: Door::Link,
        };
        let service = None;
        Ok((Self { actor, service }, opened))
    }

    fn person(id: PersonId) -> Self {
        Self {
            actor: Actor::Person { id, door: Door::Token },
            service: None,
        }
    }

    /// The engine knows a service by the purpose of its key; which program it was stays in the log.
    fn service(id: &ServiceId, purpose: Purpose) -> Self {
        tracing::info!(service = %id, purpose = purpose.word(), "a service asks");
        let known = ServiceId::parse(purpose.word()).expect("the words of purposes are names");
        Self {
            actor: Actor::Service { id: known },
            service: Some(id.clone()),
        }
    }
}

/// A person at the JSON API, by token or by a session of the same site.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) caller: Caller,
    pass: Pass,
}

impl Person {
    /// The browser session, when it is one.
    pub(crate) fn session(&self) -> Option<&Session> {
        match &self.pass {
            Pass::Session(session) => Some(session),
            Pass::Token(_) => None,
        }
    }

    /// Whether what let them in still would: not revoked, not over, not logged out.
    pub(crate) fn is_still_let_in(&self, app: &App) -> bool {
        let found = match &self.pass {
            Pass::Token(token) => app.config.access.token(token).map(|holder| match holder {
                Some(Holder::Person(id)) => Some(id),
                Some(Holder::Service(..)) | None => None,
            }),
            Pass::Session(session) => app.config.access.session(&session.secret),
        };
        match found {
            Ok(id) => id.as_ref() == Some(&self.id),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "nobody can be let in");
                false
            }
        }
    }
}

/// What let a person in.
#[derive(Clone)]
enum Pass {
    Token(String),
    Session(Session),
}

/// A person in a browser; who has no session is led to the login page.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) id: PersonId,
    pub(crate) caller: Caller,
    pub(crate) session: Session,
}

/// A browser session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) secret: String,
}

impl Session {
    /// The secret that each form of this session carries.
    pub(crate) fn form_secret(&self) -> String {
        secret::digest(&["form", &self.secret])
    }

    /// Whether a form came from a page of this session.
    pub(crate) fn owns_form(&self, given: &str) -> bool {
        secret::same(given, &self.form_secret())
    }
}

/// Who may note changes: a person, or a program with a key for it.
#[derive(Debug, Clone)]
pub(crate) struct ChangeReporter(pub(crate) Caller);

/// Who may read metrics: a person, or a program with a key for it.
#[derive(Debug, Clone)]
pub(crate) struct MetricsReader;

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let connection = parts.extensions.get::<ConnectInfo<Peer>>();
        Ok(Self(
            connection.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.address.ip()),
        ))
    }
}

impl FromRequestParts<Shared> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        match recognise(parts, app).await? {
            Known::Person(id, pass) => Ok(Self {
                caller: Caller::person(id.clone()),
                id,
                pass,
            }),
            Known::Service(_, purpose) => Err(wrong_purpose(purpose)),
        }
    }
}

impl FromRequestParts<Shared> for ChangeReporter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        match recognise(parts, app).await? {
            Known::Person(id, _) => Ok(Self(Caller::person(id))),
            Known::Service(id, purpose @ Purpose::Change) => Ok(Self(Caller::service(&id, purpose))),
            Known::Service(_, purpose @ (Purpose::Switches | Purpose::Metrics)) => Err(wrong_purpose(purpose)),
        }
    }
}

impl FromRequestParts<Shared> for MetricsReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        match recognise(parts, app).await? {
            Known::Person(..) | Known::Service(_, Purpose::Metrics) => Ok(Self),
            Known::Service(_, purpose @ (Purpose::Switches | Purpose::Change)) => Err(wrong_purpose(purpose)),
        }
    }
}

impl FromRequestParts<Shared> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let Some(secret) = cookie(&parts.headers, app.config.session_cookie()) else {
            return Err(to_login(&parts.method, &parts.uri));
        };
        match app.config.access.session(&secret) {
            Ok(Some(id)) => Ok(Self {
                caller: Caller::person(id.clone()),
                id,
                session: Session { secret },
            }),
            Ok(None) => Err(to_login(&parts.method, &parts.uri)),
            Err(error) => Err(Problem::from(error).into_response()),
        }
    }
}

/// Who may read switches, and why not otherwise; OFREP has error bodies of its own. Whoever asks for all of them again and again
/// instead of listening is told to wait, so that one program leaves room for the others.
pub(crate) fn switch_reader(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let key = bearer(headers).or_else(|| headers.get("x-api-key")?.to_str().ok().map(str::to_owned));
    let Some(key) = key else {
        return Err(not_logged_in());
    };
    match app.config.access.token(&key)? {
        Some(holder @ (Holder::Service(_, Purpose::Switches) | Holder::Person(_))) => app.read_again(&holder),
        Some(Holder::Service(_, purpose @ (Purpose::Change | Purpose::Metrics))) => Err(wrong_purpose(purpose)),
        None => Err(not_logged_in()),
    }
}

impl App {
    fn read_again(&self, holder: &Holder) -> Result<(), Problem> {
        let most = self.config.switch_reads_max;
        if self.reads.take(holder, most, clock::now()) {
            return Ok(());
        }
        let detail =
            format!("{most} reads of switches in a second are answered; listen at `/ofrep/v1/stream` for changes");
        Err(Problem::new(Code::ReadsTooOften, detail).retry_after(1))
    }
}

enum Known {
    Person(PersonId, Pass),
    Service(ServiceId, Purpose),
}

async fn recognise(parts: &mut Parts, app: &Shared) -> Result<Known, Problem> {
    let ClientAddress(address) = match ClientAddress::from_request_parts(parts, app).await {
        Ok(address) => address,
        Err(never) => match never {},
    };
    if let Some(token) = bearer(&parts.headers) {
        return match app.config.access.token(&token)? {
            Some(Holder::Person(id)) => Ok(Known::Person(id, Pass::Token(token))),
            Some(Holder::Service(id, purpose)) => Ok(Known::Service(id, purpose)),
            None => Err(wrong_token(app, address)),
        };
    }
    let Some(secret) = cookie(&parts.headers, app.config.session_cookie()) else {
        return Err(not_logged_in());
    };
    let Some(id) = app.config.access.session(&secret)? else {
        return Err(not_logged_in());
    };
    let session = Session { secret };
    if !parts.method.is_safe() {
        let given = parts.headers.get(FORM_HEADER).and_then(|value| value.to_str().ok());
        if !given.is_some_and(|given| session.owns_form(given)) {
            return Err(Problem::new(
                Code::FormNotOurs,
                format!("a browser session posts with its form secret in `{FORM_HEADER}`"),
            ));
        }
    }
    Ok(Known::Person(id, Pass::Session(session)))
}

fn wrong_token(app: &App, address: IpAddr) -> Problem {
    let now = clock::now();
    if let Some(wait) = app.throttle.wait(address, now) {
        return too_many(wait.0.div_ceil(1_000));
    }
    app.throttle.failed(address, now);
    tracing::warn!(%address, "a token that was never issued or is revoked");
    Problem::new(Code::NotLoggedIn, "this token was never issued, or it was revoked")
}

/// The answer to an address that tries tokens.
pub(crate) fn too_many(seconds: u64) -> Problem {
    Problem::new(
        Code::TooManyAttempts,
        format!("wrong tokens came from this address too often; wait {seconds} s"),
    )
    .retry_after(seconds)
}

fn not_logged_in() -> Problem {
    Problem::new(
        Code::NotLoggedIn,
        "send a personal token as `Authorization: Bearer ...`, or log in at /login",
    )
}

fn wrong_purpose(purpose: Purpose) -> Problem {
    Problem::new(
        Code::WrongPurpose,
        format!("this key is good for `{}` and for nothing else", purpose.word()),
    )
}

fn to_login(method: &Method, uri: &Uri) -> Response {
    let back = if *method == Method::GET { uri.path() } else { "/" };
    Redirect::to(&format!("/login?next={}", encoded(back))).into_response()
}

/// A path as the value of a query's parameter: nothing in it begins another parameter.
fn encoded(path: &str) -> String {
    use std::fmt::Write;
    path.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("writing into a string cannot fail");
        }
        text
    })
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}
