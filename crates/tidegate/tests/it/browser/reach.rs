//! Everybody can read and reach the pages: at any width, by keyboard, by name, in both schemes; and nothing foreign is in them.

use serde_json::{Value, json};

use super::axe::PAGES;
use super::enter;
use super::tab::Tab;
use crate::shoppers::{Crowd, ask};
use crate::world::{ESTATE, Options, World};

/// Problems that a person with a screen reader or a weak screen would have, each in a few words.
pub(super) const FAULTS: &str = r#"(() => {
  const faults = [];
  const say = (what, node) => faults.push(`${what}: ${node.outerHTML.slice(0, 160)}`);
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.title.trim()) faults.push("no title");
  const ones = document.querySelectorAll("h1").length;
  if (ones !== 1) faults.push(`${ones} headings of the first level`);
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main part");
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  ids.filter((id, place) => ids.indexOf(id) !== place).forEach((id) => faults.push(`id twice: ${id}`));
  for (const node of document.querySelectorAll("[aria-labelledby]"))
    if (!document.getElementById(node.getAttribute("aria-labelledby"))) say("named by nothing", node);
  for (const node of document.querySelectorAll("input:not([type=hidden], [hidden]), select, textarea"))
    if (!node.labels.length || !node.labels[0].innerText.trim() && node.checkVisibility()) say("no label", node);
  for (const node of document.querySelectorAll("a[href], button, summary"))
    if (!(node.getAttribute("aria-label") || node.textContent).trim()) say("no name", node);
  for (const node of document.querySelectorAll("svg:not([aria-hidden])"))
    if (node.getAttribute("role") !== "img" || !(node.getAttribute("aria-label") || node.querySelector(":scope > title")?.textContent)) say("a drawing without words", node);
  for (const table of document.querySelectorAll("table"))
    if ([...table.querySelectorAll("th")].some((cell) => !cell.scope)) say("a head cell of nothing", table);
  const parts = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, place) => sum + v * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const color = parts(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true }) || node.closest("svg")) continue;
    const [a, b] = [light(parts(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) say(`contrast ${((a + 0.05) / (b + 0.05)).toFixed(2)}`, node);
  }
  return faults;
})()"#;

/// Elements whose text does not fit, and a page that must be moved sideways.
pub(super) const CUT: &str = r#"(() => {
  const root = document.documentElement;
  const cut = root.scrollWidth > root.clientWidth ? [`the page: ${root.scrollWidth} > ${root.clientWidth}`] : [];
  for (const node of document.querySelectorAll("main *, header *")) {
    const box = node.getBoundingClientRect();
    const isSeen = node.checkVisibility() && box.width > 0 && box.right > 0;
    if (isSeen && box.right > root.clientWidth + 1) cut.push(node.outerHTML.slice(0, 160));
  }
  return cut;
})()"#;

pub(super) fn nothing() -> Value {
    json!([])
}

/// A world with an exposed stage under load, a hold and an open incident: everything that a page can show.
pub(super) fn busy(world: &World) -> Crowd {
    world.run_as("ana", &["approve", "shop"]).fine();
    let crowd = Crowd::at(world.edge());
    world
        .run_as(
            "amir",
            &[
                "hold",
                "shop",
                "--reason",
                "a-very-long-word-that-nobody-can-break-anywhere-because-it-has-no-space-at-all-in-it",
            ],
        )
        .fine();
    world
        .run_as(
            "amir",
            &[
                "open",
                "shop",
                "sev2",
                "https://status.example/incidents/0123456789abcdef0123456789abcdef0123456789abcdef",
            ],
        )
        .fine();
    crowd
}

#[test]
fn every_page_has_names_one_heading_and_contrast_and_is_not_cut_from_360_pixels_up() {
    let world = World::start();
    let tab = Tab::open();
    tab.go(&world.url());
    assert_eq!(tab.value(FAULTS), nothing(), "login");
    enter(&tab, &world, &world.url(), "ana");
    let _crowd = busy(&world);
    tab.until("a drawing", |tab| tab.count("#charts svg") > 0);
    for path in PAGES {
        tab.go(&format!("{}{path}", world.url()));
        tab.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
        for scheme in ["light", "dark"] {
            let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            tab.devtools("Emulation.setEmulatedMedia", &features);
            for width in [360, 390, 768, 1280, 2560] {
                tab.resize(width, 900);
                assert_eq!(tab.value(CUT), nothing(), "{path} at {width}");
            }
            assert_eq!(tab.value(FAULTS), nothing(), "{path} in {scheme}");
        }
    }
}

#[test]
fn a_decision_is_made_with_the_keyboard_alone() {
    let world = World::start();
    let tab = Tab::open();
    let token = enter(&tab, &world, &world.url(), "ana");
    let focused =
        |tab: &Tab, selector: &str| tab.value(&format!("document.activeElement.matches(\"{selector}\")")) == true;
    let walk_to = |selector: &str| {
        for _ in 0..60 {
            if focused(&tab, selector) {
                let outline = tab.value("getComputedStyle(document.activeElement).outlineStyle");
                assert_ne!(outline, "none", "where the focus is can be seen");
                return;
            }
            tab.key('\u{E004}');
        }
        panic!("{selector} is never reached");
    };
    walk_to("a.skip");
    walk_to("#ladder details[data-key^='approve'] > summary");
    tab.key('\u{E007}');
    walk_to("#ladder details[data-key^='approve'] form button");
    tab.key('\u{E007}');
    tab.sees("#told", "Done.");
    world.until_stage(&token, "exposure", |stage| stage["exposure"] == 1_000);
}

#[test]
fn a_page_asks_nobody_else_and_its_console_is_silent() {
    let world = World::start();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    let _crowd = busy(&world);
    tab.until("a drawing", |tab| tab.count("#charts svg") > 0);
    for path in PAGES.into_iter().rev() {
        tab.go(&format!("{}{path}", world.url()));
    }
    tab.sees("#ladder", "hold");
    assert_eq!(tab.console(), Vec::<String>::new());
    let ours = format!("{}/", world.url());
    let asked = tab.requested();
    assert!(asked.iter().any(|url| url.contains("/api/v1/stream")), "{asked:?}");
    let foreign: Vec<&String> = asked
        .iter()
        .filter(|url| !url.starts_with(&ours) && !url.starts_with("data:") && !url.starts_with("chrome:"))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn every_answer_carries_a_policy_that_allows_nothing_foreign_or_inline() {
    let world = World::start();
    for path in [
        "/login",
        "/",
        "/asset/page.js",
        "/l/nonsense",
        "/api/v1/status",
        "/nowhere",
    ] {
        let answer = ask(world.admin(), "GET", path, &[], "").unwrap();
        let policy = answer
            .headers
            .get("content-security-policy")
            .unwrap_or_else(|| panic!("{path}: none"));
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(
            !policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'),
            "{path}: {policy}"
        );
    }
}

#[test]
fn hostile_words_of_a_plan_are_words_on_its_page() {
    const HOSTILE: &str = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";
    let mut world = World::quiet(Options::default());
    let quoted = HOSTILE.replace('\'', "''");
    let estate = ESTATE
        .replace("title: Shop\n", &format!("title: '{quoted}'\n"))
        .replace("title: Stop showing prices }", &format!("title: '{quoted}' }}"));
    assert!(estate.matches("<script>").count() >= 2, "the plan is hostile");
    std::fs::write(world.estate().join("tidegate.yaml"), estate).unwrap();
    world.serve();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    world.run_as("amir", &["open", "shop", "sev2", HOSTILE]).fine();
    world.run_as("amir", &["hold", "shop", "--reason", HOSTILE]).fine();
    tab.sees("#incidents", HOSTILE);
    tab.sees("#ladder", HOSTILE);
    for path in ["/", "/incidents", "/incidents/inc-1", "/ownership", "/journal"] {
        tab.go(&format!("{}{path}", world.url()));
        tab.sees("main", "onerror=");
        assert_eq!(tab.count("main script, main img"), 0, "{path}");
        assert_ne!(tab.value("document.title"), "taken", "{path}");
    }
    assert_eq!(tab.console(), Vec::<String>::new());
}
