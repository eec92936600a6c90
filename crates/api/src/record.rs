//! The journal as a whole: searched in bounded steps, verified by one reader at a time, and exported as it is read.

use std::io::Write;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use crate::app::App;
use crate::config::{JournalRow, Verified};
use crate::json::read::{ROWS, ROWS_MAX};
use crate::problem::{Code, Problem};

/// Entries that one search reads at most; older ones are a search of their own.
const SEARCHED_MAX: u64 = 20_000;
/// Bytes of an export that are sent as one.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that wait for a slow reader.
const CHUNKS_WAITING: usize = 4;

/// What a search has found.
pub(crate) struct Found {
    /// Newest first, at most [`ROWS`].
    pub(crate) rows: Vec<JournalRow>,
    /// The oldest entry that was looked at.
    pub(crate) from: u64,
    /// The newest.
    pub(crate) until: u64,
}

impl App {
    /// The newest entries up to `until` that contain a text, in either case: in their words, kind or actor.
    ///
    /// # Errors
    /// [`Code::StoreFaulted`].
    pub(crate) async fn search(&self, text: &str, until: u64) -> Result<Found, Problem> {
        let until = until.min(self.handle.view().seq);
        let wanted = text.to_lowercase();
        let mut found = Vec::new();
        let mut from = until + 1;
        while from > 1 && until + 1 - from < SEARCHED_MAX && found.len() < ROWS {
            let next = from.saturating_sub(ROWS_MAX as u64).max(1);
            let length = usize::try_from(from - next).unwrap_or(ROWS_MAX);
            let mut block = self.journal(next, length).await?;
            block.retain(|row| contains(row, &wanted));
            block.reverse();
            let room = ROWS - found.len();
            // What does not fit is found by the next search, which begins below the last that was shown.
            from = block.get(room).map_or(next, |_| block[room - 1].seq);
            block.truncate(room);
            found.extend(block);
        }
        Ok(Found {
            rows: found,
            from: from.min(until),
            until,
        })
    }

    /// Reads the whole store again; a second reader waits for the first.
    ///
    /// # Errors
    /// [`Code::StoreFaulted`].
    pub(crate) async fn verify(&self) -> Result<Verified, Problem> {
        let _one = self.verifying.lock().await;
        let verify = self.config.record.verify.clone();
        match tokio::task::spawn_blocking(move || verify()).await {
            Ok(Ok(verified)) => Ok(verified),
            Ok(Err(reason)) => Err(Problem::new(Code::StoreFaulted, reason).retry_after(1)),
            Err(error) => Err(Problem::new(Code::StoreFaulted, error.to_string()).retry_after(1)),
        }
    }

    /// Sends the whole journal while it is read. What breaks on the way cuts the answer off, so that no reader takes a part for
    /// the whole.
    pub(crate) fn export(&self) -> Response {
        let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
        let export = self.config.record.export.clone();
        tokio::task::spawn_blocking(move || {
            let mut out = std::io::BufWriter::with_capacity(CHUNK_BYTES, Chunks { sender: sender.clone() });
            let ended = export(&mut out).and_then(|()| out.flush().map_err(|error| error.to_string()));
            if let Err(reason) = ended {
                tracing::warn!(%reason, "an export of the journal was cut off");
                // A reader that is gone hears nothing any more.
                drop(sender.blocking_send(Err(std::io::Error::other(reason))));
            }
        });
        let body = Body::from_stream(ReceiverStream::new(receiver).map(|chunk| chunk));
        let headers = [
            (header::CONTENT_TYPE, "application/jsonl"),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"tidegate-journal.jsonl\"",
            ),
        ];
        (headers, body).into_response()
    }
}

fn contains(row: &JournalRow, wanted: &str) -> bool {
    [&row.happened.text, &row.kind, &row.actor]
        .iter()
        .any(|text| text.to_lowercase().contains(wanted))
}

/// A text as the value of a parameter.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Sends what is written, chunk by chunk; a reader that is gone ends the writing.
struct Chunks {
    sender: mpsc::Sender<Result<Bytes, std::io::Error>>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.sender
            .blocking_send(Ok(Bytes::copy_from_slice(bytes)))
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
