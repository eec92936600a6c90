//! The proxy: one request from arrival to outcome. Decisions are taken elsewhere; here they are carried out and observed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_core::{Error, ErrorSource, ErrorType, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use pingora_proxy::{FailToProxy, ProxyHttp, ProxyWarnLogContext, Session};
use tidegate_model::edge::RouteClass;

use crate::arrival::{Approach, Arrival, Survey};
use crate::headers::{Origin, RULE_HEADER, SIDE_HEADER, forward, is_html, keep_private};
use crate::measure::promised::Ending;
use crate::problem::Problem;
use crate::roads::{Road, is_visited};
use crate::side::Side;
use crate::station::Station;
use crate::success::{Finding, Head, Window, judge_head};
use crate::visitor::Visitor;

mod entry;
mod observe;
mod redirect;
mod repeat;
mod survey;

use repeat::is_repeatable;

/// Idle upstream connections are dropped before common servers drop them (Apache and Node: 5 s), so that few reads have to be
/// repeated.
const UPSTREAM_IDLE: Duration = Duration::from_secs(3);

/// How long a client may take to accept a piece of its answer; one that never reads gives its seat back.
const CLIENT_WRITE: Duration = Duration::from_secs(60);
/// How long a client's connection may be idle, in seconds: longer than the pools of common edges in front (nginx: 60).
const CLIENT_IDLE_SECONDS: u64 = 75;

/// The proxy of a station.
#[derive(Debug)]
pub struct Proxy {
    station: Arc<Station>,
    /// Numbers the connections that no other request uses; 0 is the pool.
    alone: AtomicU64,
}

/// What is remembered of one request.
#[derive(Debug)]
pub struct Trip {
    started: Instant,
    sent: Option<Instant>,
    visitor: Option<Visitor>,
    survey: Option<Survey>,
    road: Option<usize>,
    arrival: Option<Arrival>,
    served: Side,
    path: String,
    is_second_try: bool,
    is_repeated: bool,
    is_alone: bool,
    fell_back: bool,
    is_answered: bool,
    has_erred: bool,
    is_judged: bool,
    window: Window,
    expected_bytes: Option<usize>,
    reads_body: bool,
    problem: Option<Problem>,
}

impl Trip {
    /// The side has the request, or another piece of it. A repetition leaves the time as it is: the visitor waited through both.
    fn note_sent(&mut self) {
        if !self.is_repeated {
            self.sent = Some(Instant::now());
        }
    }
}

impl Proxy {
    /// Serves for a station.
    #[must_use]
    pub fn new(station: Arc<Station>) -> Self {
        Self {
            station,
            alone: AtomicU64::new(0),
        }
    }

    fn road(&self, trip: &Trip) -> Option<&Road> {
        trip.road.map(|at| &self.station.roads.roads[at])
    }

    async fn answer(&self, session: &mut Session, problem: Problem) {
        let written = match problem.answer() {
            Ok((head, body)) => session.as_downstream_mut().write_error_response(head, body).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = written {
            tracing::debug!(%fault, "the client left before its problem document");
        }
    }
}

fn header<'h>(request: &'h RequestHeader, name: &str) -> Option<&'h str> {
    request.headers.get(name).and_then(|v| v.to_str().ok())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum with two dozen kinds")]
fn problem_of(error: &Error) -> Problem {
    match error.etype() {
        ErrorType::ConnectTimedout | ErrorType::ReadTimedout | ErrorType::WriteTimedout => Problem::UpstreamTimeout,
        ErrorType::ConnectRefused | ErrorType::ConnectNoRoute | ErrorType::ConnectError | ErrorType::SocketError => {
            Problem::UpstreamRefused
        }
        _ => match error.esource() {
            ErrorSource::Upstream => Problem::UpstreamBroken,
            ErrorSource::Downstream => Problem::BadRequest,
            ErrorSource::Internal | ErrorSource::Unset => Problem::Internal,
        },
    }
}

#[async_trait]
impl ProxyHttp for Proxy {
    type CTX = Trip;

    fn new_ctx(&self) -> Trip {
        Trip {
            started: Instant::now(),
            sent: None,
            visitor: None,
            survey: None,
            road: None,
            arrival: None,
            served: Side::Old,
            path: String::new(),
            is_second_try: false,
            is_repeated: false,
            is_alone: false,
            fell_back: false,
            is_answered: false,
            has_erred: false,
            is_judged: true,
            window: Window::default(),
            expected_bytes: None,
            reads_body: false,
            problem: None,
        }
    }

    fn init_downstream_modules(&self, _modules: &mut pingora_core::modules::http::HttpModules) {}

    async fn early_request_filter(&self, session: &mut Session, _trip: &mut Trip) -> Result<()> {
        let client = session.as_downstream_mut();
        client.set_write_timeout(Some(CLIENT_WRITE));
        if client.get_keepalive().is_some() {
            client.set_keepalive(Some(CLIENT_IDLE_SECONDS));
        }
        Ok(())
    }

    async fn request_filter(&self, session: &mut Session, trip: &mut Trip) -> Result<bool> {
        let roads = &self.station.roads;
        let method = session.req_header().method.clone();
        let path = session.req_header().uri.path().to_owned();
        let found = roads.find(method.as_str(), &path);
        trip.road = found.as_ref().map(|m| m.road);
        let moved = roads.moved(method.as_str(), &path);
        let class = self.road(trip).map(|r| r.route.class);
        let is_callback = class == Some(RouteClass::Callback);
        let is_recognised = class.is_some() || moved.is_some();
        trip.survey = self.survey(session);
        if is_recognised && !is_callback && trip.survey.is_none() && !self.is_crawler(session) {
            let cookies = session
                .req_header()
                .headers
                .get_all("cookie")
                .iter()
                .filter_map(|v| v.to_str().ok());
            let visitor = self.station.recognition.recognise(cookies);
            trip.visitor = Some(
                visitor.map_err(|fault| Error::because(ErrorType::InternalError, "cannot mint a visitor", fault))?,
            );
            if let Some(Visitor::Known {
                bucket_cookie: crate::visitor::BucketCookie::Forged,
                ..
            }) = &trip.visitor
            {
                self.station.totals.forged.fetch_add(1, Ordering::Relaxed);
            }
        }
        let holder = if is_callback {
            match self.holder(session).await? {
                Ok(holder) => holder,
                Err(problem) => {
                    self.answer(session, problem).await;
                    return Ok(true);
                }
            }
        } else {
            None
        };
        let is_visit = method != http::Method::HEAD && method != http::Method::OPTIONS && class.is_some_and(is_visited);
        let begins = is_visit && trip.survey.is_none();
        let entering = match trip.road.filter(|_| begins) {
            Some(road) => self.entering(session, road).await?,
            None => Vec::new(),
        };
        let arrival = self.station.arrive(&Approach {
            road: trip.road,
            redirect: moved.as_ref().map(|(at, _)| *at),
            visitor: trip.visitor.as_ref(),
            survey: trip.survey,
            holder,
            entering: &entering,
        });
        trip.served = arrival.decision.side;
        trip.path.clone_from(&path);
        trip.arrival = Some(arrival);
        trip.is_judged = trip.survey.is_some() || self.road(trip).is_none_or(|r| r.complete_of.is_empty());
        match (trip.arrival.as_ref(), moved) {
            (Some(arrival), Some((_, captures))) => self.redirect(session, trip, (arrival, &captures)).await,
            (Some(_) | None, _) => Ok(false),
        }
    }

    async fn upstream_peer(&self, session: &mut Session, trip: &mut Trip) -> Result<Box<HttpPeer>> {
        let unit = trip.arrival.as_ref().expect("decided before").unit;
        let upstream = &self.station.roads.places[unit].upstreams[trip.served.index()];
        let address = upstream.address().ok_or_else(|| {
            Error::explain(ErrorType::ConnectNoRoute, "the upstream's name does not resolve").into_up()
        })?;
        let limit = Some(Duration::from_millis(self.station.config.edge.upstream_timeout.0));
        let mut peer = HttpPeer::new(address, false, String::new());
        peer.options.connection_timeout = limit;
        peer.options.total_connection_timeout = limit;
        peer.options.read_timeout = limit;
        peer.options.write_timeout = limit;
        peer.options.idle_timeout = Some(UPSTREAM_IDLE);
        trip.is_alone = trip.is_repeated || !is_repeatable(session);
        if trip.is_alone {
            peer.group_key = self.alone.fetch_add(1, Ordering::Relaxed) + 1;
        }
        trip.note_sent();
        Ok(Box::new(peer))
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        request: &mut RequestHeader,
        trip: &mut Trip,
    ) -> Result<()> {
        let host = header(session.req_header(), "host").or_else(|| session.req_header().uri.host());
        let client = session.client_addr().and_then(|a| a.as_inet()).map(|a| a.ip());
        // Cookies are marked as secure exactly when the public address is HTTPS.
        let is_https = self.station.config.edge.secure_cookies;
        let scheme = if is_https { "https" } else { "http" };
        forward(request, Origin { client, host, scheme }, trip.served)?;
        // Nobody comes after it, so the side need not wait; a handshake needs the header for itself.
        if trip.is_alone && !request.headers.contains_key("upgrade") {
            request.insert_header("connection", "close")?;
        }
        if let Some(road) = self.road(trip) {
            let method = session.req_header().method.as_str();
            if let Some(found) = self.station.roads.find(method, &trip.path) {
                let path = road.path_on(trip.served, &trip.path, &found.captures);
                if path != trip.path {
                    let query = session
                        .req_header()
                        .uri
                        .query()
                        .map(|q| format!("?{q}"))
                        .unwrap_or_default();
                    let uri = format!("{path}{query}").parse::<http::Uri>();
                    let uri = uri.map_err(|fault| {
                        Error::because(ErrorType::InternalError, "cannot write the path", fault).into_in()
                    })?;
                    request.set_uri(uri);
                }
            }
            if self.station.roads.reads_body(road, trip.served) {
                request.remove_header("accept-encoding");
                trip.reads_body = true;
            }
        }
        Ok(())
    }

    async fn request_body_filter(
        &self,
        _session: &mut Session,
        _body: &mut Option<Bytes>,
        _end_of_stream: bool,
        trip: &mut Trip,
    ) -> Result<()> {
        // A client that uploads slowly is not a slow shop.
        trip.note_sent();
        Ok(())
    }

    async fn upstream_response_filter(
        &self,
        session: &mut Session,
        response: &mut ResponseHeader,
        trip: &mut Trip,
    ) -> Result<()> {
        self.try_other_side(session, response, trip)
    }

    async fn response_filter(
        &self,
        _session: &mut Session,
        response: &mut ResponseHeader,
        trip: &mut Trip,
    ) -> Result<()> {
        if response.status.is_informational() {
            return Ok(());
        }
        // Before the answer is timed: an error is none, however fast it came.
        if response.status.is_server_error() {
            self.erred(trip);
        }
        self.answered(trip);
        if !trip.is_judged {
            let head = Head {
                status: response.status.as_u16(),
                location: response.headers.get("location").and_then(|v| v.to_str().ok()),
            };
            let is_encoded = trip.reads_body && response.headers.contains_key("content-encoding");
            self.judge(trip, |predicate| {
                judge_head(predicate, head).or_else(|| is_encoded.then_some(Finding::Unknown))
            });
            trip.expected_bytes = response
                .headers
                .get("content-length")
                .and_then(|v| v.to_str().ok()?.parse().ok());
            if trip.expected_bytes == Some(0) && !trip.is_judged {
                self.judge_window(trip, true);
            }
        }
        Self::show(response, trip)?;
        let standing = trip.arrival.as_ref().map(|a| a.standing);
        let class = self.road(trip).map(|r| r.route.class);
        let mut is_personal = false;
        if let Some(visitor) = &trip.visitor
            && class.is_some_and(is_visited)
        {
            for cookie in self.station.recognition.set_cookies(visitor) {
                response.append_header("set-cookie", cookie)?;
                is_personal = true;
            }
        }
        let is_split = standing.is_some_and(|s| !s.finalised) && (class.is_some_and(is_visited) || is_html(response));
        if is_personal || is_split {
            keep_private(response)?;
        }
        if self.station.config.debug_headers
            && let Some(arrival) = &trip.arrival
        {
            response.insert_header(SIDE_HEADER, trip.served.word())?;
            let words: Vec<&str> = arrival.decision.trace().map(|r| r.word()).collect();
            response.insert_header(RULE_HEADER, words.join(", "))?;
        } else {
            response.remove_header(SIDE_HEADER);
        }
        Ok(())
    }

    fn response_body_filter(
        &self,
        _session: &mut Session,
        body: &mut Option<Bytes>,
        end_of_stream: bool,
        trip: &mut Trip,
    ) -> Result<Option<Duration>> {
        if trip.is_judged {
            return Ok(None);
        }
        if let Some(piece) = body {
            trip.window.take(piece);
        }
        // Judged before the last bytes leave: the visitor's next request already finds the outcome.
        let is_whole = trip.expected_bytes.is_some_and(|n| trip.window.len() >= n);
        let is_cut = trip.window.overflowed();
        if end_of_stream || is_whole || is_cut {
            self.judge_window(trip, !is_cut);
        }
        Ok(None)
    }

    fn fail_to_connect(
        &self,
        session: &mut Session,
        _peer: &HttpPeer,
        trip: &mut Trip,
        mut error: Box<Error>,
    ) -> Box<Error> {
        error.set_retry(self.falls_back(session, trip));
        error
    }

    fn error_while_proxy(
        &self,
        _peer: &HttpPeer,
        session: &mut Session,
        mut error: Box<Error>,
        trip: &mut Trip,
        _client_reused: bool,
    ) -> Box<Error> {
        Self::repeat_here(session, trip, &mut error);
        error
    }

    async fn fail_to_proxy(&self, session: &mut Session, error: &Error, trip: &mut Trip) -> FailToProxy {
        let problem = if trip.is_second_try {
            Problem::AssetNowhere
        } else {
            problem_of(error)
        };
        let is_clients_fault = *error.esource() == ErrorSource::Downstream;
        if !is_clients_fault {
            self.erred(trip);
            self.answered(trip);
            trip.problem = Some(problem);
        }
        self.answer(session, problem).await;
        FailToProxy {
            error_code: problem.status(),
            can_reuse_downstream: false,
        }
    }

    async fn logging(&self, _session: &mut Session, error: Option<&Error>, trip: &mut Trip) {
        self.keyless(trip);
        self.ended(trip, Ending::Unanswered);
        if !trip.is_judged {
            // Broken off in the middle: what was seen is not all there was.
            self.judge_window(trip, error.is_none());
        }
        // Never the path: it may be a secret, as that of a letter for a forgotten password is.
        if let Some(problem) = trip.problem
            && let Some(left_out) = self.station.complaints.note(problem.code(), self.station.now().ms)
        {
            let route = self.road(trip).map_or("none", |r| r.route.id.as_str());
            let side = trip.served.word();
            tracing::warn!(code = problem.code(), side, route, left_out, "a request failed");
        }
    }

    fn suppress_error_log(&self, _session: &Session, _trip: &Trip, _error: &Error) -> bool {
        true
    }

    fn suppress_proxy_warn_log(
        &self,
        _session: &Session,
        _trip: &Trip,
        _error: &Error,
        _context: ProxyWarnLogContext,
    ) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
