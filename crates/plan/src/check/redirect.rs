//! Redirects: each leads to an address of its own group in one hop, and takes no flow's address away.

use tidegate_model::edge::{Edge, Redirect, Route};
use tidegate_model::flow::Flow;

use crate::code::Code;
use crate::read::{Reading, list, nearest};
use crate::sink::{Finding, Place};

/// Checks the redirects of every edge.
pub(crate) fn check(reading: &mut Reading) {
    let (edges, flows) = (
        std::mem::take(&mut reading.parts.edges),
        std::mem::take(&mut reading.parts.flows),
    );
    for edge in &edges {
        for at in 0..edge.redirects.len() {
            hops(edge, at, reading);
            ends(edge, &flows, at, reading);
        }
    }
    (reading.parts.edges, reading.parts.flows) = (edges, flows);
}

fn place_of(edge: &Edge, at: usize, field: &str, reading: &Reading) -> Place {
    reading.place(&format!("redirect {at} of edge `{}`", edge.id), field)
}

/// A chain costs crawlers and people a hop each, and a loop costs both the page.
fn hops(edge: &Edge, at: usize, reading: &mut Reading) {
    let redirect = &edge.redirects[at];
    let place = place_of(edge, at, "to", reading);
    for (other, next) in edge.redirects.iter().enumerate() {
        if other < at && next.from == redirect.from {
            let from = place_of(edge, at, "from", reading);
            reading.sink.add(
                Finding::error(
                    Code::DeclaredTwice,
                    from,
                    format!("`{}` is redirected twice", redirect.from),
                )
                .expected("each old address once", format!("`{}` again", redirect.from))
                .help("keep the line that says where it went")
                .related(place_of(edge, other, "from", reading), "the first line"),
            );
        }
        if !meet(&redirect.to, &next.from) {
            continue;
        }
        let (message, help) = match other == at {
            true => (
                format!("`{}` leads back to itself", redirect.from),
                "name an address that the new side answers".to_owned(),
            ),
            false => (
                format!(
                    "`{}` leads to `{}`, which is redirected too",
                    redirect.from, redirect.to
                ),
                format!("write `to: {}` here, where the next line leads", next.to),
            ),
        };
        reading.sink.add(
            Finding::error(Code::RedirectedTwice, place, message)
                .expected("an address that no redirect moves", format!("`{}`", redirect.to))
                .help(help)
                .related(place_of(edge, other, "from", reading), "it is moved here"),
        );
        return;
    }
}

/// Where a redirect begins and ends.
fn ends(edge: &Edge, flows: &[Flow], at: usize, reading: &mut Reading) {
    let redirect = &edge.redirects[at];
    let Some(unit) = edge.unit_of_group(&redirect.group) else {
        let place = place_of(edge, at, "group", reading);
        reading.sink.add(unknown(edge, redirect, place));
        return;
    };
    let taken = |path: &str| {
        let mut routes = edge.routes.iter();
        routes.find(|route| reads(route) && meet(&route.path, path))
    };
    if let Some(from) = taken(&redirect.from) {
        let place = place_of(edge, at, "from", reading);
        let flow = flows
            .iter()
            .find(|flow| flow.entry == from.id || flow.complete == from.id);
        let wrong = match flow {
            _ if from.unit != *unit => Some((
                format!("an address of unit `{unit}`, whose group moves it"),
                format!("one of route `{}`, unit `{}`", from.id, from.unit),
            )),
            Some(flow) => Some((
                "an address that no flow begins or ends with".to_owned(),
                format!("route `{}` of flow `{}`", from.id, flow.id),
            )),
            None => None,
        };
        if let Some((expected, found)) = wrong {
            let message = format!(
                "`{}` cannot be redirected with group `{}`",
                redirect.from, redirect.group
            );
            reading.sink.add(
                Finding::error(Code::RedirectAstray, place, message)
                    .expected(expected, found)
                    .help("map a flow's address with `old` and `new` of its route; redirect pages only, each with its own unit's group"),
            );
        }
    }
    let end = taken(&redirect.to);
    if end.and_then(|route| route.group.as_ref()) == Some(&redirect.group) {
        return;
    }
    let found = match end {
        Some(route) => format!("route `{}`, which is not in it", route.id),
        None => "no route".to_owned(),
    };
    let message = format!(
        "`{}` leads to `{}`, which does not flip with it",
        redirect.from, redirect.to
    );
    reading.sink.add(
        Finding::error(Code::RedirectAstray, place_of(edge, at, "to", reading), message)
            .expected(format!("an address of a route of group `{}`", redirect.group), found)
            .help(
                "put the route of the new address in the group: else crawlers are sent to a side that does not know it",
            ),
    );
}

fn unknown(edge: &Edge, redirect: &Redirect, place: Place) -> Finding {
    let names = || {
        edge.routes
            .iter()
            .filter_map(|route| route.group.as_ref())
            .map(|group| group.as_str())
    };
    let expected = match names().next() {
        None => "a group of routes, and there is none".to_owned(),
        Some(_) => format!("a group of routes: {}", list(names())),
    };
    let help = match nearest(redirect.group.as_str(), names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write `group: {}` on the route of `{}`", redirect.group, redirect.to),
    };
    let message = format!("no route of edge `{}` is in group `{}`", edge.id, redirect.group);
    Finding::error(Code::UnknownGroup, place, message)
        .expected(expected, format!("`{}`", redirect.group))
        .help(help)
}

fn reads(route: &Route) -> bool {
    route.methods.is_empty() || route.methods.iter().any(|method| method == "GET")
}

/// Whether an address can be of both patterns.
fn meet(one: &str, other: &str) -> bool {
    let (mut left, mut right) = (one.split('/'), other.split('/'));
    let is_rest = |segment: &str| segment.starts_with("{*");
    loop {
        return match (left.next(), right.next()) {
            (None, None) => true,
            (Some(segment), _) | (_, Some(segment)) if is_rest(segment) => true,
            (_, Some(segment)) if is_rest(segment) => true,
            (Some(a), Some(b)) if a == b || a.starts_with('{') || b.starts_with('{') => continue,
            (Some(_), Some(_) | None) | (None, Some(_)) => false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::meet;

    #[test]
    fn patterns_meet_when_an_address_is_of_both() {
        for (one, other, expected) in [
            ("/a", "/a", true),
            ("/a", "/b", false),
            ("/a/{id}", "/a/7", true),
            ("/a/{id}", "/a", false),
            ("/a/{id}/b", "/a/7/c", false),
            ("/{*rest}", "/a/7", true),
            ("/a/{*rest}", "/a", true),
            ("/a", "/a/{*rest}", true),
            ("/b/{*rest}", "/a/7", false),
            ("/a/7", "/{*rest}", true),
        ] {
            assert_eq!(meet(one, other), expected, "{one} {other}");
            assert_eq!(meet(other, one), expected, "{other} {one}");
        }
    }
}
