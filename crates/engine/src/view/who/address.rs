//! Addresses: `POST /payments`, `/product/12` or `https://shop.example/product/12?from=mail`, led to the route that takes them.

use tidegate_model::Estate;
use tidegate_model::edge::{Edge, Route, UnitUpstreams};

use super::thing::{self, Thing};

/// What an address leads to on each edge; nothing when the text is no address.
pub(super) fn things(estate: &Estate, asked: &str) -> Vec<Thing> {
    let (method, address) = match asked.split_once(char::is_whitespace) {
        Some((method, address)) if method.chars().all(|c| c.is_ascii_alphabetic()) => {
            (Some(method.to_ascii_uppercase()), address.trim())
        }
        Some(_) | None => (None, asked),
    };
    let Some((host, path)) = parts_of(address) else {
        return Vec::new();
    };
    let mut found: Vec<Thing> = Vec::new();
    for edge in estate.edges().values() {
        for thing in on_edge(estate, edge, method.as_deref(), host, path) {
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

/// What takes it on an edge: a route by its public pattern, else one by the address that it has on a side, for whoever read it
/// in a side's own log; else the fallback. A route for the rest of every path stands beside those of the sides.
fn on_edge(estate: &Estate, edge: &Edge, method: Option<&str>, host: Option<&str>, path: &str) -> Vec<Thing> {
    let is_side =
        |one: &&UnitUpstreams| host.is_some_and(|host| host_of(&one.old) == host || host_of(&one.new) == host);
    if edge.units.iter().any(|unit| is_side(&unit)) {
        let things = on_sides(estate, edge, method, host, path);
        if !things.is_empty() {
            return things;
        }
    }
    let taken = taken(edge, method, path);
    let is_for_the_rest = taken.iter().all(|route| route.path.contains("{*"));
    let mut things: Vec<Thing> = taken.iter().map(|route| thing::route(estate, edge, route)).collect();
    if is_for_the_rest {
        things.extend(on_sides(estate, edge, method, None, path));
    }
    if things.is_empty() {
        things.push(thing::fallback(estate, edge, path));
    }
    things
}

/// The first route that takes it. Without a method there may be one for each method, until a route takes every method.
fn taken<'e>(edge: &'e Edge, method: Option<&str>, path: &str) -> Vec<&'e Route> {
    let mut taken: Vec<&Route> = Vec::new();
    for route in edge.routes.iter().filter(|route| fits(&route.path, path)) {
        if takes(route, method) {
            taken.push(route);
            if route.methods.is_empty() || method.is_some() {
                break;
            }
        }
    }
    // The rest of every path is no answer beside a route that was written for this one.
    if taken.len() > 1 {
        taken.retain(|route| !route.methods.is_empty());
    }
    taken
}

/// Routes whose address on a side it is; of that side alone when the host is one of theirs.
fn on_sides(estate: &Estate, edge: &Edge, method: Option<&str>, host: Option<&str>, path: &str) -> Vec<Thing> {
    let mut things = Vec::new();
    for route in edge.routes.iter().filter(|route| takes(route, method)) {
        let unit = edge.units.iter().find(|one| one.unit == route.unit);
        let sides = [
            ("old", &route.old_path, unit.map(|unit| unit.old.as_str())),
            ("new", &route.new_path, unit.map(|unit| unit.new.as_str())),
        ];
        for (side, own, upstream) in sides {
            let own = match (own, host) {
                (Some(own), _) => own,
                (None, Some(_)) => &route.path,
                (None, None) => continue,
            };
            let is_there = host.is_none_or(|host| upstream.is_some_and(|upstream| host_of(upstream) == host));
            if is_there && fits(own, path) {
                things.push(thing::route_of_side(estate, edge, route, side, own));
                break;
            }
        }
    }
    things
}

fn takes(route: &Route, method: Option<&str>) -> bool {
    route.methods.is_empty() || method.is_none_or(|method| route.methods.iter().any(|one| one == method))
}

/// The host and port of an upstream, `http://host:port`.
fn host_of(upstream: &str) -> &str {
    let rest = upstream.split_once("://").map_or(upstream, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// Host, when there is one, and path of an address, without query and fragment.
fn parts_of(address: &str) -> Option<(Option<&str>, &str)> {
    let (host, path) = match address.split_once("://") {
        Some((_, rest)) => rest
            .find('/')
            .map_or((Some(rest), "/"), |at| (Some(&rest[..at]), &rest[at..])),
        None if address.starts_with('/') => (None, address),
        None => return None,
    };
    Some((host, path.split(['?', '#']).next().unwrap_or(path)))
}

/// Whether a pattern takes a path, or is it. Segments are literal or `{name}`; a last `{*rest}` takes the rest.
fn fits(pattern: &str, path: &str) -> bool {
    if pattern == path {
        return true;
    }
    let (mut pattern, mut segments) = (pattern.split('/'), path.split('/'));
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
