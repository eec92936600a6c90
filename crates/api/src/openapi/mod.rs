//! The description of the API as an OpenAPI 3.1 document, made of the handlers that serve it: their arguments say what is
//! taken, their answers what is given. A path cannot be served under `/api` or `/ofrep` without being described.

mod answers;
mod arguments;
mod operation;
mod problems;
mod router;
mod types;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

pub(crate) use answers::Answers;
pub(crate) use arguments::Asks;
pub(crate) use operation::Operation;
pub(crate) use router::Described;
pub(crate) use types::Types;

use crate::door::{FORM_HEADER, SESSION_COOKIE};

/// The document as it is served at `/api/openapi.json`, as JSON with a line end.
#[must_use]
pub fn openapi() -> String {
    let mut text = serde_json::to_string_pretty(document()).expect("a document becomes JSON");
    text.push('\n');
    text
}

/// The document. It says nothing of any estate, so it is made once.
pub(crate) fn document() -> &'static Map<String, Value> {
    static DOCUMENT: LazyLock<Map<String, Value>> = LazyLock::new(|| crate::serve::described().document());
    &DOCUMENT
}

/// Everything but paths and schemas. Named without a version of its own: what is served is described, whatever serves it.
fn frame(paths: Map<String, Value>, schemas: Map<String, Value>) -> Map<String, Value> {
    let all = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tidegate",
            "version": "1",
            "summary": "The control plane for changing a live revenue system in stages.",
            "description": "Whatever is not done is answered with a problem document (RFC 9457) whose `code` is stable; \
                `tidegate explain CODE` tells more. Switches are read over OFREP, which has error bodies of its own.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": doors() },
    });
    match all {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            unreachable!("an object was written down")
        }
    }
}

/// Everything that lets somebody in.
fn doors() -> Value {
    let key = |purpose: &str| {
        json!({
            "type": "http", "scheme": "bearer",
            "description": format!("A service key for `{purpose}`, made by `tidegate token key NAME {purpose}`."),
        })
    };
    json!({
        "token": { "type": "http", "scheme": "bearer", "description": "A personal token, made by `tidegate token issue NAME`." },
        "changeKey": key("change"),
        "metricsKey": key("metrics"),
        "switchesKey": key("switches"),
        "switchesKeyHeader": { "type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key in OFREP's other header." },
        "session": { "type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "A browser session; the name begins with `__Host-` where people come in over TLS." },
        "form": { "type": "apiKey", "in": "header", "name": FORM_HEADER, "description": "The form secret of a browser session, without which it changes nothing." },
    })
}

#[cfg(test)]
mod tests;
