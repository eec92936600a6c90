//! Rooms stand in rings and import inwards only; pure rooms import nothing that could reach the world.

use std::collections::BTreeMap;

use crate::breach::{Breach, none};
use crate::metadata::{Package, Purpose, ours};
use crate::tree::tree;

/// A room, its ring, and which of our rooms it may import. `ARCHITECTURE.md` shows the same table.
type Room = (&'static str, u8, &'static [&'static str]);

const ROOMS: &[Room] = &[
    ("tidegate-model", 0, &[]),
    ("tidegate-stats", 0, &[]),
    ("tidegate-plan", 1, &["model", "stats"]),
    ("tidegate-engine", 1, &["model", "stats"]),
    ("tidegate-artefacts", 2, &["model", "plan"]),
    ("tidegate-journal", 2, &["model"]),
    ("tidegate-gateway", 2, &["model", "stats"]),
    ("tidegate-signals", 2, &["model", "stats"]),
    ("tidegate-dispatch", 2, &["model"]),
    ("tidegate-reconcile", 2, &["model"]),
    ("tidegate-runtime", 3, &["model", "engine"]),
    ("tidegate-api", 4, &["model", "engine", "artefacts", "runtime"]),
    (
        "tidegate",
        5,
        &[
            "model",
            "stats",
            "plan",
            "engine",
            "artefacts",
            "journal",
            "gateway",
            "signals",
            "dispatch",
            "reconcile",
            "runtime",
            "api",
        ],
    ),
];

/// Crates around the house, and which of ours they may import.
const AROUND: &[(&str, &[&str])] = &[
    // Programs that Tidegate does not own: they know its public faces only.
    ("tidegate-demo", &[]),
    (
        "tidegate-bench",
        &["model", "plan", "engine", "journal", "reconcile", "runtime", "servers"],
    ),
    ("tidegate-house", &[]),
    ("tidegate-servers", &[]),
];

/// What of the world of crates a pure room may import, and why that keeps it pure.
const PURE_IMPORTS: &[(&str, &[&str])] = &[
    // Plain data and its encodings; `jiff` is given its instants, its clock is disallowed in `clippy.toml`. The bucket of a
    // key is a hash of it.
    ("tidegate-model", &["schemars", "serde", "sha2", "thiserror", "jiff"]),
    // Functions of numbers.
    ("tidegate-stats", &["libm"]),
    // Text in, text out.
    (
        "tidegate-plan",
        &[
            "annotate-snippets",
            "granit-parser",
            "jiff",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
        ],
    ),
    (
        "tidegate-engine",
        &["jiff", "schemars", "serde", "serde_json", "sha2", "strsim", "thiserror"],
    ),
];

/// The command that carries the demonstration's programs in its own binary.
const CARRIES_DEMO: (&str, &str) = ("tidegate", "tidegate-demo");

/// Databases that tests of any room may start.
const SERVERS: &str = "tidegate-servers";

#[test]
fn a_room_imports_only_the_inner_rooms_its_row_names() {
    none("a room imports only what its row in `ROOMS` names", forbidden(ours()));
}

#[test]
fn every_crate_has_a_row() {
    let rows = ROOMS
        .iter()
        .map(|room| room.0)
        .chain(AROUND.iter().map(|crate_| crate_.0));
    let mut named: Vec<&str> = rows.collect();
    let mut present: Vec<&str> = ours().map(|package| package.name.as_str()).collect();
    named.sort_unstable();
    present.sort_unstable();
    assert_eq!(named, present);
}

#[test]
fn the_table_itself_points_inwards() {
    for (room, ring, imports) in ROOMS {
        for import in *imports {
            let inner = ring_of(&full(import)).unwrap();
            assert!(
                inner < *ring,
                "{room} in ring {ring} must not import {import} of ring {inner}"
            );
        }
    }
    let pure: Vec<&str> = ROOMS.iter().filter(|room| room.1 <= 1).map(|room| room.0).collect();
    assert_eq!(pure, PURE_IMPORTS.iter().map(|row| row.0).collect::<Vec<_>>());
}

#[test]
fn the_architecture_shows_this_table() {
    let text = &tree().file("ARCHITECTURE.md").expect("ARCHITECTURE.md is there").text;
    let shown = table(text);
    let held: BTreeMap<String, (u8, Vec<String>)> = ROOMS
        .iter()
        .map(|(room, ring, imports)| {
            let mut imports: Vec<String> = imports.iter().map(|&import| import.to_owned()).collect();
            imports.sort();
            ((*room).to_owned(), (*ring, imports))
        })
        .collect();
    assert_eq!(shown, held, "left: ARCHITECTURE.md, right: this test");
}

fn forbidden(packages: impl Iterator<Item = &'static Package>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for package in packages {
        let manifest = format!("{}/Cargo.toml", package.home);
        for edge in &package.edges {
            if let Some(what) = objection(&package.name, &edge.name, edge.purpose) {
                breaches.push(Breach::new(&manifest, 0, what));
            }
        }
    }
    breaches
}

/// Why one crate may not import another; `None` when it may.
fn objection(from: &str, to: &str, purpose: Purpose) -> Option<String> {
    let is_ours = to == "tidegate" || to.starts_with("tidegate-");
    if !is_ours {
        let (_, allowed) = PURE_IMPORTS.iter().find(|row| row.0 == from)?;
        // What only tests of a pure room import never reaches its users.
        let is_fine = purpose == Purpose::Test || allowed.contains(&to);
        return (!is_fine).then(|| format!("a pure room does not import `{to}`"));
    }
    if (from, to) == CARRIES_DEMO || to == SERVERS && purpose == Purpose::Test {
        return None;
    }
    let Some((_, ring, imports)) = ROOMS.iter().find(|room| room.0 == from) else {
        let (_, imports) = AROUND.iter().find(|row| row.0 == from)?;
        let is_fine = imports.iter().any(|import| full(import) == to);
        return (!is_fine).then(|| format!("`{from}` does not import `{to}`"));
    };
    match ring_of(to) {
        Some(inner) if purpose == Purpose::Test && inner < *ring => None,
        Some(_) if purpose == Purpose::Normal && imports.iter().any(|import| full(import) == to) => None,
        Some(other) => Some(format!(
            "`{from}` of ring {ring} does not import `{to}` of ring {other}"
        )),
        None => Some(format!("`{from}` does not import `{to}`, which is outside the house")),
    }
}

fn full(short: &str) -> String {
    format!("tidegate-{short}")
}

fn ring_of(room: &str) -> Option<u8> {
    ROOMS.iter().find(|row| row.0 == room).map(|row| row.1)
}

/// Reads rows `| ring | crate | may import | ... |` of the first table that has a ring column.
fn table(markdown: &str) -> BTreeMap<String, (u8, Vec<String>)> {
    let rows = markdown
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("| ring"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim()).collect();
        let ring = cells[1].parse().ok()?;
        let room = cells[2].split('`').nth(1)?.to_owned();
        let mut imports: Vec<String> = match cells[3] {
            "-" => Vec::new(),
            "everything" => ROOMS
                .iter()
                .filter_map(|row| row.0.strip_prefix("tidegate-"))
                .map(str::to_owned)
                .collect(),
            list => list
                .split(',')
                .map(|name| name.trim().trim_matches('`').to_owned())
                .collect(),
        };
        imports.sort();
        Some((room, (ring, imports)))
    })
    .collect()
}

#[test]
fn each_kind_of_forbidden_edge_is_seen() {
    let seen = |from, to, purpose| objection(from, to, purpose).is_some();
    assert!(seen("tidegate-engine", "tidegate-journal", Purpose::Normal), "outwards");
    assert!(
        seen("tidegate-engine", "tidegate-journal", Purpose::Test),
        "outwards in tests"
    );
    assert!(
        seen("tidegate-engine", "tidegate-plan", Purpose::Test),
        "sideways in tests"
    );
    assert!(
        seen("tidegate-gateway", "tidegate-engine", Purpose::Normal),
        "inwards but not named"
    );
    assert!(
        seen("tidegate-runtime", "tidegate-demo", Purpose::Test),
        "out of the house"
    );
    assert!(seen("tidegate-demo", "tidegate-model", Purpose::Normal), "from outside");
    assert!(seen("tidegate-model", "tokio", Purpose::Normal), "the world");
    assert!(
        !seen("tidegate-model", "proptest", Purpose::Test),
        "tests may have more"
    );
    assert!(!seen("tidegate-signals", "tidegate-servers", Purpose::Test), "servers");
    assert!(
        seen("tidegate-signals", "tidegate-servers", Purpose::Normal),
        "servers are no part of the program"
    );
    assert!(
        !seen("tidegate-runtime", "tidegate-plan", Purpose::Test),
        "inner rooms in tests"
    );
}
