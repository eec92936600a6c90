//! Measures `check` of an estate of 10,000 entities against bare YAML parsing of the same bytes, in one run.
//! `cargo run --release -p tidegate-plan --example check_bench`
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what measures time needs a clock"
)]

use std::time::{Duration, Instant};

use granit_parser::{Options, Parser};
use tidegate_plan::{Bundle, Mode, Settings, SourceFile, compile, scaffold};

/// Entities of the estate beside the scaffold's own.
const ENTITIES: usize = 10_000;
/// Runs of each; the median is printed.
const RUNS: usize = 9;

fn main() {
    let bundle = estate();
    let bytes: usize = bundle.files.iter().map(|file| file.text.len()).sum();
    let parsed = median(|| {
        let mut options = Options::default();
        options.set_emit_comments(false);
        let events = |file: &SourceFile| Parser::new_from_str_with_options(&file.text, options.clone()).count();
        std::hint::black_box(bundle.files.iter().map(events).sum::<usize>());
    });
    let checked = median(|| {
        let compiled = compile(&bundle, &Settings::new(), Mode::Author);
        assert!(compiled.estate.is_some(), "the estate checks clean");
        std::hint::black_box(compiled);
    });
    println!("entities {ENTITIES}, {bytes} bytes, median of {RUNS}");
    println!("bare parsing {:>8.1} ms", parsed.as_secs_f64() * 1e3);
    println!("check        {:>8.1} ms", checked.as_secs_f64() * 1e3);
    println!("ratio        {:>8.2}", checked.as_secs_f64() / parsed.as_secs_f64());
    println!("figure check-of-{ENTITIES}-ms {:.1}", checked.as_secs_f64() * 1e3);
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            run();
            began.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

/// The scaffold and, in equal parts, teams, people, domains, flows, failure modes and runbooks.
fn estate() -> Bundle {
    let mut bundle = scaffold("bench");
    let (ours, backstage) = ("tidegate/v1alpha1", "backstage.io/v1alpha1");
    let sixth = ENTITIES.div_ceil(6);
    for folder in 0..100 {
        let mut text = String::new();
        for n in (0..sixth).filter(|n| n % 100 == folder) {
            for document in [
                format!(
                    "apiVersion: {backstage}\nkind: Group\nmetadata: {{ name: team-{n} }}\nspec: {{ type: team, children: [], members: [person-{n}] }}\n"
                ),
                format!(
                    "apiVersion: {backstage}\nkind: User\nmetadata: {{ name: person-{n} }}\nspec: {{ profile: {{ displayName: Person {n}, email: person-{n}@example.com }}, memberOf: [team-{n}] }}\n"
                ),
                format!(
                    "apiVersion: {ours}\nkind: Domain\nmetadata: {{ name: domain-{n}, title: Domain {n} }}\nspec:\n  owner: team-{n}\n  ladder: standard\n  responsibilities: [one, two, three]\n  switches: [{{ name: switch.{n}, default: on }}]\n  authority: [{{ action: action-{n}, sets: {{ switch.{n}: off }}, expires: 2h }}]\n  runbook: runbook-{n}\n"
                ),
                format!(
                    "apiVersion: {ours}\nkind: Flow\nmetadata: {{ name: flow-{n} }}\nspec: {{ domain: domain-{n}, unit: shop, entry: cart, complete: confirmation, success: {{ status: [200] }} }}\n"
                ),
                format!(
                    "apiVersion: {ours}\nkind: FailureMode\nmetadata: {{ name: mode-{n}, title: What goes wrong {n} }}\nspec: {{ domain: domain-{n}, severity: sev3, detectability: easy, signals: [shop/order-completion], runbook: runbook-{n} }}\n"
                ),
                format!(
                    "apiVersion: {ours}\nkind: Runbook\nmetadata: {{ name: runbook-{n}, title: Runbook {n} }}\nspec: {{ steps: [look, decide, act], actions: [action-{n}] }}\n"
                ),
            ] {
                text.push_str("---\n");
                text.push_str(&document);
            }
        }
        bundle.files.push(SourceFile {
            path: format!("part-{folder:03}.yaml"),
            text,
        });
    }
    bundle
}
