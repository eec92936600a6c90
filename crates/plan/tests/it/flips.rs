//! What a flip needs beside its step: rules that the pages of codes show no example of.

use tidegate_plan::{Bundle, SourceFile, scaffold};

use crate::compiled;

/// Code and what was expected and found, of everything that is said of the scaffold with another edge.
fn found(routes: &str, redirects: &str) -> Vec<String> {
    let mut bundle: Bundle = scaffold("shop");
    let entry = if routes.contains("name: first") { "first" } else { "p0" };
    bundle.files.retain(|file| !file.text.contains("kind: Edge"));
    bundle.files.push(SourceFile {
        path: "edge.yaml".into(),
        text: format!(
            "apiVersion: tidegate/v1alpha1\nkind: Edge\nmetadata: {{ name: storefront }}\nspec:\n  listen: 127.0.0.1:8080\n  \
             visitor: {{ cookie: tg_visitor, salt: shop }}\n  units:\n    \
             shop: {{ old: http://127.0.0.1:9001, new: http://127.0.0.1:9002 }}\n    \
             more: {{ old: http://127.0.0.1:9001, new: http://127.0.0.1:9002 }}\n  fallback: shop\n  routes:\n{routes}    \
             - {{ name: cart, unit: shop, match: POST /cart }}\n    \
             - {{ name: payment, unit: shop, class: callback, match: POST /callback/payment }}\n    \
             - {{ name: paid, unit: shop, class: callback, match: GET /callback/paid }}\n    \
             - {{ name: confirmation, unit: shop, match: \"GET /order/{{ref}}\" }}\n    \
             - {{ name: pages, unit: shop, match: \"/{{*rest}}\" }}\n  \
             callback: {{ reference: /reference, old: O-, new: N- }}\n{redirects}---\n\
             apiVersion: tidegate/v1alpha1\nkind: Flow\nmetadata: {{ name: more }}\n\
             spec: {{ domain: shop, unit: more, entry: {entry} }}\n"
        ),
    });
    let diagnostics = compiled(&bundle).diagnostics;
    let told = diagnostics
        .iter()
        .map(|one| format!("{}: {} | {}", one.code, one.expected, one.found));
    told.collect()
}

const LISTS: &str = "    - { name: notice, unit: more, class: callback, match: GET /notice/paid }\n    \
                     - { name: first, unit: more, match: GET /list/first, old: /first.html, group: lists }\n    \
                     - { name: list, unit: more, match: \"GET /list/{id}\", old: \"/lists/{id}\", group: lists }\n";

fn redirected(from: &str, to: &str) -> Vec<String> {
    let redirects = format!("  redirects:\n    - {{ from: \"{from}\", to: \"{to}\", group: lists }}\n");
    found(LISTS, &redirects)
}

#[test]
fn an_edge_has_as_many_groups_as_a_gateway_tells_apart() {
    let of = |n: usize| {
        let routes = (0..n).map(|n| format!("    - {{ name: p{n}, unit: more, match: GET /p{n}, group: g{n} }}\n"));
        found(&routes.collect::<String>(), "")
    };
    assert_eq!(of(64), [""; 0]);
    assert_eq!(
        of(65),
        ["TG0002: at most 64 groups on an edge | group `g64` as one more"]
    );
}

#[test]
fn a_redirect_takes_no_address_of_any_route_that_meets_it() {
    assert_eq!(redirected("/list/old", "/list/first"), [""; 0]);
    // The first route that meets it is the group's own.
    assert_eq!(
        redirected("/{what}/old", "/list/first"),
        ["TG1006: an address of unit `more`, whose group moves it | one of route `confirmation`, unit `shop`"]
    );
    assert_eq!(
        redirected("/notice/{kind}", "/list/first"),
        ["TG1006: an address that no callback comes to | route `notice` of class `callback`"]
    );
}

#[test]
fn both_sides_know_where_a_redirect_leads() {
    let routes = LISTS.replace(", old: /first.html", "");
    let redirects = "  redirects:\n    - { from: /list/old, to: /list/first, group: lists }\n";
    assert_eq!(found(LISTS, redirects), [""; 0]);
    assert_eq!(
        found(&routes, redirects),
        ["TG1006: `old` on route `first` | an address of the new side alone"]
    );
}
