//! Rings 0 and 1, and the artefacts, have no clock, no files, no environment, no network, no threads, no output and no
//! unordered maps.
//!
//! Clippy sees through imports and aliases, by each pure room's `clippy.toml`; this test sees that the file is there and
//! whole, and what clippy has no lint for.

use crate::breach::{Breach, none};
use crate::scan::words;
use crate::source::Source;
use crate::tree::tree;

/// The pure rooms' folders.
const PURE: &[&str] = &[
    "crates/model",
    "crates/stats",
    "crates/plan",
    "crates/engine",
    "crates/artefacts",
];

/// What never stands in code that a pure room ships.
const WORLD: &[&str] = &[
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "std::time::Instant",
    "std::fs",
    "std::env",
    "std::net",
    "std::thread",
    "std::process",
    "thread_local!",
    "HashMap",
    "HashSet",
    "async",
    "tokio",
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
];

/// What each pure room's `clippy.toml` disallows at least.
const DISALLOWED: &[&str] = &[
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "std::fs::read_to_string",
    "std::fs::write",
    "std::env::var",
    "std::thread::spawn",
    "std::thread::sleep",
    "std::process::exit",
    "std::fs::File",
    "std::net::TcpStream",
    "std::process::Command",
    "std::collections::HashMap",
    "std::collections::HashSet",
    "f64::ln",
    "f64::exp",
    "f64::powf",
];

#[test]
fn pure_rooms_do_not_name_the_world() {
    let pure = tree().sources.iter().filter(|source| PURE.contains(&source.home()));
    let shipped = pure.filter(|source| source.path.contains("/src/"));
    none("rings 0 and 1 are pure", shipped.flat_map(world).collect());
}

#[test]
fn each_pure_room_tells_clippy_so() {
    let mut breaches = Vec::new();
    let first = tree().file("crates/model/clippy.toml").map(|file| &file.text);
    for room in PURE {
        let path = format!("{room}/clippy.toml");
        let Some(file) = tree().file(&path) else {
            breaches.push(Breach::new(&path, 0, "is missing"));
            continue;
        };
        if Some(&file.text) != first {
            breaches.push(Breach::new(&path, 0, "differs from the one of crates/model"));
        }
        let missing = DISALLOWED
            .iter()
            .filter(|name| !file.text.contains(&format!("\"{name}\"")));
        breaches.extend(missing.map(|name| Breach::new(&path, 0, format!("does not disallow `{name}`"))));
    }
    none("pure rooms have the same, whole clippy.toml", breaches);
}

fn world(source: &Source) -> Vec<Breach> {
    WORLD
        .iter()
        .flat_map(|word| words(&source.parts.code, word).map(move |at| (word, at)))
        .filter(|&(_, at)| !source.is_test(at))
        .map(|(word, at)| Breach::new(&source.path, source.line(at), format!("`{word}`")))
        .collect()
}

#[test]
fn the_world_is_seen_in_code_only() {
    let text =
        "// std::fs is not for us\nfn a() { std::fs::read(\"std::env\"); }\n#[cfg(test)]\nfn b() { println!(); }\n";
    let found = world(&Source::new("crates/model/src/a.rs", text));
    assert_eq!(found, [Breach::new("crates/model/src/a.rs", 2, "`std::fs`")]);
}
