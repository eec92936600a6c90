//! Power: what is taken for granted is said, what is not declared is not forecast, and the table agrees with the rule.

use insta::assert_snapshot;
use tidegate_model::PlanId;
use tidegate_model::seam::SPLIT;
use tidegate_plan::power::{CriterionPower, Seen};
use tidegate_plan::{Bundle, Compiled, Mode, Outcome, Power, Settings, compile, power};

use crate::{compiled, edited};

const LAST: &str = "- { incidents: sev2, at-most: 0 }";
const BASKET: &str = "basket: 60 EUR }";

/// The power of the scaffold's plan, also when a step is too short.
fn of(bundle: &Bundle) -> Power {
    let Compiled {
        estate,
        shares,
        diagnostics,
        ..
    } = compile(bundle, &Settings::new(), Mode::Adopted);
    let estate = estate.unwrap_or_else(|| panic!("{diagnostics:#?}"));
    power(&estate, &shares, &PlanId::parse("shop").unwrap(), 1).unwrap()
}

fn named<'a>(power: &'a Power, step: usize, name: &str) -> &'a CriterionPower {
    let criteria = &power.steps[step].criteria;
    criteria.iter().find(|one| one.criterion.as_str() == name).unwrap()
}

/// The scaffold with a segment, a criterion about it, and perhaps its share.
fn segmented(share: &str) -> Bundle {
    let criterion = "- { flow: order, completion: not worse, segment: payment=card }";
    let mut bundle = edited("plan.yaml", LAST, criterion);
    let mut put = |path: &str, from: &str, to: &str| {
        let file = bundle.files.iter_mut().find(|file| file.path == path).unwrap();
        assert!(file.text.contains(from), "{from}");
        file.text = file.text.replacen(from, to, 1);
    };
    put(
        "domains.yaml",
        "  window: 30m\n",
        "  window: 30m\n  segments: { payment: { form: payment, values: [card, wallet] } }\n",
    );
    put("plan.yaml", BASKET, &format!("basket: 60 EUR{share} }}"));
    bundle
}

#[test]
fn the_share_of_a_segment_is_as_declared_or_else_assumed_and_said() {
    let assumed = of(&segmented(""));
    let card = named(&assumed, 0, "order-completion-payment-card");
    assert_eq!(card.night_per_hour.map(f64::round), Some(133.0));
    assert!(
        card.note
            .as_ref()
            .unwrap()
            .contains("payment=card is taken for 33.3 % of attempts"),
        "{card:?}"
    );
    let declared = of(&segmented(", segments: { payment: { card: 60%, wallet: 30% } }"));
    let more = named(&declared, 0, "order-completion-payment-card");
    assert_eq!(
        (more.night_per_hour, more.day_per_hour, more.note.as_ref()),
        (Some(240.0), Some(1_140.0), None)
    );
    let (needs, needs_more) = (card.needs_s.unwrap(), more.needs_s.unwrap());
    assert!(needs_more < needs, "{needs_more} {needs}");
    let whole = named(&declared, 0, "order-completion").needs_s.unwrap();
    assert!(whole < needs_more, "{whole} {needs_more}");
}

#[test]
fn the_chances_of_a_false_halt_add_up_to_the_plans() {
    let power = of(&segmented(""));
    let first_try: f64 = power.steps[0].criteria.iter().filter_map(|one| one.false_harm).sum();
    // Over all tries it is the sum of 1/k^2 times as much.
    let all = first_try * std::f64::consts::PI.powi(2) / 6.0;
    assert!((all - power.alpha.ratio()).abs() < 1e-5, "{all}");
    assert!(
        power.steps[0]
            .criteria
            .iter()
            .all(|one| one.criterion.as_str() != SPLIT)
    );
}

fn hardly(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::TooShort => "has less than 80 % chance to pass",
        Outcome::Never => "cannot pass",
        Outcome::Fits | Outcome::Undeclared | Outcome::NotCompared | Outcome::NotForecast => "",
    }
}

#[test]
fn the_table_and_the_rule_say_the_same_of_every_step() {
    let strict = [
        edited("plan.yaml", "at-most: 3d, margin: 30%", "at-most: 3d, margin: 4%"),
        edited("plan.yaml", "at-most: 7d, margin: 5%", "at-most: 25h, margin: 5%"),
        edited("plan.yaml", "night: 400/h", "night: 20/h"),
        edited(
            "plan.yaml",
            LAST,
            "- { latency: order, not-worse-by: 30%, frozen: { p50: 90ms, p99: 900ms } }",
        ),
        edited("plan.yaml", LAST, "- { latency: order, p95: 500ms }"),
        tidegate_plan::scaffold("shop"),
    ];
    for bundle in &strict {
        let found = of(bundle);
        let told: Vec<String> = compiled(bundle)
            .diagnostics
            .iter()
            .map(|one| format!("{} {}", one.code, one.message))
            .collect();
        let late: Vec<String> = found
            .steps
            .iter()
            .flat_map(|step| step.criteria.iter().map(move |one| (step, one)))
            .filter_map(|(step, one)| {
                Some(format!(
                    "{} criterion `{}` {} at step {} of stage `{}` on the declared night traffic",
                    one.code?,
                    one.criterion,
                    hardly(one.outcome),
                    step.step + 1,
                    step.stage
                ))
            })
            .collect();
        assert_eq!(told.len(), late.len(), "{told:#?} {late:#?}");
        assert!(late.iter().all(|line| told.contains(line)), "{told:#?} {late:#?}");
        assert_eq!(found.fits(), told.is_empty());
    }
}

#[test]
fn only_what_is_declared_is_forecast() {
    let sources = "- { level: { on: metrics, prometheus: queue }, at-most: 200, for: 5m, every: 1m, owner: shop }\n          \
                   - { counts: { on: app, log: { bad: { /outcome: lost } } }, at-most: 1%, owner: shop }\n          \
                   - { latency: order, not-worse-by: 50%, frozen: { p50: 90ms } }\n          \
                   - { manual: are returns tried }";
    let found = of(&edited("plan.yaml", LAST, sources));
    let level = named(&found, 0, "metrics-level");
    assert_eq!(
        (level.outcome, level.needs_s, level.false_harm),
        (Outcome::Fits, Some(360.0), None)
    );
    assert_eq!(level.note.as_deref(), Some("a bound, no test: asked every 1m"));
    assert_eq!(
        (level.in_soak, level.in_longest),
        (Some(Seen::Answers { count: 240 }), Some(Seen::Answers { count: 4_320 }))
    );
    let counts = named(&found, 0, "app-counts");
    assert_eq!(
        (counts.outcome, counts.needs_s, counts.in_longest),
        (Outcome::NotForecast, None, None)
    );
    assert!(
        counts.note.as_ref().unwrap().contains("needs no declared traffic"),
        "{counts:?}"
    );
    assert!(counts.false_harm.is_some() && counts.false_pass == Some(0.05));
    let slower = named(&found, 0, "order-slower-p50");
    assert!(
        matches!(slower.in_longest, Some(Seen::Share { from, to }) if from == 0.5 && to > 0.5),
        "{slower:?}"
    );
    assert_eq!(named(&found, 3, "order-slower-p50").outcome, Outcome::NotCompared);
    assert_eq!(named(&found, 0, "manual").outcome, Outcome::NotForecast);
}

#[test]
fn a_step_that_is_too_short_says_so_with_the_rules_code() {
    let found = of(&edited(
        "plan.yaml",
        "at-most: 3d, margin: 30%",
        "at-most: 3d, margin: 4%",
    ));
    let lines: Vec<String> = found.to_string().lines().skip(2).take(4).map(str::to_owned).collect();
    assert_snapshot!(lines.join("\n"), @r###"
shop step 1: to 5 %, soak 4h, at most 3d
  criterion          night     day   seen in soak     in longest false halt false pass        margin     needs
  order-completion     400    1900        -72.6 %        -10.1 %    1.013 %    5.000 %          -4 %       12d  too short TG0513
  order-errors         400    1900  0.5 to 12.6 %   0.5 to 1.8 %    1.013 %    5.000 %    5 %, +2 pp     1d21h  OK
"###);
}

#[test]
fn a_later_try_has_less_to_spend_and_sees_less() {
    let compiled = compiled(&tidegate_plan::scaffold("shop"));
    let (estate, plan) = (compiled.estate.unwrap(), PlanId::parse("shop").unwrap());
    let at = |attempt| power(&estate, &compiled.shares, &plan, attempt).unwrap().steps[0].criteria[0].clone();
    let (first, second) = (at(1), at(2));
    let ratio = first.false_harm.unwrap() / second.false_harm.unwrap();
    assert!((ratio - 4.0).abs() < 1e-9, "{ratio}");
    let drop = |one: &CriterionPower| match one.in_longest {
        Some(Seen::Completion { drop }) => drop,
        Some(Seen::Share { .. } | Seen::Answers { .. }) | None => f64::NAN,
    };
    assert!(drop(&second) > drop(&first), "{second:?} {first:?}");
    assert_eq!(first.needs_s, second.needs_s);
}

#[test]
fn programs_read_the_same_figures() {
    let found = of(&tidegate_plan::scaffold("shop"));
    let told = serde_json::to_value(&found).unwrap();
    let first = &told["steps"][0]["criteria"][0];
    assert_eq!(first["in_longest"]["of"], "completion");
    assert_eq!(
        first["in_longest"]["drop"].as_f64(),
        match found.steps[0].criteria[0].in_longest {
            Some(Seen::Completion { drop }) => Some(drop),
            Some(Seen::Share { .. } | Seen::Answers { .. }) | None => None,
        }
    );
    assert_eq!(
        (&first["outcome"], &first["code"]),
        (&"fits".into(), &serde_json::Value::Null)
    );
    assert_eq!(told["steps"][0]["soak"], 14_400_000);
}
