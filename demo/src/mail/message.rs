//! Reads a message as far as a person reads it: unfolded headers and the first plain text, decoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How deep parts within parts are followed.
const DEPTH_MAX: u32 = 4;

/// A message's headers and its plain text.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) headers: Vec<(String, String)>,
    pub(super) text: String,
}

impl Content {
    /// Reads the raw bytes; what is not text is replaced, never refused.
    pub(super) fn read(raw: &[u8]) -> Self {
        let whole = String::from_utf8_lossy(raw).replace("\r\n", "\n");
        let (headers, body) = split(&whole);
        let text = plain_text(&headers, body, DEPTH_MAX).unwrap_or_default();
        let headers = headers.into_iter().map(|(name, value)| (name, words(&value))).collect();
        Self { headers, text }
    }

    /// The first header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Headers, unfolded (RFC 5322 §2.2.3), and the body behind the empty line.
fn split(whole: &str) -> (Vec<(String, String)>, &str) {
    let (head, body) = match whole.strip_prefix('\n') {
        Some(body) => ("", body),
        None => whole.split_once("\n\n").unwrap_or((whole, "")),
    };
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    (headers, body)
}

fn plain_text(headers: &[(String, String)], body: &str, depth: u32) -> Option<String> {
    let kind = find(headers, "content-type").unwrap_or("text/plain");
    let lower = kind.to_ascii_lowercase();
    if lower.starts_with("multipart/") {
        if depth == 0 {
            return None;
        }
        let at = lower.find("boundary=")? + "boundary=".len();
        let boundary = kind[at..].trim_start_matches('"').split(['"', ';']).next()?.trim();
        return body
            .split(&format!("--{boundary}"))
            .skip(1)
            .take_while(|part| !part.starts_with("--"))
            .find_map(|part| {
                let (inner, text) = split(part.trim_start_matches('\n'));
                plain_text(&inner, text, depth - 1)
            });
    }
    if !lower.starts_with("text/plain") {
        return None;
    }
    let encoding = find(headers, "content-transfer-encoding")
        .unwrap_or("7bit")
        .to_ascii_lowercase();
    Some(match encoding.as_str() {
        "base64" => {
            let packed: String = body.split_whitespace().collect();
            STANDARD.decode(packed).map_or_else(
                |_| body.to_owned(),
                |bytes| String::from_utf8_lossy(&bytes).replace("\r\n", "\n"),
            )
        }
        "quoted-printable" => String::from_utf8_lossy(&quoted_printable(&body.replace("=\n", ""))).into_owned(),
        _ => body.to_owned(),
    })
}

/// Bytes of a quoted-printable text without soft line breaks (RFC 2045 §6.7).
fn quoted_printable(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'=').then(|| bytes.get(at + 1..at + 3)).flatten();
        let value = code
            .and_then(|code| std::str::from_utf8(code).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(value.unwrap_or(bytes[at]));
        at += if value.is_some() { 3 } else { 1 };
    }
    decoded
}

/// Decodes encoded words such as `=?utf-8?b?...?=` (RFC 2047); the space between two of them is no text.
fn words(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some((before, from)) = rest.split_once("=?") {
        let parts: Vec<&str> = from.splitn(4, '?').collect();
        let [_, encoding, packed, after] = parts[..] else { break };
        let Some(after) = after.strip_prefix('=') else { break };
        let decoded = if encoding.eq_ignore_ascii_case("b") {
            STANDARD.decode(packed).ok()
        } else {
            Some(quoted_printable(&packed.replace('_', " ")))
        };
        let Some(decoded) = decoded else { break };
        if text.is_empty() || !before.trim().is_empty() {
            text.push_str(before);
        }
        text.push_str(&String::from_utf8_lossy(&decoded));
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_subjects_and_bodies_are_read_as_written() {
        let raw = b"Subject: =?utf-8?b?w4RyZ2Vy?= =?utf-8?q?_im_Shop?=\r\nX-Long: one\r\n two\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\nAnswer here:\r\nhttp://127.0.0.1/a?t=3Dlong=\r\ner\r\n";
        let content = Content::read(raw);
        assert_eq!(content.header("subject"), Some("\u{c4}rger im Shop"));
        assert_eq!(content.header("x-long"), Some("one two"));
        assert_eq!(content.text, "Answer here:\nhttp://127.0.0.1/a?t=longer\n");
    }

    #[test]
    fn the_plain_part_of_an_alternative_is_taken() {
        let raw = b"Content-Type: multipart/alternative; boundary=\"xx\"\r\n\r\n--xx\r\nContent-Type: text/html\r\n\r\n<p>\r\n\
            --xx\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--xx--\r\n";
        assert_eq!(Content::read(raw).text, "hi");
    }
}
