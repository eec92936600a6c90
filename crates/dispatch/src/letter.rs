//! Writes a letter as an RFC 5322 message. Every field is made harmless here, so that no text can become a header.

use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use tidegate_model::seam::{EffectKey, Errand, Letter};

/// The line before the link; readers look for it.
pub const ANSWER_HERE: &str = "Answer here:";

/// The longest subject, in characters; the rest is cut.
pub const SUBJECT_CHARS_MAX: usize = 200;

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// The address is no mailbox.
    #[error("the contact method is no mail address")]
    Address,
    /// The link has blanks, control characters or letters outside ASCII.
    #[error("the link holds characters that no link may hold")]
    Link,
    /// The message could not be put together.
    #[error("the message cannot be put together")]
    Message(#[source] lettre::error::Error),
}

/// The message for one letter: stable ids, one plain-text part, the link on a line of its own at the end.
///
/// # Errors
/// See [`Unwritable`]; none of them passes by itself.
pub(crate) fn compose(
    key: &EffectKey,
    letter: &Letter,
    address: &str,
    link: Option<&str>,
    from: &Mailbox,
    host: &str,
) -> Result<Message, Unwritable> {
    let to: Mailbox = address.parse().map_err(|_| Unwritable::Address)?;
    let thread = format!("<{}@{host}>", id_part(&letter.thread));
    let mut message = Message::builder()
        .from(from.clone())
        .to(to)
        .subject(subject(&letter.subject))
        .message_id(Some(format!("<{}@{host}>", id_part(&key.0))))
        .in_reply_to(thread.clone())
        .references(thread)
        .header(ContentType::TEXT_PLAIN)
        .body(body(&letter.lines, link)?)
        .map_err(Unwritable::Message)?;
    let (priority, importance) = match &letter.errand {
        Errand::Incident(_) => ("1 (Highest)", "high"),
        Errand::Stage(_) | Errand::Nothing => ("3 (Normal)", "normal"),
    };
    for (name, value) in [
        ("X-Priority", priority),
        ("Importance", importance),
        ("Auto-Submitted", "auto-generated"),
    ] {
        let name = HeaderName::new_from_ascii(name.to_owned()).expect("the names above are ASCII without blanks");
        message
            .headers_mut()
            .insert_raw(HeaderValue::new(name, value.to_owned()));
    }
    Ok(message)
}

/// One line without control characters, cut at its limit.
fn subject(text: &str) -> String {
    one_line(text).chars().take(SUBJECT_CHARS_MAX).collect()
}

/// The text: the letter's lines, then the mark and the link. A line that imitates the mark is marked as a quotation.
/// The transport ends the last line, so that it has no end here.
fn body(lines: &[String], link: Option<&str>) -> Result<String, Unwritable> {
    let mut text: Vec<String> = lines.iter().flat_map(|l| l.split(['\r', '\n'])).map(quoted).collect();
    if let Some(link) = link {
        if link.is_empty() || !link.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Unwritable::Link);
        }
        text.extend([String::new(), ANSWER_HERE.to_owned(), link.to_owned()]);
    }
    Ok(text.join("\r\n"))
}

/// One line of the letter; never one that a reader could take for the mark.
fn quoted(line: &str) -> String {
    let line = one_line(line);
    if line.trim_start().starts_with(ANSWER_HERE) {
        format!("| {line}")
    } else {
        line
    }
}

/// Replaces control characters and line separators by blanks.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// The left part of a message id: letters, digits, dots, hyphens and underscores stay, all else becomes a hyphen.
fn id_part(text: &str) -> String {
    let part: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
                c
            } else {
                '-'
            }
        })
        .collect();
    if part.is_empty() { "-".to_owned() } else { part }
}
