//! The controller's own health: for a load balancer without a login, for a metrics store with a key.

use std::fmt::Write;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use tidegate_runtime::Ailment;

use crate::app::Shared;
use crate::door::MetricsReader;
use crate::openapi::{Answers, Operation, Types};
use crate::problem::{Code, Problem};

/// How the controller is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    /// Whether it can take anything.
    ok: bool,
    /// Journal sequence of the last entry.
    seq: u64,
    /// Whether the journal can be written.
    store_writable: bool,
}

/// Whether the controller can take anything; says nothing about the cutover.
pub(crate) async fn health(State(app): State<Shared>) -> Result<Health, Problem> {
    if let Some(stuck @ Ailment::Stuck { .. }) = app.handle.ails() {
        return Err(Problem::new(Code::Stuck, stuck.to_string()).retry_after(1));
    }
    let snapshot = app.handle.view();
    let writable = snapshot.fault.is_none();
    Ok(Health {
        ok: writable,
        seq: snapshot.seq,
        store_writable: writable,
    })
}

impl IntoResponse for Health {
    fn into_response(self) -> Response {
        let status = if self.ok {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        (status, Json(self)).into_response()
    }
}

impl Answers for Health {
    fn answer(operation: &mut Operation, types: &mut Types) {
        operation.answers_json::<Self>(StatusCode::OK, "It can take anything.", types);
        operation.answers_json::<Self>(StatusCode::SERVICE_UNAVAILABLE, "The journal takes nothing.", types);
        operation.may_fail(&[Code::Stuck]);
    }
}

/// Metrics as text.
pub(crate) struct Exposition(String);

impl IntoResponse for Exposition {
    fn into_response(self) -> Response {
        (
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
            self.0,
        )
            .into_response()
    }
}

impl Answers for Exposition {
    fn answer(operation: &mut Operation, _: &mut Types) {
        operation.answers(
            StatusCode::OK,
            "Metrics in Prometheus' text format.",
            Some("text/plain"),
        );
    }
}

/// Prometheus text format 0.0.4.
pub(crate) async fn metrics(State(app): State<Shared>, _: MetricsReader) -> Exposition {
    let status = app.status().await;
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, samples: &[(String, f64)]| {
        let written = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge").and_then(|()| {
            samples
                .iter()
                .try_for_each(|(labels, value)| writeln!(text, "{name}{labels} {value}"))
        });
        written.expect("writing into a string cannot fail");
    };
    gauge(
        "tidegate_journal_seq",
        "Journal sequence of the last entry.",
        &[(String::new(), status.seq as f64)],
    );
    gauge(
        "tidegate_outbox_effects",
        "Effects that have not ended.",
        &[(String::new(), status.outbox.len() as f64)],
    );
    let open = status
        .incidents
        .iter()
        .filter(|incident| incident.phase != "resolved")
        .count();
    gauge(
        "tidegate_open_incidents",
        "Incidents that are not resolved.",
        &[(String::new(), open as f64)],
    );
    let stages = || status.plans.iter().flat_map(|plan| &plan.stages);
    let exposures: Vec<_> = stages()
        .map(|stage| (format!("{{stage=\"{}\"}}", stage.id), stage.exposure.share()))
        .collect();
    gauge(
        "tidegate_stage_exposure_ratio",
        "Share of visitors asked to be on the new side, 0 to 1.",
        &exposures,
    );
    let proven: Vec<_> = stages()
        .map(|stage| (format!("{{stage=\"{}\"}}", stage.id), stage.proven.share()))
        .collect();
    gauge(
        "tidegate_stage_proven_ratio",
        "Highest exposure whose gate has passed, 0 to 1.",
        &proven,
    );
    Exposition(text)
}
