//! Why a question brought no number: nothing there, not usable, or no answer. The words never hold a row or a secret.

use std::time::Duration;

use tidegate_model::Timestamp;
use tidegate_model::seam::{InvalidReason, Observation, Silence};

/// The longest remark of a source that is kept, in characters.
const REMARK_CHARS_MAX: usize = 200;

/// What a question brought, when it is not a miss.
pub(crate) type Finding<T> = Result<T, Miss>;

/// Why a question brought no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Miss {
    /// The source answered, and had nothing.
    Nothing(String),
    /// The source answered with what cannot be judged.
    Unusable(InvalidReason, String),
    /// No answer came.
    Silent(String),
}

impl Miss {
    /// An answer of another shape than was asked for.
    pub(crate) fn shape(detail: impl Into<String>) -> Self {
        Self::Unusable(InvalidReason::Shape, detail.into())
    }

    /// No answer in time.
    pub(crate) fn late(limit: Duration) -> Self {
        Self::Silent(format!("no answer within {} ms", limit.as_millis()))
    }

    /// The source that was given an address is none that can be asked this.
    pub(crate) fn mismatch(asked: &str) -> Self {
        Self::Silent(format!("the source's address is not one of {asked}"))
    }

    /// The same with the side that it happened on.
    pub(crate) fn on(self, side: &str) -> Self {
        let told = |words: String| format!("{side} side: {words}");
        match self {
            Self::Nothing(words) => Self::Nothing(told(words)),
            Self::Unusable(reason, words) => Self::Unusable(reason, told(words)),
            Self::Silent(words) => Self::Silent(told(words)),
        }
    }

    /// Of two misses, the one that says less: no answer before an unusable one before an empty one.
    pub(crate) fn graver(self, other: Self) -> Self {
        if other.gravity() > self.gravity() { other } else { self }
    }

    fn gravity(&self) -> u8 {
        match self {
            Self::Nothing(_) => 0,
            Self::Unusable(..) => 1,
            Self::Silent(_) => 2,
        }
    }

    /// As an observation of the question asked at `at`; silence lasts since `since`.
    pub(crate) fn told(self, at: Timestamp, since: Timestamp) -> Observation {
        match self {
            Self::Nothing(detail) => Observation::Nothing { at, detail },
            Self::Unusable(reason, detail) => Observation::Unusable { at, reason, detail },
            Self::Silent(reason) => Observation::Silent(Silence { since, reason }),
        }
    }
}

/// A source's own words on one short line.
pub(crate) fn remark(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    line.chars()
        .filter(|c| !c.is_control())
        .take(REMARK_CHARS_MAX)
        .collect()
}
