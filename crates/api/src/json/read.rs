//! Reads: the views of the engine at the last journal sequence, and the journal itself.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use tidegate_engine::view::{
    DomainObjectives, EqualityView, IncidentView, RulingView, StageView, StatusView, SurveyView, WhoView,
};
use tidegate_engine::{view, view::rulings};
use tidegate_model::{CriterionId, FlowId, IncidentId, StageId};

use crate::app::{App, Shared};
use crate::clock;
use crate::config::{JournalRow, LatencyView};
use crate::door::Person;
use crate::json::name::Named;
use crate::json::query::Asked;
use crate::openapi::{Answers, Operation, Types};
use crate::page::comparisons;
use crate::page::view::View;
use crate::problem::{Code, Problem};
use crate::sight;
use crate::why::{self, Why};

/// Entries of one journal answer.
pub(crate) const ROWS_MAX: usize = 1_000;
/// Entries of one journal answer when nothing is said.
pub(crate) const ROWS: usize = 100;

impl App {
    /// What is going on, now.
    pub(crate) async fn status(&self) -> StatusView {
        let snapshot = self.handle.view();
        self.chronicle.catch_up(snapshot.seq).await;
        let mut status = view::status(&snapshot.estate, &snapshot.state, clock::now().max(snapshot.now));
        self.chronicle.fetch_missing(&status).await;
        self.chronicle.tell(&mut status);
        for stage in status.plans.iter_mut().flat_map(|plan| &mut plan.stages) {
            for criterion in &mut stage.criteria {
                let slow = (self.config.slowed)(&stage.id, &criterion.id);
                criterion.slowed = slow.map(|slow| slow.to_string());
            }
        }
        status
    }

    /// The same with everything that a page tells: an incident's page also what is told of it when it is over.
    pub(crate) async fn status_for(&self, page: &View) -> StatusView {
        let mut status = self.status().await;
        if let View::Incident(id) = page {
            self.chronicle.fetch_incident(&status, id).await;
            self.chronicle.tell(&mut status);
        }
        status
    }

    /// What somebody may do, now.
    pub(crate) fn rulings(&self, actor: &tidegate_model::seam::Actor) -> Vec<RulingView> {
        let snapshot = self.handle.view();
        rulings(&snapshot.estate, &snapshot.state, actor, clock::now().max(snapshot.now))
    }

    /// Reads the journal without holding up other requests.
    pub(crate) async fn journal(&self, from: u64, limit: usize) -> Result<Vec<JournalRow>, Problem> {
        let rows = self.config.journal.clone();
        let read = tokio::task::spawn_blocking(move || rows(from, limit)).await;
        match read {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(reason)) => Err(Problem::new(Code::StoreFaulted, reason).retry_after(1)),
            Err(error) => Err(Problem::new(Code::StoreFaulted, error.to_string()).retry_after(1)),
        }
    }
}

pub(crate) async fn status(State(app): State<Shared>, _: Person) -> Json<StatusView> {
    Json(app.status().await)
}

pub(crate) async fn stage(
    State(app): State<Shared>,
    _: Person,
    Named(id): Named<StageId>,
) -> Result<Seen<StageView>, Problem> {
    // Before the view: a sight may be older than what is shown with it, never newer.
    let seen = sight::all(&app.handle.view()).remove(id.as_str()).unwrap_or_default();
    let found = app
        .status()
        .await
        .plans
        .into_iter()
        .flat_map(|plan| plan.stages)
        .find(|stage| stage.id == id);
    found
        .map(|shown| Seen { seen, shown })
        .ok_or_else(|| unknown("stage", &id.to_string()))
}

pub(crate) async fn criterion(
    State(app): State<Shared>,
    _: Person,
    Named((stage, name)): Named<(StageId, CriterionId)>,
) -> Result<Json<Why>, Problem> {
    let snapshot = app.handle.view();
    let now = clock::now().max(snapshot.now);
    let status = view::status(&snapshot.estate, &snapshot.state, now);
    let stages = status.plans.iter().flat_map(|plan| &plan.stages);
    let found = stages.filter(|known| known.id == stage).find_map(|stage| {
        let mut criteria = stage.criteria.iter();
        let criterion = criteria.find(|criterion| criterion.id == name)?;
        why::of(&snapshot, stage, criterion, now)
    });
    found
        .map(Json)
        .ok_or_else(|| unknown("criterion", &format!("{stage}/{name}")))
}

pub(crate) async fn latency(
    State(app): State<Shared>,
    _: Person,
    Named(id): Named<FlowId>,
) -> Result<Json<Vec<LatencyView>>, Problem> {
    let snapshot = app.handle.view();
    if !snapshot.estate.flows().contains_key(&id) {
        return Err(unknown("flow", &id.to_string()));
    }
    Ok(Json((app.config.latencies)(&id)))
}

pub(crate) async fn incident(
    State(app): State<Shared>,
    _: Person,
    Named(id): Named<IncidentId>,
) -> Result<Json<IncidentView>, Problem> {
    let found = app
        .status()
        .await
        .incidents
        .into_iter()
        .find(|incident| incident.id == id);
    found.map(Json).ok_or_else(|| unknown("incident", &id.to_string()))
}

pub(crate) async fn incidents(State(app): State<Shared>, _: Person) -> Json<Vec<IncidentView>> {
    Json(app.status().await.incidents)
}

pub(crate) async fn objectives(State(app): State<Shared>, _: Person) -> Json<Vec<DomainObjectives>> {
    let snapshot = app.handle.view();
    let now = clock::now().max(snapshot.now);
    Json(view::objectives(&snapshot.estate, &snapshot.state, now))
}

pub(crate) async fn equalities(State(app): State<Shared>, _: Person) -> Json<Vec<EqualityView>> {
    let snapshot = app.handle.view();
    let now = clock::now().max(snapshot.now);
    Json(comparisons::all(
        &snapshot.estate,
        &snapshot.state,
        &app.config.slowed,
        now,
    ))
}

pub(crate) async fn surveys(State(app): State<Shared>, _: Person) -> Json<Vec<SurveyView>> {
    let snapshot = app.handle.view();
    let now = clock::now().max(snapshot.now);
    Json(view::surveys(&snapshot.estate, &snapshot.state, now))
}

/// Whom or what somebody asks for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Wanted {
    /// A name of anything: a domain, flow, route, address, switch, team or person; `kind:name` where several have it.
    q: String,
}

pub(crate) async fn who(State(app): State<Shared>, _: Person, Asked(Wanted { q }): Asked<Wanted>) -> Json<WhoView> {
    let snapshot = app.handle.view();
    Json(view::who(&snapshot.estate, &q))
}

pub(crate) async fn may(State(app): State<Shared>, person: Person) -> Json<Vec<RulingView>> {
    Json(app.rulings(&person.caller.actor()))
}

/// A part of the journal.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Part {
    /// Sequence of the first entry.
    #[serde(default = "first")]
    #[schemars(range(max = u64::MAX))]
    from: u64,
    /// Entries at most.
    #[serde(default = "some")]
    #[schemars(range(min = 1, max = 1_000))]
    limit: u64,
}

fn first() -> u64 {
    1
}

fn some() -> u64 {
    ROWS as u64
}

pub(crate) async fn journal(
    State(app): State<Shared>,
    _: Person,
    Asked(Part { from, limit }): Asked<Part>,
) -> Result<Json<Vec<JournalRow>>, Problem> {
    if limit == 0 || limit > ROWS_MAX as u64 {
        return Err(Problem::new(
            Code::WrongShape,
            format!("expected a limit of 1 to {ROWS_MAX}, found {limit}"),
        ));
    }
    let limit = usize::try_from(limit).expect("checked against the largest limit");
    app.journal(from, limit).await.map(Json)
}

fn unknown(kind: &str, name: &str) -> Problem {
    Problem::new(Code::UnknownThing, format!("no {kind} named `{name}` is known"))
}

/// Something that a decision may be bound to, with its entity tag.
pub(crate) struct Seen<T> {
    seen: String,
    shown: T,
}

impl<T: serde::Serialize> IntoResponse for Seen<T> {
    fn into_response(self) -> Response {
        ([(ETAG, format!("\"{}\"", self.seen))], Json(self.shown)).into_response()
    }
}

impl<T: JsonSchema> Answers for Seen<T> {
    fn answer(operation: &mut Operation, types: &mut Types) {
        Json::<T>::answer(operation, types);
        operation.with_header(
            StatusCode::OK,
            "ETag",
            "What a decision about it may be bound to with `If-Match`.",
        );
    }
}
