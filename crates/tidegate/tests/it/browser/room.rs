//! No word leaves its card: the larger estate, whose titles are long, and a shop that cannot call anybody.

use serde_json::Value;

use super::enter;
use super::reach::{CUT, nothing};
use super::tab::Tab;
use crate::world::{Options, World};

/// Words that are seen beyond the card that they belong to.
const SPILT: &str = r#"(() => {
  const spilt = [];
  for (const card of document.querySelectorAll(".card")) {
    const edge = card.getBoundingClientRect().right;
    const walk = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const node = walk.currentNode;
      if (!node.data.trim() || !node.parentElement.checkVisibility() || node.parentElement.closest(".unseen, .scroll, svg, thead")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects())
        if (box.width > 0 && box.right > edge + 1) spilt.push(`${Math.round(box.right - edge)} px: ${node.data.slice(0, 80)}`);
    }
  }
  return spilt;
})()"#;

/// The larger estate of the examples as it is, but for where it listens.
fn larger_shop() -> World {
    let mut world = World::quiet(Options {
        settings: vec![("LISTEN", "127.0.0.1:0".to_owned())],
        ..Options::default()
    });
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/shop");
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), world.estate().join(file.file_name())).unwrap();
    }
    world.serve();
    world
}

#[test]
fn no_word_of_a_long_title_leaves_its_card_or_the_window() {
    let world = larger_shop();
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "petra");
    for path in [
        "/",
        "/incidents",
        "/objectives",
        "/ownership",
        "/risks",
        "/data",
        "/pages",
        "/journal",
    ] {
        tab.go(&format!("{}{path}", world.url()));
        for width in [360, 768, 1000, 1280, 1600] {
            tab.resize(width, 900);
            assert_eq!(tab.value(SPILT), nothing(), "{path} at {width}");
            assert_eq!(tab.value(CUT), nothing(), "{path} at {width}");
        }
    }
}

#[test]
fn an_incident_of_which_nobody_can_be_told_says_so_everywhere() {
    let world = World::start();
    let said = world.log();
    assert!(
        said.contains("no mail server is configured: nobody on any ladder can be called"),
        "{said}"
    );
    let tab = Tab::open();
    enter(&tab, &world, &world.url(), "ana");
    world.run_as("amir", &["open", "shop", "sev1", "nobody can pay"]).fine();
    const WHY: &str = "ana could not be called: no mail server is configured";
    tab.sees("#answer h1", "nobody can pay, and nobody could be called");
    tab.sees("#answer .who", WHY);
    tab.sees("#incidents", WHY);
    tab.sees(
        "#happened",
        "ana could not be called for inc-1: no mail server is configured",
    );
    tab.go(&format!("{}/incidents/inc-1", world.url()));
    tab.sees("#head", "it reaches nobody");
    tab.sees("#head", WHY);
    tab.sees("#rungs", WHY);
    tab.sees(
        "#timeline",
        "ana could not be called for inc-1: no mail server is configured",
    );
    assert!(!tab.text("main").contains("was called"), "{}", tab.text("main"));
    let status = world.run_as("ana", &["status"]).fine();
    assert!(status.contains(WHY), "{status}");
    // The ladder keeps its time: what cannot leave reaches nobody on the next rung either.
    let rung = world.status(&world.token("ana"))["incidents"][0]["rung"].clone();
    assert_eq!(rung, Value::from(0));
}
