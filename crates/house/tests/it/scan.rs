//! Takes Rust text apart into code, comments and literals, keeping every byte's place.
//!
//! It knows just enough of the language for that: no macro is expanded and nothing is resolved.

/// Three texts of the same length: what does not belong to one of them is blank there, line ends are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) code: String,
    pub(crate) comments: String,
    /// The content of string literals, without their quotes.
    pub(crate) literals: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

pub(crate) fn scan(text: &str) -> Parts {
    let bytes = text.as_bytes();
    let mut kinds = vec![Kind::Code; bytes.len()];
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (kind, length) = if rest.starts_with(b"//") {
            (Kind::Comment, until_line_end(rest))
        } else if rest.starts_with(b"/*") {
            (Kind::Comment, block_comment(rest))
        } else if let Some((open, inner, close)) = string(bytes, at) {
            kinds[at + open..at + open + inner].fill(Kind::Literal);
            at += open + inner + close;
            continue;
        } else if let Some(length) = character(rest) {
            kinds[at + 1..at + length - 1].fill(Kind::Literal);
            at += length;
            continue;
        } else {
            (Kind::Code, 1)
        };
        kinds[at..at + length].fill(kind);
        at += length;
    }
    let only = |wanted: Kind| -> String {
        let kept = bytes.iter().zip(&kinds).map(
            |(&byte, &kind)| {
                if byte == b'\n' || kind == wanted { byte } else { b' ' }
            },
        );
        // Bytes of one character always share a kind, so what is kept is whole.
        String::from_utf8(kept.collect()).unwrap()
    };
    Parts {
        code: only(Kind::Code),
        comments: only(Kind::Comment),
        literals: only(Kind::Literal),
    }
}

/// The line, from one, of a byte.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where `word` stands alone: no letter, digit or underscore touches it.
pub(crate) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let starts = word.starts_with(|c: char| c.is_alphanumeric());
        let ends = word.ends_with(|c: char| c.is_alphanumeric());
        let before = text[..at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        !(starts && part_of_name(before) || ends && part_of_name(behind))
    })
}

/// The byte behind the bracket that closes the one at `open`, in code without comments and literals.
pub(crate) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

fn until_line_end(rest: &[u8]) -> usize {
    rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Lengths of a string literal's opening, content and closing at `at`, with prefixes `b`, `c` and `r#`.
fn string(bytes: &[u8], at: usize) -> Option<(usize, usize, usize)> {
    let follows_name = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let rest = &bytes[at..];
    let mut open = 0;
    if !follows_name && matches!(rest.first(), Some(b'b' | b'c')) {
        open += 1;
    }
    let is_raw = !follows_name && rest.get(open) == Some(&b'r');
    if is_raw {
        open += 1;
        let hashes = rest[open..].iter().take_while(|&&byte| byte == b'#').count();
        open += hashes;
        if rest.get(open) != Some(&b'"') {
            return None;
        }
        open += 1;
        let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
        let inner = rest[open..].windows(close.len()).position(|window| window == close)?;
        return Some((open, inner, close.len()));
    }
    if rest.get(open) != Some(&b'"') {
        return None;
    }
    open += 1;
    let mut inner = 0;
    while let Some(&byte) = rest.get(open + inner) {
        match byte {
            b'"' => return Some((open, inner, 1)),
            b'\\' => inner += 2,
            _ => inner += 1,
        }
    }
    None
}

/// The length of a character literal; a lifetime is none.
fn character(rest: &[u8]) -> Option<usize> {
    if rest.first() != Some(&b'\'') {
        return None;
    }
    if rest.get(1) == Some(&b'\\') {
        let end = rest.iter().skip(3).position(|&byte| byte == b'\'')?;
        return Some(end + 4);
    }
    let first = std::str::from_utf8(&rest[1..rest.len().min(5)])
        .map_or_else(
            |error| std::str::from_utf8(&rest[1..=error.valid_up_to()]).ok()?.chars().next(),
            |text| text.chars().next(),
        )?
        .len_utf8();
    (rest.get(1 + first) == Some(&b'\'')).then_some(first + 2)
}

#[test]
fn text_is_taken_apart() {
    let text = "let a = \"x // y\"; // see \"b\"\n/* {/*}*/ */ let c = '\"'; r#\"q\"w\"#; b'\\''; &'a str; 'é'";
    let parts = scan(text);
    assert_eq!(
        parts.code,
        "let a = \"      \";           \n             let c = ' '; r#\"   \"#; b'  '; &'a str; '  '"
    );
    assert_eq!(parts.comments.trim(), "// see \"b\"\n/* {/*}*/ */");
    assert_eq!(parts.comments.len(), text.len());
    assert_eq!(
        parts.literals.split_whitespace().collect::<Vec<_>>(),
        ["x", "//", "y", "\"", "q\"w", "\\'", "é"]
    );
}
