//! The text of a table: a file, or an answer from the web. Whole, or none.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use tidegate_model::ask::Cadence;

use crate::miss::{Finding, Miss};
use crate::source::Table;
use crate::web::{Question, WebAddress, exchange};

/// The longest table, in bytes: 16 months of days for a hundred pages are a third of it.
const TABLE_BYTES_MAX: usize = 8 << 20;

/// Reads a whole table.
///
/// # Errors
/// It is not there, not let in to, too long or cut off; or it is no text.
pub(super) async fn read(table: &Table, cadence: Cadence) -> Finding<String> {
    let within = Duration::from_millis(cadence.timeout.0);
    let bytes = match table {
        Table::Web(address) => of_web(address, within).await?,
        Table::File(path) => {
            let path = path.clone();
            let reading = tokio::task::spawn_blocking(move || of_file(&path));
            let read = tokio::time::timeout(within, reading)
                .await
                .map_err(|_| Miss::late(within))?;
            read.map_err(|_| Miss::Silent("the reading thread ended early".to_owned()))??
        }
    };
    String::from_utf8(bytes).map_err(|_| Miss::shape("the table is no text in UTF-8"))
}

async fn of_web(address: &WebAddress, within: Duration) -> Finding<Vec<u8>> {
    let question = Question {
        path: &address.itself(),
        post: None,
        known_as: None,
        pass: None,
        body_bytes_max: TABLE_BYTES_MAX,
        within,
    };
    let answer = exchange(address, question)
        .await
        .map_err(|fault| Miss::Silent(fault.to_string()))?;
    match answer.status {
        StatusCode::OK => Ok(answer.body.into()),
        status => Err(Miss::Silent(format!("status {}", status.as_u16()))),
    }
}

fn of_file(path: &Path) -> Finding<Vec<u8>> {
    let unread = |error: std::io::Error| Miss::Silent(format!("the table cannot be read: {}", error.kind()));
    // Looked at before it is opened: a pipe would be waited for.
    if !std::fs::metadata(path).map_err(unread)?.is_file() {
        return Err(Miss::Silent("the table is no plain file".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    let bound = u64::try_from(TABLE_BYTES_MAX).expect("it fits 64 bits");
    file.take(bound + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() > TABLE_BYTES_MAX {
        return Err(Miss::Silent(format!(
            "the table is longer than {TABLE_BYTES_MAX} bytes"
        )));
    }
    // An answer from the web says how long it is; a file that is being written does not.
    match bytes.last() {
        None | Some(b'\n') => Ok(bytes),
        Some(_) => Err(Miss::Silent(
            "the last line has no end: the table is cut off, or still being written".to_owned(),
        )),
    }
}
