//! One binary of integration tests per crate: linking is what costs.

use crate::breach::{Breach, none};
use crate::tree::tree;

#[test]
fn each_crate_has_one_binary_of_tests() {
    let roots = tree()
        .sources
        .iter()
        .map(|source| source.path.as_str())
        .filter(|path| is_another_root(path));
    none(
        "integration tests start at `tests/it/main.rs`",
        roots
            .map(|path| Breach::new(path, 0, "is a binary of its own"))
            .collect(),
    );
}

/// What cargo would build as a test binary: a file right in `tests/`, or the `main.rs` of a folder there.
fn is_another_root(path: &str) -> bool {
    let Some((home, rest)) = path.split_once("/tests/") else {
        return false;
    };
    // A folder `tests` within sources is a module like any other.
    let is_root = !rest.contains('/') || rest.matches('/').count() == 1 && rest.ends_with("/main.rs");
    !home.contains("/src") && is_root && rest != "it/main.rs"
}

#[test]
fn roots_are_told_from_modules() {
    assert!(is_another_root("crates/x/tests/more.rs"));
    assert!(is_another_root("demo/tests/more/main.rs"));
    assert!(!is_another_root("crates/x/tests/it/main.rs"));
    assert!(!is_another_root("crates/x/tests/it/more.rs"));
    assert!(!is_another_root("crates/x/src/y/tests/more.rs"));
}
