//! Clients: a unit that a stage moves and that programs call says which ones, and when each meets the new side.

use tidegate_model::edge::{Edge, RouteClass, UnitUpstreams};

use crate::code::Code;
use crate::read::{Reading, list};
use crate::sink::Finding;

/// Checks every unit that a stage moves.
pub(crate) fn check(reading: &mut Reading) {
    let edges = std::mem::take(&mut reading.parts.edges);
    for edge in &edges {
        let moved = |unit: &UnitUpstreams| {
            let mut plans = reading.parts.plans.iter().filter(|plan| plan.edge == edge.id);
            plans.any(|plan| plan.stages.iter().any(|stage| stage.unit == unit.unit))
        };
        let units: Vec<&UnitUpstreams> = edge.units.iter().filter(|unit| moved(unit)).collect();
        for unit in units {
            declared(edge, unit, reading);
        }
    }
    reading.parts.edges = edges;
}

fn declared(edge: &Edge, unit: &UnitUpstreams, reading: &mut Reading) {
    let called: Vec<&str> = edge
        .routes
        .iter()
        .filter(|route| route.unit == unit.unit && route.class == RouteClass::Api)
        .map(|route| route.id.as_str())
        .collect();
    let subject = format!("unit `{}` of edge `{}`", unit.unit, edge.id);
    // A client that could not be read is complained about where it stands.
    if called.is_empty() || !unit.clients.is_empty() || reading.has_place(&subject, "clients") {
        return;
    }
    let place = reading.place(&subject, "");
    reading.sink.add(
        Finding::warning(
            Code::ClientStays,
            place,
            format!("nothing says who calls {subject}, and which of them can move"),
        )
        .expected(
            format!("`clients`, as programs call {}", list(called.iter().copied())),
            "none",
        )
        .help("add `clients: [{ name: app, kind: mobile, moves: with-visitors }]`: whoever keeps no cookie stays on the old side until the stage is final"),
    );
}
