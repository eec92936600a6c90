//! Doors: the ways through the gateways that run now, which surveys take as visitors do, with passes that let nobody else in.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidegate_gateway::{Passes, Side};
use tidegate_model::{EdgeId, UnitId};
use tidegate_signals::{Entrance, Pass};
use tokio::sync::watch;

use super::gateway_name;
use super::world::clock;

/// Where the gateway of each edge listens.
pub(crate) type Listens = BTreeMap<EdgeId, String>;

/// The doors of all gateways.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    pub(crate) listens: watch::Receiver<Listens>,
    pub(crate) passes: Passes,
}

impl Doors {
    /// The way to both sides of a unit through the gateway of an edge; none while that does not run.
    pub(crate) fn entrance(&self, edge: &EdgeId, unit: &UnitId) -> Option<Entrance> {
        let listens = self.listens.borrow().get(edge)?.clone();
        let pass = |side: Side| -> Pass {
            let (passes, gateway, unit) = (self.passes.clone(), gateway_name(edge), unit.clone());
            Arc::new(move |path| {
                let written = passes.write(&gateway, (&unit, side), path, clock());
                written.map_err(|error| format!("the system gives no randomness: {error}"))
            })
        };
        Entrance::new(&listens, pass(Side::Old), pass(Side::New))
    }
}
