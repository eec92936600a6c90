//! The end of a growing file: whole lines since the last look, with bounded memory.
//!
//! The file may be renamed and begun anew (it is read to its end first, and once more at the next look, since a writer may
//! hold it a little longer), or cut to nothing and begun anew under the same name. A last line without its end waits. What
//! was written and cut away between two looks was never there to be read.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// The longest line, in bytes.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;

/// Bytes before the place reached that are kept, to see that the file is still the one that was read.
const KEPT_BYTES: usize = 64;

/// Where the first look begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// At the end of the file.
    End,
    /// So many bytes before it, at the first line that begins there.
    Before(u64),
}

/// What is told of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A whole line, without its end.
    Line(&'a [u8]),
    /// A line longer than [`LINE_BYTES_MAX`].
    TooLong,
}

/// How far a look came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the end of what was there.
    End,
    /// As far as its time went.
    Late,
    /// To the end of a file that no longer has its name, and no other has.
    Gone,
}

/// A growing file.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    start: Start,
    now: Option<Reader>,
    /// The file before the last rotation, until one more look.
    before: Option<Reader>,
}

impl Tail {
    pub(super) fn new(path: &Path, start: Start) -> Self {
        Self {
            path: path.to_owned(),
            start,
            now: None,
            before: None,
        }
    }

    /// Reads whole lines to the end of what is there. The first look is where the start says.
    ///
    /// # Errors
    /// The file cannot be opened or read. What was read until then stays read.
    pub(super) fn read(&mut self, until: Instant, mut take: impl FnMut(Piece<'_>)) -> io::Result<Reach> {
        if let Some(before) = &mut self.before {
            if before.read(until, &mut take)? == Reach::Late {
                return Ok(Reach::Late);
            }
            before.end(&mut take);
            self.before = None;
        }
        let Some(now) = &mut self.now else {
            let mut reader = Reader::open(&self.path)?;
            reader.start(self.start)?;
            let reach = reader.read(until, &mut take);
            self.now = Some(reader);
            return reach;
        };
        if now.was_cut()? {
            now.begin();
        }
        if now.read(until, &mut take)? == Reach::Late {
            return Ok(Reach::Late);
        }
        match now.place(&self.path)? {
            Place::Here => return Ok(Reach::End),
            Place::Nowhere => return Ok(Reach::Gone),
            Place::Elsewhere => {}
        }
        let mut next = Reader::open(&self.path)?;
        let reach = next.read(until, &mut take);
        self.before = self.now.replace(next);
        reach
    }
}

/// Whether a name leads to an open file.
enum Place {
    Here,
    Elsewhere,
    Nowhere,
}

/// One open file, and how far it was read.
#[derive(Debug)]
struct Reader {
    file: File,
    at: u64,
    /// The beginning of a line whose end has not come.
    torn: Vec<u8>,
    /// The rest of the present line is passed over.
    skips: bool,
    kept: Vec<u8>,
}

impl Reader {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no plain file"));
        }
        Ok(Self {
            file,
            at: 0,
            torn: Vec::new(),
            skips: false,
            kept: Vec::new(),
        })
    }

    fn begin(&mut self) {
        self.at = 0;
        self.torn.clear();
        self.skips = false;
        self.kept.clear();
    }

    /// Goes to where the first look begins; a line that began before is not told.
    fn start(&mut self, start: Start) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        self.at = match start {
            Start::End => length,
            Start::Before(bytes) => length.saturating_sub(bytes),
        };
        let kept_from = self.at.saturating_sub(u64::try_from(KEPT_BYTES).expect("it is small"));
        let mut kept = vec![0; usize::try_from(self.at - kept_from).expect("it is small")];
        self.file.read_exact_at(&mut kept, kept_from)?;
        self.skips = kept.last().is_some_and(|byte| *byte != b'\n');
        self.kept = kept;
        Ok(())
    }

    /// Whether what was read is no longer there.
    fn was_cut(&self) -> io::Result<bool> {
        if self.file.metadata()?.len() < self.at {
            return Ok(true);
        }
        let mut found = vec![0; self.kept.len()];
        let from = self.at - u64::try_from(self.kept.len()).expect("it is small");
        match self.file.read_exact_at(&mut found, from) {
            Ok(()) => Ok(found != self.kept),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Where the file is that this name leads to.
    fn place(&self, path: &Path) -> io::Result<Place> {
        let mark = |found: &Metadata| (found.dev(), found.ino());
        match std::fs::metadata(path) {
            Ok(found) if mark(&found) == mark(&self.file.metadata()?) => Ok(Place::Here),
            Ok(_) => Ok(Place::Elsewhere),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Place::Nowhere),
            Err(error) => Err(error),
        }
    }

    fn read(&mut self, until: Instant, take: &mut impl FnMut(Piece<'_>)) -> io::Result<Reach> {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = self.file.read_at(&mut piece, self.at)?;
            if read == 0 {
                return Ok(Reach::End);
            }
            self.take(&piece[..read], take);
            if Instant::now() >= until {
                return Ok(Reach::Late);
            }
        }
    }

    fn take(&mut self, bytes: &[u8], take: &mut impl FnMut(Piece<'_>)) {
        self.at += u64::try_from(bytes.len()).expect("a length fits 64 bits");
        self.kept
            .extend_from_slice(&bytes[bytes.len().saturating_sub(KEPT_BYTES)..]);
        self.kept.drain(..self.kept.len().saturating_sub(KEPT_BYTES));
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, is_whole) = match part.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (part, false),
            };
            if !self.skips && self.torn.len() + text.len() > LINE_BYTES_MAX {
                take(Piece::TooLong);
                self.torn.clear();
                self.skips = true;
            }
            if self.skips {
                self.skips = !is_whole;
            } else if !is_whole {
                self.torn.extend_from_slice(text);
            } else if self.torn.is_empty() {
                take(Piece::Line(text));
            } else {
                self.torn.extend_from_slice(text);
                take(Piece::Line(&self.torn));
                self.torn.clear();
            }
        }
    }

    /// Nothing more comes: a last line without its end is a line.
    fn end(&mut self, take: &mut impl FnMut(Piece<'_>)) {
        if !self.torn.is_empty() {
            take(Piece::Line(&self.torn));
            self.torn.clear();
        }
    }
}
