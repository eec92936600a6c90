//! Addresses that have moved: answered here for whoever goes to the new side, which without a key is once their group has flipped.

use pingora_core::Result;
use pingora_http::ResponseHeader;
use pingora_proxy::Session;

use super::{Proxy, Trip};
use crate::arrival::Arrival;
use crate::headers::{RULE_HEADER, SIDE_HEADER};
use crate::pattern::Captures;

impl Proxy {
    /// Whether the edge in front has said that this is a crawler.
    pub(super) fn is_crawler(&self, session: &Session) -> bool {
        let rule = self.station.config.edge.crawlers.as_ref();
        rule.is_some_and(|rule| session.req_header().headers.contains_key(rule.header.as_str()))
    }

    /// Sends a visitor on when the address has moved for them; whether that was the whole answer.
    ///
    /// The status says that it has moved for good, and no cache may keep that before the stage is final: RFC 9110 §15.4 lets
    /// browsers keep a permanent redirect for ever, and then a rollback would not reach them.
    pub(super) async fn redirect(
        &self,
        session: &mut Session,
        trip: &Trip,
        (arrival, captures): (&Arrival, &Captures<'_>),
    ) -> Result<bool> {
        let Some(at) = arrival.redirect else { return Ok(false) };
        let redirection = &self.station.roads.redirects[at];
        let query = session.req_header().uri.query();
        let query = query.map(|q| format!("?{q}")).unwrap_or_default();
        let mut head = ResponseHeader::build(redirection.moved.status(), Some(5))?;
        head.insert_header("location", format!("{}{query}", redirection.target(captures)))?;
        head.insert_header("content-length", 0)?;
        if !arrival.standing.finalised {
            head.insert_header("cache-control", "no-store")?;
        }
        Self::show(&mut head, trip)?;
        if self.station.config.debug_headers {
            head.insert_header(SIDE_HEADER, arrival.decision.side.word())?;
            let words: Vec<&str> = arrival.decision.trace().map(|rule| rule.word()).collect();
            head.insert_header(RULE_HEADER, words.join(", "))?;
        }
        session.write_response_header(Box::new(head), true).await?;
        Ok(true)
    }
}
