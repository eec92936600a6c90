//! Evaluation of one switch and of all of them, and of the side of a key: the targeting key of the context.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidegate_engine::view::{self, SplitView};

use super::failure::{ErrorCode, Failure};
use super::question::{Known, Question, SwitchKey, SwitchReader};
use crate::app::{App, Shared};
use crate::ofrep::flag::{Bulk, EventStream, Flag, Tagged, asks_side};
use crate::ofrep::stream;
use crate::openapi::{Answers, Operation, Types};

/// A client that heard nothing for so long fetches again by itself.
const INACTIVITY_SECONDS: u32 = 120;

impl App {
    fn flags(&self) -> Vec<Flag> {
        let snapshot = self.handle.view();
        view::switches(&snapshot.estate, &snapshot.state)
            .into_iter()
            .map(Flag::of)
            .collect()
    }

    fn splits(&self) -> Vec<SplitView> {
        let snapshot = self.handle.view();
        view::splits(&snapshot.estate, &snapshot.state)
    }

    /// All switches with their entity tag, which changes with every exposure too.
    pub(crate) fn switches_tagged(&self) -> Tagged {
        self.all_tagged(None)
    }

    /// Whether no side of a key is told: while nothing could be lowered, what was true last may be wrong for as long. Gateways get
    /// no leases then and fall back to what is proven; a program that splits work by itself waits.
    fn withholds_sides(&self) -> bool {
        self.handle.ails().is_some()
    }

    /// All switches and, for a key, its side in every unit.
    fn all_tagged(&self, key: Option<&str>) -> Tagged {
        let events = EventStream {
            kind: "sse",
            url: format!("{}{}", self.config.public_url.trim_end_matches('/'), stream::path(self)),
            inactivity_delay_sec: INACTIVITY_SECONDS,
        };
        let splits = self.splits();
        let are_withheld = self.withholds_sides();
        let mut flags = self.flags();
        flags.extend(
            key.filter(|_| !are_withheld)
                .iter()
                .flat_map(|key| splits.iter().map(|split| Flag::side(split, key))),
        );
        let exposed_seq = splits.iter().map(|split| split.seq).max().unwrap_or(0);
        Bulk::new(flags, exposed_seq, are_withheld, vec![events]).tagged()
    }
}

pub(crate) async fn one(
    State(app): State<Shared>,
    _: SwitchReader,
    SwitchKey(key): SwitchKey,
    Question { targeting_key }: Question,
) -> Result<Fresh<Flag>, Failure> {
    let found = match asks_side(&key) {
        Some(unit) => side(&app, &key, unit, targeting_key.as_deref()),
        None => {
            let flag = app.flags().into_iter().find(|flag| flag.key == key);
            flag.ok_or_else(|| unknown(&key, format!("no switch named `{key}` is declared")))
        }
    };
    found.map(Fresh)
}

/// The side of a key in a unit. Without a key there is none: a default would be two runners for one record.
fn side(app: &App, flag: &str, unit: &str, key: Option<&str>) -> Result<Flag, Failure> {
    let splits = app.splits();
    let Some(split) = splits.iter().find(|split| split.unit.as_str() == unit) else {
        return Err(unknown(flag, format!("no edge has a unit named `{unit}`")));
    };
    let key = key.ok_or_else(|| {
        let details = "expected `targetingKey`: the side of a unit depends on whose it is".to_owned();
        Failure::new(
            StatusCode::BAD_REQUEST,
            Some(flag),
            ErrorCode::TargetingKeyMissing,
            details,
        )
    })?;
    if let Some(ailment) = app.handle.ails() {
        let details = format!("no side is told, because it could not be taken back: {ailment}");
        return Err(Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Some(flag),
            ErrorCode::General,
            details,
        ));
    }
    Ok(Flag::side(split, key))
}

fn unknown(flag: &str, details: String) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, Some(flag), ErrorCode::FlagNotFound, details)
}

pub(crate) async fn all(
    State(app): State<Shared>,
    _: SwitchReader,
    known: Known,
    Question { targeting_key }: Question,
) -> Result<All, Failure> {
    let newest = app.switches_tagged().tag;
    let tagged = app.all_tagged(targeting_key.as_deref());
    let is_known = known.is(&tagged.tag, &newest);
    Ok(All { tagged, is_known })
}

/// What nothing between may keep.
const FRESH: (header::HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));

/// An answer that nothing between may keep.
pub(crate) struct Fresh<T>(T);

impl IntoResponse for Fresh<Flag> {
    fn into_response(self) -> Response {
        ([FRESH], Json(self.0)).into_response()
    }
}

impl Answers for Result<Fresh<Flag>, Failure> {
    fn answer(operation: &mut Operation, types: &mut Types) {
        operation.answers_json::<Flag>(StatusCode::OK, "The switch, or the side.", types);
    }
}

/// All switches, or that a client has them.
pub(crate) struct All {
    tagged: Tagged,
    is_known: bool,
}

impl IntoResponse for All {
    fn into_response(self) -> Response {
        let Tagged { body, tag, .. } = self.tagged;
        let tag = HeaderValue::from_str(&tag).expect("a tag is hexadecimal in quotes");
        let headers = [FRESH, (header::ETAG, tag)];
        if self.is_known {
            (StatusCode::NOT_MODIFIED, headers).into_response()
        } else {
            (headers, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
    }
}

impl Answers for Result<All, Failure> {
    fn answer(operation: &mut Operation, types: &mut Types) {
        operation.answers_json::<Bulk>(
            StatusCode::OK,
            "Every switch, and the side of a key in every unit.",
            types,
        );
        operation.with_header(StatusCode::OK, "ETag", "Changes whenever the answer does.");
    }
}
