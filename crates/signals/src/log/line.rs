//! One line of a log: a JSON object, or not readable.

use serde_json::Value;
use tidegate_model::ask::FieldTest;

use super::tail::Piece;
use crate::fields::{Field, pass};
use crate::miss::Miss;

/// What a piece of a log is.
pub(super) enum Line {
    /// An object, which may be tested.
    Object(Value),
    /// A line with nothing on it.
    Blank,
    /// No JSON object, or too long to be one.
    Unreadable,
}

impl Line {
    pub(super) fn of(piece: Piece<'_>) -> Self {
        let Piece::Line(bytes) = piece else {
            return Self::Unreadable;
        };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Self::Blank;
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Self::Object(Value::Object(fields)),
            Ok(_) | Err(_) => Self::Unreadable,
        }
    }
}

/// Whether a line passes.
pub(super) fn passes(line: &Value, tests: &[FieldTest]) -> bool {
    pass(tests, |pointer| line.pointer(pointer).and_then(Field::of_json))
}

/// What is said of lines that could not be read; they are passed over at the next question.
pub(super) fn unreadable(lines: u64) -> Miss {
    Miss::shape(format!("lines that are no JSON object: {lines}"))
}

/// Why a log could not be read.
pub(super) fn unread(error: &std::io::Error) -> Miss {
    Miss::Silent(format!("the log cannot be read: {}", error.kind()))
}
