//! Reads the provider's signed webhook; what an order does with it is each side's own affair.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::clock::now_ms;
use crate::webhook::Secret;

/// What the provider says about one payment.
#[derive(Debug, Deserialize)]
pub(super) struct Notice {
    pub(super) reference: String,
    pub(super) status: String,
    /// The provider's name of the payment.
    pub(super) payment: Option<String>,
    /// Captured amount in cents.
    pub(super) amount: i64,
}

/// What became of a capture in the shop's own database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Booking {
    /// The order is paid, now or by an earlier delivery.
    Paid,
    /// No such order here.
    UnknownOrder,
    /// The order has another amount.
    WrongAmount,
}

/// Believes the webhook only with a fitting signature; returns the answer to give otherwise.
pub(super) fn read(secret: &Secret, headers: &HeaderMap, body: &Bytes) -> Result<Notice, Box<Response>> {
    let refuse = |status: StatusCode, why: String| Box::new((status, why).into_response());
    secret.check(headers, body, now_ms() / 1_000).map_err(|forged| {
        refuse(
            StatusCode::UNAUTHORIZED,
            format!("cannot believe this webhook: {forged}"),
        )
    })?;
    let notice: Notice = serde_json::from_slice(body)
        .map_err(|error| refuse(StatusCode::BAD_REQUEST, format!("cannot read this webhook: {error}")))?;
    if notice.status == "captured" {
        Ok(notice)
    } else {
        Err(refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("unknown payment status `{}`", notice.status),
        ))
    }
}

/// The answer to the provider; only a 2xx ends its retries.
pub(super) fn answer(booked: rusqlite::Result<Booking>) -> Response {
    match booked {
        Ok(Booking::Paid) => StatusCode::NO_CONTENT.into_response(),
        Ok(Booking::UnknownOrder) => (StatusCode::NOT_FOUND, "no such order").into_response(),
        Ok(Booking::WrongAmount) => (StatusCode::CONFLICT, "the order has another amount").into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot book a capture");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
