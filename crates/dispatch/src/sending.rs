//! How one attempt to send ended: accepted, refused for this time, or refused for good.

/// The longest remark of a server that is kept, in characters.
const REMARK_CHARS_MAX: usize = 200;

/// How one attempt ended.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// The server took the letter over.
    Accepted {
        /// What it said, one short line.
        detail: String,
    },
    /// Not this time: no connection, a time-out, or a reply 4yz (RFC 5321 §4.2.1). The same key is sent again.
    Passing {
        /// Why, one short line.
        reason: String,
    },
    /// Never this way: a reply 5yz, or a letter that cannot be written.
    Permanent {
        /// Why, one short line.
        reason: String,
    },
}

/// A server's remark on one line, without control characters, at most 200 characters.
pub(crate) fn remark(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ").chars().take(REMARK_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_one_short_line() {
        assert_eq!(remark("451 try\r\n\tagain\u{7}later"), "451 try again later");
        assert_eq!(remark(&"x".repeat(500)).len(), REMARK_CHARS_MAX);
    }
}
