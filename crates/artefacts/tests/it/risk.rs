//! The ranking and its matrix.

use tidegate_artefacts::{Dress, RiskMap};

use crate::estate::{SHOP, estate, example};

#[test]
fn what_is_hard_to_see_and_hurts_most_comes_first_with_what_guards_it() {
    insta::assert_snapshot!(RiskMap::of(&estate(SHOP)).to_string(), @r##"
             hidden     hard     easy
    sev1          1        -        1
    sev2          -        1        -
    sev3          -        -        -
    sev4          -        -        -

    rank score  failure mode
       1    12  Refunds fail <on> the new side & nobody sees it (refunds-fail, checkout)
                sev1 hidden; signals checkout/refunds (a person looks); runbook checkout-rollback; at risk 900.00 EUR
                gap: no signal that reads data notices it: a person has to look
       2     6  A gate sees less than it believes (gate-blind, observability)
                sev2 hard; signals checkout/buy-errors (holds); runbook checkout-rollback; at risk 900.00 EUR
       3     4  Carts do not become orders (orders-lost, checkout)
                sev1 easy; signals checkout/buy-completion (rolls back); runbook checkout-rollback; at risk 900.00 EUR
    "##);
}

#[test]
fn every_risk_of_the_example_has_its_rank_in_the_matrix() {
    let risks = RiskMap::of(&example("shop"));
    let svg = risks.svg(Dress::Alone);
    for risk in &risks.risks {
        assert!(svg.contains(&format!(">{}. ", risk.rank)), "{} is missing", risk.id);
    }
    let scores: Vec<u32> = risks.risks.iter().map(|risk| risk.score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
}

#[test]
fn words_of_a_plan_stay_words_in_the_drawing() {
    let svg = RiskMap::of(&estate(SHOP)).svg(Dress::Page);
    assert!(svg.contains("Refunds fail &lt;on&gt; the new side"), "{svg}");
}
