//! What a survey and a gateway say to each other in headers: a pass with the request, and with the answer what it shows.

/// The request header that carries a pass. No side ever sees it.
pub const PASS_HEADER: &str = "x-tidegate-pass";

/// The header of an answer to a pass: what is shown, in a word of [`Shown`]. Gateways alone say it, and to a pass that they
/// believe; what a side says under this name is dropped.
pub const SHOWN_HEADER: &str = "x-tidegate-shown";

/// What the answer to a pass shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The old side of the unit that was asked for.
    Old,
    /// Its new side.
    New,
    /// An address of another unit, on the side that anybody without a cookie meets there.
    Elsewhere,
}

impl Shown {
    /// The word in the header.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Old, Self::New, Self::Elsewhere]
            .into_iter()
            .find(|shown| shown.word() == word)
    }
}
