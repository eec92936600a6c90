//! An edge: listeners, upstreams of both sides, routes and how a visitor is recognised.

use serde::{Deserialize, Serialize};

use crate::{EdgeId, Millis, RouteId, UnitId};

/// What kind of request a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteClass {
    /// A page for people.
    Page,
    /// A call by a program.
    Api,
    /// A file that a page loads; tried on the page's side, then on the other.
    Asset,
    /// A call from outside about an order; goes to the side that holds the order.
    Callback,
}

/// One public address pattern and where it leads on each side.
///
/// Patterns are absolute paths whose segments are literal or `{name}`; a last segment `{*rest}` takes the rest of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The name that flows refer to; unique within the edge.
    pub id: RouteId,
    /// The unit whose exposure decides the side.
    pub unit: UnitId,
    /// What kind of request it takes.
    pub class: RouteClass,
    /// Accepted methods; empty means every method.
    pub methods: Vec<String>,
    /// The public pattern.
    pub path: String,
    /// The path on the old side, with the same names; `None` means unchanged.
    pub old_path: Option<String>,
    /// The path on the new side, with the same names; `None` means unchanged.
    pub new_path: Option<String>,
}

/// Where the side of a callback is read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackRule {
    /// RFC 6901 pointer to the order reference in a JSON body, or a query parameter when it does not start with `/`.
    pub reference: String,
    /// References of the old side start with this.
    pub old_prefix: String,
    /// References of the new side start with this.
    pub new_prefix: String,
}

/// What an open cart does when exposure falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDecrease {
    /// Goes back at the next request.
    Return,
    /// Stays until its flow ends or times out, and new carts open on the old side.
    Drain,
    /// Stays, and what it began stays, until a person decides.
    Hold,
}

/// A unit as the edge sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitUpstreams {
    /// The unit.
    pub unit: UnitId,
    /// `http://host:port` of the old side.
    pub old: String,
    /// `http://host:port` of the new side.
    pub new: String,
    /// What open carts do when exposure falls.
    pub on_decrease: OnDecrease,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The name that plans refer to.
    pub id: EdgeId,
    /// `host:port` to listen on.
    pub listen: String,
    /// Upstreams of each unit.
    pub units: Vec<UnitUpstreams>,
    /// Routes, first match wins. What no route matches goes to `fallback`'s safe side.
    pub routes: Vec<Route>,
    /// The unit that takes what no route matches.
    pub fallback: UnitId,
    /// How callbacks find their side.
    pub callback: Option<CallbackRule>,
    /// Cookie that carries the visitor's random id.
    pub visitor_cookie: String,
    /// Salt of the bucket formula; fixed once a stage has been exposed.
    pub salt: String,
    /// Whether cookies carry `Secure` and `SameSite=None`; off only for plain HTTP on loopback.
    pub secure_cookies: bool,
    /// Length of a stratum.
    pub stratum: Millis,
    /// How long a gateway keeps the exposure of an unproven step without hearing from its controller.
    pub lease: Millis,
    /// Upstream connect and response time limit.
    pub upstream_timeout: Millis,
}
