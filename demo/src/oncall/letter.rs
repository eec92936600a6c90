//! Finds the link to answer with in a mail's text.

/// The line behind which the link stands.
const MARK: &str = "Answer here:";

/// The first http address behind the mark.
pub(super) fn link(body: &str) -> Option<&str> {
    let behind = &body[body.find(MARK)? + MARK.len()..];
    let from = behind
        .find("http://")
        .into_iter()
        .chain(behind.find("https://"))
        .min()?;
    behind[from..]
        .split(|c: char| c.is_whitespace() || c == '>' || c == '"')
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_behind_the_mark_is_taken_and_no_other() {
        let body = "See http://other/.\n\nAnswer here:\n  <http://127.0.0.1:1/answer/x?t=1>\nor http://later/";
        assert_eq!(link(body), Some("http://127.0.0.1:1/answer/x?t=1"));
        assert_eq!(link("http://other/"), None);
    }
}
