//! A Rust file of the project: its parts, and which of it is only there for tests.

use std::ops::Range;

use crate::scan::{Parts, closing, line_of, scan};
use crate::tree::File;

#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) parts: Parts,
    /// Bytes that are compiled for tests only.
    tests: Vec<Range<usize>>,
}

impl Source {
    /// All files; modules that another file declares under `#[cfg(test)]` are tests throughout.
    pub(crate) fn all(files: &[&File]) -> Vec<Self> {
        let mut sources: Vec<Self> = files.iter().map(|file| Self::new(&file.path, &file.text)).collect();
        let declared: Vec<String> = sources.iter().flat_map(Self::test_modules).collect();
        for source in &mut sources {
            let module = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
            if declared
                .iter()
                .any(|path| module == path || module.starts_with(&format!("{path}/")))
            {
                source.tests = whole(&source.text);
            }
        }
        sources
    }

    pub(crate) fn new(path: &str, text: &str) -> Self {
        let parts = scan(text);
        let is_test = path.split('/').any(|part| part == "tests");
        let tests = if is_test { whole(text) } else { test_items(&parts.code) };
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            parts,
            tests,
        }
    }

    pub(crate) fn line(&self, at: usize) -> usize {
        line_of(&self.text, at)
    }

    pub(crate) fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    /// The crate's folder, such as `crates/engine`.
    pub(crate) fn home(&self) -> &str {
        let parts = if self.path.starts_with("crates/") { 2 } else { 1 };
        let end = self
            .path
            .match_indices('/')
            .nth(parts - 1)
            .map_or(self.path.len(), |(at, _)| at);
        &self.path[..end]
    }

    /// Paths without `.rs` of the modules that this file declares for tests only.
    fn test_modules(&self) -> Vec<String> {
        let (folder, file) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let stem = file.trim_end_matches(".rs");
        let folder = match stem {
            "mod" | "lib" | "main" => folder.to_owned(),
            _ => format!("{folder}/{stem}"),
        };
        self.tests
            .iter()
            .filter_map(|range| self.parts.code[range.clone()].split_once("mod ")?.1.split_once(';'))
            .filter(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_'))
            .map(|(name, _)| format!("{folder}/{name}"))
            .collect()
    }
}

fn whole(text: &str) -> Vec<Range<usize>> {
    std::iter::once(0..text.len()).collect()
}

/// From each `#[cfg(test)]` to the end of the item behind it.
fn test_items(code: &str) -> Vec<Range<usize>> {
    code.match_indices("#[cfg(test)]")
        .map(|(from, mark)| {
            let item = from + mark.len();
            let end = code[item..].find(['{', ';']).map_or(code.len(), |at| item + at);
            if code[end..].starts_with('{') {
                from..closing(code, end)
            } else {
                from..(end + 1).min(code.len())
            }
        })
        .collect()
}

#[test]
fn tests_are_told_from_what_is_shipped() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { '}'; }\n}\nfn c() {}\n#[cfg(test)]\nmod model;\n";
    let source = Source::new("crates/x/src/y.rs", text);
    let place = |what: &str| source.is_test(text.find(what).unwrap());
    assert_eq!((place("fn a"), place("fn b"), place("fn c")), (false, true, false));
    assert_eq!(source.test_modules(), ["crates/x/src/y/model"]);
    assert_eq!(source.home(), "crates/x");
}
