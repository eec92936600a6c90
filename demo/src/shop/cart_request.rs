//! The two requests of a cart, read from a form or from JSON, whichever the content type says.

use axum::extract::{Form, FromRequest, Json, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Largest quantity of one line.
pub(super) const QUANTITY_MAX: u32 = 99;

/// Puts a product into the cart.
#[derive(Debug, Deserialize)]
pub(super) struct AddToCart {
    /// The product's number.
    #[serde(alias = "sku", alias = "id")]
    pub(super) product: u32,
    /// Pieces, 1 to [`QUANTITY_MAX`].
    #[serde(default = "one")]
    pub(super) quantity: u32,
}

/// Turns the cart into an order.
#[derive(Debug, Deserialize)]
pub(super) struct PlaceOrder {
    /// The chosen payment method.
    pub(super) payment: String,
}

/// A body in either encoding.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if kind.starts_with("application/json") {
            let Json(value) = Json::from_request(request, state)
                .await
                .map_err(|refusal| refusal.into_response())?;
            return Ok(Self(value));
        }
        let Form(value) = Form::from_request(request, state)
            .await
            .map_err(|refusal| refusal.into_response())?;
        Ok(Self(value))
    }
}

fn one() -> u32 {
    1
}
