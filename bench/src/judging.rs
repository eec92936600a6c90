//! Judging: what a second of counts costs a controller with a thousand criteria, at the beginning of a stage and after days of it.

use anyhow::{Context, bail};
use tidegate_model::seam::{ArmCounts, Ripeness, SPLIT, StratumPart};
use tidegate_model::{CriterionId, Estate};
use tidegate_plan::{Bundle, Mode, SourceFile, compile};

use crate::cpu;
use crate::estate::one_unit;
use crate::replay::{Counted, Recorder};

/// Strata that have come before the first measured one, in a young stage and in an old one.
const YOUNG: u64 = 100;
const OLD: u64 = 10_000;

/// Measures and prints.
pub(crate) fn run(criteria: usize, seconds: u32) -> anyhow::Result<()> {
    let soaking = crowded(criteria, "7d")?;
    let mut young = exposed(&soaking, criteria, YOUNG)?;
    let mut old = exposed(&soaking, criteria, OLD)?;
    let mut gating = exposed(&crowded(criteria, "1m")?, criteria, OLD)?;
    // The strata before were not judged one by one: the first that is changes every word at once, which life does not.
    second(&mut young, criteria)?;
    second(&mut old, criteria)?;
    second(&mut gating, criteria)?;
    let (mut young_s, mut old_s, mut gating_s) = (Vec::new(), Vec::new(), Vec::new());
    // In turns, so that what else the machine does meets both.
    for _ in 0..seconds {
        young_s.push(second(&mut young, criteria)?);
        old_s.push(second(&mut old, criteria)?);
        gating_s.push(second(&mut gating, criteria)?);
    }
    println!("judging {criteria} criteria each second, {seconds} seconds of counts");
    line(&format!("soaking, after {YOUNG} strata"), &mut young_s);
    line(&format!("soaking, after {OLD} strata"), &mut old_s);
    line(&format!("at the gate, after {OLD} strata"), &mut gating_s);
    println!("figure judging-percent-of-a-core {:.3}", 100.0 * median(&old_s));
    println!("figure judging-old-to-young {:.3}", median(&old_s) / median(&young_s));
    Ok(())
}

/// Sorts what each second took and says it. In a second in which every word changes, each change is worked out for people too.
fn line(what: &str, took: &mut [f64]) {
    took.sort_by(f64::total_cmp);
    let mean = took.iter().sum::<f64>() / took.len() as f64;
    let worst = took.last().copied().unwrap_or(0.0);
    println!(
        "  {what:<32} median second {:.2} % of a core, mean {:.2} %, worst {:.2} %",
        100.0 * median(took),
        100.0 * mean,
        100.0 * worst
    );
}

/// The middle of sorted values.
fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// The bench's estate with a gate of so many criteria.
fn crowded(criteria: usize, soak: &str) -> anyhow::Result<Estate> {
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    let setup = one_unit(nowhere, nowhere, nowhere);
    let mut files = Vec::new();
    for SourceFile { path, text } in setup.bundle().files {
        let text = match text.split_once("          - { flow: order, completion") {
            None => text,
            Some((before, rest)) => {
                let (_, after) = rest
                    .split_once("      rollback:")
                    .context("the estate's gate has moved")?;
                format!("{before}{}      rollback:{after}", gate(criteria))
            }
        };
        // The failure mode names its signals.
        let text = text
            .replace("soak: 10m, at-most: 1h", &format!("soak: {}, at-most: 30d", soak))
            .replace("shop/view-errors", "shop/c1")
            .replace("shop/order-completion", "shop/c0");
        files.push(SourceFile { path, text });
    }
    let compiled = compile(
        &Bundle {
            files,
            ..Bundle::default()
        },
        &setup.settings,
        Mode::Author,
    );
    compiled.estate.with_context(|| format!("{:#?}", compiled.diagnostics))
}

/// Completion, errors and latency by turns.
fn gate(criteria: usize) -> String {
    (0..criteria)
        .map(|n| match n % 3 {
            0 => format!("          - {{ name: c{n}, flow: order, completion: not worse, on-harm: rollback }}\n"),
            1 => format!("          - {{ name: c{n}, errors: view, at-most: 5%, not-worse-by: 2pp }}\n"),
            _ => format!("          - {{ name: c{n}, latency: view, p95: 500ms }}\n"),
        })
        .collect()
}

/// A stage under its first step, with so many strata of counts.
fn exposed(estate: &Estate, criteria: usize, strata: u64) -> anyhow::Result<Recorder> {
    let mut recorder = Recorder::new(estate.clone())?;
    recorder.expose()?;
    let parts = parts(criteria)?;
    let of_a_second = parts.len();
    for (part, meters) in parts {
        recorder.stratum_of(part, meters)?;
    }
    recorder.repeat_evidence(strata, of_a_second);
    recorder.forget();
    if !recorder.is_exposed() {
        bail!("the stage is not exposed any more");
    }
    Ok(recorder)
}

/// Decides about one more second of counts; CPU seconds that it took.
fn second(recorder: &mut Recorder, criteria: usize) -> anyhow::Result<f64> {
    let parts = parts(criteria)?;
    recorder.later();
    let began = cpu::seconds_of_thread();
    for (part, meters) in parts {
        recorder.stratum_of(part, meters)?;
    }
    let took = cpu::seconds_of_thread() - began;
    recorder.forget();
    if !recorder.is_exposed() {
        bail!("the stage is not exposed any more");
    }
    Ok(took)
}

/// One second's counts of two sides that are alike, by part, as gateways report them.
fn parts(criteria: usize) -> anyhow::Result<[(StratumPart, Vec<Counted>); 3]> {
    let same = |id, ripeness, n, hits| {
        let arm = ArmCounts { n, hits };
        (id, ripeness, arm, arm)
    };
    let mut prompt = vec![same(CriterionId::parse(SPLIT)?, Ripeness::Whole, 1_000, 1_000)];
    let (mut timed, mut cohort) = (Vec::new(), Vec::new());
    for n in 0..criteria {
        let id = CriterionId::parse(&format!("c{n}"))?;
        match n % 3 {
            0 => cohort.push(same(id, Ripeness::Whole, 20, 19)),
            1 => {
                prompt.push(same(id.clone(), Ripeness::Young, 1_000, 2));
                cohort.push(same(id, Ripeness::Grown, 1_000, 2));
            }
            _ => timed.push(same(id, Ripeness::Whole, 1_000, 10)),
        }
    }
    Ok([
        (StratumPart::Prompt, prompt),
        (StratumPart::Timed, timed),
        (StratumPart::Cohort, cohort),
    ])
}
