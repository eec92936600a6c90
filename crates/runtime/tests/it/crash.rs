//! A process that dies before and after each append and each perform, for every kind of event and effect in the record.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;

use tidegate_engine::apply::sent_by;

use crate::aftermath::{self, Remains};
use crate::child::{self, Life};
use crate::crowd;
use crate::point::{Phase, Point};
use crate::record::record;

const TEST: &str = "crash::a_process_that_dies_around_any_append_or_perform_loses_nothing_and_exposes_nobody";

#[test]
fn a_process_that_dies_around_any_append_or_perform_loses_nothing_and_exposes_nobody() {
    if let Some(folder) = child::folder() {
        return child::live(&folder);
    }
    let seen = &record().seen;
    let points: Vec<Point> = seen
        .iter()
        .flat_map(|((phase, kind), count)| ends(*phase, kind, *count))
        .collect();
    let mut counts = BTreeMap::new();
    for point in crowd::each(points, die_at) {
        *counts.entry((point.kind, point.phase)).or_default() += 1;
    }
    print(&counts);
    let kinds: BTreeSet<&str> = counts.keys().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, record().kinds(), "a kind of the record that nobody died around");
}

/// The first and the last occurrence of a kind.
fn ends(phase: Phase, kind: &str, count: u64) -> Vec<Point> {
    let mut nths = vec![1, count];
    nths.dedup();
    let point = |nth| Point {
        phase,
        kind: kind.to_owned(),
        nth,
    };
    nths.into_iter().map(point).collect()
}

/// The point, once everything is as it should be after a death there.
fn die_at(point: Point) -> Point {
    let what = point.to_word();
    let folder = tempfile::tempdir().unwrap();
    let mut life = Life::towards(&point, TEST, folder.path());
    let told = life.rest();
    let status = life.child.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "{what} was never reached: {status}");
    let left = aftermath::remains(folder.path());
    let (journalled, done) = (journalled(&left, &point.kind), done(&left, &point.kind));
    match point.phase {
        Phase::BeforeAppend => assert!(journalled < point.nth, "{what}: {journalled}"),
        Phase::AfterAppend => assert!(journalled >= point.nth, "{what}: {journalled}"),
        Phase::BeforePerform => assert!(journalled >= point.nth && done + 1 == point.nth, "{what}: {done}"),
        Phase::AfterPerform => assert!(journalled >= point.nth && done == point.nth, "{what}: {done}"),
    }
    aftermath::check(folder.path(), &told, &what);
    point
}

fn journalled(left: &Remains, kind: &str) -> u64 {
    let events = left.events.iter().filter(|event| event.body.kind() == kind).count();
    let sent = left.events.iter().flat_map(|event| sent_by(&event.body));
    let effects = sent.filter(|sent| sent.effect.kind() == kind).count();
    u64::try_from(events + effects).unwrap()
}

fn done(left: &Remains, kind: &str) -> u64 {
    let done = left.deeds.iter().filter(|deed| deed.effect.kind() == kind).count();
    u64::try_from(done).unwrap()
}

/// Kind x phase x count: an append for every kind, a perform for what is performed.
fn print(counts: &BTreeMap<(String, Phase), u64>) {
    println!("deaths by kind and moment, at the first and at the last occurrence of each");
    let performed: BTreeSet<&str> = counts
        .keys()
        .filter(|(_, phase)| *phase == Phase::AfterPerform)
        .map(|(kind, _)| kind.as_str())
        .collect();
    let kinds: BTreeSet<&str> = counts.keys().map(|(kind, _)| kind.as_str()).collect();
    let events: Vec<&str> = kinds.difference(&performed).copied().collect();
    let effects: Vec<&str> = performed.into_iter().collect();
    print_table("event", &events, &Phase::ALL[..2], counts);
    print_table("effect", &effects, &Phase::ALL, counts);
    println!("{} deaths", counts.values().sum::<u64>());
}

fn print_table(what: &str, kinds: &[&str], phases: &[Phase], counts: &BTreeMap<(String, Phase), u64>) {
    let heads: Vec<String> = phases.iter().map(|phase| format!("{:>16}", phase.words())).collect();
    println!("{what:<24}{}", heads.concat());
    for kind in kinds {
        let cells: Vec<u64> = phases
            .iter()
            .map(|phase| counts.get(&((*kind).to_owned(), *phase)).copied().unwrap_or(0))
            .collect();
        let line: Vec<String> = cells.iter().map(|cell| format!("{cell:>16}")).collect();
        println!("{kind:<24}{}", line.concat());
        assert!(cells.iter().all(|cell| *cell > 0), "nobody died there");
    }
}
