//! Estates with two edges: what a gateway could not start with, or would never count, does not check clean.

use tidegate_plan::{Bundle, SourceFile};

use crate::{compiled, edited};

/// The scaffold with a second edge `app`; `routes` and `listen` are its own.
fn with_app(listen: &str, routes: &str) -> Bundle {
    let mut bundle = tidegate_plan::scaffold("shop");
    let searched = if routes.contains(SEARCH) { SEARCHED } else { "" };
    bundle.files.push(SourceFile {
        path: "app.yaml".into(),
        text: format!(
            "apiVersion: tidegate/v1alpha1\nkind: Edge\nmetadata: {{ name: app }}\nspec:\n  listen: {listen}\n  \
             visitor: {{ cookie: tg_app, salt: shop }}\n  units:\n    \
             shop: {{ old: http://127.0.0.1:9001, new: http://127.0.0.1:9002 }}\n    \
             search: {{ old: http://127.0.0.1:9001, new: http://127.0.0.1:9002 }}\n  fallback: shop\n  routes:\n{routes}{searched}"
        ),
    });
    bundle
}

/// Makes the unit `search` somebody's.
const SEARCHED: &str = "---\napiVersion: tidegate/v1alpha1\nkind: Flow\nmetadata: { name: search }\nspec: { domain: shop, unit: search, entry: search }\n";
const SEARCH: &str = "    - { name: search, unit: search, match: GET /search }\n";

fn with_flow(mut bundle: Bundle, spec: &str) -> Bundle {
    bundle.files.push(SourceFile {
        path: "flow.yaml".into(),
        text: format!("apiVersion: tidegate/v1alpha1\nkind: Flow\nmetadata: {{ name: more }}\nspec: {spec}\n"),
    });
    bundle
}

/// Code and message of everything found.
fn found(bundle: &Bundle) -> Vec<String> {
    compiled(bundle)
        .diagnostics
        .iter()
        .map(|one| format!("{}: {}", one.code, one.message))
        .collect()
}

#[test]
fn two_edges_with_their_own_flows_check_clean() {
    let bundle = with_flow(
        with_app("127.0.0.1:8081", SEARCH),
        "{ domain: shop, unit: search, entry: search }",
    );
    assert_eq!(found(&bundle), Vec::<String>::new());
}

#[test]
fn a_flow_of_a_unit_that_no_edge_has_is_refused_with_all_units() {
    let bundle = with_flow(
        with_app("127.0.0.1:8081", SEARCH),
        "{ domain: shop, unit: returns, entry: search }",
    );
    assert_eq!(
        found(&bundle),
        ["TG0510: unit `returns` is not on any of the edges `storefront`, `app`"]
    );
    let expected = &compiled(&bundle).diagnostics[0].expected;
    assert!(
        expected.contains("`search`") && expected.contains("`shop`"),
        "{expected}"
    );
}

#[test]
fn a_flow_with_its_routes_on_no_edge_of_its_unit_is_refused() {
    let bundle = with_flow(
        with_app("127.0.0.1:8081", SEARCH),
        "{ domain: shop, unit: shop, entry: search-again }",
    );
    assert_eq!(
        found(&bundle),
        ["TG0511: the entry point of flow `more` is not on any of the edges `storefront`, `app`"]
    );
}

#[test]
fn an_edge_with_half_of_a_flow_is_refused_for_its_gateway_would_not_start() {
    // The scaffold's flow `order` is whole on `storefront`; `app` has a route of the name of its entry only.
    let half = format!("{SEARCH}    - {{ name: cart, unit: shop, match: POST /app/cart }}\n");
    assert_eq!(
        found(&with_app("127.0.0.1:8081", &half)),
        [
            "TG0512: payment flow `order` has no callback on edge `app`",
            "TG0511: the completing route of flow `order` is not on edge `app`",
        ]
    );
}

#[test]
fn two_edges_on_one_port_are_refused() {
    assert_eq!(
        found(&with_app("0.0.0.0:8080", SEARCH)),
        ["TG0517: edges `storefront` and `app` listen on one address"]
    );
}

#[test]
fn two_edges_on_ports_of_their_own_or_on_whichever_is_free_check_clean() {
    assert_eq!(found(&with_app("127.0.0.1:8081", SEARCH)), Vec::<String>::new());
    let mut bundle = with_app("127.0.0.1:0", SEARCH);
    let edge = bundle.files.iter_mut().find(|file| file.path == "edge.yaml").unwrap();
    edge.text = edge.text.replace("${TIDEGATE_LISTEN:-127.0.0.1:8080}", "127.0.0.1:0");
    assert_eq!(found(&bundle), Vec::<String>::new());
}

#[test]
fn a_stage_of_a_unit_of_another_edge_is_refused() {
    let mut bundle = with_app("127.0.0.1:8081", SEARCH);
    let plan = bundle.files.iter_mut().find(|file| file.path == "plan.yaml").unwrap();
    plan.text = plan.text.replace("      unit: shop", "      unit: search");
    assert_eq!(found(&bundle), ["TG0510: unit `search` is not on edge `storefront`"]);
}

#[test]
fn a_stage_whose_unit_has_upstreams_and_no_route_is_refused() {
    let mut bundle = with_app("127.0.0.1:8081", SEARCH);
    let plan = bundle.files.iter_mut().find(|file| file.path == "plan.yaml").unwrap();
    plan.text = plan.text.replace("edge: storefront", "edge: app");
    let found = found(&bundle);
    assert!(
        found.contains(&"TG0519: no route of edge `app` leads to unit `shop`".to_owned()),
        "{found:#?}"
    );
    assert!(
        found
            .contains(&"TG0518: flow `order` is walked on edge `storefront`, stage `shop` moves edge `app`".to_owned()),
        "{found:#?}"
    );
}

/// The scaffold whose stage moves `feed`, a unit of `keyed`.
fn by_key(keyed: &str) -> Bundle {
    let mut bundle = tidegate_plan::scaffold("shop");
    for file in &mut bundle.files {
        let with = format!("  fallback: shop\n  keyed: {keyed}\n");
        file.text = file.text.replace("  fallback: shop\n", &with);
        file.text = file.text.replace("      unit: shop\n", "      unit: feed\n");
        let criterion = "- { flow: order, completion: not worse, on-harm: rollback }";
        let level = "- { level: { on: feed, sql: \"SELECT COUNT(*) FROM dead_letters\" }, name: order-completion, at-most: 0, owner: shop, on-harm: rollback }";
        file.text = file.text.replace(criterion, level);
        let errors = "          - { errors: order, at-most: 5%, not-worse-by: 2pp }\n";
        file.text = file.text.replace(errors, "");
    }
    bundle
}

#[test]
fn a_stage_may_move_a_unit_that_programs_ask_about_by_key() {
    assert_eq!(found(&by_key("[feed]")), Vec::<String>::new());
    assert_eq!(
        found(&by_key("[]")),
        ["TG0510: unit `feed` is not on edge `storefront`"]
    );
}

#[test]
fn a_unit_stands_once_on_an_edge_with_addresses_or_by_key() {
    for keyed in ["[feed, feed]", "[feed, shop]"] {
        let found = found(&by_key(keyed));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("is declared twice"), "{found:?}");
    }
}

#[test]
fn clients_say_once_when_they_meet_the_new_side() {
    let with = |clients: &str| {
        let line = "on-decrease: drain }";
        edited("edge.yaml", line, &format!("on-decrease: drain, clients: {clients} }}"))
    };
    for (clients, expected) in [
        (
            "[{ name: app, kind: mobile, moves: with-visitors }, { name: till, kind: api, not-before: 2027-03-01 }]",
            None,
        ),
        ("[]", None),
        (
            "[{ name: till, kind: api, moves: when-final, not-before: 2027-03-01 }]",
            Some("TG0529: nothing says when client `till` of unit `shop` of edge `storefront` meets the new side"),
        ),
        (
            "[{ name: till, kind: api }]",
            Some("TG0529: nothing says when client `till` of unit `shop` of edge `storefront` meets the new side"),
        ),
        (
            "[{ name: app, kind: mobile, moves: when-final }, { name: app, kind: api, moves: when-final }]",
            Some("TG0011: client `app` of unit `shop` of edge `storefront` is declared twice"),
        ),
    ] {
        assert_eq!(
            found(&with(clients)),
            expected.into_iter().collect::<Vec<_>>(),
            "{clients}"
        );
    }
}

#[test]
fn routes_of_programs_on_a_unit_that_moves_ask_for_its_clients() {
    let api = |clients: &str| {
        let mut bundle = edited(
            "edge.yaml",
            "unit: shop, class: page,     match: \"/{*rest}\"",
            "unit: shop, class: api, match: \"/{*rest}\"",
        );
        let edge = bundle.files.iter_mut().find(|file| file.path == "edge.yaml").unwrap();
        edge.text = edge
            .text
            .replace("on-decrease: drain }", &format!("on-decrease: drain{clients} }}"));
        found(&bundle)
    };
    assert_eq!(
        api(""),
        ["TG0529: nothing says who calls unit `shop` of edge `storefront`, and which of them can move"]
    );
    assert_eq!(
        api(", clients: [{ name: app, kind: mobile, moves: when-final }]"),
        Vec::<String>::new()
    );
}
