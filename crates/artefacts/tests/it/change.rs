//! What changes between two estates, in words, and whether it weakens the plan.

use tidegate_artefacts::Difference;
use tidegate_artefacts::change::Effect;

use crate::estate::{SHOP, estate, example_text};

/// The shop after some edits, each of which has to fit.
fn after(edits: &[(&str, &str)]) -> Difference {
    let mut text = SHOP.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "`{from}` is not in the shop");
        text = text.replacen(from, to, 1);
    }
    Difference::between(&estate(SHOP), &estate(&text))
}

#[test]
fn owners_steps_gates_and_the_way_back_are_told_in_words() {
    let difference = after(&[
        (
            "metadata: { name: observability, title: Observability }\nspec: { owner: platform",
            "metadata: { name: observability, title: Observability }\nspec: { owner: checkout-team",
        ),
        ("on-call: [ana]", "on-call: [amir]"),
        ("{ to: 10%, soak: 4h", "{ to: 20%, soak: 4h"),
        (
            "at-most: 5%, not-worse-by: 2pp, on-harm: hold",
            "at-most: 8%, not-worse-by: 1pp, on-harm: rollback",
        ),
        (
            "          - { manual: \"have refunds been tried?\", name: refunds }\n",
            "          - { incidents: sev2, at-most: 0 }\n",
        ),
        ("signals: [checkout/refunds]", "signals: [checkout/buy-errors]"),
        ("within: 7d of 100%", "within: 1d of 100%"),
        ("executor: platform", "executor: checkout-team"),
    ]);
    insta::assert_snapshot!(difference.to_string(), @r##"
    14 changes: 5 weaker, 4 stronger

    domain `checkout`
                rung 1 reaches: ana -> amir

    domain `observability`
                owner: platform -> checkout-team
                rung 1 reaches: bo -> amir

    team `checkout-team`
                on call: ana -> amir

    stage `checkout`
      weaker    steps: 10 %, 50 %, 100 % -> 20 %, 50 %, 100 %

    gate of stage `checkout`
      weaker    criterion `buy-errors` at most: 5 % -> 8 %
      stronger  criterion `buy-errors` not worse by: 2 pp -> 1 pp
      stronger  criterion `buy-errors` on harm: holds -> rolls back
      stronger  criterion `incidents-sev2` is new
      weaker    criterion `refunds` is gone

    rollback of stage `checkout`
                executor: platform -> checkout-team
      weaker    window: 7d -> 1d

    failure mode `refunds-fail`
      stronger  signal `checkout/buy-errors` is new
      weaker    signal `checkout/refunds` is gone
    "##);
}

#[test]
fn comments_and_order_change_nothing() {
    let (head, rest) = SHOP.split_once("---\n").unwrap();
    let text = format!("# A comment.\n{rest}---\n{head}");
    let difference = Difference::between(&estate(SHOP), &estate(&text));
    assert!(difference.is_none(), "{difference}");
    assert_eq!(difference.to_string(), "both declare the same\n");
}

#[test]
fn less_caution_is_weaker_and_more_is_stronger() {
    let weaker: &[(&str, &str)] = &[
        ("soak: 4h", "soak: 1h"),
        ("margin: 30%", "margin: 40%"),
        ("at-risk: 900 EUR", "at-risk: 1000 EUR"),
        ("watch: 7d", "watch: 1d"),
        ("at-most: 5%, not", "at-most: 6%, not"),
        (
            "completion: not worse, on-harm: rollback",
            "completion: not worse, on-harm: hold",
        ),
        ("within: 7d of", "within: 6d of"),
        ("trigger: [gate harm, checkout.owner]", "trigger: [gate harm]"),
    ];
    for (from, to) in weaker {
        let told = |old: &str, new: &str| {
            let difference = Difference::between(&estate(old), &estate(new));
            // What no number decides may stand beside it: a last step is watched as long as the stage is.
            let effects = difference.changes.iter().map(|change| change.effect);
            effects.filter(|effect| *effect != Effect::Open).collect::<Vec<_>>()
        };
        let changed = SHOP.replacen(from, to, 1);
        assert_eq!(told(SHOP, &changed), [Effect::Weaker], "{from} -> {to}");
        assert_eq!(told(&changed, SHOP), [Effect::Stronger], "{to} -> {from}");
    }
}

#[test]
fn a_door_that_asks_for_less_is_weaker() {
    let steps = "      owner: checkout\n      steps:\n";
    let asking = SHOP.replacen(
        steps,
        "      owner: checkout\n      enter: [{ rollback-drilled: within 14d }, { incidents: none open at sev2 or worse }]\n      steps:\n",
        1,
    );
    let told = |old: &str, new: &str| Difference::between(&estate(old), &estate(new)).to_string();
    insta::assert_snapshot!(told(&asking, SHOP), @r"
    2 changes: 2 weaker, 0 stronger

    stage `checkout`
      weaker    entry condition `its way back was drilled within 14d` is gone
      weaker    entry condition `no incident is open at sev2 or worse` is gone
    ");
    assert!(told(SHOP, &asking).starts_with("2 changes: 0 weaker, 2 stronger"));
}

#[test]
fn whatever_has_no_words_of_its_own_is_still_told() {
    for edit in [
        ("email: bo@example.com", "email: bo@example.org"),
        ("title: Stop offering the wallet", "title: Stop the wallet"),
        ("cookie: tg_visitor", "cookie: visitor"),
        ("text: confirmed }, window", "text: thanks }, window"),
        ("day: 1900/h", "day: 1800/h"),
        ("title: Take the checkout back }\nspec", "title: Take it back }\nspec"),
    ] {
        assert!(!after(&[edit]).is_none(), "{edit:?}");
    }
}

#[test]
fn a_client_that_keeps_the_old_side_is_told() {
    let difference = after(&[(
        "9003\", on-decrease: return }",
        "9003\", on-decrease: return, clients: [{ name: reader, kind: mobile, not-before: 2027-03-01 }] }",
    )]);
    let told = difference.to_string();
    assert!(
        told.contains("unit `blog` old side stays for: nobody -> reader until 2027-03-01T00:00:00.000Z"),
        "{told}"
    );
}

/// One change of the example, and what the difference says of it.
fn of_example(from: &str, to: &str) -> Vec<String> {
    let text = example_text("shop");
    assert!(text.contains(from), "`{from}` is not in the example");
    let difference = Difference::between(&estate(&text), &estate(&text.replacen(from, to, 1)));
    let mut told: Vec<String> = Vec::new();
    for change in difference
        .changes
        .iter()
        .filter(|change| change.effect == Effect::Weaker)
    {
        told.push(change.what.clone());
    }
    told
}

#[test]
fn whatever_lets_more_through_is_weaker() {
    for (from, to, told) in [
        (
            "at-most: 2%\n            owner: seo",
            "at-most: 20%\n            owner: seo",
            "at most: 2 % -> 20 %",
        ),
        (
            "not-worse-by: 2pp\n            owner: payments",
            "not-worse-by: 9pp\n            owner: payments",
            "not worse by: 2 pp -> 9 pp",
        ),
        ("rows-at-least: 900", "rows-at-least: 1", "rows at least: 900 -> 1"),
        (
            "addresses-at-least: 900",
            "addresses-at-least: 1",
            "looked at, at least: 900 -> 1",
        ),
        (
            "title: A price answers, p95: 300ms",
            "title: A price answers, p95: 3s",
            "objective `prices` within: 300ms -> 3s",
        ),
        ("severity: sev1", "severity: sev4", "severity: sev1 -> sev4"),
        (
            "detectability: hidden",
            "detectability: easy",
            "detectability: hidden -> easy",
        ),
        (
            "sets: { checkout.card: off },    expires: 2h",
            "sets: { checkout.card: off },    expires: 8h",
            "action `card-off` expires: 2h -> 8h",
        ),
        (
            "retries: { attempts: 8, wait: 30s }",
            "retries: { attempts: 1, wait: 30s }",
            "attempts of a message: 8 -> 1",
        ),
        (
            "critical: [title, category, price]",
            "critical: [title, category]",
            "critical field `price` is gone",
        ),
        (
            "on-decrease: drain",
            "on-decrease: hold",
            "open carts: finish where they are -> stay until a person decides",
        ),
    ] {
        let found = of_example(from, to);
        assert!(found.iter().any(|what| what.ends_with(told)), "{told}: {found:?}");
    }
    let reversed = of_example("rows-at-least: 900", "rows-at-least: 901");
    assert!(reversed.is_empty(), "more is no weakness: {reversed:?}");
}
