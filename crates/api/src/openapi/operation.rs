//! One operation of the API while it is being described.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use crate::problem::Code;

use super::Types;

/// A method of a path: what it takes, what it gives, and why it may not.
pub(crate) struct Operation {
    pub(super) method: Method,
    pub(super) path: String,
    id: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Value>,
    problems: BTreeMap<u16, BTreeSet<&'static str>>,
    doors: Vec<Value>,
}

impl Operation {
    pub(super) fn new(method: Method, path: &str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            id,
            summary,
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            problems: BTreeMap::new(),
            doors: Vec::new(),
        }
    }

    /// Whether it only looks.
    pub(crate) fn is_read(&self) -> bool {
        self.method.is_safe()
    }

    /// One set of schemes that lets in; each call adds an alternative.
    pub(crate) fn door(&mut self, schemes: &[&str]) {
        let all: Map<String, Value> = schemes.iter().map(|scheme| ((*scheme).to_owned(), json!([]))).collect();
        self.doors.push(Value::Object(all));
    }

    /// A parameter in `query` or `header`.
    pub(crate) fn parameter(&mut self, place: &str, name: &str, is_required: bool, says: &str, schema: Value) {
        self.parameters.push(json!({
            "in": place, "name": name, "required": is_required, "description": says, "schema": schema,
        }));
    }

    /// Every `{name}` of the path.
    pub(crate) fn path_parameters(&mut self, says: &str, schema: &Value) {
        let path = self.path.clone();
        let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        for name in names {
            self.parameter("path", name, true, says, schema.clone());
        }
    }

    /// The body that it takes.
    pub(crate) fn takes<T: JsonSchema>(&mut self, types: &mut Types) {
        let schema = types.taken::<T>();
        self.body = Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }));
    }

    /// An answer without a body, or with a text.
    pub(crate) fn answers(&mut self, status: StatusCode, says: &str, media_type: Option<&str>) {
        let mut answer = json!({ "description": says });
        if let Some(media_type) = media_type {
            answer["content"] = json!({ media_type: { "schema": { "type": "string" } } });
        }
        self.answers.insert(status.as_u16(), answer);
    }

    /// An answer of JSON.
    pub(crate) fn answers_json<T: JsonSchema>(&mut self, status: StatusCode, says: &str, types: &mut Types) {
        let schema = types.given::<T>();
        let answer = json!({ "description": says, "content": { "application/json": { "schema": schema } } });
        self.answers.insert(status.as_u16(), answer);
    }

    /// A header of an answer that was described.
    pub(crate) fn with_header(&mut self, status: StatusCode, name: &str, says: &str) {
        let answer = self.answers.entry(status.as_u16()).or_insert_with(|| json!({}));
        answer["headers"][name] = json!({ "description": says, "required": true, "schema": { "type": "string" } });
    }

    /// Reasons of the faces for not doing it.
    pub(crate) fn may_fail(&mut self, codes: &[Code]) {
        for code in codes {
            self.fails_as(code.status(), code.text());
        }
    }

    /// A problem of any family.
    pub(crate) fn fails_as(&mut self, status: StatusCode, code: &'static str) {
        self.problems.entry(status.as_u16()).or_default().insert(code);
    }

    /// What stands in the document.
    pub(super) fn to_value(&self) -> Value {
        let mut answers: Map<String, Value> = Map::new();
        for (status, answer) in &self.answers {
            answers.insert(status.to_string(), answer.clone());
        }
        for (status, codes) in &self.problems {
            let problem = super::problems::answer(*status, codes);
            match answers.get_mut(&status.to_string()) {
                Some(answer) => {
                    answer["content"]["application/problem+json"] =
                        problem["content"]["application/problem+json"].clone()
                }
                None => {
                    answers.insert(status.to_string(), problem);
                }
            }
        }
        let mut value = json!({
            "operationId": self.id,
            "summary": self.summary,
            "responses": answers,
            // An empty list says that nobody needs to be let in.
            "security": self.doors,
        });
        if !self.parameters.is_empty() {
            value["parameters"] = Value::Array(self.parameters.clone());
        }
        if let Some(body) = &self.body {
            value["requestBody"] = body.clone();
        }
        value
    }
}
