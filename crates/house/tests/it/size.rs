//! Files past 500 lines are listed with their size in `size.txt`, and the list only shrinks.

use std::collections::BTreeMap;

use crate::breach::{Breach, none};
use crate::tree::tree;

/// Lines a Rust file has at most, unless it is listed.
const LINES_MAX: usize = 500;

const LIST: &str = "crates/house/tests/it/size.txt";

#[test]
fn no_file_grows_past_its_bound() {
    let list = &tree().file(LIST).expect("the list is there").text;
    let present: BTreeMap<&str, usize> = tree()
        .sources
        .iter()
        .map(|source| (source.path.as_str(), source.text.lines().count()))
        .collect();
    none(
        "no Rust file has more than 500 lines, and listed ones only shrink",
        judge(&listed(list), &present),
    );
}

fn listed(list: &str) -> BTreeMap<&str, usize> {
    list.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (lines, path) = line.trim().split_once(' ').expect("a row is `LINES PATH`");
            (path, lines.parse().expect("a row begins with a number"))
        })
        .collect()
}

fn judge(listed: &BTreeMap<&str, usize>, present: &BTreeMap<&str, usize>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (&path, &lines) in present {
        match listed.get(path) {
            Some(&bound) if lines > bound => {
                breaches.push(Breach::new(path, 0, format!("grew from {bound} lines to {lines}")));
            }
            Some(&bound) if lines <= LINES_MAX => {
                breaches.push(Breach::new(
                    path,
                    0,
                    format!("shrank from {bound} to {lines}: take it off the list"),
                ));
            }
            Some(&bound) if lines < bound => {
                breaches.push(Breach::new(
                    path,
                    0,
                    format!("shrank: lower {bound} to {lines} in the list"),
                ));
            }
            Some(_) => {}
            None if lines > LINES_MAX => breaches.push(Breach::new(path, 0, format!("has {lines} lines"))),
            None => {}
        }
    }
    let gone = listed.keys().filter(|path| !present.contains_key(*path));
    breaches.extend(gone.map(|path| Breach::new(path, 0, "is listed but gone")));
    breaches
}

#[test]
fn the_list_only_shrinks() {
    let wrong = |list: &str, lines: usize| judge(&listed(list), &[("a.rs", lines)].into()).len();
    assert_eq!((wrong("", 500), wrong("", 501)), (0, 1));
    assert_eq!(wrong("600 a.rs", 600), 0);
    assert_eq!(
        (wrong("600 a.rs", 601), wrong("600 a.rs", 599), wrong("600 a.rs", 400)),
        (1, 1, 1)
    );
    assert_eq!(wrong("600 b.rs", 10), 1);
}
