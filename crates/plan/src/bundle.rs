//! A bundle: the source files of an estate, with one digest and one stored form.

use sha2::{Digest, Sha256};

/// One file: its path inside the estate's folder and its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile {
    /// Path relative to the estate's folder, with `/` between parts.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// The source files of an estate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The files; their order carries no meaning.
    pub files: Vec<SourceFile>,
}

/// Stored bytes that are not a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The first bytes are not the mark of a stored bundle.
    #[error("expected a stored bundle that begins with `tgb1`, found other bytes")]
    Mark,
    /// The bytes end inside a part.
    #[error("expected {expected} more bytes at byte {at}, found the end")]
    Torn {
        /// Where the part begins.
        at: usize,
        /// How many bytes it needs.
        expected: u64,
    },
    /// A part is not UTF-8.
    #[error("expected UTF-8 text at byte {at}, found other bytes")]
    Text {
        /// Where the part begins.
        at: usize,
    },
}

/// Mark and version of the stored form.
const MARK: &[u8; 4] = b"tgb1";

impl Bundle {
    /// SHA-256 over the files sorted by path, each part led by its length; lower-case hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for file in self.sorted() {
            for part in [&file.path, &file.text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The stored form: the mark, then path and text of each file sorted by path, each led by its length in eight bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        for file in self.sorted() {
            for part in [&file.path, &file.text] {
                bytes.extend((part.len() as u64).to_be_bytes());
                bytes.extend(part.as_bytes());
            }
        }
        bytes
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`BundleError`] when the bytes are cut, not text, or not a bundle.
    pub fn decode(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.get(..MARK.len()) != Some(MARK.as_slice()) {
            return Err(BundleError::Mark);
        }
        let mut at = MARK.len();
        let mut files = Vec::new();
        while at < bytes.len() {
            let path = part(bytes, &mut at)?;
            let text = part(bytes, &mut at)?;
            files.push(SourceFile { path, text });
        }
        Ok(Self { files })
    }

    fn sorted(&self) -> Vec<&SourceFile> {
        let mut files: Vec<&SourceFile> = self.files.iter().collect();
        files.sort();
        files
    }
}

fn part(bytes: &[u8], at: &mut usize) -> Result<String, BundleError> {
    let begin = *at;
    let torn = |expected| BundleError::Torn { at: begin, expected };
    let head: [u8; 8] = bytes
        .get(begin..begin + 8)
        .and_then(|head| head.try_into().ok())
        .ok_or_else(|| torn(8))?;
    let length = u64::from_be_bytes(head);
    let end = usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_add(begin + 8))
        .ok_or_else(|| torn(length))?;
    let text = bytes.get(begin + 8..end).ok_or_else(|| torn(length))?;
    *at = end;
    String::from_utf8(text.to_vec()).map_err(|_| BundleError::Text { at: begin })
}
