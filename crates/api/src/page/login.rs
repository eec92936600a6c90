//! The login page: takes a personal token or a single-use login link, and begins a session.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::html;

use crate::app::{App, Shared};
use crate::body::{FormBody, parameter};
use crate::clock;
use crate::door::{ClientAddress, Visitor, cookie};
use crate::page::frame::{Outcome, Place, page, told};
use crate::problem::{Code, Problem};

/// Shows the form. A login link is only shown here; pressing its button uses it up.
pub(crate) async fn show(State(app): State<Shared>, RawQuery(query): RawQuery) -> Response {
    let next = back(parameter(query.as_deref(), "next"));
    match parameter(query.as_deref(), "login") {
        None => form(&next, None).into_response(),
        Some(link) => match app.config.access.login(&link) {
            Ok(Some(person)) => welcome(&next, &link, person.as_str()).into_response(),
            Ok(None) => {
                let dead = Problem::new(
                    Code::LinkDead,
                    "this login link was used before, has expired, or never existed",
                );
                failed(&next, dead)
            }
            Err(error) => failed(&next, Problem::from(error)),
        },
    }
}

/// Begins a session.
pub(crate) async fn enter(
    State(app): State<Shared>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Result<FormBody, Problem>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(problem) => return failed("/", problem),
    };
    let next = back(body.text("next"));
    let now = clock::now();
    let credential = body.text("token").unwrap_or_default();
    match app.config.access.begin_session(&credential) {
        Ok(Some((person, secret))) => {
            tracing::info!(%person, "a session began");
            // Whatever session the browser came with is over: nobody shares one that was begun before.
            if let Some(before) = cookie(&headers, app.config.session_cookie())
                && let Err(error) = app.config.access.end_session(&before)
            {
                return failed(&next, Problem::from(error));
            }
            let mut response = Redirect::to(&next).into_response();
            response
                .headers_mut()
                .append(header::SET_COOKIE, session_cookie(&app, &secret, None));
            response
        }
        Ok(None) => {
            if let Some(wait) = app.throttle.wait(address, now) {
                return failed(&next, crate::door::too_many(wait.0.div_ceil(1_000)));
            }
            app.throttle.failed(address, now);
            tracing::warn!(%address, "a login with a token that opens nothing");
            failed(
                &next,
                Problem::new(
                    Code::NotLoggedIn,
                    "this token was never issued to a person, or it was revoked",
                ),
            )
        }
        Err(error) => failed(&next, Problem::from(error)),
    }
}

/// Ends the session.
pub(crate) async fn leave(State(app): State<Shared>, visitor: Visitor, body: Result<FormBody, Problem>) -> Response {
    let ours = body.is_ok_and(|body| body.field("csrf").is_some_and(|given| visitor.session.owns_form(given)));
    if !ours {
        return Problem::new(Code::FormNotOurs, "log out with the button of a page").into_response();
    }
    if let Err(error) = app.config.access.end_session(&visitor.session.secret) {
        return Problem::from(error).into_response();
    }
    let mut response = Redirect::to("/login").into_response();
    response
        .headers_mut()
        .append(header::SET_COOKIE, session_cookie(&app, "", Some(0)));
    response
}

fn session_cookie(app: &App, secret: &str, max_age_seconds: Option<u32>) -> HeaderValue {
    let secure = if app.config.is_secure() { "; Secure" } else { "" };
    let age = max_age_seconds
        .map(|seconds| format!("; Max-Age={seconds}"))
        .unwrap_or_default();
    let name = app.config.session_cookie();
    HeaderValue::from_str(&format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"))
        .expect("a session's secret is URL-safe text")
}

/// Where to go after the login: a path of this site, never another site's.
fn back(next: Option<String>) -> String {
    let is_ours = |path: &String| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    next.filter(is_ours).unwrap_or_else(|| "/".to_owned())
}

fn failed(next: &str, problem: Problem) -> Response {
    let status = problem.status_code();
    let retry_after = problem.retry_after_seconds;
    let mut response = (status, form(next, Some(problem))).into_response();
    if let Some(seconds) = retry_after.filter(|_| status != StatusCode::OK) {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn form(next: &str, problem: Option<Problem>) -> Html<String> {
    let main = html! {
        section class="card narrow" {
            h1 { "Log in" }
            @if let Some(problem) = problem { (told(&Outcome::Turned(problem))) }
            form method="post" action="/login" {
                input type="hidden" name="next" value=(next);
                // Password managers keep a token under a name; there is none to ask for.
                input type="text" autocomplete="username" value="tidegate" readonly hidden;
                label { span { "Your personal token" } input name="token" type="password" required autocomplete="current-password" autofocus; }
                button class="primary" { "Log in" }
            }
            p class="mute" { "A token is made on the controller's machine: " code { "tidegate token issue NAME" } }
        }
    };
    page("Log in", Place::Elsewhere, None, None, &main)
}

fn welcome(next: &str, link: &str, person: &str) -> Html<String> {
    let main = html! {
        section class="card narrow" {
            h1 { "Welcome, " (person) }
            p { "This link works once." }
            form method="post" action="/login" {
                input type="hidden" name="next" value=(next);
                input type="hidden" name="token" value=(link);
                button class="primary" autofocus { "Enter as " (person) }
            }
        }
    };
    page("Log in", Place::Elsewhere, None, None, &main)
}

#[cfg(test)]
mod tests {
    use super::back;

    #[test]
    fn a_login_never_leads_to_another_site() {
        for (given, expected) in [
            ("/journal", "/journal"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a b", "/"),
        ] {
            assert_eq!(back(Some(given.to_owned())), expected, "{given}");
        }
    }
}
