//! What people find in their mail: complete, in words, with what they can do.

use tidegate_model::seam::{Effect, Errand, Letter};

use crate::script::run;
use crate::world::World;

/// The letters under way that somebody has, newest last, as text.
fn letters(world: &World, person: &str) -> String {
    let mut found: Vec<(u64, &Letter)> = Vec::new();
    for waiting in world.state.outbox().values() {
        match &waiting.effect {
            Effect::Page(letter) | Effect::AskApproval(letter) | Effect::Notify(letter) => {
                if letter.to.as_str() == person && letter.method == 0 {
                    found.push((waiting.since.0.unsigned_abs(), letter));
                }
            }
            Effect::SetExposure(_) => {}
        }
    }
    found.sort_by(|a, b| (a.0, &a.1.subject).cmp(&(b.0, &b.1.subject)));
    let texts = found.into_iter().map(|(_, letter)| {
        let errand = match &letter.errand {
            Errand::Incident(incident) => format!("answers {incident}"),
            Errand::Stage(stage) => format!("approves {stage}"),
            Errand::Nothing => "needs no answer".to_owned(),
        };
        format!(
            "{}\n({}, {errand})\n{}",
            letter.subject,
            letter.thread,
            letter.lines.join("\n")
        )
    });
    texts.collect::<Vec<_>>().join("\n----\n")
}

#[test]
fn a_question_says_what_it_opens_and_on_what_grounds() {
    let mut world = World::calm();
    run(
        &mut world,
        "confirm\nana approve checkout\nconfirm\ncounts checkout well 12",
    );
    insta::assert_snapshot!(letters(&world, "bea"), @r"
    Approve checkout: step 2
    (stage-checkout, approves checkout)
    checkout of The move: your approval opens step 2, from 10 % to 50 % of visitors.

    Attempt 1 of 2.
      calm: pass - 0 open at sev2 or worse, 0 allowed
      errors: pass - new 0.0 % of 1400, old 0.2 % of 12600: more than 2 % errors is excluded
      orders: pass - new 92.0 % of 400, old 92.0 % of 3600: a loss of 5.0 % is excluded
      speed: pass - new 1.0 % of 200, old 1.0 % of 1800: P95 above 500ms is excluded

    Way back: traffic goes back, within 4m.
    ");
}

#[test]
fn a_question_before_the_first_step_has_nothing_to_show_yet() {
    insta::assert_snapshot!(letters(&World::calm(), "cleo"), @r"
    Approve catalogue: its first step
    (stage-catalogue, approves catalogue)
    catalogue of The move: your approval opens its first step, from 0 % to 50 % of visitors.

    Attempt 1 of 2.

    Way back: traffic goes back, within 4m.
    ");
}

#[test]
fn a_question_about_the_point_of_no_return_says_so() {
    let mut world = World::calm();
    run(
        &mut world,
        "cleo approve catalogue\nconfirm\ncounts catalogue well 6\ncleo approve catalogue\nconfirm\nwait 10s",
    );
    insta::assert_snapshot!(letters(&world, "cleo"), @r"
    Approve catalogue: its finalisation, the point of no return
    (stage-catalogue, approves catalogue)
    catalogue of The move: your approval opens its finalisation, the point of no return.

    Attempt 1 of 2.

    After it there is no way back; what is left then: repair the orders by hand.
    ");
}

#[test]
fn a_page_says_what_happened_what_to_do_and_when_the_next_is_called() {
    let mut world = World::calm();
    run(
        &mut world,
        "confirm\nana approve checkout\nconfirm\ncounts checkout worse 1",
    );
    insta::assert_snapshot!(letters(&world, "ana"), @r"
    [sev2] inc-1 checkout: checkout was rolled back because this failed: orders (new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance)
    (inc-1, answers inc-1)
    checkout was rolled back because this failed: orders (new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance)

    Domain checkout of checkout-team, sev2.
    You are rung 1 of 3; the next call is due at 2026-03-02T09:01:01.000Z.

    Runbook Checkout is down:
      1. look at the payment provider
      2. turn the wallet off

    Granted actions:
      wallet-off - turn checkout.wallet off, for 10m
      extras-off - turn checkout.wallet and checkout.coupons off, for 15m
      checkout-back - take checkout back, for 1m
      checkout-by-hand - put the release before back, by people, with runbook checkout-down
    ");
}

#[test]
fn a_page_of_a_higher_rung_says_which() {
    let mut world = World::calm();
    run(&mut world, "confirm\nbea open pricing sev2 prices are odd\nwait 60s");
    insta::assert_snapshot!(letters(&world, "hal"), @r"
    [sev2] inc-1 pricing: prices are odd
    (inc-1, answers inc-1)
    prices are odd

    Domain pricing of pricing-team, sev2.
    You are rung 3 of 3; the next call is due at 2026-03-02T09:03:00.000Z.
    ");
}

#[test]
fn whoever_the_plan_names_is_told_of_a_rollback_and_of_nothing_else() {
    let mut world = World::calm();
    run(
        &mut world,
        "confirm\nana approve checkout\nconfirm\nana rollback checkout it smells",
    );
    for person in ["cleo", "olga", "ben"] {
        assert!(
            letters(&world, person).starts_with("checkout is being rolled back\n"),
            "{person}"
        );
    }
    for person in ["ana", "hal", "max", "pat"] {
        assert_eq!(letters(&world, person), "", "{person}");
    }
    insta::assert_snapshot!(letters(&world, "cleo"), @r"
    checkout is being rolled back
    (stage-checkout, needs no answer)
    checkout goes from 10 % back to the old side, as asked: it smells. What that does: traffic goes back.
    ");
}

#[test]
fn an_action_that_ends_by_itself_is_told_to_the_first_rung() {
    let mut world = World::calm();
    run(
        &mut world,
        "bea open checkout sev3 the wallet is slow\nana act inc-1 wallet-off\nana resolve inc-1 none, because\nwait 599s\nconfirm\nwait 1s",
    );
    insta::assert_snapshot!(letters(&world, "ana"), @r"
    Approve checkout: its first step
    (stage-checkout, approves checkout)
    checkout of The move: your approval opens its first step, from 0 % to 10 % of visitors.

    Attempt 1 of 2.

    Way back: traffic goes back, within 4m.
    ----
    wallet-off has ended by its expiry
    (inc-1, needs no answer)
    The mode that wallet-off set in inc-1 has ended; its switches have fallen back.
    ");
}
