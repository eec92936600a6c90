//! Every page before axe-core, which knows what a screen reader and a weak eye need: nothing serious, in light and in dark, on a
//! phone and on a wide screen.

use serde_json::{Value, json};

use super::enter;
use super::reach::busy;
use super::tab::Tab;
use crate::world::World;

/// The checker as `ci/test` installs it, beside what is built.
const AXE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/axe/node_modules/axe-core/axe.min.js");

/// What of a page is serious or worse, each with the rule and the element.
const RUN: &str = "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations
  .filter((found) => ['serious', 'critical'].includes(found.impact))
  .flatMap((found) => found.nodes.map((node) => `${found.id} (${found.help}): ${node.html.slice(0, 200)} ${node.failureSummary}`)))";

/// Every page that a person can open.
pub(crate) const PAGES: [&str; 10] = [
    "/",
    "/incidents",
    "/incidents/inc-1",
    "/objectives",
    "/ownership?q=browse",
    "/risks",
    "/data",
    "/pages",
    "/journal",
    "/journal?verify=now",
];

pub(super) fn checker() -> String {
    std::fs::read_to_string(AXE).unwrap_or_else(|error| {
        panic!("axe-core is not at {AXE} ({error}): `./ci/test` installs it there with npm, and so does `ci/axe`")
    })
}

pub(super) fn looked_at(tab: &Tab, checker: &str, page: &str) {
    tab.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
    tab.value(&format!("{checker}; undefined"));
    for scheme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        tab.devtools("Emulation.setEmulatedMedia", &features);
        for width in [360, 1440] {
            tab.resize(width, 900);
            assert_eq!(
                tab.value(RUN),
                Value::Array(Vec::new()),
                "{page} in {scheme} at {width}"
            );
        }
    }
}

#[test]
fn axe_finds_nothing_serious_on_any_page_in_light_and_dark_on_a_phone_and_wide() {
    let checker = checker();
    let world = World::start();
    let tab = Tab::open();
    tab.go(&world.url());
    looked_at(&tab, &checker, "the login");
    enter(&tab, &world, &world.url(), "ana");
    let _crowd = busy(&world);
    tab.until("a drawing", |tab| tab.count("#charts svg") > 0);
    for page in PAGES {
        tab.go(&format!("{}{page}", world.url()));
        looked_at(&tab, &checker, page);
    }
}
