//! What PostgreSQL would do to read rows by their keys, by its own plan: an index gives them, or everything is sorted or scanned.

use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use super::session::{Sessions, fault};
use super::{Asking, Question, SQL};
use crate::fault::SourceFault;

/// The largest of these tables by its statistics.
const LARGEST: &str =
    "SELECT coalesce(max(reltuples)::bigint, 0) FROM pg_class WHERE relname = ANY($1) AND relkind IN ('r', 'm', 'p')";

/// What of the plan is a detour, in words; `None` where there is none.
pub(super) async fn detour(
    sessions: &Sessions,
    question: &Question,
    asking: Asking<'_>,
    rows_max: u64,
) -> Result<Option<String>, SourceFault> {
    let session = sessions.take().await?;
    let explain = format!("EXPLAIN (FORMAT JSON) {}", SQL.asked(question, asking));
    let answer = session
        .client()
        .simple_query(&explain)
        .await
        .map_err(|error| fault(&error))?;
    let text: String = answer
        .iter()
        .filter_map(|message| {
            let SimpleQueryMessage::Row(row) = message else {
                return None;
            };
            row.get(0)
        })
        .collect();
    // A plan in a form that is not known says nothing.
    let plan: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let wanted = asking.words();
    let mut steps = Steps::default();
    steps.add(&plan[0]["Plan"]);
    let mut found = None;
    if steps.sorted > rows_max {
        found = Some(format!("it would sort about {} rows {wanted}", steps.sorted));
    } else if !steps.scanned.is_empty() {
        let row = session.client().query_one(LARGEST, &[&steps.scanned]).await;
        let rows = u64::try_from(row.map_err(|error| fault(&error))?.get::<_, i64>(0)).unwrap_or(0);
        if rows > rows_max {
            found = Some(format!("it would scan about {rows} rows {wanted}"));
        }
    }
    session.give_back(sessions);
    Ok(found)
}

/// What a plan does besides walking an index.
#[derive(Debug, Default)]
struct Steps {
    /// Rows of its largest sort.
    sorted: u64,
    /// The tables that are read from end to end.
    scanned: Vec<String>,
}

impl Steps {
    fn add(&mut self, step: &Value) {
        let rows = || {
            let below = step["Plans"][0]["Plan Rows"].as_u64();
            below.or(step["Plan Rows"].as_u64()).unwrap_or(0)
        };
        match step["Node Type"].as_str() {
            Some("Sort" | "Incremental Sort") => self.sorted = self.sorted.max(rows()),
            Some("Seq Scan") => self.scanned.extend(step["Relation Name"].as_str().map(str::to_owned)),
            Some(_) | None => {}
        }
        for below in step["Plans"].as_array().into_iter().flatten() {
            self.add(below);
        }
    }
}
