//! What MariaDB or MySQL would do to read a range in key order, by its own plan: an index gives it, or everything is sorted
//! first.

use mysql_async::Row;
use mysql_async::prelude::Queryable as _;

use super::session::{Sessions, fault};
use super::{Arrival, Question, SQL};
use crate::event::KeyRange;
use crate::fault::SourceFault;

/// What of the plan is a detour, in words; `None` where there is none.
pub(super) async fn detour(
    sessions: &Sessions,
    question: &Question,
    range: &KeyRange,
    first: Option<u64>,
    rows_max: u64,
) -> Result<Option<String>, SourceFault> {
    let list: Vec<String> = question.all().map(|asked| SQL.expression(&asked.expression)).collect();
    let select = SQL.select(question, &list, &SQL.within(question, range), Arrival::ByKey);
    let tail = first.map_or_else(String::new, |rows| format!(" LIMIT {rows}"));
    let mut session = sessions.take().await?;
    let asked = format!("EXPLAIN {select}{tail}");
    let steps: Vec<Row> = session.conn().query(asked).await.map_err(|error| fault(&error))?;
    session.give_back(sessions);
    for step in &steps {
        let word = |name: &str| step.get::<Option<String>, _>(name).flatten().unwrap_or_default();
        let rows = word("rows").parse::<u64>().unwrap_or(0);
        if rows <= rows_max {
            continue;
        }
        if word("Extra").contains("Using filesort") {
            return Ok(Some(format!("it would sort about {rows} rows for a range of keys")));
        }
        // A scan of a whole index that ends after the first rows costs those alone.
        let is_scan = word("type") == "ALL" || word("type") == "index" && first.is_none();
        if is_scan && !(range.from.is_none() && range.until.is_none() && word("type") == "index") {
            return Ok(Some(format!("it would scan about {rows} rows for a range of keys")));
        }
    }
    Ok(None)
}
