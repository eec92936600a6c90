//! When a request is sent once more, to the other side or to the same one: only when it asks for no change.
//!
//! A side may close a connection that waits in the pool while a request is on its way there. A write that meets this cannot be
//! told from one that was carried out, so it is never repeated; instead it has a connection of its own, on which this cannot
//! happen. A read is repeated, once, on a connection of its own: others in the pool may be as dead as the first.

use std::sync::atomic::Ordering;

use pingora_core::{Error, ErrorSource, ErrorType, Result};
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

    /// Decides whether a request that met an error on an open connection is sent to the same side again: once, and only while
    /// the client has seen nothing of an answer.
    pub(super) fn repeat_here(session: &mut Session, trip: &mut Trip, error: &mut Error) {
        if *error.etype() == SECOND_TRY {
            return;
        }
        let is_unseen = session.as_downstream().response_written().is_none();
        let again = !trip.is_repeated && is_unseen && has_broken_off(error) && is_repeatable(session);
        trip.is_repeated |= again;
        error.set_retry(again);
    }
}

/// Whether a request may be sent a second time: it asks for no change, and there is no body that would be gone by then.
pub(super) fn is_repeatable(session: &mut Session) -> bool {
    is_safe(session) && session.as_mut().is_body_empty()
}

/// Whether the error says that the connection broke off, rather than that the side answered too late or nonsense.
fn has_broken_off(error: &Error) -> bool {
    match error.esource() {
        ErrorSource::Upstream => matches!(
            error.etype(),
            ErrorType::ConnectionClosed | ErrorType::ReadError | ErrorType::WriteError
        ),
        // The half of the proxy that reads from the side left first, before the other half had found its place.
        ErrorSource::Unset => *error.etype() == ErrorType::InternalError,
        ErrorSource::Downstream | ErrorSource::Internal => false,
    }
}

/// Whether the request asks for no change at all (RFC 9110 §9.2.1). Nothing else may be sent to the other side: a write that
/// is idempotent there would still be made in the wrong database.
fn is_safe(session: &Session) -> bool {
    session.req_header().method.is_safe()
}
