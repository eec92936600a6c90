//! The README's own estate and its own commands, run as they stand; only addresses are replaced by free ones.

use std::net::SocketAddr;

use crate::shoppers::Visitor;
use crate::world::{Options, World, until};

const README: &str = include_str!("../../../../README.md");
const MARKER: &str = "<!-- smallest-estate -->";
/// The file that the README names at the head of its block.
const FILE: &str = "# shop/tidegate.yaml\n";
/// Visitors whose sides are counted.
const VISITORS: usize = 600;
/// A tenth of them, give or take five standard deviations: one run in two million lies outside.
const ON_THE_NEW_SIDE: std::ops::RangeInclusive<usize> = 24..=96;

/// The block of one language that follows the marker.
fn block(language: &str) -> &'static str {
    let (_, after) = README.split_once(MARKER).expect("the README has the marker");
    let (_, block) = after.split_once(&format!("```{language}\n")).expect("a block follows");
    block.split_once("```").expect("the block ends").0
}

/// The arguments of the README's command that begins like this, without the comment behind it.
fn command(beginning: &str) -> Vec<String> {
    let line = block("console").lines().find_map(|line| {
        let text = line.strip_prefix("$ ")?.strip_prefix("tidegate ")?;
        text.starts_with(beginning).then_some(text)
    });
    let line = line.unwrap_or_else(|| panic!("the README does not show `tidegate {beginning}`"));
    let line = line.split_once(" #").map_or(line, |(line, _)| line).trim();
    let mut words = Vec::new();
    for (place, part) in line.split('"').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// A world with the README's estate in it, which nobody serves yet.
fn world() -> World {
    let world = World::quiet(Options::default());
    let text = block("yaml").strip_prefix(FILE).expect("the block names its file");
    let replaced = [
        ("127.0.0.1:8080", "127.0.0.1:0".to_owned()),
        ("127.0.0.1:9001", world.old.address.to_string()),
        ("127.0.0.1:9002", world.new.address.to_string()),
    ];
    let text = replaced.iter().fold(text.to_owned(), |text, (shown, free)| {
        assert!(text.contains(shown), "the estate listens at {shown}");
        text.replace(shown, free)
    });
    std::fs::write(world.estate().join("tidegate.yaml"), text).unwrap();
    world
}

fn run(world: &World, token: &str, beginning: &str) -> String {
    let words = command(beginning);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    world.run_with(&words, &[("TIDEGATE_TOKEN", token)]).fine()
}

/// The side that each visitor meets now.
fn sides(visitors: &mut [Visitor], edge: SocketAddr) -> Vec<String> {
    visitors
        .iter_mut()
        .map(|visitor| visitor.get(edge, "/").unwrap().side().to_owned())
        .collect()
}

#[test]
fn the_smallest_estate_checks_clean_and_moves_a_tenth_of_the_visitors_there_and_back() {
    let mut world = world();
    let checked = run(&world, "", "check");
    assert!(checked.contains("shop checks clean"), "{checked}");
    assert!(!checked.contains("warning"), "{checked}");

    assert_eq!(command("serve"), ["serve", "shop"]);
    world.serve();
    let shown = block("console");
    assert!(shown.contains("export TIDEGATE_TOKEN=$(tidegate token issue ana)"));
    let token = world.token("ana");
    let mut visitors = vec![Visitor::default(); VISITORS];
    let before = sides(&mut visitors, world.edge());
    assert!(before.iter().all(|side| side == "old"), "nobody is moved unasked");

    let said = run(&world, &token, "approve");
    assert!(said.contains("journal"), "{said}");
    world.until_stage(&token, "10 % in force", |stage| stage["phase"] == "soaking");
    let status = run(&world, &token, "status");
    assert!(status.contains("10 %  soaking"), "{status}");

    let during = sides(&mut visitors, world.edge());
    let moved = during.iter().filter(|side| *side == "new").count();
    assert!(
        ON_THE_NEW_SIDE.contains(&moved),
        "{moved} of {VISITORS} met the new side"
    );
    assert_eq!(sides(&mut visitors, world.edge()), during, "a visitor stays on a side");

    let said = run(&world, &token, "rollback");
    assert!(said.contains("journal"), "{said}");
    world.until_stage(&token, "the rollback in force", |stage| stage["phase"] == "rolled back");
    let after = sides(&mut visitors, world.edge());
    assert!(after.iter().all(|side| side == "old"), "everybody is back");
    assert_eq!(sides(&mut vec![Visitor::default(); 50], world.edge()), vec!["old"; 50]);

    let verified = run(&world, &token, "journal verify");
    assert!(verified.contains("the chain holds"), "{verified}");
    assert!(verified.contains(", 0 differ"), "{verified}");
}

#[test]
fn what_the_journal_says_is_the_same_shown_exported_and_after_the_end() {
    let mut world = world();
    world.serve();
    let token = world.token("ana");
    run(&world, &token, "approve");
    world.until_stage(&token, "10 % in force", |stage| stage["phase"] == "soaking");
    assert_eq!(world.terminate().code, Some(0));

    let shown = world.run(&["journal", "show"]).fine();
    for told in [
        "the controller started",
        "adopted estate",
        "ana approved entering shop",
        "exposed shop to 10 %",
    ] {
        assert!(shown.contains(told), "`{told}` is missing in\n{shown}");
    }
    let written = world
        .run(&["journal", "show", "--json", "--from", "2", "--limit", "1"])
        .fine();
    assert_eq!(written.lines().count(), 1);
    assert!(written.contains("estate"), "{written}");

    let export = world.run(&["journal", "export"]).fine();
    let file = world.folder().join("journal.jsonl");
    std::fs::write(&file, &export).unwrap();
    let file = file.display().to_string();
    let whole = world.run(&["journal", "verify", "--file", &file]).fine();
    assert_eq!(whole, world.run(&["journal", "verify"]).fine());

    std::fs::write(&file, export.replacen("ana", "bob", 1)).unwrap();
    let forged = world.run(&["journal", "verify", "--file", &file]);
    assert_eq!(forged.code, Some(1), "{forged:?}");
    assert!(forged.stdout.contains("the chain is broken"), "{forged:?}");
}

#[test]
fn who_names_the_owner_and_the_whole_ladder() {
    let mut world = world();
    world.serve();
    let token = world.token("bo");
    let who = |of: &str| world.run_with(&["who", of], &[("TIDEGATE_TOKEN", &token)]);
    let said = who("shop").fine();
    assert!(said.contains("owner    shop-team"), "{said}");
    assert!(said.contains("on call  ana"), "{said}");
    assert_eq!(said.matches("answers within").count(), 4, "{said}");
    let nobody = who("warehouse");
    assert_eq!(nobody.code, Some(4), "{nobody:?}");
    assert!(
        nobody.stdout.contains("nothing named `warehouse` is declared"),
        "{nobody:?}"
    );
    // The page of the person below is the same program's: it knows who asks.
    let refused = world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &token)]);
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("refused[TG9001]"), "{refused:?}");
    let stage = until("the refusal in the status", || {
        let status = world.status(&token);
        status["recent"].to_string().contains("bo").then_some(status)
    });
    assert_eq!(stage["plans"][0]["stages"][0]["exposure"], 0);
}
