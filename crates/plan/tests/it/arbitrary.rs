//! Text that is nothing at all: the compiler answers with diagnostics, never with a panic, and always in order.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tidegate_plan::{Bundle, Code, Level, SourceFile, render_human, render_json};

use crate::clean::example;
use crate::compiled;

/// Fixed, so that a failure is the same for everybody.
const SEED: [u8; 32] = *b"tidegate-plan arbitrary text 001";
const CASES: u32 = 128;

fn runner() -> TestRunner {
    println!("seed {:?}", std::str::from_utf8(&SEED).unwrap());
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &SEED))
}

/// Compiles, renders, and holds what is true of every answer.
fn holds(bundle: &Bundle) {
    let compiled = compiled(bundle);
    let has_error = compiled.diagnostics.iter().any(|one| one.severity == Level::Error);
    assert_eq!(compiled.estate.is_none(), has_error);
    // What was not read comes first, and the rest in the order of the files.
    let is_cause = |code: Code| matches!(code, Code::Syntax | Code::Envelope | Code::NotRead);
    let places: Vec<_> = compiled
        .diagnostics
        .iter()
        .map(|one| (!is_cause(one.code), &one.file, one.span.start))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    for one in &compiled.diagnostics {
        let parts = [&one.message, &one.expected, &one.found, &one.help];
        assert!(parts.iter().all(|part| !part.trim().is_empty()), "{one:?}");
        if let Some(file) = bundle.files.iter().find(|file| file.path == one.file) {
            assert!(file.text.get(one.span.start..one.span.end).is_some(), "{one:?}");
        }
    }
    assert_eq!(
        render_human(&compiled.diagnostics, bundle, false).is_empty(),
        compiled.diagnostics.is_empty()
    );
    assert!(render_json(&compiled.diagnostics).starts_with('['));
}

/// Replaces `length` characters of one file, from `at` on, by `by`.
fn mutated(mut bundle: Bundle, file: usize, at: usize, length: usize, by: &str) -> Bundle {
    let count = bundle.files.len();
    let text = &mut bundle.files[file % count].text;
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let at = at % starts.len();
    let until = (at + length).min(starts.len() - 1);
    text.replace_range(starts[at]..starts[until], by);
    bundle
}

#[test]
fn no_text_makes_the_compiler_panic() {
    runner()
        .run(
            &(any::<String>(), "[a-z:{}\\[\\]\\-&*!|>'\"%@#,\\n\\t ]{0,200}"),
            |(one, other)| {
                for text in [one, other] {
                    holds(&Bundle {
                        files: vec![SourceFile {
                            path: "tidegate.yaml".into(),
                            text,
                        }],
                        ..Bundle::default()
                    });
                }
                Ok(())
            },
        )
        .unwrap();
}

#[test]
fn no_mutation_of_an_estate_makes_the_compiler_panic() {
    let shop = example("shop");
    let pieces = prop_oneof![
        Just(String::new()),
        any::<String>(),
        "[0-9]{1,20}",
        "[:{}\\[\\],\\-&*\\n\\t]{1,4}",
        Just("${".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("ä€𝄞".to_owned()),
    ];
    runner()
        .run(
            &(any::<usize>(), any::<usize>(), 0_usize..40, pieces),
            |(file, at, length, by)| {
                holds(&mutated(shop.clone(), file, at, length, &by));
                Ok(())
            },
        )
        .unwrap();
}

#[test]
fn an_estate_with_a_line_left_out_compiles_or_says_why() {
    // Every thirteenth line left out, one at a time: what still compiles must still be an estate.
    let shop = example("shop");
    for (at, file) in shop.files.iter().enumerate() {
        for line in (0..file.text.lines().count()).step_by(13) {
            let mut bundle = shop.clone();
            let kept: Vec<&str> = file
                .text
                .lines()
                .enumerate()
                .filter(|(number, _)| *number != line)
                .map(|(_, text)| text)
                .collect();
            bundle.files[at].text = kept.join("\n");
            holds(&bundle);
        }
    }
}

#[test]
fn absurd_sizes_are_refused_with_their_limit() {
    let refused = |text: String, limit: &str| {
        let bundle = Bundle {
            files: vec![SourceFile {
                path: "tidegate.yaml".into(),
                text,
            }],
            ..Bundle::default()
        };
        let found = compiled(&bundle).diagnostics;
        assert!(
            found
                .iter()
                .any(|one| one.code == Code::Limit && one.expected.contains(limit)),
            "{limit}: {:?}",
            found.first()
        );
    };
    let keys: String = (0..1_001).map(|n| format!("k{n}: v\n")).collect();
    refused(keys, "1000");
    refused("--- x\n".repeat(50_001), "50000");
    refused("a: ".to_owned() + &"[".repeat(40), "32 levels");
    refused("# ".repeat(8 * 1024 * 1024 + 1), "16777216 bytes");
    refused("--- x\n".repeat(1_001), "1000 diagnostics");
}
