//! One edge, one flow, one stratum and one disk that hangs, for unit tests.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use tidegate_model::edge::{Caching, CallbackRule, Edge, FirstVisit, OnDecrease, Route, RouteClass, UnitUpstreams};
use tidegate_model::flow::{Flow, SuccessPredicate};
use tidegate_model::seam::{ExposureSnapshot, ExposureVersion, Stratum, StratumId, StratumPart, UnitExposure};
use tidegate_model::{BasisPoints, DomainId, EdgeId, FlowId, GatewayId, Millis, RouteId, Timestamp, UnitId};

use crate::config::{Counting, GatewayConfig};
use crate::roads::Roads;
use crate::spooling::Spooling;
use crate::station::Station;

fn route(id: &str, class: RouteClass, method: &str, path: &str) -> Route {
    Route {
        id: RouteId::parse(id).unwrap(),
        unit: UnitId::parse("checkout").unwrap(),
        class,
        methods: if method.is_empty() {
            vec![]
        } else {
            vec![method.to_owned()]
        },
        path: path.to_owned(),
        old_path: None,
        new_path: None,
        group: None,
        caching: Caching::Private,
    }
}

/// An edge with one unit.
pub(crate) fn edge() -> Edge {
    let mut product = route("product", RouteClass::Page, "GET", "/product/{sku}");
    product.new_path = Some("/p/{sku}".to_owned());
    Edge {
        id: EdgeId::parse("front").unwrap(),
        listen: "127.0.0.1:0".to_owned(),
        units: vec![UnitUpstreams {
            unit: UnitId::parse("checkout").unwrap(),
            old: "http://127.0.0.1:1".to_owned(),
            new: "http://127.0.0.1:2".to_owned(),
            on_decrease: OnDecrease::Drain,
            clients: Vec::new(),
        }],
        keyed: Vec::new(),
        routes: vec![
            product,
            route("enter", RouteClass::Api, "POST", "/cart"),
            route("pay", RouteClass::Api, "POST", "/pay"),
            route("assets", RouteClass::Asset, "", "/assets/{*rest}"),
            route("hook", RouteClass::Callback, "POST", "/hook"),
        ],
        fallback: UnitId::parse("checkout").unwrap(),
        callback: Some(CallbackRule {
            reference: "/order/reference".to_owned(),
            old_prefix: "OLD-".to_owned(),
            new_prefix: "NEW-".to_owned(),
        }),
        visitor_cookie: "tg_id".to_owned(),
        salt: "plan-a".to_owned(),
        secure_cookies: false,
        stratum: Millis(1_000),
        lease: Millis(3_000),
        upstream_timeout: Millis(2_000),
        first_visit: FirstVisit::Safe,
        crawlers: None,
        redirects: Vec::new(),
    }
}

/// A flow from `enter` to `pay`.
pub(crate) fn flow() -> Flow {
    Flow {
        id: FlowId::parse("checkout").unwrap(),
        title: "Checkout".to_owned(),
        domain: DomainId::parse("checkout").unwrap(),
        unit: UnitId::parse("checkout").unwrap(),
        entry: RouteId::parse("enter").unwrap(),
        complete: RouteId::parse("pay").unwrap(),
        success_old: SuccessPredicate::default(),
        success_new: SuccessPredicate::default(),
        window: Millis(5_000),
        segments: Vec::new(),
    }
}

/// A snapshot of the one unit, in basis points.
pub(crate) fn snapshot(exposure: u16, proven: u16) -> ExposureSnapshot {
    ExposureSnapshot {
        version: ExposureVersion { epoch: 1, seq: 1 },
        units: vec![UnitExposure {
            unit: UnitId::parse("checkout").unwrap(),
            exposure: BasisPoints::new(exposure).unwrap(),
            proven: BasisPoints::new(proven).unwrap(),
            killed: false,
            finalised: false,
            measured: true,
            groups: Vec::new(),
            proven_groups: Vec::new(),
        }],
    }
}

/// A station over a spool.
pub(crate) fn station(dir: &Path, spooling: Spooling) -> Station {
    let config = GatewayConfig {
        gateway: GatewayId::parse("gw").unwrap(),
        edge: edge(),
        flows: vec![flow()],
        counting: Counting::default(),
        socket: dir.join("link.sock"),
        state_dir: dir.to_owned(),
        table_size: 1_000,
        tied: false,
        debug_headers: false,
    };
    let roads = Roads::compile(&config.edge, &config.flows).unwrap();
    Station::over(config, Arc::new(roads), spooling)
}

/// A stratum without counts.
pub(crate) fn stratum(index: u64, part: StratumPart, voided: bool) -> Stratum {
    Stratum {
        id: StratumId {
            gateway: GatewayId::parse("gw").unwrap(),
            incarnation: 7,
            index,
            part,
        },
        began: Timestamp(1),
        lasted: Millis(1_000),
        version: ExposureVersion::default(),
        untracked: 0,
        fallbacks: 0,
        voided,
        counts: vec![],
        promised: Vec::new(),
    }
}

/// A named pipe that nobody reads, full: whoever writes to it hangs until somebody does.
pub(crate) fn hanging(dir: &Path) -> File {
    let path = dir.join("hanging");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
    let open = |flags: rustix::fs::OFlags| {
        let pipe = rustix::fs::open(&path, flags | rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty());
        File::from(pipe.unwrap())
    };
    let mut filling = open(rustix::fs::OFlags::NONBLOCK);
    while filling.write(&[b'x'; 4096]).is_ok() {}
    open(rustix::fs::OFlags::empty())
}
