//! Addresses: `POST /payments`, `/product/12` or `https://shop.example/product/12?from=mail`, led to the route that takes them.

use tidegate_model::Estate;
use tidegate_model::edge::{Edge, Route};

use super::thing::{self, Thing};

/// What an address leads to on each edge; nothing when the text is no address.
pub(super) fn things(estate: &Estate, asked: &str) -> Vec<Thing> {
    let (method, address) = match asked.split_once(char::is_whitespace) {
        Some((method, address)) if method.chars().all(|c| c.is_ascii_alphabetic()) => {
            (Some(method.to_ascii_uppercase()), address.trim())
        }
        Some(_) | None => (None, asked),
    };
    let Some(path) = path_of(address) else {
        return Vec::new();
    };
    let mut found: Vec<Thing> = Vec::new();
    for edge in estate.edges().values() {
        for thing in on_edge(estate, edge, method.as_deref(), path) {
            if !found
                .iter()
                .any(|known| known.kind == thing.kind && known.name == thing.name)
            {
                found.push(thing);
            }
        }
    }
    found
}

/// The first route that takes it. Without a method there may be one for each method, until a route takes every method.
fn on_edge(estate: &Estate, edge: &Edge, method: Option<&str>, path: &str) -> Vec<Thing> {
    let mut taken: Vec<&Route> = Vec::new();
    for route in edge.routes.iter().filter(|route| fits(route, path)) {
        let asks_all = route.methods.is_empty();
        let takes = asks_all || method.is_none_or(|method| route.methods.iter().any(|one| one == method));
        if takes {
            taken.push(route);
            if asks_all || method.is_some() {
                break;
            }
        }
    }
    if taken.is_empty() {
        return vec![thing::fallback(estate, edge, path)];
    }
    // The rest of every path is no answer beside a route that was written for this one.
    if taken.len() > 1 {
        taken.retain(|route| !route.methods.is_empty());
    }
    taken.iter().map(|route| thing::route(estate, edge, route)).collect()
}

/// The path of an address, without query and fragment.
fn path_of(address: &str) -> Option<&str> {
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None if address.starts_with('/') => address,
        None => return None,
    };
    Some(path.split(['?', '#']).next().unwrap_or(path))
}

/// Whether a pattern takes a path, or is it. Segments are literal or `{name}`; a last `{*rest}` takes the rest.
fn fits(route: &Route, path: &str) -> bool {
    if route.path == path {
        return true;
    }
    let (mut pattern, mut segments) = (route.path.split('/'), path.split('/'));
    loop {
        match (pattern.next(), segments.next()) {
            (Some(rest), _) if rest.starts_with("{*") => return true,
            (Some(name), Some(segment)) if name.starts_with('{') => {
                if segment.is_empty() {
                    return false;
                }
            }
            (Some(literal), Some(segment)) if literal == segment => {}
            (None, None) => return true,
            (Some(_), Some(_) | None) | (None, Some(_)) => return false,
        }
    }
}
