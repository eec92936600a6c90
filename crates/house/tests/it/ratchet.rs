//! A rule that is not yet kept everywhere: offenders are listed with their size, and the list only shrinks.

use std::collections::BTreeMap;

use crate::breach::{Breach, none};
use crate::tree::tree;

/// Fails when something beyond `bound` is not listed at `list`, is beyond its row there, or has come below it.
///
/// A row is `SIZE NAME`; lines that begin with `#` explain the list.
pub(crate) fn only_shrinks(rule: &str, list: &str, bound: usize, present: &BTreeMap<&str, usize>) {
    let text = &tree().file(list).expect("the list is there").text;
    none(rule, judge(&rows(text), bound, present));
}

fn rows(list: &str) -> BTreeMap<&str, usize> {
    list.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (size, name) = line.trim().split_once(' ').expect("a row is `SIZE NAME`");
            (name, size.parse().expect("a row begins with a number"))
        })
        .collect()
}

fn judge(rows: &BTreeMap<&str, usize>, bound: usize, present: &BTreeMap<&str, usize>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (&name, &size) in present {
        let what = match rows.get(name) {
            Some(&row) if size > row => format!("grew from {row} to {size}"),
            Some(&row) if size <= bound => format!("shrank from {row} to {size}: take it off the list"),
            Some(&row) if size < row => format!("shrank: lower {row} to {size} in the list"),
            None if size > bound => format!("has {size}, more than {bound}"),
            Some(_) | None => continue,
        };
        breaches.push(Breach::new(name, 0, what));
    }
    let gone = rows.keys().filter(|name| !present.contains_key(*name));
    breaches.extend(gone.map(|name| Breach::new(name, 0, "is listed but gone")));
    breaches
}

#[test]
fn a_list_only_shrinks() {
    let wrong = |list: &str, size: usize| judge(&rows(list), 500, &[("a.rs", size)].into()).len();
    assert_eq!((wrong("", 500), wrong("", 501)), (0, 1));
    assert_eq!(wrong("# why\n600 a.rs", 600), 0);
    assert_eq!(
        (wrong("600 a.rs", 601), wrong("600 a.rs", 599), wrong("600 a.rs", 400)),
        (1, 1, 1)
    );
    assert_eq!(wrong("600 b.rs", 10), 1);
}
