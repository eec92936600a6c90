//! What every kind of source can do instead of telling a number, told to a running `serve`: no cell of the table opens a
//! gate, and each has the verdict that is written beside it. `docs/no-data.md` has what other tools do in the same cells.

mod cells;
mod liar;
mod logs;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::shoppers::Crowd;
use crate::world::{ESTATE, Options, World, until, until_no_more};
use cells::{Case, cases};
use liar::Liar;
use logs::Logs;

/// How each source is asked.
const ASKED: &str = "every: 1s, timeout: 800ms, stale-after: 30s, ";

/// A flow whose entry nobody visits.
const UNVISITED: &str = "---
apiVersion: tidegate/v1alpha1
kind: Flow
metadata: { name: unvisited, title: A price is asked for }
spec: { domain: shop, unit: shop, entry: price, complete: price, success: { status: [200] }, window: 1s }
";

/// Its traffic, as declared.
const TRAFFIC: &str = "    - { flow: unvisited, day: 360000/h, night: 360000/h, completion: 98%, basket: 60 EUR }\n";

/// The estate of the other tests with a gate of these criteria, none of which may ever be needed to pass.
fn estate(cases: &[Case]) -> String {
    let criteria: String = cases
        .iter()
        .map(|case| {
            let asks_itself = case.name.starts_with("gateway") || case.name.starts_with("reconcile");
            let asked = if asks_itself { "" } else { ASKED };
            format!(
                "          - {{ name: {}, owner: shop, max-silence: 3s, {asked}{} }}\n",
                case.name, case.plan
            )
        })
        .collect();
    let (before, rest) = ESTATE.split_once("          - { incidents:").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    let (before, stages) = before.split_once("  stages:\n").unwrap();
    // Tables of days need days.
    let stages = stages.replace("at-most: 10m", "at-most: 30d");
    format!(
        "{before}{TRAFFIC}  stages:\n{stages}{criteria}{after}{UNVISITED}{}",
        cells::entities()
    )
}

/// Of each criterion its verdict and why.
fn verdicts(stage: &Value) -> BTreeMap<String, String> {
    let criteria = stage["criteria"].as_array().unwrap().iter();
    let said = |criterion: &Value| {
        let of = |field: &Value| field.as_str().unwrap().to_owned();
        let (word, why) = (of(&criterion["verdict"]), of(&criterion["reading"]["why"]));
        (of(&criterion["id"]), format!("{word}: {why}"))
    };
    criteria.map(said).collect()
}

#[test]
fn nothing_of_what_a_source_can_do_instead_of_telling_opens_a_gate() {
    let liar = Liar::open();
    let mut world = World::quiet(Options::default());
    let logs = Logs::write(world.folder());
    let cases = cases();
    world.options.arguments = cells::sources(&cases, &liar, world.folder());
    world.options.settings.push(("SOAK", "1s".into()));
    std::fs::write(world.estate().join("tidegate.yaml"), estate(&cases)).unwrap();
    world.serve();
    let ana = world.token("ana");
    let _crowd = Crowd::at(world.edge());
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();

    let expected: BTreeMap<String, String> = cases
        .iter()
        .map(|case| (case.name.clone(), case.expected.to_owned()))
        .collect();
    let differ = RefCell::new(Vec::new());
    let missing = || format!("\n{}", differ.borrow().join("\n"));
    let stage = until_no_more(missing, || {
        logs.go_on();
        let stage = world.status(&ana)["plans"][0]["stages"][0].clone();
        let found = verdicts(&stage);
        let others = expected
            .iter()
            .filter(|(name, said)| !found.get(*name).is_some_and(|found| found.starts_with(said.as_str())));
        let others = others.map(|(name, said)| format!("{name}: {:?}, expected {said}", found.get(name)));
        *differ.borrow_mut() = others.collect();
        differ.borrow().is_empty().then_some(stage)
    });
    for case in &cases {
        println!("{:<34} {:<50} {}", case.name, case.says, verdicts(&stage)[&case.name]);
    }

    // The sound criterion among them passes; none of the others ever has, and nothing has grown.
    assert_eq!(stage["exposure"], 1_000, "{stage}");
    let journal = world.run(&["journal", "show", "--json", "--limit", "1000000"]).fine();
    let mut passed: Vec<&str> = Vec::new();
    for case in &cases {
        let is_pass =
            |line: &&str| line.contains(&format!("\"{}\"", case.name)) && line.contains("\"verdict\":\"pass\"");
        passed.extend(journal.lines().filter(is_pass).map(|_| case.name.as_str()));
    }
    assert_eq!(passed, Vec::<&str>::new(), "these have passed");

    // Each silence is paged to whose signal it is, and nobody can accept the risk of what nobody measured.
    until("a page for each signal that tells nothing", || {
        let incidents = world.status(&ana)["incidents"].to_string();
        cases.iter().all(|case| incidents.contains(&case.name)).then_some(())
    });
    let accepted = world.run_with(
        &["accept-risk", "shop", "--reason", "it will be fine"],
        &[("TIDEGATE_TOKEN", &ana)],
    );
    assert_eq!(accepted.code, Some(3), "{accepted:?}");
    // Ended before it could speak: taken back, and not passed.
    world
        .run_with(
            &["rollback", "shop", "--reason", "nobody can tell"],
            &[("TIDEGATE_TOKEN", &ana)],
        )
        .fine();
    let stage = world.until_stage(&ana, "the way back", |stage| stage["phase"] == "rolled back");
    assert_eq!(stage["exposure"], 0);
    let said = verdicts(&stage);
    let passed = cases.iter().filter(|case| said[&case.name].starts_with("pass"));
    assert_eq!(
        passed.map(|case| case.name.as_str()).collect::<Vec<_>>(),
        Vec::<&str>::new()
    );
}

/// The page's cells as the cases have them.
const PAGE_CELLS: [(&str, &str); 10] = [
    ("empty", "prometheus-harm-empty"),
    ("NaN", "prometheus-harm-nan"),
    ("infinite", "prometheus-harm-infinite"),
    ("null", "prometheus-harm-null"),
    ("several series", "prometheus-harm-several"),
    ("provider down", "prometheus-harm-down"),
    ("judge error", "prometheus-harm-error"),
    ("zero denominator", "prometheus-zero"),
    ("stale", "prometheus-harm-stale"),
    ("identical", "prometheus-identical"),
];

#[test]
fn the_page_says_of_tidegate_what_the_cases_expect() {
    let page = include_str!("../../../../../docs/no-data.md");
    let cases = cases();
    for (cell, name) in PAGE_CELLS {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| {cell} |")))
            .unwrap();
        let word = row.trim_end_matches(" |").rsplit("| ").next().unwrap();
        let case = cases.iter().find(|case| case.name == name).unwrap();
        assert!(
            case.expected.starts_with(word),
            "{cell}: the page says {word}, expected is {}",
            case.expected
        );
    }
}
