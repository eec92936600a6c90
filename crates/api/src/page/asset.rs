//! The style sheet and the script, served from the binary.

use axum::http::header;
use axum::response::{IntoResponse, Response};

const STYLE: &str = include_str!("../asset/style.css");
const SCRIPT: &str = include_str!("../asset/page.js");

/// The style of the pages, and of the drawings in them.
pub(crate) async fn style() -> Response {
    let text = format!("{STYLE}\n{}", tidegate_artefacts::STYLE);
    serve(text, "text/css; charset=utf-8")
}

pub(crate) async fn script() -> Response {
    serve(SCRIPT, "text/javascript; charset=utf-8")
}

fn serve(text: impl IntoResponse, kind: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "public, max-age=60"),
        ],
        text,
    )
        .into_response()
}
