//! Routes: units of routes, stages and flows are on the edge, and so are the entry points of flows.

use std::collections::BTreeSet;

use tidegate_model::edge::{Edge, Route, RouteClass};
use tidegate_model::flow::Flow;
use tidegate_model::{RouteId, UnitId};

use crate::code::Code;
use crate::read::{Reading, list, nearest};
use crate::sink::{Finding, Place};

/// Checks edges and flows.
pub(crate) fn check(reading: &mut Reading) {
    let edges = reading.parts.edges.clone();
    for edge in &edges {
        check_edge(edge, reading);
    }
    super::address::check(&edges, reading);
    if edges.is_empty() {
        return;
    }
    for flow in reading.parts.flows.clone() {
        check_flow(&flow, &edges, reading);
    }
    let owned: BTreeSet<UnitId> = (reading
        .parts
        .plans
        .iter()
        .flat_map(|plan| &plan.stages)
        .map(|stage| &stage.unit))
    .chain(reading.parts.flows.iter().map(|flow| &flow.unit))
    .cloned()
    .collect();
    for edge in &edges {
        in_a_domain(edge, &owned, reading);
    }
}

/// A unit with routes is some domain's: a stage of the domain moves it, or a flow of the domain is walked on it.
fn in_a_domain(edge: &Edge, owned: &BTreeSet<UnitId>, reading: &mut Reading) {
    for unit in edge.units.iter().filter(|unit| !owned.contains(&unit.unit)) {
        let routes = edge.routes.iter().filter(|route| route.unit == unit.unit);
        let routes: Vec<&str> = routes.map(|route| route.id.as_str()).collect();
        if routes.is_empty() {
            continue;
        }
        let place = reading.place(&format!("unit `{}` of edge `{}`", unit.unit, edge.id), "");
        let message = format!("unit `{}` of edge `{}` is in no domain", unit.unit, edge.id);
        let finding = Finding::warning(Code::UnitInNoDomain, place, message)
            .expected(
                "a stage that moves it, or a flow that is walked on it",
                format!("neither, and the routes {}", list(routes.iter().copied())),
            )
            .help("declare what visitors do there as a `Flow` of the domain that answers for it: nobody is called when it fails");
        reading.sink.add(finding);
    }
}

fn check_edge(edge: &Edge, reading: &mut Reading) {
    let subject = format!("edge `{}`", edge.id);
    for route in &edge.routes {
        if !serves(edge, &route.unit) {
            let place = reading.place(&format!("route `{}` of {subject}", route.id), "unit");
            unknown_unit(&route.unit, place, &[edge], reading);
        }
    }
    for unit in edge.units.iter().filter(|unit| unit.old == unit.new) {
        let place = reading.place(&format!("unit `{}` of {subject}", unit.unit), "");
        reading.sink.add(
            Finding::warning(
                Code::OneUpstream,
                place,
                format!("both sides of unit `{}` are one upstream", unit.unit),
            )
            .expected("two upstreams", format!("`{}` twice", unit.old))
            .help("name the new system under `new`: whatever is compared there agrees with itself"),
        );
    }
    if !serves(edge, &edge.fallback) {
        let place = reading.place(&subject, "fallback");
        unknown_unit(&edge.fallback, place, &[edge], reading);
    }
}

/// Whether an edge has upstreams for a unit.
pub(crate) fn serves(edge: &Edge, unit: &UnitId) -> bool {
    edge.units.iter().any(|upstreams| upstreams.unit == *unit)
}

/// Whether an edge's gateway takes a flow for its own: it has upstreams for the unit, and one of the two points by name.
pub(crate) fn touches(edge: &Edge, flow: &Flow) -> bool {
    let has = |id: &RouteId| edge.routes.iter().any(|route| route.id == *id);
    serves(edge, &flow.unit) && (has(&flow.entry) || has(&flow.complete))
}

/// Whether a flow can be walked on an edge from its entry to its end.
pub(crate) fn walks(edge: &Edge, flow: &Flow) -> bool {
    let has = |id: &RouteId| {
        edge.routes
            .iter()
            .any(|route| route.id == *id && route.unit == flow.unit)
    };
    serves(edge, &flow.unit) && has(&flow.entry) && has(&flow.complete)
}

/// Says that a unit is on none of these edges.
pub(crate) fn unknown_unit(unit: &UnitId, place: Place, edges: &[&Edge], reading: &mut Reading) {
    // One that could not be read is complained about where it stands.
    if reading.unread_units.contains(unit) {
        return;
    }
    let names = || {
        let units: BTreeSet<&str> = edges
            .iter()
            .flat_map(|edge| &edge.units)
            .map(|upstreams| upstreams.unit.as_str())
            .collect();
        units.into_iter()
    };
    let on = on(edges);
    let help = match nearest(unit.as_str(), names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add `{unit}` with both sides under `units` of the edge, or name one that is there"),
    };
    reading.sink.add(
        Finding::error(Code::UnknownUnit, place, format!("unit `{unit}` is not on {on}"))
            .expected(format!("a unit of {on}: {}", list(names())), format!("`{unit}`"))
            .help(help),
    );
}

/// Edges in words.
fn on(edges: &[&Edge]) -> String {
    let names = list(edges.iter().map(|edge| edge.id.as_str()));
    match edges.len() {
        1 => format!("edge {names}"),
        _ => format!("any of the edges {names}"),
    }
}

/// A gateway takes every flow that one of its routes belongs to, and does not start when the other point is missing: each
/// edge that a flow touches must have the whole of it, and at least one must.
fn check_flow(flow: &Flow, edges: &[Edge], reading: &mut Reading) {
    let serving: Vec<&Edge> = edges.iter().filter(|edge| serves(edge, &flow.unit)).collect();
    if serving.is_empty() {
        let place = reading.place(&format!("flow `{}`", flow.id), "unit");
        let all: Vec<&Edge> = edges.iter().collect();
        unknown_unit(&flow.unit, place, &all, reading);
        return;
    }
    let touched: Vec<&Edge> = serving.iter().copied().filter(|edge| touches(edge, flow)).collect();
    if touched.is_empty() {
        check_points(flow, &serving, reading);
        return;
    }
    for edge in touched {
        check_points(flow, &[edge], reading);
        check_callback(flow, edge, reading);
    }
}

fn check_points(flow: &Flow, edges: &[&Edge], reading: &mut Reading) {
    check_point(flow, &flow.entry, "entry", edges, reading);
    if flow.complete != flow.entry {
        check_point(flow, &flow.complete, "complete", edges, reading);
    }
}

fn check_callback(flow: &Flow, edge: &Edge, reading: &mut Reading) {
    let has_route = edge
        .routes
        .iter()
        .any(|route| route.class == RouteClass::Callback && route.unit == flow.unit);
    let is_payment = reading.payment_flows.iter().any(|name| name == flow.id.as_str());
    if !is_payment || (edge.callback.is_some() && has_route) {
        return;
    }
    let subject = format!("flow `{}`", flow.id);
    let place = reading.place(&subject, "");
    let edge_place = reading.place(&format!("edge `{}`", edge.id), "");
    let found = match (has_route, edge.callback.is_some()) {
        (true, _) => "the route without the rule",
        (false, true) => "the rule without a route",
        (false, false) => "neither",
    };
    reading.sink.add(
        Finding::error(
            Code::NoCallback,
            place,
            format!("payment {subject} has no callback on edge `{}`", edge.id),
        )
        .expected(
            format!(
                "a route of class `callback` for unit `{}`, and a `callback` rule",
                flow.unit
            ),
            found,
        )
        .help("the provider's messages must reach the side that holds the order: add both to the edge")
        .related(edge_place, "the edge"),
    );
}

fn check_point(flow: &Flow, id: &RouteId, field: &str, edges: &[&Edge], reading: &mut Reading) {
    let place = reading.place(&format!("flow `{}`", flow.id), field);
    let point = match field {
        "entry" => "the entry point",
        _ => "the completing route",
    };
    let routes = || edges.iter().flat_map(|edge| &edge.routes);
    let found: Option<&Route> = routes().find(|route| route.id == *id);
    let names = || {
        routes()
            .filter(|route| route.unit == flow.unit)
            .map(|route| route.id.as_str())
    };
    let message = match found {
        Some(route) if route.unit == flow.unit => return,
        Some(route) => format!("{point} of flow `{}` belongs to unit `{}`", flow.id, route.unit),
        None => format!("{point} of flow `{}` is not on {}", flow.id, on(edges)),
    };
    let expected = match names().next() {
        Some(_) => format!("a route of unit `{}`: {}", flow.unit, list(names())),
        None => format!("a route of unit `{}`", flow.unit),
    };
    let help = match nearest(id.as_str(), names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "add a route `{id}` with `unit: {}` to the edge, or name one of its routes",
            flow.unit
        ),
    };
    reading.sink.add(
        Finding::error(Code::NoEntryPoint, place, message)
            .expected(expected, format!("`{id}`"))
            .help(help),
    );
}
