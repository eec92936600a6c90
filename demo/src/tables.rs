//! Opens a program's own tables as small programs do: quick, and with the last moments at risk in a power cut.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

/// How long a statement waits for another program's lock on the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens the database and creates those tables of `schema` that are not there.
///
/// # Errors
/// The file cannot be opened or written, or the schema cannot be read.
pub(crate) fn open(path: &Path, schema: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.execute_batch(schema)?;
    Ok(connection)
}
