//! Every path in one place, the headers that every answer carries, and serving until told to stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tidegate_runtime::Handle;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admission::{Admission, Peer};
use crate::app::{App, Shared};
use crate::body::BODY_BYTES_MAX;
use crate::chronicle::Chronicle;
use crate::config::ApiConfig;
use crate::json::{adopt, ask, read, stream};
use crate::ofrep;
use crate::own;
use crate::page::{
    asset, comparisons, incident, incidents, journal, link, login, objectives, ownership, plan, press, risks,
};
use crate::problem::{Code, Problem};
use crate::pulse::{self, Beat};
use crate::repeat::UnderWay;
use crate::throttle::Throttle;

/// Requests under way get this long to end when the faces stop.
const GRACE: Duration = Duration::from_secs(2);

/// Only what this program serves itself: no inline script or style, no frame around it, no form to elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Sent with every answer.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// The faces of a controller.
pub struct Api {
    app: Shared,
    beats: watch::Sender<Arc<Beat>>,
}

impl Api {
    /// Puts the faces before a loop.
    #[must_use]
    pub fn new(config: ApiConfig, handle: Handle) -> Self {
        let chronicle = Arc::new(Chronicle::new(config.journal.clone()));
        let (beats, pulse) = pulse::pulse(&handle, &chronicle);
        Self {
            app: Arc::new(App {
                config,
                handle,
                throttle: Throttle::default(),
                keys: UnderWay::default(),
                pulse,
                chronicle,
                verifying: tokio::sync::Mutex::default(),
            }),
            beats,
        }
    }

    /// Serves until `stop` turns true (or its sender is gone): streams end at once, other requests within two seconds.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn serve(self, listener: TcpListener, stop: watch::Receiver<bool>) -> std::io::Result<()> {
        let Self { app, beats } = self;
        let mut tasks = JoinSet::new();
        tasks.spawn(pulse::beat(
            beats,
            app.handle.clone(),
            app.chronicle.clone(),
            stop.clone(),
        ));
        let listener = Admission::new(listener, app.config.connections_max);
        let routes = routes(app).into_make_service_with_connect_info::<Peer>();
        let mut told = stop.clone();
        let serving = axum::serve(listener, routes).with_graceful_shutdown(wait(stop));
        let too_late = async {
            pulse::until_stopped(&mut told).await;
            tokio::time::sleep(GRACE).await;
        };
        let served = tokio::select! {
            served = serving => served,
            () = too_late => {
                tracing::debug!("requests that were still under way are cut off");
                Ok(())
            }
        };
        tasks.shutdown().await;
        served
    }
}

async fn wait(mut stop: watch::Receiver<bool>) {
    pulse::until_stopped(&mut stop).await;
}

fn routes(app: Shared) -> Router {
    let v1 = Router::new()
        .route("/status", get(read::status))
        .route("/stages/{id}", get(read::stage))
        .route("/stages/{id}/criteria/{criterion}", get(read::criterion))
        .route("/stages/{id}/approve", post(ask::approve))
        .route("/stages/{id}/accept-risk", post(ask::accept_risk))
        .route("/stages/{id}/hold", post(ask::hold))
        .route("/stages/{id}/resume", post(ask::resume))
        .route("/stages/{id}/rollback", post(ask::rollback))
        .route("/stages/{id}/change", post(ask::change))
        .route("/stages/{id}/finalise", post(ask::finalise))
        .route("/stages/{id}/attest", post(ask::attest))
        .route("/flows/{id}/latency", get(read::latency))
        .route("/incidents", get(read::incidents).post(ask::open_incident))
        .route("/incidents/{id}", get(read::incident))
        .route("/incidents/{id}/acknowledge", post(ask::acknowledge))
        .route("/incidents/{id}/act", post(ask::act))
        .route("/incidents/{id}/resolve", post(ask::resolve))
        .route("/actions/{id}/revert", post(ask::revert))
        .route("/adopt", post(adopt::adopt))
        .route("/objectives", get(read::objectives))
        .route("/equalities", get(read::equalities))
        .route("/who", get(read::who))
        .route("/rulings", get(read::may))
        .route("/journal", get(read::journal))
        .route("/stream", get(stream::follow));
    let pages = Router::new()
        .route("/", get(plan::show))
        .route("/do", post(press::press))
        .route("/incidents", get(incidents::show))
        .route("/incidents/{id}", get(incident::show))
        .route("/objectives", get(objectives::show))
        .route("/ownership", get(ownership::show))
        .route("/risks", get(risks::show))
        .route("/data", get(comparisons::show))
        .route("/journal", get(journal::show))
        .route("/journal/export", get(journal::export))
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/l/{token}", get(link::show).post(link::press))
        .route("/asset/style.css", get(asset::style))
        .route("/asset/page.js", get(asset::script));
    let ofrep = Router::new()
        .route("/evaluate/flags", post(ofrep::evaluate::all))
        .route("/evaluate/flags/{key}", post(ofrep::evaluate::one))
        .route("/stream", get(ofrep::stream::follow));
    pages
        .nest("/api/v1", v1)
        .nest("/ofrep/v1", ofrep)
        .route("/healthz", get(own::health))
        .route("/metrics", get(own::metrics))
        .fallback(async || {
            Problem::new(
                Code::UnknownPath,
                "see `tidegate --help` and the documentation of the API",
            )
        })
        .method_not_allowed_fallback(async || {
            Problem::new(Code::WrongMethod, "the `Allow` header names what this path takes")
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(headers))
        .with_state(app)
}

async fn headers(request: Request, next: Next) -> Response {
    let under_way = request
        .extensions()
        .get::<ConnectInfo<Peer>>()
        .map(|peer| peer.0.begin());
    let mut response = next.run(request).await.into_response();
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    match under_way {
        Some(under_way) => under_way.until_sent(response),
        None => response,
    }
}
