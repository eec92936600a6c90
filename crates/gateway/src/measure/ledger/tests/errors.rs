//! Errors as they happen, and who is at risk of one.

use proptest::prelude::*;
use tidegate_model::seam::Ripeness;

use super::super::super::risk::SNAPSHOTS_MAX;
use super::*;

/// Attempts at risk and errors.
type AtRisk = (u64, u64);

/// Later errors that leave from one instant to another: the telling stratum, the old side and the new.
fn rows(ledger: &mut Ledger, from: u64, until: u64) -> Vec<(u64, AtRisk, AtRisk)> {
    let mut rows = Vec::new();
    for ms in (from..=until).step_by(50) {
        ledger.sweep(at(ms));
        for stratum in ledger.tick(at(ms)).finished {
            let later = stratum.counts.iter().flat_map(|counts| &counts.later);
            rows.extend(later.map(|row| (stratum.id.index, (row.old.n, row.old.hits), (row.new.n, row.new.hits))));
        }
    }
    rows
}

#[test]
fn at_risk_of_a_later_error_is_who_has_met_none_yet_completed_or_not() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let tickets: Vec<Ticket> = (0..6)
        .map(|visitor| ledger.begin(entrant(visitor, Side::New), at(100)).unwrap())
        .collect();
    let old = ledger.begin(entrant(9, Side::Old), at(100)).unwrap();
    for ticket in tickets.iter().chain([&old]) {
        ledger.answered(ticket, Millis(1), Ending::Answered);
    }
    ledger.erred(&tickets[0], at(200));
    ledger.completed(&tickets[1], at(300));
    assert_eq!(rows(&mut ledger, 350, 1_000), [], "its own stratum tells of these");
    // Of five: one errs and completes, one completes, one errs twice.
    ledger.erred(&tickets[2], at(1_100));
    ledger.completed(&tickets[2], at(1_200));
    ledger.completed(&tickets[3], at(1_300));
    ledger.erred(&tickets[4], at(1_400));
    ledger.erred(&tickets[4], at(1_500));
    assert_eq!(rows(&mut ledger, 1_500, 2_000), [(2, (1, 0), (5, 2))]);
    assert_eq!(rows(&mut ledger, 2_050, 3_000), [], "nobody met an error");
    ledger.erred(&tickets[5], at(3_100));
    assert_eq!(rows(&mut ledger, 3_100, 4_000), [(4, (1, 0), (3, 1))]);
}

#[test]
fn later_errors_of_a_segment_are_its_visitors_alone() {
    let card = Some(("payment", "card"));
    let meters = vec![
        meter("all", MeterKind::Errored, None),
        meter("card", MeterKind::Errored, card),
    ];
    let mut ledger = counting(meters, 100, OnDecrease::Drain);
    let paid = [(1, "pay=card"), (2, "pay=card"), (3, "pay=invoice"), (4, "pay=cash")];
    let tickets = paid.map(|(visitor, query)| {
        let ticket = ledger.begin(paying(visitor, query), at(100)).unwrap();
        ledger.answered(&ticket, Millis(1), Ending::Answered);
        ticket
    });
    assert_eq!(rows(&mut ledger, 350, 1_000), []);
    ledger.erred(&tickets[0], at(1_100));
    ledger.erred(&tickets[2], at(1_200));
    let both = [(2, (0, 0), (4, 2)), (2, (0, 0), (2, 1))];
    assert_eq!(rows(&mut ledger, 1_250, 2_000), both, "all, then by card");
}

#[test]
fn who_is_taken_away_is_at_risk_of_nothing_and_in_no_count_of_errors() {
    let mut ledger = ledger(100, OnDecrease::Return);
    for visitor in [1, 2, 3] {
        let ticket = ledger.begin(entrant(visitor, Side::New), at(100)).unwrap();
        ledger.answered(&ticket, Millis(1), Ending::Answered);
    }
    ledger.abandon(1, 0);
    let said: Vec<String> = leave(&mut ledger, 150, 1_000)
        .into_iter()
        .map(|(.., said)| said)
        .collect();
    assert_eq!(said, ["errors 0/2", "latency 0/3"]);
    ledger.abandon(2, 0);
    let last = ledger.open_attempt(3, 0, at(2_100)).unwrap();
    assert_eq!(rows(&mut ledger, 1_050, 2_000), []);
    ledger.erred(&last, at(2_100));
    assert_eq!(rows(&mut ledger, 2_150, 3_000), [(3, (0, 0), (1, 1))]);
    let cohort: Vec<String> = leave(&mut ledger, 3_050, 6_000)
        .into_iter()
        .map(|(.., said)| said)
        .collect();
    assert_eq!(cohort, ["completion 0/3", "errors 1/1"]);
}

#[test]
fn errors_while_nobody_may_measure_are_told_when_somebody_may_again() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let ticket = ledger.begin(entrant(1, Side::New), at(100)).unwrap();
    ledger.answered(&ticket, Millis(1), Ending::Answered);
    let unmeasured = Standing {
        measured: false,
        ..standing(50)
    };
    ledger.switch(ExposureVersion { epoch: 1, seq: 1 }, vec![unmeasured], at(500));
    ledger.erred(&ticket, at(600));
    assert_eq!(rows(&mut ledger, 650, 1_950), []);
    ledger.switch(ExposureVersion { epoch: 1, seq: 1 }, vec![standing(50)], at(2_000));
    assert_eq!(rows(&mut ledger, 2_000, 3_000), [(4, (0, 0), (1, 1))]);
}

#[test]
fn strata_of_one_snapshot_are_one_risk_set_and_so_many_snapshots_are_told_apart() {
    let mut ledger = ledger(1_000, OnDecrease::Drain);
    let snapshots = u64::try_from(SNAPSHOTS_MAX).unwrap() + 3;
    let mut tickets = Vec::new();
    for at_ms in (0..snapshots).map(|n| 100 * n) {
        let ticket = ledger.begin(entrant(u128::from(at_ms), Side::New), at(at_ms)).unwrap();
        ledger.answered(&ticket, Millis(1), Ending::Answered);
        tickets.push(ticket);
        let seq = 2 + at_ms / 100;
        ledger.switch(ExposureVersion { epoch: 1, seq }, vec![standing(50)], at(at_ms + 50));
    }
    ledger.tick(at(1_900));
    for ticket in &tickets {
        ledger.erred(ticket, at(1_950));
    }
    let told = rows(&mut ledger, 2_000, 3_000);
    assert_eq!(told.len(), SNAPSHOTS_MAX, "{told:?}");
    // Two strata under one snapshot.
    for at_ms in [3_100, 4_100] {
        let ticket = ledger.begin(entrant(u128::from(at_ms), Side::Old), at(at_ms)).unwrap();
        ledger.answered(&ticket, Millis(1), Ending::Answered);
        rows(&mut ledger, at_ms, at_ms + 900);
        tickets.push(ticket);
    }
    ledger.erred(tickets.last().unwrap(), at(5_100));
    assert_eq!(rows(&mut ledger, 5_150, 6_100), [(23, (2, 1), (0, 0))]);
}

#[test]
fn a_first_answer_after_the_window_is_an_error_and_none_is_one_too() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let [late, never] = [1, 2].map(|visitor| ledger.begin(entrant(visitor, Side::New), at(100)).unwrap());
    assert_eq!(rows(&mut ledger, 150, 5_050), []);
    ledger.answered(&late, Millis(5_000), Ending::Answered);
    ledger.erred(&late, at(5_120));
    ledger.erred(&never, at(5_120));
    assert_eq!(rows(&mut ledger, 5_100, 6_000), [(6, (0, 0), (2, 2))]);
}

#[test]
fn the_same_counting_again_changes_nothing_and_another_one_forgets_who_was_at_risk() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let ticket = ledger.begin(entrant(1, Side::New), at(100)).unwrap();
    ledger.answered(&ticket, Millis(1), Ending::Answered);
    assert_eq!(rows(&mut ledger, 150, 1_000), []);
    ledger.recount((*ledger.counting).clone(), at(1_100));
    assert_eq!(ledger.current.index, 2);
    let mut other = (*ledger.counting).clone();
    other.meters.reverse();
    ledger.recount(other, at(1_200));
    assert_eq!((ledger.current.index, ledger.risk.len()), (3, 0));
    ledger.erred(&ticket, at(1_300));
    assert_eq!(rows(&mut ledger, 1_350, 2_200), []);
    let cohort: Vec<String> = leave(&mut ledger, 2_250, 6_000)
        .into_iter()
        .map(|(.., said)| said)
        .collect();
    assert_eq!(cohort, ["completion 0/1", "errors 1/1"]);
}

#[test]
fn an_error_in_the_last_moment_of_a_window_is_told_by_the_stratum_it_happens_in() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let ticket = ledger.begin(entrant(1, Side::New), at(900)).unwrap();
    ledger.answered(&ticket, Millis(1), Ending::Answered);
    assert_eq!(rows(&mut ledger, 950, 5_850), []);
    ledger.erred(&ticket, at(5_890));
    let late = ledger.begin(entrant(2, Side::New), at(5_890)).unwrap();
    ledger.answered(&late, Millis(1), Ending::Answered);
    // The cohort of the first stratum leaves at 6.0 s, as does the stratum of that moment.
    assert_eq!(rows(&mut ledger, 5_900, 6_000), [(6, (0, 0), (1, 1))]);
    ledger.erred(&late, at(10_890));
    assert_eq!(rows(&mut ledger, 10_900, 12_000), [], "its window is over");
}

#[test]
fn a_held_cart_meets_no_error_any_more() {
    let mut ledger = ledger(100, OnDecrease::Hold);
    let [held, open] = [1, 2].map(|visitor| ledger.begin(entrant(visitor, Side::New), at(100)).unwrap());
    for ticket in [held, open] {
        ledger.answered(&ticket, Millis(1), Ending::Answered);
    }
    ledger.completed(&held, at(200));
    assert_eq!(rows(&mut ledger, 250, 1_000), []);
    ledger.erred(&held, at(1_100));
    ledger.erred(&open, at(1_200));
    assert_eq!(rows(&mut ledger, 1_250, 2_000), [(2, (0, 0), (2, 1))]);
}

#[test]
fn later_errors_carry_the_snapshot_that_their_attempts_began_under() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let ticket = ledger.begin(entrant(1, Side::New), at(100)).unwrap();
    ledger.answered(&ticket, Millis(1), Ending::Answered);
    ledger.switch(ExposureVersion { epoch: 1, seq: 2 }, vec![standing(60)], at(400));
    ledger.erred(&ticket, at(500));
    let told: Vec<_> = ledger
        .tick(at(1_400))
        .finished
        .into_iter()
        .flat_map(|stratum| {
            stratum.counts.into_iter().flat_map(move |c| {
                c.later
                    .into_iter()
                    .map(move |row| (stratum.version.seq, row.version.seq))
            })
        })
        .collect();
    assert_eq!(told, [(2, 1)]);
}

/// What may happen to an attempt at an instant.
#[derive(Debug, Clone, Copy)]
enum Chance {
    Begin(u8, bool),
    Answer(u8),
    Err(u8),
    Complete(u8),
    Measure(bool),
    Step,
}

fn chances() -> impl Strategy<Value = Vec<(u64, Chance)>> {
    let chance = prop_oneof![
        4 => (0_u8..20, any::<bool>()).prop_map(|(visitor, is_new)| Chance::Begin(visitor, is_new)),
        3 => (0_u8..20).prop_map(Chance::Answer),
        3 => (0_u8..20).prop_map(Chance::Err),
        2 => (0_u8..20).prop_map(Chance::Complete),
        1 => any::<bool>().prop_map(Chance::Measure),
        1 => Just(Chance::Step),
    ];
    prop::collection::vec((0_u64..400, chance), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, rng_seed: prop::test_runner::RngSeed::Fixed(11), failure_persistence: None, ..ProptestConfig::default() })]

    /// No error is told twice or never: what is told as it happens adds up to what the cohorts say.
    #[test]
    fn errors_as_they_happen_add_up_to_those_of_the_cohorts(chances in chances()) {
        let mut ledger = ledger(1_000, OnDecrease::Drain);
        let mut open: HashMap<u8, Ticket> = HashMap::new();
        let (mut ms, mut seq) = (0, 1);
        let (mut happened, mut grown) = ([ArmCounts::default(); 2], [ArmCounts::default(); 2]);
        let mut hear = |departed: Departed| {
            for counts in departed.finished.iter().flat_map(|stratum| &stratum.counts) {
                let add = |sum: &mut [ArmCounts; 2], n, old: ArmCounts, new: ArmCounts| {
                    for (sum, arm) in sum.iter_mut().zip([old, new]) {
                        sum.n += n * arm.n;
                        sum.hits += arm.hits;
                    }
                };
                match counts.ripeness {
                    Ripeness::Whole => {}
                    Ripeness::Young => {
                        add(&mut happened, 1, counts.old, counts.new);
                        counts.later.iter().for_each(|row| {
                            assert!(row.old.hits <= row.old.n && row.new.hits <= row.new.n, "{row:?}");
                            add(&mut happened, 0, row.old, row.new);
                        });
                    }
                    Ripeness::Grown => add(&mut grown, 1, counts.old, counts.new),
                }
            }
        };
        let end = [(0, Chance::Measure(true))].into_iter().chain((0..40).map(|_| (200, Chance::Answer(99))));
        for (later, chance) in chances.into_iter().chain(end) {
            ms += later;
            hear(ledger.tick(at(ms)));
            match chance {
                Chance::Begin(visitor, is_new) => {
                    let side = if is_new { Side::New } else { Side::Old };
                    if ledger.open_attempt(u128::from(visitor), 0, at(ms)).is_none() {
                        open.extend(ledger.begin(entrant(u128::from(visitor), side), at(ms)).map(|t| (visitor, t)));
                    }
                }
                Chance::Answer(visitor) => {
                    if let Some(ticket) = open.get(&visitor) {
                        ledger.answered(ticket, Millis(ms - ticket.began_ms), Ending::Answered);
                    }
                }
                Chance::Err(visitor) => {
                    if let Some(ticket) = open.get(&visitor) {
                        ledger.erred(ticket, at(ms));
                    }
                }
                Chance::Complete(visitor) => {
                    if let Some(ticket) = open.get(&visitor) {
                        ledger.completed(ticket, at(ms));
                    }
                }
                Chance::Measure(measured) => {
                    let standing = Standing { measured, ..standing(50) };
                    ledger.switch(ExposureVersion { epoch: 1, seq }, vec![standing], at(ms));
                }
                Chance::Step => {
                    seq += 1;
                    let standings = ledger.standings.clone();
                    ledger.switch(ExposureVersion { epoch: 1, seq }, standings, at(ms));
                }
            }
        }
        prop_assert_eq!(happened, grown);
        prop_assert!(ledger.risk.is_empty() && ledger.waiting.len() <= 6, "{:?}", ledger.risk);
    }
}
