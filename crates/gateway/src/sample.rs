//! One edge and one flow for unit tests.

use tidegate_model::edge::{CallbackRule, Edge, OnDecrease, Route, RouteClass, UnitUpstreams};
use tidegate_model::flow::{Flow, SuccessPredicate};
use tidegate_model::{DomainId, EdgeId, FlowId, Millis, RouteId, UnitId};

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
        }],
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
    }
}
