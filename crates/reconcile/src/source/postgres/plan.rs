//! What PostgreSQL would do to read rows by their keys, by its own plan: an index gives them, or everything is sorted or scanned.

use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use super::session::{Session, Sessions, fault};
use super::{Asking, Question, SQL};
use crate::fault::SourceFault;

/// These tables, whether they may be asked about, and how many rows each had when it was last analysed.
const TABLES: &str = "SELECT oid::regclass::text, has_table_privilege(oid, 'SELECT'), greatest(reltuples, 0)::bigint
    FROM pg_class WHERE relname = ANY($1) AND relkind IN ('r', 'm', 'p')";

/// What of the plan is a detour, in words; `None` where there is none.
pub(super) async fn detour(
    sessions: &Sessions,
    question: &Question,
    asking: Asking<'_>,
    rows_max: u64,
) -> Result<Option<String>, SourceFault> {
    let session = sessions.take().await?;
    let plan = plan(&session, &SQL.asked(question, asking)).await?;
    let wanted = asking.words();
    let mut steps = Steps::default();
    steps.add(&plan[0]["Plan"]);
    let mut found = None;
    if steps.sorted > rows_max {
        found = Some(format!("it would sort about {} rows {wanted}", steps.sorted));
    } else if !steps.scanned.is_empty() {
        let rows = largest(&session, &steps.scanned).await?.max(steps.scanned_rows);
        if rows > rows_max {
            found = Some(format!("it would scan about {rows} rows {wanted}"));
        }
    }
    session.give_back(sessions);
    Ok(found)
}

/// The plan of a statement; of a form that is not known it says nothing.
async fn plan(session: &Session, sql: &str) -> Result<Value, SourceFault> {
    let explain = format!("EXPLAIN (FORMAT JSON) {sql}");
    let answer = session.client().simple_query(&explain).await;
    let text: String = answer
        .map_err(|error| fault(&error))?
        .iter()
        .filter_map(|message| {
            let SimpleQueryMessage::Row(row) = message else {
                return None;
            };
            row.get(0)
        })
        .collect();
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// The rows of the largest of these tables. The planner goes by how large their files are now, so that it knows a table that was
/// never analysed, or not since it grew. Of a table that only a view may read, there are the statistics alone.
async fn largest(session: &Session, names: &[String]) -> Result<u64, SourceFault> {
    let tables = session.client().query(TABLES, &[&names]).await;
    let mut most = 0;
    for table in tables.map_err(|error| fault(&error))? {
        let (name, may_ask, rows) = (table.get::<_, String>(0), table.get(1), table.get::<_, i64>(2));
        let known = u64::try_from(rows).unwrap_or(0);
        let now = match may_ask {
            true => planned(&plan(session, &format!("SELECT FROM {name}")).await?[0]["Plan"]),
            false => 0,
        };
        most = most.max(known).max(now);
    }
    Ok(most)
}

/// How many rows a step of a plan gives.
fn planned(step: &Value) -> u64 {
    step["Plan Rows"].as_u64().unwrap_or(0)
}

/// What a plan does besides walking an index.
#[derive(Debug, Default)]
struct Steps {
    /// Rows of its largest sort.
    sorted: u64,
    /// The tables that are read from end to end.
    scanned: Vec<String>,
    /// The most rows that one of these scans gives, filtered.
    scanned_rows: u64,
}

impl Steps {
    fn add(&mut self, step: &Value) {
        let rows = || {
            let below = &step["Plans"][0];
            planned(if below.is_null() { step } else { below })
        };
        match step["Node Type"].as_str() {
            Some("Sort" | "Incremental Sort") => self.sorted = self.sorted.max(rows()),
            Some("Seq Scan") => {
                self.scanned.extend(step["Relation Name"].as_str().map(str::to_owned));
                self.scanned_rows = self.scanned_rows.max(planned(step));
            }
            Some(_) | None => {}
        }
        for below in step["Plans"].as_array().into_iter().flatten() {
            self.add(below);
        }
    }
}
