//! Rust files stay short enough to be read in one go.

use crate::ratchet;
use crate::tree::tree;

/// Lines a Rust file has at most, unless it is listed.
const LINES_MAX: usize = 500;

const LIST: &str = "crates/house/tests/it/size.txt";

#[test]
fn no_file_grows_past_its_bound() {
    let sources = tree().sources.iter();
    let lines = sources
        .map(|source| (source.path.as_str(), source.text.lines().count()))
        .collect();
    ratchet::only_shrinks("a Rust file has at most 500 lines", LIST, LINES_MAX, &lines);
}
