//! When a request is sent once more: to the other side only when it asks for no change, to the same one when it is idempotent.

use std::sync::atomic::Ordering;

use pingora_core::{Error, ErrorType, Result};
use pingora_http::ResponseHeader;
use pingora_proxy::Session;
use tidegate_model::edge::RouteClass;

use super::{Proxy, Trip};
use crate::decision::may_fall_back;
use crate::side::Side;

/// Marks the answer of an asset's first side as "try the other one".
const SECOND_TRY: ErrorType = ErrorType::Custom("asset-second-try");

impl Proxy {
    /// Sends a request that the new side refused to the old one where that is harmless, and says whether it did.
    pub(super) fn falls_back(&self, session: &Session, trip: &mut Trip) -> bool {
        let Some(arrival) = &trip.arrival else { return false };
        let has_open_cart = !arrival.tickets.is_empty();
        let finalised = arrival.standing.finalised;
        if trip.fell_back || !may_fall_back(arrival.decision, is_safe(session), has_open_cart, finalised) {
            return false;
        }
        trip.fell_back = true;
        trip.served = Side::Old;
        self.station.tallies[arrival.unit]
            .fallbacks
            .fetch_add(1, Ordering::Relaxed);
        if arrival.standing.measured {
            self.station.ledger().fallback();
        }
        true
    }

    /// An asset that one side does not have is asked of the other, once.
    ///
    /// # Errors
    /// The mark that makes the proxy try again.
    pub(super) fn try_other_side(&self, session: &Session, response: &ResponseHeader, trip: &mut Trip) -> Result<()> {
        let is_asset = self.road(trip).is_some_and(|r| r.route.class == RouteClass::Asset);
        if !is_asset || response.status != 404 || trip.is_second_try || !is_safe(session) {
            return Ok(());
        }
        trip.is_second_try = true;
        trip.served = trip.served.other();
        let mut again = Error::new(SECOND_TRY).into_up();
        again.set_retry(true);
        Err(again)
    }
}

/// Decides whether a request that broke off is sent to the same side again: a pooled connection may have been closing.
pub(super) fn repeat_here(session: &Session, error: &mut Error, client_reused: bool) {
    if *error.etype() == SECOND_TRY {
        return;
    }
    if is_idempotent(session) && !session.as_ref().retry_buffer_truncated() {
        error.retry.decide_reuse(client_reused);
    } else {
        error.set_retry(false);
    }
}

/// Whether repeating the request on the same side changes nothing more (RFC 9110 §9.2.2).
fn is_idempotent(session: &Session) -> bool {
    session.req_header().method.is_idempotent()
}

/// Whether the request asks for no change at all (RFC 9110 §9.2.1). Nothing else may be sent to the other side: a write that
/// is idempotent there would still be made in the wrong database.
fn is_safe(session: &Session) -> bool {
    session.req_header().method.is_safe()
}
