//! Words and signs of a condition.

/// Longest condition, in bytes.
pub(super) const BYTES_MAX: usize = 2_000;

/// A word or sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A number without a point.
    Whole(i64),
    /// A number with a point or an exponent.
    Float(f64),
    /// A text in quotes.
    Text(String),
    /// A name or a word operator.
    Word(String),
    /// An operator or bracket.
    Sign(&'static str),
}

/// Signs, longest first.
const SIGNS: &[&str] = &[
    "||", "&&", "==", "!=", "<=", ">=", "??", "?.", "**", "..", "<", ">", "+", "-", "*", "/", "%", "!", "(", ")", "[",
    "]", "{", "}", ",", ".", "?", ":", "#", "|", ";", "^", "$",
];

/// Splits a condition.
///
/// # Errors
/// What was not understood.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    if text.len() > BYTES_MAX {
        return Err(format!("a condition of more than {BYTES_MAX} bytes"));
    }
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = if first.is_ascii_digit() {
            number(rest)?
        } else if first.is_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            (Token::Word(rest[..end].to_owned()), &rest[end..])
        } else if matches!(first, '"' | '\'') {
            quoted(rest, first)?
        } else {
            let sign = SIGNS
                .iter()
                .find(|sign| rest.starts_with(**sign))
                .ok_or_else(|| format!("`{first}`"))?;
            (Token::Sign(sign), &rest[sign.len()..])
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn number(text: &str) -> Result<(Token, &str), String> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'_')
            .count()
            + from
    };
    let mut end = digits(0);
    let mut is_float = false;
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(end + 1);
        is_float = true;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign);
        is_float = true;
    }
    let written = text[..end].replace('_', "");
    let token = if is_float {
        written.parse().map(Token::Float).map_err(|_| format!("`{written}`"))?
    } else {
        written.parse().map(Token::Whole).map_err(|_| format!("`{written}`"))?
    };
    Ok((token, &text[end..]))
}

fn quoted(text: &str, quote: char) -> Result<(Token, &str), String> {
    let inner = &text[1..];
    let end = inner.find(quote).ok_or("a text without its closing quote")?;
    if inner[..end].contains('\\') {
        return Err("a backslash in a text".to_owned());
    }
    Ok((Token::Text(inner[..end].to_owned()), &inner[end + 1..]))
}
