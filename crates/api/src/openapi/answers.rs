//! What a handler's answer says of itself.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Sse;
use schemars::JsonSchema;

use super::{Operation, Types};
use crate::problem::Problem;

/// An answer of a handler that is described.
pub(crate) trait Answers {
    /// Adds the statuses and bodies that it may have.
    fn answer(operation: &mut Operation, types: &mut Types);
}

impl<T: JsonSchema> Answers for Json<T> {
    fn answer(operation: &mut Operation, types: &mut Types) {
        operation.answers_json::<T>(StatusCode::OK, "What was asked for.", types);
    }
}

/// The arguments say which problems there are; a handler adds those of its own where it is declared.
impl<T: Answers> Answers for Result<T, Problem> {
    fn answer(operation: &mut Operation, types: &mut Types) {
        T::answer(operation, types);
    }
}

impl<S> Answers for Sse<S> {
    fn answer(operation: &mut Operation, _: &mut Types) {
        operation.answers(
            StatusCode::OK,
            "Events, until either side ends it.",
            Some("text/event-stream"),
        );
    }
}
