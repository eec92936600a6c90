//! What a handler's arguments say of the requests that it takes: who may ask, and in which shape.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde_json::json;
use tidegate_engine::command::COMMAND_KEY_BYTES_MAX;
use tidegate_engine::refusal::Rule;
use tidegate_model::{NAME_BYTES_MAX, NAME_PATTERN};

use super::{Operation, Types};
use crate::app::Shared;
use crate::body::JsonBody;
use crate::door::{ChangeReporter, MetricsReader, Person};
use crate::json::conditions::{Conditions, Once};
use crate::json::name::Named;
use crate::json::query::Asked;
use crate::problem::Code;

/// An argument of a handler that is described.
pub(crate) trait Asks {
    /// Adds what it needs, and what may go wrong with it.
    fn ask(operation: &mut Operation, types: &mut Types);
}

impl Asks for State<Shared> {
    fn ask(_: &mut Operation, _: &mut Types) {}
}

/// A person by token, or by a session whose form secret goes along with every change.
fn person(operation: &mut Operation) {
    operation.door(&["token"]);
    if operation.is_read() {
        operation.door(&["session"]);
    } else {
        operation.door(&["session", "form"]);
        operation.may_fail(&[Code::FormNotOurs]);
    }
    operation.may_fail(&[
        Code::NotLoggedIn,
        Code::WrongPurpose,
        Code::TooManyAttempts,
        Code::AccessUnreadable,
    ]);
}

impl Asks for Person {
    fn ask(operation: &mut Operation, _: &mut Types) {
        person(operation);
    }
}

impl Asks for ChangeReporter {
    fn ask(operation: &mut Operation, _: &mut Types) {
        person(operation);
        operation.door(&["changeKey"]);
    }
}

impl Asks for MetricsReader {
    fn ask(operation: &mut Operation, _: &mut Types) {
        person(operation);
        operation.door(&["metricsKey"]);
    }
}

impl<T> Asks for Named<T> {
    fn ask(operation: &mut Operation, _: &mut Types) {
        let schema = json!({ "type": "string", "pattern": NAME_PATTERN, "maxLength": NAME_BYTES_MAX });
        operation.path_parameters("Its name.", &schema);
        operation.may_fail(&[Code::WrongShape, Code::UnknownPath]);
        if operation.is_read() {
            operation.may_fail(&[Code::UnknownThing]);
        }
    }
}

impl<T: JsonSchema> Asks for Asked<T> {
    fn ask(operation: &mut Operation, _: &mut Types) {
        let schema = schemars::schema_for!(T).to_value();
        let required: Vec<&str> = schema["required"]
            .as_array()
            .map(|names| names.iter().filter_map(|name| name.as_str()).collect())
            .unwrap_or_default();
        let fields = schema["properties"].as_object().into_iter().flatten();
        for (name, field) in fields {
            let mut field = field.clone();
            let says = field["description"].as_str().unwrap_or_default().to_owned();
            if let Some(field) = field.as_object_mut() {
                field.remove("description");
            }
            operation.parameter("query", name, required.contains(&name.as_str()), &says, field);
        }
        operation.may_fail(&[Code::WrongShape]);
    }
}

impl<T: JsonSchema, const MAX: usize> Asks for JsonBody<T, MAX> {
    fn ask(operation: &mut Operation, types: &mut Types) {
        operation.takes::<T>(types);
        operation.may_fail(&[
            Code::WrongMediaType,
            Code::TooLarge,
            Code::TooSlow,
            Code::NotJson,
            Code::WrongShape,
        ]);
    }
}

impl Asks for Once {
    /// Whatever asks the engine may be refused by it, under any of its rules.
    fn ask(operation: &mut Operation, _: &mut Types) {
        let key =
            json!({ "type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": COMMAND_KEY_BYTES_MAX });
        let says = "The same key with the same request gives the same answer and asks once; made up when missing.";
        operation.parameter("header", "Idempotency-Key", false, says, key);
        operation.may_fail(&[
            Code::WrongShape,
            Code::KeyReused,
            Code::Busy,
            Code::StoreFaulted,
            Code::Stopped,
        ]);
        for rule in Rule::ALL {
            let status = if rule == Rule::NotAuthorised {
                StatusCode::FORBIDDEN
            } else {
                StatusCode::CONFLICT
            };
            operation.fails_as(status, rule.code());
        }
    }
}

impl Asks for Conditions {
    fn ask(operation: &mut Operation, types: &mut Types) {
        Once::ask(operation, types);
        let seen = json!({ "type": "string", "pattern": "^(\\*|\"[!#-~]*\")$", "minLength": 1 });
        let says = "The `ETag` of the stage as it was read; the decision is turned away when that has changed since.";
        operation.parameter("header", "If-Match", false, says, seen);
        operation.may_fail(&[Code::Changed]);
    }
}
