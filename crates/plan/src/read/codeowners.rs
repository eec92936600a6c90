//! CODEOWNERS of GitHub, and the sections of GitLab: which rule speaks for which code. Whom a rule names need not be declared:
//! a repository holds more than an estate.

use tidegate_model::code::{CodeOwners, CodeRule};

use super::Reading;
use crate::bundle::Bundle;
use crate::code::Code;
use crate::sink::{Finding, Place};

/// Where the file is looked for, in this order; the first one counts.
pub const CODEOWNERS: [&str; 4] = [
    ".github/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitlab/CODEOWNERS",
];

/// Reads the file, when the bundle has one.
pub(crate) fn read(bundle: &Bundle, reading: &mut Reading) {
    let found = CODEOWNERS
        .iter()
        .find_map(|path| bundle.files.iter().position(|file| file.path == *path));
    let Some(at) = found else { return };
    let file = &bundle.files[at];
    let mut owners = CodeOwners {
        file: file.path.clone(),
        rules: Vec::new(),
    };
    let (mut section, mut defaults, mut begin) = (0, Vec::new(), 0);
    for (number, line) in file.text.split('\n').enumerate() {
        let place = Place {
            file: at,
            start: begin,
            end: begin + line.trim_end().len(),
        };
        begin += line.len() + 1;
        let words = words(line);
        let Some((pattern, named)) = words.split_first() else {
            continue;
        };
        if let Some(header) = pattern.strip_prefix('^').unwrap_or(pattern).strip_prefix('[') {
            section += 1;
            // A section's name may have spaces; owners come behind its last bracket.
            let rest = if header.contains(']') { named } else { behind(named) };
            defaults = rest.to_vec();
            continue;
        }
        if let Some(why) = not_read(pattern, named) {
            reading.sink.add(
                Finding::warning(
                    Code::CodeOwnersLine,
                    place,
                    format!("this line of CODEOWNERS says nothing: {why}"),
                )
                .expected(
                    "a pattern of gitignore without `!`, `[ ]` and `\\#`, then teams, people or addresses",
                    format!("`{}`", line.trim()),
                )
                .help("write it as a path of its own; repositories leave such a line out without a word"),
            );
            continue;
        }
        let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
        reading.mark("code owners", &line.to_string(), place);
        owners.rules.push(CodeRule {
            line,
            pattern: pattern.clone(),
            owners: if named.is_empty() {
                defaults.clone()
            } else {
                named.to_vec()
            },
            section,
        });
    }
    reading.parts.code = owners;
}

/// The words of a line up to its comment; `\ ` is a space inside of a word.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut letters = line.trim_end().chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&' ') => {
                letters.next();
                word.push(' ');
            }
            '#' if word.is_empty() => break,
            letter if letter.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => word.push(letter),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

fn behind(words: &[String]) -> &[String] {
    let end = words.iter().position(|word| word.contains(']'));
    end.map_or(&[], |end| &words[end + 1..])
}

fn not_read(pattern: &str, owners: &[String]) -> Option<&'static str> {
    if pattern.starts_with('!') {
        return Some("a pattern cannot be taken back with `!`");
    }
    if pattern.starts_with("\\#") {
        return Some("a pattern cannot begin with `\\#`");
    }
    if pattern.contains('[') {
        return Some("a pattern cannot have a range of characters");
    }
    let is_owner = |owner: &String| owner.contains('@');
    (!owners.iter().all(is_owner)).then_some("an owner is `@org/team`, `@person` or an address")
}
