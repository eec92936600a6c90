//! An edge: listeners, upstreams of both sides, routes and how a visitor is recognised.

use serde::{Deserialize, Serialize};

use crate::{ClientId, EdgeId, GroupId, Millis, RouteId, Timestamp, UnitId};

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
    /// The group in which it flips for whoever has no visitor key; every route of a group is of one unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Whether its answers may be kept by caches that many visitors share.
    #[serde(default)]
    pub caching: Caching,
}

/// Who may keep the answers of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Caching {
    /// At most the visitor's own browser.
    #[default]
    Private,
    /// Also caches that many visitors share, such as a CDN.
    Public,
}

/// Where a first request goes that carries no visitor key, on a route of no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FirstVisit {
    /// To the unit's safe side: old, and new once its stage is final.
    #[default]
    Safe,
    /// By the bucket of the key that its answer brings, for pages; programs that keep no cookies go to the safe side. A crawler
    /// never brings one back, so it meets both sides by chance.
    Bucket,
}

/// Whom the edge in front has told apart as a crawler. It is never recognised, whatever keys it brings: it meets each group on
/// one side, and the safe side of everything else. What it is shown is what any visitor without a key is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrawlerRule {
    /// Requests with this header, whatever it says, are a crawler's. Lower case.
    pub header: String,
}

/// How a redirect answers. Both say that the address has moved for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moved {
    /// 301 (RFC 9110 §15.4.2).
    #[serde(rename = "301")]
    Permanently,
    /// 308, which keeps the method (RFC 9110 §15.4.9).
    #[serde(rename = "308")]
    KeepingMethod,
}

impl Moved {
    /// The status code.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Permanently => 301,
            Self::KeepingMethod => 308,
        }
    }
}

/// An address that is another one on the new side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// The old address: a pattern as that of a route.
    pub from: String,
    /// The new address: a pattern with names of `from`, which no redirect leads on from.
    pub to: String,
    /// The group that it flips with.
    pub group: GroupId,
    /// How it answers.
    pub moved: Moved,
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

/// What a client is that is no browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// An app on people's devices; old versions of it stay in use.
    Mobile,
    /// A program that somebody else runs.
    Api,
}

/// When a client that is no browser meets the new side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moves {
    /// With its visitor, whose cookie it keeps.
    WithVisitors,
    /// All at once: it brings no key, so it meets the old side until the unit's stage is final, and the new side from then on.
    WhenFinal,
    /// Not before the beginning of a day, UTC: it knows the old side only, so the unit's stage is not made final before.
    NotBefore(Timestamp),
}

/// A program that calls a unit and is no browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its name; unique within the unit.
    pub id: ClientId,
    /// What it is.
    pub kind: ClientKind,
    /// When it meets the new side.
    pub moves: Moves,
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
    /// Who calls it beside browsers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<Client>,
}

impl UnitUpstreams {
    /// The client that needs the old side longest, and until when; none when every client can move.
    #[must_use]
    pub fn last_to_move(&self) -> Option<(&ClientId, Timestamp)> {
        let staying = self.clients.iter().filter_map(|client| match client.moves {
            Moves::WithVisitors | Moves::WhenFinal => None,
            Moves::NotBefore(day) => Some((&client.id, day)),
        });
        staying.max_by_key(|(_, day)| *day)
    }
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
    /// Units without addresses: programs ask which side runs a key, and gateways do not know them.
    #[serde(default)]
    pub keyed: Vec<UnitId>,
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
    /// Where a first request goes that no group decides.
    #[serde(default)]
    pub first_visit: FirstVisit,
    /// Who is a crawler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crawlers: Option<CrawlerRule>,
    /// Addresses that are others on the new side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<Redirect>,
}

impl Edge {
    /// Both sides of a unit; `None` when the edge has no addresses of it.
    #[must_use]
    pub fn unit(&self, unit: &UnitId) -> Option<&UnitUpstreams> {
        self.units.iter().find(|upstreams| &upstreams.unit == unit)
    }

    /// The unit whose routes are in a group; `None` when no route is.
    #[must_use]
    pub fn unit_of_group(&self, group: &GroupId) -> Option<&UnitId> {
        let mut routes = self.routes.iter();
        routes
            .find(|route| route.group.as_ref() == Some(group))
            .map(|route| &route.unit)
    }

    /// The groups of a unit, in the order of their first routes.
    #[must_use]
    pub fn groups_of(&self, unit: &UnitId) -> Vec<&GroupId> {
        let mut groups = Vec::new();
        for route in self.routes.iter().filter(|route| &route.unit == unit) {
            groups.extend(route.group.as_ref().filter(|group| !groups.contains(group)));
        }
        groups
    }
}
