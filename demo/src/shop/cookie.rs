//! Reads and writes the one session cookie of a shop; each side has its own name, so they never collide.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// Longest session token that is believed.
const TOKEN_MAX: usize = 64;

/// The visitor's session token under `name`, if the request carries one.
pub(super) fn session(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, token)| *found == name && !token.is_empty() && token.len() <= TOKEN_MAX)
        .map(|(_, token)| token.to_owned())
}

/// The `Set-Cookie` value that starts a session.
pub(super) fn starting(name: &str, token: &str) -> String {
    format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax")
}
