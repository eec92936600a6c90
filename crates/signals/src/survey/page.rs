//! One address as it answered: status, where it leads, and its head where it is a page.

use http::header;

use tidegate_model::seam::Shown;

use super::entrance::shown;
use super::head::Head;
use super::side::Side;

/// An answered address.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) status: u16,
    /// The `Location` header, as written.
    pub(super) location: Option<String>,
    /// It is of another unit than the one that a gateway was asked for.
    pub(super) is_elsewhere: bool,
    /// None where the answer is no HTML, or no success.
    pub(super) head: Option<Head>,
}

impl Page {
    /// Asks for an address.
    ///
    /// # Errors
    /// In words, when no answer came.
    pub(super) async fn of(side: &Side, path: &str, crawler: &str) -> Result<Self, String> {
        let answer = side.get(path).await?;
        let status = answer.status.as_u16();
        let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
        let is_html = text(header::CONTENT_TYPE).is_none_or(|kind| kind.to_ascii_lowercase().contains("html"));
        let head = (is_html && status == 200)
            .then(|| Head::read(&String::from_utf8_lossy(&answer.body), &answer.headers, crawler));
        Ok(Self {
            status,
            is_elsewhere: shown(&answer.headers) == Some(Shown::Elsewhere),
            location: text(header::LOCATION).map(ToOwned::to_owned),
            head,
        })
    }
}
