//! What looks declared and is not: people who may not decide, systems that nobody has, numbers that mean no other.

use tidegate_plan::{Bundle, Diagnostic};

use crate::clean::example;
use crate::{compiled, edited};

fn shop(path: &str, from: &str, to: &str) -> Bundle {
    let mut bundle = example("shop");
    let file = bundle.files.iter_mut().find(|file| file.path == path).unwrap();
    assert!(file.text.contains(from), "`{from}` is not in {path}");
    file.text = file.text.replace(from, to);
    bundle
}

fn told(bundle: &Bundle) -> Vec<String> {
    let line = |one: &Diagnostic| format!("{}: {} | {}", one.code, one.message, one.help);
    compiled(bundle).diagnostics.iter().map(line).collect()
}

#[test]
fn a_team_of_nobody_is_told_with_and_without_a_roster() {
    let mut bundle = shop("organisation.yaml", ", memberOf: [checkout]", "");
    let empty = "TG0105: team `checkout`, which owns domain `checkout`, has no people";
    let is_told = |bundle: &Bundle| told(bundle).iter().any(|line| line.starts_with(empty));
    assert!(is_told(&bundle), "{:#?}", told(&bundle));
    let roster = "team: checkout, on-call: [ana]";
    let file = bundle
        .files
        .iter_mut()
        .find(|file| file.path == "organisation.yaml")
        .unwrap();
    assert!(file.text.contains(roster));
    file.text = file.text.replace(roster, "team: checkout, on-call: [tess]");
    assert!(is_told(&bundle), "{:#?}", told(&bundle));
}

#[test]
fn a_system_of_record_is_one_that_is_declared() {
    let found = told(&shop("records.yaml", "record: crm", "record: crmm"));
    assert_eq!(found, ["TG0012: system `crmm` is not declared | did you mean `crm`?"]);
    let found = told(&shop("records.yaml", "{ pricing: new-shop }", "{ pricing: new-shp }"));
    assert_eq!(
        found,
        ["TG0012: system `new-shp` is not declared | did you mean `new-shop`?"]
    );
}

#[test]
fn a_number_out_of_range_is_not_taken_for_another() {
    let found = told(&edited("people.yaml", "repeat-every: 5m", "repeat-every: 5x"));
    assert!(found.iter().any(|line| line.starts_with("TG0008")), "{found:#?}");
    assert!(found.iter().all(|line| !line.contains("did you mean")), "{found:#?}");
}
