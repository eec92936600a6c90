//! A crate is built in one version, as far as what we build on lets us.

use std::collections::BTreeMap;

use crate::metadata::packages;
use crate::ratchet;

const LIST: &str = "crates/house/tests/it/duplicates.txt";

#[test]
fn no_crate_gains_another_version() {
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages() {
        *versions.entry(&package.name).or_default() += 1;
    }
    ratchet::only_shrinks("a crate is built in one version", LIST, 1, &versions);
}
