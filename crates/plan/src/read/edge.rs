//! Edges: where to listen, both sides of each unit, routes and how callbacks find their side.

use tidegate_model::edge::{Caching, CallbackRule, Edge, FirstVisit, OnDecrease, Route, RouteClass, UnitUpstreams};
use tidegate_model::{EdgeId, GroupId, Millis, NameError, RouteId, UnitId};

use super::envelope::Head;
use super::fields::{Fields, bad_name, items, name, text, value, wrong};
use super::scalar::{DURATION, TRUTH, duration, truth};
use super::{Kind, Reading, client, redirect};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::{Node, Shape};

const STRATUM: Millis = Millis::minutes(1);
const LEASE: Millis = Millis::seconds(10);
const UPSTREAM_TIMEOUT: Millis = Millis::seconds(30);

/// The fields of an `Edge`.
pub(crate) static EDGE: Form = Form::new(
    "where visitors come in, and both sides of what moves",
    &[
        need("listen", Of::Text),
        may("stratum", Of::Duration),
        may("lease", Of::Duration),
        may("upstream-timeout", Of::Duration),
        need("visitor", Of::Form(&VISITOR)),
        need("units", Of::Named(&Of::Form(&UNIT))),
        may("keyed", Of::Listed(&Of::Name)),
        need("fallback", Of::Name),
        need("routes", Of::Listed(&Of::Form(&ROUTE))),
        may("callback", Of::Form(&CALLBACK)),
        may("crawlers", Of::Form(&redirect::CRAWLERS)),
        may("redirects", Of::Listed(&Of::Form(&redirect::REDIRECT))),
    ],
);

static VISITOR: Form = Form::new(
    "how a visitor is known again",
    &[
        need("cookie", Of::Text),
        need("salt", Of::Text),
        may("secure", Of::Truth),
        may("first-visit", Of::Words(&["safe", "bucket"])),
    ],
);

static UNIT: Form = Form::new(
    "both sides of a unit",
    &[
        need("old", Of::Text),
        need("new", Of::Text),
        may("on-decrease", Of::Words(&["return", "drain", "hold"])),
        may("clients", Of::Listed(&Of::Form(&client::CLIENT))),
    ],
);

static ROUTE: Form = Form::new(
    "a route",
    &[
        need("name", Of::Name),
        need("unit", Of::Name),
        may("class", Of::Words(&["page", "api", "asset", "callback"])),
        need("match", Of::Text),
        may("old", Of::Text),
        may("new", Of::Text),
        may("group", Of::Name),
        may("cache", Of::Words(&["private", "public"])),
    ],
);

static CALLBACK: Form = Form::new(
    "how callbacks find their side",
    &[
        need("reference", Of::Text),
        need("old", Of::Text),
        need("new", Of::Text),
    ],
);

/// Reads an `Edge`.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let listen = spec.need("listen", reading).and_then(|node| {
        reading.mark(&head.subject, "listen", node.place);
        value(node, "`listen`", ADDRESS, address, reading)
    });
    let mut time = |field: &'static str, default: Millis, reading: &mut Reading| {
        spec.get(field).map_or(Some(default), |node| {
            value(node, &format!("`{field}`"), ABOVE_ZERO, above_zero, reading)
        })
    };
    let stratum = time("stratum", STRATUM, reading);
    let lease = time("lease", LEASE, reading);
    let upstream_timeout = time("upstream-timeout", UPSTREAM_TIMEOUT, reading);
    let visitor = spec.need("visitor", reading).and_then(|node| visitor(node, reading));
    let units = spec.need("units", reading).map(|node| units(node, head, reading));
    let keyed = keyed(spec.get("keyed"), units.as_deref().unwrap_or_default(), reading);
    let mut routes: Vec<Route> = Vec::new();
    for node in spec.need("routes", reading).map(items).unwrap_or_default() {
        if let Some(route) = route(node, head, reading) {
            if routes.iter().any(|earlier| earlier.id == route.id) {
                reading.sink.add(
                    Finding::error(
                        Code::DeclaredTwice,
                        node.place,
                        format!("route `{}` is declared twice", route.id),
                    )
                    .expected(
                        format!("route `{}` once on an edge", route.id),
                        "a second route of that name",
                    )
                    .help("give the second another name"),
                );
            }
            let name = (Kind::Route, route.id.to_string());
            reading.declared.entry(name).or_insert(node.place);
            routes.push(route);
        }
    }
    let fallback = spec.need("fallback", reading).and_then(|node| {
        reading.mark(&head.subject, "fallback", node.place);
        name(node, "the fallback", UnitId::parse, reading)
    });
    let callback = spec.get("callback").and_then(|node| callback(node, reading));
    let crawlers = spec.get("crawlers").and_then(|node| redirect::crawlers(node, reading));
    let redirects = redirect::all(spec.get("redirects"), &head.subject, reading);
    spec.close(reading);
    let (Some(listen), Some(stratum), Some(lease), Some(upstream_timeout)) = (listen, stratum, lease, upstream_timeout)
    else {
        return;
    };
    let (Some((visitor_cookie, salt, secure_cookies, first_visit)), Some(units), Some(fallback)) =
        (visitor, units, fallback)
    else {
        return;
    };
    reading.parts.edges.push(Edge {
        id: EdgeId::parse(&head.name).expect("the envelope checked the name"),
        listen,
        units,
        keyed,
        routes,
        fallback,
        callback,
        visitor_cookie,
        salt,
        secure_cookies,
        stratum,
        lease,
        upstream_timeout,
        first_visit,
        crawlers,
        redirects,
    });
}

const ABOVE_ZERO: &str = DURATION;

fn above_zero(text: &str) -> Option<Millis> {
    duration(text).filter(|wait| wait.0 > 0)
}

fn visitor(node: &Node, reading: &mut Reading) -> Option<(String, String, bool, FirstVisit)> {
    let mut fields = Fields::open(node, "the visitor rule", &VISITOR, reading)?;
    let cookie = fields
        .need("cookie", reading)
        .and_then(|node| value(node, "`cookie`", COOKIE, cookie, reading));
    let salt = fields
        .need("salt", reading)
        .and_then(|node| text(node, "`salt`", reading));
    let secure = fields
        .get("secure")
        .map_or(Some(true), |node| value(node, "`secure`", TRUTH, truth, reading));
    let first_visit = fields.get("first-visit").map_or(Some(FirstVisit::Safe), |node| {
        value(node, "`first-visit`", FIRST_VISIT, first_visit, reading)
    });
    fields.close(reading);
    Some((cookie?, salt?, secure?, first_visit?))
}

const FIRST_VISIT: &str = "`safe` or `bucket`";

fn first_visit(text: &str) -> Option<FirstVisit> {
    match text {
        "safe" => Some(FirstVisit::Safe),
        "bucket" => Some(FirstVisit::Bucket),
        _ => None,
    }
}

const COOKIE: &str = "a cookie name of letters, digits, `-` and `_`";

fn cookie(text: &str) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (!text.is_empty() && text.chars().all(is_name)).then(|| text.to_owned())
}

fn units(node: &Node, head: &Head, reading: &mut Reading) -> Vec<UnitUpstreams> {
    let Shape::Map(entries) = &node.shape else {
        wrong(node, "`units`", "a mapping of units to their sides", reading);
        return Vec::new();
    };
    reading.mark(&head.subject, "units", node.place);
    let mut units = Vec::new();
    for (key, node) in entries {
        let id = match UnitId::parse(&key.text) {
            Ok(id) => id,
            Err(NameError::Empty | NameError::TooLong(_) | NameError::Character(_)) => {
                bad_name(key.place, "the unit", &key.text, reading);
                continue;
            }
        };
        let Some(mut fields) = Fields::open(node, format!("unit `{id}`"), &UNIT, reading) else {
            reading.unread_units.insert(id);
            continue;
        };
        let mut side = |name: &'static str, reading: &mut Reading| {
            fields
                .need(name, reading)
                .and_then(|node| value(node, &format!("the {name} side"), UPSTREAM, upstream, reading))
        };
        let (old, new) = (side("old", reading), side("new", reading));
        let on_decrease = fields.get("on-decrease").map_or(Some(OnDecrease::Drain), |node| {
            value(node, "`on-decrease`", ON_DECREASE, on_decrease, reading)
        });
        let subject = format!("unit `{id}` of {}", head.subject);
        let clients = client::all(fields.get("clients"), &subject, reading);
        reading.mark(&subject, "", key.place);
        fields.close(reading);
        let (Some(old), Some(new), Some(on_decrease)) = (old, new, on_decrease) else {
            reading.unread_units.insert(id);
            continue;
        };
        units.push(UnitUpstreams {
            unit: id,
            old,
            new,
            on_decrease,
            clients,
        });
    }
    units
}

/// Units that programs ask about by key; none of them has sides here, and none stands twice.
fn keyed(node: Option<&Node>, units: &[UnitUpstreams], reading: &mut Reading) -> Vec<UnitId> {
    let mut keyed: Vec<UnitId> = Vec::new();
    for node in node.map(items).unwrap_or_default() {
        let Some(unit) = name(node, "the unit", UnitId::parse, reading) else {
            continue;
        };
        if keyed.contains(&unit) || units.iter().any(|upstreams| upstreams.unit == unit) {
            reading.sink.add(
                Finding::error(
                    Code::DeclaredTwice,
                    node.place,
                    format!("unit `{unit}` is declared twice"),
                )
                .expected(
                    format!("unit `{unit}` once on an edge: with addresses, or by key"),
                    "a second unit of that name",
                )
                .help("give the unit that programs ask about a name of its own"),
            );
            continue;
        }
        keyed.push(unit);
    }
    keyed
}

const UPSTREAM: &str = "an upstream such as `http://127.0.0.1:9001`";

fn upstream(text: &str) -> Option<String> {
    let authority = text.strip_prefix("http://")?;
    address(authority.trim_end_matches('/')).map(|authority| format!("http://{authority}"))
}

const ADDRESS: &str = "a host and a port such as `127.0.0.1:8080`";

fn address(text: &str) -> Option<String> {
    let (host, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c == '/' || c == '@');
    is_host.then(|| text.to_owned())
}

const ON_DECREASE: &str = "`return`, `drain` or `hold`";

fn on_decrease(text: &str) -> Option<OnDecrease> {
    match text {
        "return" => Some(OnDecrease::Return),
        "drain" => Some(OnDecrease::Drain),
        "hold" => Some(OnDecrease::Hold),
        _ => None,
    }
}

fn route(node: &Node, head: &Head, reading: &mut Reading) -> Option<Route> {
    let mut fields = Fields::open(node, "a route", &ROUTE, reading)?;
    let id = fields
        .need("name", reading)
        .and_then(|node| name(node, "the route's name", RouteId::parse, reading));
    let subject = format!(
        "route `{}` of {}",
        id.as_ref().map_or("", RouteId::as_str),
        head.subject
    );
    let unit = fields.need("unit", reading).and_then(|node| {
        reading.mark(&subject, "unit", node.place);
        name(node, "the unit", UnitId::parse, reading)
    });
    let class = fields.get("class").map_or(Some(RouteClass::Page), |node| {
        value(node, "`class`", CLASS, class, reading)
    });
    let matched = fields
        .need("match", reading)
        .and_then(|node| value(node, "`match`", MATCH, methods_and_path, reading));
    let names = matched.as_ref().map(|(_, path)| names(path));
    let mut side = |field: &'static str, reading: &mut Reading| {
        let node = fields.get(field)?;
        let path = value(node, &format!("the path on the {field} side"), PATH, path, reading)?;
        if names.as_ref().is_some_and(|names| *names != self::names(&path)) {
            wrong(
                node,
                &format!("the path on the {field} side"),
                "a path with the same names as `match`",
                reading,
            );
        }
        Some(path)
    };
    let (old_path, new_path) = (side("old", reading), side("new", reading));
    let group = fields.get("group").and_then(|node| {
        reading.mark(&subject, "group", node.place);
        name(node, "the group", GroupId::parse, reading)
    });
    let caching = fields.get("cache").map_or(Some(Caching::Private), |node| {
        reading.mark(&subject, "cache", node.place);
        value(node, "`cache`", CACHING, caching, reading)
    });
    fields.close(reading);
    let (methods, path) = matched?;
    Some(Route {
        id: id?,
        unit: unit?,
        class: class?,
        methods,
        path,
        old_path,
        new_path,
        group,
        caching: caching?,
    })
}

const CACHING: &str = "`private` or `public`";

fn caching(text: &str) -> Option<Caching> {
    match text {
        "private" => Some(Caching::Private),
        "public" => Some(Caching::Public),
        _ => None,
    }
}

const CLASS: &str = "`page`, `api`, `asset` or `callback`";

fn class(text: &str) -> Option<RouteClass> {
    match text {
        "page" => Some(RouteClass::Page),
        "api" => Some(RouteClass::Api),
        "asset" => Some(RouteClass::Asset),
        "callback" => Some(RouteClass::Callback),
        _ => None,
    }
}

const MATCH: &str = "methods and a path such as `GET /product/{id}`, `GET,POST /cart` or `/static/{*rest}`";
pub(super) const PATH: &str = "an absolute path whose segments are literal, `{name}` or, at the end, `{*rest}`";

fn methods_and_path(text: &str) -> Option<(Vec<String>, String)> {
    let (methods, pattern) = match text.trim().split_once(' ') {
        None => (Vec::new(), text.trim()),
        Some((methods, pattern)) => (methods.split(',').map(str::to_owned).collect(), pattern.trim()),
    };
    let is_method = |method: &String| !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    let pattern = path(pattern)?;
    methods.iter().all(is_method).then_some((methods, pattern))
}

/// Checks a pattern.
pub(super) fn path(text: &str) -> Option<String> {
    let segments: Vec<&str> = text.strip_prefix('/')?.split('/').collect();
    let last = segments.len() - 1;
    let is_segment = |(at, segment): (usize, &&str)| match segment.strip_prefix('{') {
        None => !segment.contains(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | '?' | '#')),
        Some(rest) => rest.strip_suffix('}').is_some_and(|name| {
            let (name, may_stand) = match name.strip_prefix('*') {
                Some(name) => (name, at == last),
                None => (name, true),
            };
            may_stand && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        }),
    };
    segments.iter().enumerate().all(is_segment).then(|| text.to_owned())
}

/// The names of a pattern, sorted.
pub(super) fn names(path: &str) -> Vec<String> {
    let mut names: Vec<String> = path
        .split('/')
        .filter(|segment| segment.starts_with('{'))
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}

fn callback(node: &Node, reading: &mut Reading) -> Option<CallbackRule> {
    let mut fields = Fields::open(node, "the callback rule", &CALLBACK, reading)?;
    let mut part = |name: &'static str, reading: &mut Reading| {
        fields
            .need(name, reading)
            .and_then(|node| text(node, &format!("`{name}`"), reading))
    };
    let (reference, old_prefix, new_prefix) = (part("reference", reading), part("old", reading), part("new", reading));
    fields.close(reading);
    let (old_prefix, new_prefix) = (old_prefix?, new_prefix?);
    if old_prefix.starts_with(&new_prefix) || new_prefix.starts_with(&old_prefix) {
        wrong(node, "the callback rule", "prefixes that tell the sides apart", reading);
    }
    Some(CallbackRule {
        reference: reference?,
        old_prefix,
        new_prefix,
    })
}
