//! Reads: the views of the engine at the last journal sequence, and the journal itself.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderName;
use axum::http::header::ETAG;
use tidegate_engine::view::{DomainObjectives, EqualityView, IncidentView, RulingView, StageView, StatusView, WhoView};
use tidegate_engine::{view, view::rulings};

use crate::app::{App, Shared};
use crate::body::parameter;
use crate::clock;
use crate::config::{JournalRow, LatencyView};
use crate::door::Person;
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
    Path(name): Path<String>,
) -> Result<([(HeaderName, String); 1], Json<StageView>), Problem> {
    // Before the view: a sight may be older than what is shown with it, never newer.
    let seen = sight::all(&app.handle.view()).remove(&name).unwrap_or_default();
    let found = app
        .status()
        .await
        .plans
        .into_iter()
        .flat_map(|plan| plan.stages)
        .find(|stage| stage.id.as_str() == name);
    found
        .map(|stage| ([(ETAG, format!("\"{seen}\""))], Json(stage)))
        .ok_or_else(|| unknown("stage", &name))
}

pub(crate) async fn criterion(
    State(app): State<Shared>,
    _: Person,
    Path((stage, name)): Path<(String, String)>,
) -> Result<Json<Why>, Problem> {
    let snapshot = app.handle.view();
    let now = clock::now().max(snapshot.now);
    let status = view::status(&snapshot.estate, &snapshot.state, now);
    let stages = status.plans.iter().flat_map(|plan| &plan.stages);
    let found = stages.filter(|known| known.id.as_str() == stage).find_map(|stage| {
        let mut criteria = stage.criteria.iter();
        let criterion = criteria.find(|criterion| criterion.id.as_str() == name)?;
        why::of(&snapshot, stage, criterion, now)
    });
    found
        .map(Json)
        .ok_or_else(|| unknown("criterion", &format!("{stage}/{name}")))
}

pub(crate) async fn latency(
    State(app): State<Shared>,
    _: Person,
    Path(name): Path<String>,
) -> Result<Json<Vec<LatencyView>>, Problem> {
    let snapshot = app.handle.view();
    let flow = snapshot.estate.flows().keys().find(|flow| flow.as_str() == name);
    flow.map(|flow| Json((app.config.latencies)(flow)))
        .ok_or_else(|| unknown("flow", &name))
}

pub(crate) async fn incident(
    State(app): State<Shared>,
    _: Person,
    Path(name): Path<String>,
) -> Result<Json<IncidentView>, Problem> {
    let found = app
        .status()
        .await
        .incidents
        .into_iter()
        .find(|incident| incident.id.as_str() == name);
    found.map(Json).ok_or_else(|| unknown("incident", &name))
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
    Json(view::equalities(&snapshot.estate, &snapshot.state, now))
}

pub(crate) async fn who(
    State(app): State<Shared>,
    _: Person,
    RawQuery(query): RawQuery,
) -> Result<Json<WhoView>, Problem> {
    let asked =
        parameter(query.as_deref(), "q").ok_or_else(|| Problem::new(Code::WrongShape, "expected `?q=` with a name"))?;
    let snapshot = app.handle.view();
    Ok(Json(view::who(&snapshot.estate, &asked)))
}

pub(crate) async fn may(State(app): State<Shared>, person: Person) -> Json<Vec<RulingView>> {
    Json(app.rulings(&person.caller.actor()))
}

pub(crate) async fn journal(
    State(app): State<Shared>,
    _: Person,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<JournalRow>>, Problem> {
    let from = number(query.as_deref(), "from", 1)?;
    let limit = number(query.as_deref(), "limit", ROWS as u64)?;
    if limit == 0 || limit > ROWS_MAX as u64 {
        return Err(Problem::new(
            Code::WrongShape,
            format!("expected a limit of 1 to {ROWS_MAX}, found {limit}"),
        ));
    }
    let limit = usize::try_from(limit).expect("checked against the largest limit");
    app.journal(from, limit).await.map(Json)
}

fn number(query: Option<&str>, name: &str, missing: u64) -> Result<u64, Problem> {
    match parameter(query, name) {
        None => Ok(missing),
        Some(text) => text.parse().map_err(|_| {
            Problem::new(
                Code::WrongShape,
                format!("expected a number as `{name}`, found `{text}`"),
            )
        }),
    }
}

fn unknown(kind: &str, name: &str) -> Problem {
    Problem::new(Code::UnknownThing, format!("no {kind} named `{name}` is known"))
}
