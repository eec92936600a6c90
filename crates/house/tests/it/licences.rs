//! Everything we are built from may be given on under Apache-2.0.

use crate::breach::{Breach, none};
use crate::metadata::packages;

/// Licences that let their code be part of an Apache-2.0 program.
const FINE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[test]
fn every_licence_goes_with_ours() {
    let bad = packages()
        .iter()
        .filter(|package| !package.licence.as_deref().is_some_and(goes));
    none(
        "every crate's licence is on the list",
        bad.map(|package| {
            let licence = package.licence.as_deref().unwrap_or("no licence");
            Breach::new(
                "Cargo.lock",
                0,
                format!("{} {}: {licence}", package.name, package.version),
            )
        })
        .collect(),
    );
}

/// Whether an SPDX expression leaves a choice that is fine: one side of each `OR`, both sides of each `AND`.
///
/// What is left over or missing makes an expression that is not one.
fn goes(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let is_fine = any(&words, &mut at);
    // Past the end: a word was wanted that is not there.
    is_fine && at == words.len()
}

fn any(words: &[&str], at: &mut usize) -> bool {
    let mut is_fine = all(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        is_fine |= all(words, at);
    }
    is_fine
}

fn all(words: &[&str], at: &mut usize) -> bool {
    let mut is_fine = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        is_fine &= one(words, at);
    }
    is_fine
}

fn one(words: &[&str], at: &mut usize) -> bool {
    *at += 1;
    let Some(&word) = words.get(*at - 1) else {
        return false;
    };
    if word == "(" {
        let is_fine = any(words, at);
        let is_closed = words.get(*at) == Some(&")");
        *at += 1;
        return is_fine && is_closed;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or_default();
        *at += 2;
        return FINE.contains(&format!("{word} WITH {exception}").as_str());
    }
    FINE.contains(&word)
}

#[test]
fn expressions_are_read_as_spdx_does() {
    for fine in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(goes(fine), "{fine}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "MIT OR",
        "(MIT",
        "Apache-2.0 WITH Other-exception",
        "MIT MIT",
    ] {
        assert!(!goes(bad), "{bad}");
    }
}
