//! Repairs the new exporter while nothing is under way: one key for each order, doubtful orders looked up, repeats reversed.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Json, Response};

use super::Feed;
use super::side::Side;
use crate::erp::ADMIN_HEADER;

/// Repairs it for whoever has the key. An order that waits after a time-out may have been taken under a key that nobody uses
/// any more: it is looked up, or it would be sent again under the right one.
pub(super) async fn repair(feed: &Feed, headers: &HeaderMap) -> Response {
    let given = headers.get(ADMIN_HEADER).and_then(|value| value.to_str().ok());
    if given != Some(feed.admin_key.as_str()) {
        return (StatusCode::UNAUTHORIZED, "not the key").into_response();
    }
    let _alone = feed.sending.write().await;
    let doubtful = match feed.messages().doubtful() {
        Ok(doubtful) => doubtful,
        Err(error) => return broken(&error),
    };
    for message in doubtful {
        match feed.exporters.has(&message.reference).await {
            Ok(true) => {
                if let Err(error) = feed.messages().sent(&message.reference, Side::New) {
                    return broken(&error);
                }
            }
            Ok(false) => {}
            Err(unsent) => return (StatusCode::BAD_GATEWAY, unsent.to_string()).into_response(),
        }
    }
    match feed.exporters.repair().await {
        Ok(said) => Json(said).into_response(),
        Err(unsent) => (StatusCode::BAD_GATEWAY, unsent.to_string()).into_response(),
    }
}

/// The answer when the feed's own tables fail.
pub(super) fn broken(error: &rusqlite::Error) -> Response {
    tracing::error!(%error, "the feed's tables failed");
    (StatusCode::INTERNAL_SERVER_ERROR, "the feed's tables failed").into_response()
}
