//! Every formula against a second implementation in another language, written from the papers by other roads.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use tidegate_stats::boundary::{Boundary, ln_evidence, one_sided, tuned_r, two_sided};
use tidegate_stats::quantile::rank_reach;
use tidegate_stats::special::{lambert_w_minus1, ln_gamma, normal_cdf, normal_quantile};
use tidegate_stats::spending::{Spending, obrien_fleming};
use tidegate_stats::{ArmCounts, HarmAlarm, Hits, Margin, PairedStratum, PassTest, RareAlarm, ShareTest, SrmTest};

use crate::world::{binomial, is_whole, poisson, seeded};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ci/boundaries/boundaries.py");

/// Largest distance of two answers, relative above 1 and absolute below.
const TOLERANCE: f64 = 1e-9;

/// The same for integrated boundaries: Simpson's rule with 200 panels is 4e-8 from its own limit where a look comes soon
/// after another, and halving its steps moves it towards what is said here.
const TOLERANCE_INTEGRATED: f64 = 1e-7;

/// Questions to the second implementation with what this one says.
#[derive(Default)]
struct Questions {
    lines: String,
    expected: Vec<Vec<f64>>,
}

impl Questions {
    fn ask(&mut self, question: &str, expected: &[f64]) {
        writeln!(self.lines, "{question}").unwrap();
        self.expected.push(expected.to_vec());
    }

    /// Asks all at once and compares each answer.
    fn compare(self, name: &str, tolerance: f64) {
        let mut program = Command::new("python3")
            .arg(PROGRAM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed");
        program.stdin.take().unwrap().write_all(self.lines.as_bytes()).unwrap();
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", output.status);
        let answers = String::from_utf8(output.stdout).unwrap();
        assert_eq!(answers.lines().count(), self.expected.len());
        let mut farthest = 0.0_f64;
        for ((question, answer), expected) in self.lines.lines().zip(answers.lines()).zip(&self.expected) {
            let found: Vec<f64> = answer.split_whitespace().map(|word| word.parse().unwrap()).collect();
            assert_eq!(found.len(), expected.len(), "{question}");
            for (found, expected) in found.iter().zip(expected) {
                if found == expected {
                    continue;
                }
                let distance = (found - expected).abs() / expected.abs().max(1.0);
                assert!(distance <= tolerance, "{question}: {found} there, {expected} here");
                farthest = farthest.max(distance);
            }
        }
        println!(
            "{name}: {} questions, farthest apart {farthest:.1e}",
            self.expected.len()
        );
    }
}

/// Strata of four numbers each: units and hits of the new side, then of the old one.
fn strata(seed: u64, count: u32, mean_new: f64, mean_old: f64, share: f64) -> Vec<PairedStratum> {
    let mut rng = seeded(seed);
    (0..count)
        .map(|_| {
            let (n, m) = (poisson(&mut rng, mean_new), poisson(&mut rng, mean_old));
            let (a, b) = (binomial(&mut rng, n, share * 0.9), binomial(&mut rng, m, share));
            PairedStratum::new(ArmCounts::new(m, b), ArmCounts::new(n, a))
        })
        .collect()
}

fn in_words(strata: &[PairedStratum]) -> String {
    let each = |stratum: &PairedStratum| {
        let (new, old) = (stratum.new, stratum.old);
        format!("{} {} {} {}", new.n, new.hits, old.n, old.hits)
    };
    strata.iter().map(each).collect::<Vec<_>>().join(" ")
}

#[test]
fn special_functions_agree() {
    let mut questions = Questions::default();
    for x in [0.01, 0.5, 1.0, 2.5, 7.0, 33.3, 1e3, 1e6, 1e9] {
        // Of a difference of large logarithms the last digits are rounding in both.
        questions.ask(&format!("ln-gamma {x}"), &[ln_gamma(x)]);
    }
    for x in [-8.0, -4.0, -2.5, -1.0, -0.1, 0.0, 0.3, 1.96, 2.6, 5.0] {
        questions.ask(&format!("cdf {x}"), &[normal_cdf(x)]);
    }
    for p in [1e-12, 1e-6, 0.001, 0.02, 0.1, 0.5, 0.77, 0.975, 0.9999] {
        questions.ask(&format!("quantile {p}"), &[normal_quantile(p)]);
    }
    for x in [-1e-12, -1e-4, -0.01, -0.1, -0.25, -0.3, -0.36] {
        questions.ask(&format!("lambert {x}"), &[lambert_w_minus1(x)]);
    }
    questions.compare("special functions", TOLERANCE);
}

#[test]
fn boundaries_agree() {
    let mut questions = Questions::default();
    for alpha in [0.05, 0.0125, 0.001, 1e-9] {
        for v_star in [20.0, 100.0, 400.0] {
            let r = tuned_r(v_star, alpha);
            questions.ask(&format!("tuned-r {v_star} {alpha}"), &[r]);
            for v in [20.0, 137.5, 4e3, 1e6] {
                questions.ask(&format!("one-sided {v} {r} {alpha}"), &[one_sided(v, r, alpha)]);
                questions.ask(&format!("two-sided {v} {r} {alpha}"), &[two_sided(v, r, alpha)]);
                let s = 1.3 * v.sqrt();
                questions.ask(&format!("evidence {s} {v} {r}"), &[ln_evidence(s, v, r)]);
                let far = 40.0 * v.sqrt();
                questions.ask(&format!("evidence {far} {v} {r}"), &[ln_evidence(far, v, r)]);
            }
        }
        assert!(Boundary::tuned(alpha, 400.0).is_some());
        for (q, units) in [(0.5, 100), (0.95, 10_000), (0.99, 1_000_000)] {
            let reach = rank_reach(q, units, alpha).unwrap();
            questions.ask(&format!("rank-reach {q} {units} {alpha}"), &[reach]);
        }
    }
    questions.compare("boundaries", TOLERANCE);
}

#[test]
fn comparisons_agree() {
    let mut questions = Questions::default();
    for (seed, mean_new, mean_old, share) in [(1, 2.0, 90.0, 0.9), (2, 30.0, 30.0, 0.03), (3, 0.3, 0.5, 0.6)] {
        let strata = strata(seed, 60, mean_new, mean_old, share);
        let words = in_words(&strata);
        for (hits, name) in [(Hits::Good, "good"), (Hits::Bad, "bad")] {
            let alarm = HarmAlarm::fold(hits, 0.0125, &strata).unwrap();
            questions.ask(
                &format!("harm {name} 0.0125 {words}"),
                &[alarm.lost_so_far(), alarm.variance(), alarm.ln_evidence_max()],
            );
            if mean_new < 1.0 {
                continue;
            }
            for (margin, kind, m) in [
                (Margin::Relative(0.25), "relative", 0.25),
                (Margin::Absolute(0.0625), "absolute", 0.0625),
            ] {
                let test = PassTest::fold(hits, margin, 0.05, &strata).unwrap();
                questions.ask(
                    &format!("pass {name} {kind} {m} 0.05 {words}"),
                    &[test.distance(), test.variance(), test.ln_evidence()],
                );
            }
        }
    }
    questions.compare("comparisons", TOLERANCE);
}

#[test]
fn exact_tests_agree() {
    let mut questions = Questions::default();
    for (limit, alpha, units, hits) in [
        (0.05, 0.05, 100, 30),
        (0.01, 0.0125, 5_000, 21),
        (0.01, 0.0125, 5_000, 0),
        (0.5, 0.001, 40, 40),
    ] {
        let test = ShareTest::fold(limit, alpha, &[ArmCounts::new(units, hits)]).unwrap();
        let rest = units - hits;
        questions.ask(&format!("share {limit} {alpha} {hits} {rest}"), &[test.ln_evidence()]);
    }
    for (seed, margin, mean_new, mean_old) in [(4, 0.0, 5.0, 95.0), (5, 0.25, 40.0, 60.0), (6, 0.0, 0.5, 3.0)] {
        let strata = strata(seed, 80, mean_new, mean_old, 0.05);
        let alarm = RareAlarm::fold(margin, 0.05, &strata).unwrap();
        questions.ask(&format!("rare {margin} {}", in_words(&strata)), &[alarm.ln_evidence()]);
    }
    for alpha in [0.05, 0.001] {
        let mut rng = seeded(7);
        let mut test = SrmTest::new(alpha).unwrap();
        let mut words = String::new();
        for share in [[100; 20], [500; 20], [2_500; 20], [100; 20]].concat() {
            let units = poisson(&mut rng, 50.0);
            let new = binomial(&mut rng, units, f64::from(share) / 9_000.0);
            test.push(share, new, units - new);
            write!(words, " {share} {new} {}", units - new).unwrap();
        }
        questions.ask(&format!("split {alpha}{words}"), &[test.ln_evidence()]);
    }
    questions.compare("exact tests", TOLERANCE);
}

#[test]
fn spending_agrees() {
    let mut questions = Questions::default();
    for alpha in [0.05, 0.025, 0.001] {
        for fraction in [0.05, 0.3, 0.5, 0.9, 1.0, 1.5] {
            let spent = obrien_fleming(alpha, fraction);
            questions.ask(&format!("spent {alpha} {fraction}"), &[spent]);
        }
    }
    let even: Vec<(f64, f64)> = (1..=4)
        .map(|look| (f64::from(look) / 4.0, 30.0 * f64::from(look)))
        .collect();
    let uneven = vec![(0.3, 20.0), (0.35, 21.0), (0.9, 70.0), (1.4, 90.0)];
    let mut cases = vec![(0.05, uneven)];
    if is_whole() {
        cases.push((0.025, even));
    }
    for (alpha, looks) in cases {
        let mut spending = Spending::new(alpha).unwrap();
        let boundaries: Vec<f64> = looks
            .iter()
            .map(|(fraction, information)| spending.look(*fraction, *information).unwrap())
            .collect();
        let words: Vec<String> = looks
            .iter()
            .map(|(fraction, information)| format!("{fraction} {information}"))
            .collect();
        questions.ask(&format!("spending {alpha} {}", words.join(" ")), &boundaries);
    }
    questions.compare("spending", TOLERANCE_INTEGRATED);
}
