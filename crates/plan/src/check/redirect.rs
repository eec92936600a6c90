//! Redirects: each leads in one hop to an address of its own group that both sides answer, and takes no flow's address away.

use tidegate_model::UnitId;
use tidegate_model::edge::{Edge, Redirect, Route, RouteClass};
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
    for from in reached(edge, &redirect.from) {
        if let Some(finding) = taken(edge, flows, at, (unit, from), reading) {
            reading.sink.add(finding);
            break;
        }
    }
    let ends = reached(edge, &redirect.to);
    let astray = ends.iter().find(|route| route.group.as_ref() != Some(&redirect.group));
    let place = place_of(edge, at, "to", reading);
    let known = match (ends.first(), astray) {
        (Some(_), None) => ends.iter().find(|route| route.old_path.is_none()),
        (None, _) | (_, Some(_)) => {
            let found = match astray {
                Some(route) => format!("route `{}`, which is not in it", route.id),
                None => "no route".to_owned(),
            };
            let message = format!(
                "`{}` leads to `{}`, which does not flip with it",
                redirect.from, redirect.to
            );
            reading.sink.add(
                Finding::error(Code::RedirectAstray, place, message)
                    .expected(format!("an address of a route of group `{}`", redirect.group), found)
                    .help("put the route of the new address in the group: else crawlers are sent to a side that does not know it"),
            );
            return;
        }
    };
    if let Some(route) = known {
        let message = format!("the old side is not said to know `{}`", redirect.to);
        reading.sink.add(
            Finding::error(Code::RedirectAstray, place, message)
                .expected(format!("`old` on route `{}`", route.id), "an address of the new side alone")
                .help(format!(
                    "write `old: {}` on it, or where else the old side has the page: after a rollback it is asked for the new address",
                    redirect.from
                )),
        );
    }
}

/// Why a route cannot lose an address to a redirect.
fn taken(edge: &Edge, flows: &[Flow], at: usize, of: (&UnitId, &Route), reading: &Reading) -> Option<Finding> {
    let (redirect, (unit, route)) = (&edge.redirects[at], of);
    let is_of = |flow: &&Flow| flow.entry == route.id || flow.complete == route.id;
    let (expected, found) = match flows.iter().find(is_of) {
        _ if route.unit != *unit => (
            format!("an address of unit `{unit}`, whose group moves it"),
            format!("one of route `{}`, unit `{}`", route.id, route.unit),
        ),
        Some(flow) => (
            "an address that no flow begins or ends with".to_owned(),
            format!("route `{}` of flow `{}`", route.id, flow.id),
        ),
        None if route.class == RouteClass::Callback => (
            "an address that no callback comes to".to_owned(),
            format!("route `{}` of class `callback`", route.id),
        ),
        None => return None,
    };
    let place = place_of(edge, at, "from", reading);
    let message = format!(
        "`{}` cannot be redirected with group `{}`",
        redirect.from, redirect.group
    );
    Some(
        Finding::error(Code::RedirectAstray, place, message)
            .expected(expected, found)
            .help("map a flow's address with `old` and `new` of its route; redirect pages only, each with its own unit's group"),
    )
}

/// The routes that take addresses of a pattern, in their order. What one takes whole leaves nothing to those after it.
fn reached<'e>(edge: &'e Edge, pattern: &str) -> Vec<&'e Route> {
    let mut routes = Vec::new();
    for route in edge.routes.iter().filter(|route| reads(route)) {
        if meet(&route.path, pattern) {
            routes.push(route);
            if covers(&route.path, pattern) {
                break;
            }
        }
    }
    routes
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

/// Whether each address of the other pattern is one of this.
fn covers(one: &str, other: &str) -> bool {
    let (mut left, mut right) = (one.split('/'), other.split('/'));
    loop {
        return match (left.next(), right.next()) {
            (None, None) => true,
            (Some(segment), _) if segment.starts_with("{*") => true,
            (_, Some(segment)) if segment.starts_with("{*") => false,
            (Some(a), Some(b)) if a == b || a.starts_with('{') => continue,
            (Some(_), Some(_) | None) | (None, Some(_)) => false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{covers, meet};

    #[test]
    fn a_pattern_covers_what_has_no_address_outside_it() {
        for (one, other, expected) in [
            ("/a", "/a", true),
            ("/a", "/{id}", false),
            ("/{id}", "/a", true),
            ("/{id}", "/{name}", true),
            ("/a/{id}", "/a", false),
            ("/{*rest}", "/a/{id}", true),
            ("/a/{id}", "/a/{*rest}", false),
            ("/a/{*rest}", "/{*rest}", false),
        ] {
            assert_eq!(covers(one, other), expected, "{one} {other}");
        }
    }

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
