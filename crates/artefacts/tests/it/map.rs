//! The map: gaps first, every domain with its owner, and hand-offs that can be told apart.

use std::fmt::Write;

use tidegate_artefacts::{Dress, OwnershipMap};

use crate::estate::{SHOP, estate, example};

#[test]
fn the_map_begins_with_what_is_missing() {
    insta::assert_snapshot!(OwnershipMap::of(&estate(SHOP)).to_string(), @r##"
    6 gaps
      nobody           unit `blog` of edge `storefront` is in no domain, and 1 of its routes lead there
                         declare a stage that moves it, or a flow that measures it, in a domain
      platform         nothing measures `observability`: it has no flow and no criterion that reads data
                         declare a flow, or a criterion with this domain as its owner
      platform         `observability` has no runbook
                         declare `runbook` of the domain
      platform         nothing says what the owner of `observability` answers for
                         declare `responsibilities` of the domain
      platform         only one person of `platform` can answer for `observability`
                         declare a second member of the owning team
      platform         the owner of `observability` may do nothing in an incident without asking
                         declare an action under `authority` of the domain

    Checkout team (checkout-team), on call ana
      checkout         moves checkout; flows buy
                       0 objectives, 2 signals, 2 risks, 1 action

    platform, on call bo
      observability    moves no unit, has no flow
                       0 objectives, 0 signals, 1 risk, 0 actions

    hand-offs
      checkout -> team platform          carries out what a rollback of checkout leaves
      observability -> checkout          grants its action wallet-off
    "##);
}

#[test]
fn the_chart_has_a_frame_for_each_owner_and_marks_gaps() {
    insta::assert_snapshot!(OwnershipMap::of(&estate(SHOP)).mermaid(), @r##"
    flowchart LR
      subgraph o0["Checkout team"]
        o0d0["Checkout"]
      end
      subgraph o1["platform"]
        o1d0["Observability"]
      end
      o0d0 -->|"carries out what a rollback of checkout leaves"| o1
      o1d0 -->|"grants its action wallet-off"| o0d0
      g0["unit 'blog' of edge 'storefront' is in no domain, and 1 of its routes lead there"]
      classDef gap stroke:#b3261e,stroke-width:3px
      class o1d0,g0 gap
    "##);
}

#[test]
fn every_domain_of_the_example_is_on_the_drawing() {
    let estate = example("shop");
    let svg = OwnershipMap::of(&estate).svg(Dress::Alone);
    for domain in estate.domains().values() {
        assert!(svg.contains(&domain.title), "{} is missing", domain.title);
    }
    assert!(svg.contains("prefers-color-scheme:dark"));
    assert!(!OwnershipMap::of(&estate).svg(Dress::Page).contains("<style"));
}

/// Thirty domains whose stages lean on each other.
fn thirty() -> String {
    let mut text = SHOP.to_owned();
    for n in 0..30 {
        let owner = if n % 3 == 0 { "platform" } else { "checkout-team" };
        write!(
            text,
            "---\napiVersion: tidegate/v1alpha1\nkind: Domain\nmetadata: {{ name: d{n}, title: Domain {n} }}\nspec: {{ owner: {owner}, ladder: standard, authority: [{{ action: a{n}, rolls-back: exposure, title: Back }}], runbook: r{n} }}\n"
        )
        .unwrap();
        write!(
            text,
            "---\napiVersion: tidegate/v1alpha1\nkind: Runbook\nmetadata: {{ name: r{n}, title: Back }}\nspec: {{ steps: [go back], actions: [a{}, a{}] }}\n",
            (n * 7) % 30,
            (n * 11 + 1) % 30
        )
        .unwrap();
        write!(
            text,
            "---\napiVersion: tidegate/v1alpha1\nkind: FailureMode\nmetadata: {{ name: f{n}, title: It fails }}\nspec: {{ domain: d{n}, severity: sev3, detectability: easy, signals: [checkout/buy-errors], runbook: r{n} }}\n"
        )
        .unwrap();
    }
    text
}

#[test]
fn thirty_domains_stay_readable() {
    let map = OwnershipMap::of(&estate(&thirty()));
    assert!(map.hand_offs.len() > 40, "{}", map.hand_offs.len());
    let svg = map.svg(Dress::Alone);
    let number = |text: &str, name: &str| -> i32 {
        let from = text.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        text[from..].split('"').next().unwrap().parse().unwrap()
    };
    let discs: Vec<(i32, i32)> = svg
        .lines()
        .filter(|line| line.starts_with("<circle"))
        .map(|line| (number(line, "cx"), number(line, "cy")))
        .collect();
    assert_eq!(discs.len(), 2 * map.hand_offs.len());
    for (at, a) in discs.iter().enumerate() {
        for b in &discs[at + 1..] {
            let apart = (a.0 - b.0).pow(2) + (a.1 - b.1).pow(2);
            assert!(apart >= 16 * 16, "numbers at {a:?} and {b:?} lie on each other");
        }
    }
    let width = number(&svg, "width");
    assert!(
        discs.iter().all(|(x, _)| *x < width - 400),
        "an arc runs into the last column"
    );
}
