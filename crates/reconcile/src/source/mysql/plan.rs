//! What MariaDB or MySQL would do to read rows by their keys, by its own plan: an index gives them, or everything is sorted or
//! scanned.

use mysql_async::Row;
use mysql_async::prelude::Queryable as _;

use super::session::{Sessions, fault};
use super::{Asking, Question, SQL};
use crate::fault::SourceFault;

/// What of the plan is a detour, in words; `None` where there is none.
pub(super) async fn detour(
    sessions: &Sessions,
    question: &Question,
    asking: Asking<'_>,
    rows_max: u64,
) -> Result<Option<String>, SourceFault> {
    let mut session = sessions.take().await?;
    let explain = format!("EXPLAIN {}", SQL.asked(question, asking));
    let steps: Vec<Row> = session.conn().query(explain).await.map_err(|error| fault(&error))?;
    session.give_back(sessions);
    let wanted = asking.words();
    for step in &steps {
        let word = |name: &str| step.get::<Option<String>, _>(name).flatten().unwrap_or_default();
        let rows = word("rows").parse::<u64>().unwrap_or(0);
        if rows <= rows_max {
            continue;
        }
        if word("Extra").contains("Using filesort") {
            return Ok(Some(format!("it would sort about {rows} rows {wanted}")));
        }
        let is_scan = match asking {
            // A scan of a whole index that ends after the first rows, or that all rows are asked for, costs those alone.
            Asking::Range { range, first } => {
                let is_of_all = range.from.is_none() && range.until.is_none();
                word("type") == "ALL" || word("type") == "index" && first.is_none() && !is_of_all
            }
            Asking::Key(_) => matches!(word("type").as_str(), "ALL" | "index"),
        };
        if is_scan {
            return Ok(Some(format!("it would scan about {rows} rows {wanted}")));
        }
    }
    Ok(None)
}
