//! Every path in one place, the headers that every answer carries, and serving until told to stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value};
use tidegate_runtime::Handle;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admission::{Admission, Peer};
use crate::app::{App, Shared};
use crate::body::BODY_BYTES_MAX;
use crate::chronicle::Chronicle;
use crate::config::ApiConfig;
use crate::json::{adopt, ask, read, stream, tell};
use crate::ofrep;
use crate::openapi::{Described, document};
use crate::origin;
use crate::own;
use crate::page::{
    asset, comparisons, incident, incidents, journal, link, login, objectives, ownership, pages, plan, press, risks,
};
use crate::problem::{Code, Problem};
use crate::pulse::{self, Beat};
use crate::reads::Reads;
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
                reads: Reads::default(),
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
        let listener = Admission::new(listener, app.config.connections_max, app.config.slow_after);
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
    let pages = Router::new()
        .route("/", get(plan::show))
        .route("/do", post(press::press))
        .route("/incidents", get(incidents::show))
        .route("/incidents/{id}", get(incident::show))
        .route("/objectives", get(objectives::show))
        .route("/ownership", get(ownership::show))
        .route("/risks", get(risks::show))
        .route("/data", get(comparisons::show))
        .route("/pages", get(pages::show))
        .route("/journal", get(journal::show))
        .route("/journal/export", get(journal::export))
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/l/{token}", get(link::show).post(link::press))
        .route("/asset/style.css", get(asset::style))
        .route("/asset/page.js", get(asset::script))
        .route_layer(from_fn_with_state(app.clone(), origin::ours_only));
    pages
        .merge(described().router())
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

/// What programs are told by: everything here describes itself.
pub(crate) fn described() -> Described {
    asks(reads(Described::new()))
        .post(
            "/ofrep/v1/evaluate/flags",
            "evaluateSwitches",
            "Tells every switch.",
            ofrep::evaluate::all,
        )
        .post(
            "/ofrep/v1/evaluate/flags/{key}",
            "evaluateSwitch",
            "Tells one switch.",
            ofrep::evaluate::one,
        )
        .get(
            "/ofrep/v1/stream",
            "followSwitches",
            "Announces changes of switches, without their values.",
            ofrep::stream::follow,
        )
        .get(
            "/healthz",
            "health",
            "Tells whether the controller can take anything.",
            own::health,
        )
        .get(
            "/metrics",
            "metrics",
            "Tells the controller's own metrics.",
            own::metrics,
        )
        .get("/api/openapi.json", "describe", "Tells this description.", describe)
}

/// Looks at what is so.
fn reads(api: Described) -> Described {
    api.get(
        "/api/v1/status",
        "status",
        "Tells everything at one journal sequence.",
        read::status,
    )
    .get("/api/v1/stages/{id}", "stage", "Tells how a stage stands.", read::stage)
    .get(
        "/api/v1/stages/{id}/criteria/{criterion}",
        "why",
        "Tells why a criterion says what it says.",
        read::criterion,
    )
    .get(
        "/api/v1/flows/{id}/latency",
        "latency",
        "Tells how long a flow's entry requests took, by gateway.",
        read::latency,
    )
    .get(
        "/api/v1/incidents",
        "incidents",
        "Tells the incidents, open ones first.",
        read::incidents,
    )
    .get(
        "/api/v1/incidents/{id}",
        "incident",
        "Tells how an incident stands.",
        read::incident,
    )
    .get(
        "/api/v1/objectives",
        "objectives",
        "Tells what must hold of each domain.",
        read::objectives,
    )
    .get(
        "/api/v1/equalities",
        "equalities",
        "Tells what is compared between the sides.",
        read::equalities,
    )
    .get(
        "/api/v1/surveys",
        "surveys",
        "Tells what was looked at page by page and basket by basket.",
        read::surveys,
    )
    .get("/api/v1/who", "who", "Tells who owns something.", read::who)
    .get(
        "/api/v1/rulings",
        "rulings",
        "Tells what whoever asks may do now, and why not.",
        read::may,
    )
    .get(
        "/api/v1/journal",
        "journal",
        "Tells entries of the journal in order.",
        read::journal,
    )
    .may_fail(&[Code::StoreFaulted])
    .get(
        "/api/v1/stream",
        "follow",
        "Announces each new journal sequence.",
        stream::follow,
    )
    .may_fail(&[Code::UnknownThing])
}

/// Asks the engine to change something.
fn asks(api: Described) -> Described {
    api.post(
        "/api/v1/stages/{id}/approve",
        "approve",
        "Approves the next move of a stage.",
        ask::approve,
    )
    .post(
        "/api/v1/stages/{id}/accept-risk",
        "acceptRisk",
        "Lets a stage grow at a named risk.",
        ask::accept_risk,
    )
    .post(
        "/api/v1/stages/{id}/hold",
        "hold",
        "Stops the growth of a stage.",
        ask::hold,
    )
    .post(
        "/api/v1/stages/{id}/resume",
        "resume",
        "Takes a hold back.",
        ask::resume,
    )
    .post(
        "/api/v1/stages/{id}/rollback",
        "rollback",
        "Takes everybody back to the old side.",
        ask::rollback,
    )
    .post(
        "/api/v1/stages/{id}/change",
        "noteChange",
        "Notes a change of a side.",
        ask::change,
    )
    .post(
        "/api/v1/stages/{id}/finalise",
        "finalise",
        "Gives the way back up.",
        ask::finalise,
    )
    .post(
        "/api/v1/stages/{id}/attest",
        "attest",
        "Answers a manual criterion.",
        ask::attest,
    )
    .post(
        "/api/v1/stages/{id}/feedback",
        "fileFeedback",
        "Files feedback, which is answered before the next gate opens.",
        tell::feedback,
    )
    .post(
        "/api/v1/stages/{id}/answer",
        "answerLesson",
        "Answers feedback or a closed incident of a stage.",
        tell::answer,
    )
    .post(
        "/api/v1/runbooks/{id}/drill",
        "recordDrill",
        "Tells how a drill of a runbook went.",
        tell::drill,
    )
    .post(
        "/api/v1/incidents",
        "openIncident",
        "Declares an incident.",
        ask::open_incident,
    )
    .post(
        "/api/v1/incidents/{id}/acknowledge",
        "acknowledge",
        "Takes an incident on.",
        ask::acknowledge,
    )
    .post(
        "/api/v1/incidents/{id}/act",
        "act",
        "Uses an action that is granted for an incident.",
        ask::act,
    )
    .post(
        "/api/v1/incidents/{id}/steps",
        "finishStep",
        "Says that a step of a runbook, which an action began, was done.",
        ask::finish_step,
    )
    .post(
        "/api/v1/incidents/{id}/resolve",
        "resolve",
        "Ends an incident with its lesson.",
        ask::resolve,
    )
    .post(
        "/api/v1/actions/{id}/revert",
        "revert",
        "Takes an action back.",
        ask::revert,
    )
    .post(
        "/api/v1/adopt",
        "adopt",
        "Runs another version of the estate.",
        adopt::adopt,
    )
    .may_fail(&[Code::PlanWrong, Code::Unroutable])
}

async fn describe(State(_): State<Shared>) -> Json<Map<String, Value>> {
    Json(document().clone())
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
