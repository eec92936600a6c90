//! A bundle: the source files of an estate, with one digest and one stored form.

use sha2::{Digest, Sha256};

use crate::code::Code;
use crate::sink::{Finding, Place};

/// One file: its path inside the estate's folder and its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile {
    /// Path relative to the estate's folder, with `/` between parts.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// A file or folder that belongs to an estate and gave no text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// Path relative to the estate's folder, with `/` between parts.
    pub path: String,
    /// Why there is no text.
    pub why: Why,
}

/// Why a file or folder gave no text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is no regular file; what it is, in words.
    NoFile(String),
    /// It has more bytes than a plan file may have.
    TooLarge {
        /// How many it has.
        bytes: u64,
        /// How many it may have.
        most: u64,
    },
    /// It is not UTF-8; what stands there, in words.
    NoText(String),
    /// It leads back to a folder that it lies in; that folder, in words.
    Loop(String),
    /// The system does not give it; what the system says.
    Fault(String),
}

/// The source files of an estate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The files; their order carries no meaning.
    pub files: Vec<SourceFile>,
    /// What should be among them and gave no text. No estate comes out of such a bundle, so neither digest nor stored form
    /// knows of it.
    pub unread: Vec<Unread>,
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
        Ok(Self {
            files,
            unread: Vec::new(),
        })
    }

    /// The path of a file by its place among the files and, behind them, what gave no text.
    pub(crate) fn path_at(&self, at: usize) -> Option<&str> {
        let unread = || self.unread.get(at.checked_sub(self.files.len())?);
        let file = self.files.get(at).map(|file| &file.path);
        file.or_else(|| unread().map(|unread| &unread.path)).map(String::as_str)
    }

    /// What gave no text, as findings.
    pub(crate) fn faults(&self) -> impl Iterator<Item = Finding> + '_ {
        self.unread.iter().enumerate().map(|(at, unread)| {
            let place = Place {
                file: self.files.len() + at,
                ..Place::default()
            };
            unread.finding(place)
        })
    }

    fn sorted(&self) -> Vec<&SourceFile> {
        let mut files: Vec<&SourceFile> = self.files.iter().collect();
        files.sort();
        files
    }
}

impl Unread {
    fn finding(&self, place: Place) -> Finding {
        let told = |message: &str| Finding::error(Code::NotRead, place, message);
        match &self.why {
            Why::NoFile(what) => told("this is no regular file, and is not read")
                .expected("a regular file", what.as_str())
                .help("move it out of the estate's folder, or give it another ending than `.yaml`"),
            Why::TooLarge { bytes, most } => Finding::error(Code::Limit, place, "the file is too large")
                .expected(format!("at most {most} bytes"), format!("{bytes} bytes"))
                .help("split the file; an estate may have any number of files"),
            Why::NoText(found) => told("the file is not text")
                .expected("UTF-8", found.as_str())
                .help("save it as UTF-8"),
            Why::Loop(folder) => told("a link leads back to a folder that it lies in")
                .expected("a folder whose files are read once", format!("a link to {folder}"))
                .help("remove the link: what it leads to is read already"),
            Why::Fault(says) => told("the file cannot be read")
                .expected("a file that opens", says.as_str())
                .help("repair or remove it: what it declares is missing"),
        }
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
