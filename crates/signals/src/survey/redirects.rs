//! The redirect map: each old address leads in one permanent hop to exactly its target, and the target answers.

use std::collections::BTreeMap;

use super::faults::Faults;
use super::page::Page;
use super::pages::Pages;
use super::side::{Side, path_and_query};

/// RFC 9110 §15.4: the redirects that say that an address has moved for good.
const PERMANENT: [u16; 2] = [301, 308];
/// Hops that are followed in the answers at hand before it is called a loop.
const HOPS_MAX: usize = 10;

/// Judges every line of the map by the answers of both ends. Lines without an answer are a gap, in words.
pub(super) fn judge(side: &Side, map: &BTreeMap<String, String>, pages: &Pages, faults: &mut Faults) -> Option<String> {
    let mut gap = None;
    for (old, target) in map {
        match (pages.get(old), pages.get(target)) {
            (Some(Ok(page)), Some(Ok(end))) => line(side, (old, page), (target, end), pages, faults),
            (Some(Err(why)), _) => gap = Some(format!("{old}: {why}")),
            (_, Some(Err(why))) => gap = Some(format!("{target}: {why}")),
            (None, _) | (_, None) => gap = Some(format!("{old} was not asked for")),
        }
    }
    gap
}

fn line(side: &Side, (old, page): (&str, &Page), (target, end): (&str, &Page), pages: &Pages, faults: &mut Faults) {
    let status = page.status;
    if !(300..400).contains(&status) {
        return faults.add(
            "redirect",
            old,
            format!("status {status}, expected a redirect to {target}"),
        );
    }
    let Some(to) = page.location.as_deref().and_then(|to| side.resolve(old, to)) else {
        return faults.add("redirect", old, format!("status {status}, leads nowhere"));
    };
    if !PERMANENT.contains(&status) {
        faults.add("redirect", old, format!("status {status}, expected 301 or 308"));
    }
    let expected = side.public(target);
    if expected.as_ref() != Some(&to) {
        return faults.add("redirect", old, format!("leads to {to}, expected {target}"));
    }
    if (300..400).contains(&end.status) {
        let kind = if is_loop(side, target, pages) {
            "redirect loop"
        } else {
            "redirect chain"
        };
        let next = end.location.as_deref().unwrap_or("nowhere");
        return faults.add(kind, old, format!("{target} leads on to {next}"));
    }
    if end.status != 200 {
        faults.add("redirect", old, format!("{target} answers {}", end.status));
    }
}

fn is_loop(side: &Side, from: &str, pages: &Pages) -> bool {
    let mut seen = vec![from.to_owned()];
    while seen.len() <= HOPS_MAX {
        let here = seen.last().expect("it begins with one").clone();
        let next = match pages.get(&here) {
            Some(Ok(page)) => page.location.as_deref().and_then(|to| side.resolve(&here, to)),
            Some(Err(_)) | None => None,
        };
        match next.map(|url| path_and_query(&url)) {
            Some(path) if seen.contains(&path) => return true,
            Some(path) => seen.push(path),
            None => return false,
        }
    }
    true
}
