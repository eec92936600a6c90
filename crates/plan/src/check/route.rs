//! Routes: units of routes, stages and flows are on the edge, and so are the entry points of flows.

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
    if edges.is_empty() {
        return;
    }
    for flow in reading.parts.flows.clone() {
        check_flow(&flow, &edges, reading);
    }
}

fn check_edge(edge: &Edge, reading: &mut Reading) {
    let subject = format!("edge `{}`", edge.id);
    for route in &edge.routes {
        if !serves(edge, &route.unit) {
            let place = reading.place(&format!("route `{}` of {subject}", route.id), "unit");
            unknown_unit(&route.unit, place, edge, reading);
        }
    }
    if !serves(edge, &edge.fallback) {
        let place = reading.place(&subject, "fallback");
        unknown_unit(&edge.fallback, place, edge, reading);
    }
}

/// Whether an edge has upstreams for a unit.
pub(crate) fn serves(edge: &Edge, unit: &UnitId) -> bool {
    edge.units.iter().any(|upstreams| upstreams.unit == *unit)
}

/// Says that a unit is not on an edge.
pub(crate) fn unknown_unit(unit: &UnitId, place: Place, edge: &Edge, reading: &mut Reading) {
    let names = || edge.units.iter().map(|upstreams| upstreams.unit.as_str());
    let help = match nearest(unit.as_str(), names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("units of edge `{}` are {}", edge.id, list(names())),
    };
    reading.sink.add(
        Finding::error(
            Code::UnknownUnit,
            place,
            format!("unit `{unit}` is not on edge `{}`", edge.id),
        )
        .help(help),
    );
}

fn check_flow(flow: &Flow, edges: &[Edge], reading: &mut Reading) {
    let subject = format!("flow `{}`", flow.id);
    let Some(edge) = edges.iter().find(|edge| serves(edge, &flow.unit)) else {
        if let Some(edge) = edges.first() {
            let place = reading.place(&subject, "unit");
            unknown_unit(&flow.unit, place, edge, reading);
        }
        return;
    };
    check_point(flow, &flow.entry, "entry", edge, reading);
    if flow.complete != flow.entry {
        check_point(flow, &flow.complete, "complete", edge, reading);
    }
    let has_callback_route = edge
        .routes
        .iter()
        .any(|route| route.class == RouteClass::Callback && route.unit == flow.unit);
    let is_payment = reading.payment_flows.iter().any(|name| name == flow.id.as_str());
    if is_payment && (edge.callback.is_none() || !has_callback_route) {
        let place = reading.place(&subject, "");
        let edge_place = reading.place(&format!("edge `{}`", edge.id), "");
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
                "no such route or rule",
            )
            .help("the provider's messages must reach the side that holds the order: add both to the edge")
            .related(edge_place, "the edge"),
        );
    }
}

fn check_point(flow: &Flow, id: &RouteId, field: &str, edge: &Edge, reading: &mut Reading) {
    let place = reading.place(&format!("flow `{}`", flow.id), field);
    let point = match field {
        "entry" => "the entry point",
        _ => "the completing route",
    };
    let found: Option<&Route> = edge.routes.iter().find(|route| route.id == *id);
    let names = || {
        edge.routes
            .iter()
            .filter(|route| route.unit == flow.unit)
            .map(|route| route.id.as_str())
    };
    match found {
        Some(route) if route.unit == flow.unit => {}
        Some(route) => reading.sink.add(
            Finding::error(
                Code::NoEntryPoint,
                place,
                format!("{point} of flow `{}` belongs to unit `{}`", flow.id, route.unit),
            )
            .expected(format!("a route of unit `{}`", flow.unit), format!("`{id}`"))
            .help(format!("routes of unit `{}` are {}", flow.unit, list(names()))),
        ),
        None => {
            let help = match nearest(id.as_str(), names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("routes of unit `{}` are {}", flow.unit, list(names())),
            };
            reading.sink.add(
                Finding::error(
                    Code::NoEntryPoint,
                    place,
                    format!("{point} of flow `{}` is not on edge `{}`", flow.id, edge.id),
                )
                .expected("the name of a route", format!("`{id}`"))
                .help(help),
            );
        }
    }
}
