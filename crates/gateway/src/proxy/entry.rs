//! What is read of a request before its side is decided: where a callback's order is, and in which segments a visitor is.

use pingora_core::Result;
use pingora_proxy::Session;

use super::{Proxy, header};
use crate::callback::{CALLBACK_BODY_BYTES_MAX, holder_by_body, holder_by_query, reads_body};
use crate::problem::Problem;
use crate::segment::{Classes, ENTRY_BODY_BYTES_MAX, Entry};
use crate::side::Side;

impl Proxy {
    /// Reads as much of a callback as its reference needs.
    pub(super) async fn holder(&self, session: &mut Session) -> Result<std::result::Result<Option<Side>, Problem>> {
        let Some(rule) = &self.station.roads.callback else {
            return Ok(Ok(None));
        };
        if !reads_body(rule) {
            let query = session.req_header().uri.query().unwrap_or("");
            return Ok(Ok(holder_by_query(rule, query)));
        }
        if declared_bytes(session).is_some_and(|n| n > CALLBACK_BODY_BYTES_MAX) {
            return Ok(Err(Problem::CallbackTooLong));
        }
        // The proxy replays this buffer upstream; it holds as much as is allowed here.
        session.as_downstream_mut().enable_retry_buffering();
        while session.as_downstream_mut().read_request_body().await?.is_some() {
            if session.as_downstream().retry_buffer_truncated() {
                return Ok(Err(Problem::CallbackTooLong));
            }
        }
        let body = session.as_downstream().get_retry_buffer();
        Ok(Ok(body.and_then(|b| holder_by_body(rule, &b))))
    }

    /// The visitor's values in the segments of each flow that is entered on this road, in their order.
    ///
    /// They are read before the side is asked: how a side fails must not decide in which segment it is counted.
    pub(super) async fn entering(&self, session: &mut Session, road: usize) -> Result<Vec<Classes>> {
        let roads = &self.station.roads;
        let road = &roads.roads[road];
        if road.entry_of.is_empty() {
            return Ok(Vec::new());
        }
        let is_read = roads.sorts_by_body(road) && is_short(session);
        if is_read {
            // The proxy replays this buffer upstream.
            session.as_downstream_mut().enable_retry_buffering();
            while session.as_downstream_mut().read_request_body().await?.is_some() {}
        }
        let body = session.as_downstream().get_retry_buffer().filter(|_| is_read);
        let request = session.req_header();
        let entry = Entry::new(&request.headers, request.uri.query().unwrap_or(""), body.as_deref());
        let sorting = road.entry_of.iter().map(|flow| &roads.paths[*flow].sorting);
        Ok(sorting.map(|s| s.classes(&entry)).collect())
    }
}

/// Whether a body says that it is short enough, and comes without being asked for.
fn is_short(session: &Session) -> bool {
    let said = |name| header(session.req_header(), name).is_some();
    let is_open_ended = said("transfer-encoding") || said("expect");
    !is_open_ended && declared_bytes(session).is_some_and(|n| n <= ENTRY_BODY_BYTES_MAX)
}

fn declared_bytes(session: &Session) -> Option<usize> {
    header(session.req_header(), "content-length").and_then(|v| v.parse().ok())
}
