//! What is counted for the promises of owners.

use tidegate_model::seam::{PromiseMeter, PromisedCounts};
use tidegate_model::{DomainId, FlowId, ObjectiveId};

use super::*;

/// The entry within 300 ms, and completion; what is promised of another edge's flow is not counted here.
pub(super) fn promises() -> Vec<PromiseMeter> {
    let meter = |objective: &str, flow: FlowId, within: Option<Millis>| PromiseMeter {
        domain: DomainId::parse("shop").unwrap(),
        objective: ObjectiveId::parse(objective).unwrap(),
        flow,
        within,
    };
    let flow = crate::sample::flow().id;
    vec![
        meter("fast", flow.clone(), Some(Millis(300))),
        meter("elsewhere", FlowId::parse("elsewhere").unwrap(), None),
        meter("orders", flow, None),
    ]
}

/// What is told of promises until an instant: objective, bad, total.
fn promised(ledger: &mut Ledger, until: u64) -> Vec<(u64, String)> {
    let mut told = Vec::new();
    for ms in (0..=until).step_by(1_000) {
        ledger.sweep(at(ms));
        for stratum in ledger.tick(at(ms)).finished {
            let of = |one: &PromisedCounts| (ms, format!("{} {}/{}", one.of.objective, one.bad, one.total));
            told.extend(stratum.promised.iter().map(of));
        }
    }
    told
}

#[test]
fn promises_are_counted_on_both_sides_whether_a_stage_is_judged_or_not() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    // No stage is judged any more.
    ledger.switch(ExposureVersion { epoch: 1, seq: 2 }, vec![Standing::OLD], at(0));
    let mut begin = |visitor, side| ledger.begin(uncounted(visitor, side), at(100)).unwrap();
    let (fast, slow, failed, left) = (
        begin(1, Side::Old),
        begin(2, Side::New),
        begin(3, Side::Old),
        begin(4, Side::New),
    );
    ledger.answered(&fast, Millis(300), Ending::Answered);
    ledger.completed(&fast, at(400));
    ledger.answered(&slow, Millis(301), Ending::Answered);
    // An error is no answer, however fast it came; what follows in the same attempt mends nothing.
    ledger.erred(&failed, at(120));
    ledger.answered(&failed, Millis(20), Ending::Erred);
    ledger.completed(&failed, at(500));
    ledger.answered(&left, Millis(20), Ending::Answered);
    assert_eq!(
        promised(&mut ledger, 20_000),
        [(10_000, "fast 2/4".to_owned()), (10_000, "orders 3/4".to_owned()),],
        "who left without completing has failed, and nothing is told twice"
    );
}

#[test]
fn what_was_counted_for_a_promise_outlives_another_count_of_the_rest() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let ticket = ledger.begin(entrant(1, Side::Old), at(100)).unwrap();
    ledger.answered(&ticket, Millis(20), Ending::Answered);
    let kept = promises().into_iter().filter(|one| one.objective.as_str() == "fast");
    ledger.recount(
        Counting {
            promises: kept.collect(),
            ..Counting::default()
        },
        at(200),
    );
    ledger.completed(&ticket, at(300));
    assert_eq!(promised(&mut ledger, 11_000), [(10_000, "fast 0/1".to_owned())]);
}

#[test]
fn whoever_brings_no_cookies_is_timed_and_cannot_break_a_promise_of_completion() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    for (visitor, is_known) in [(1, true), (2, false), (3, false)] {
        let entrant = Entrant {
            is_known,
            ..uncounted(visitor, Side::Old)
        };
        let ticket = ledger.begin(entrant, at(100)).unwrap();
        ledger.answered(&ticket, Millis(20), Ending::Answered);
    }
    assert_eq!(
        promised(&mut ledger, 11_000),
        [(10_000, "fast 0/3".to_owned()), (10_000, "orders 1/1".to_owned())]
    );
}

#[test]
fn who_leaves_before_an_answer_says_nothing_until_the_limit_is_over() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    for (visitor, took, ending) in [
        (1, 300, Ending::Unanswered),
        (2, 301, Ending::Unanswered),
        (3, 300, Ending::Answered),
    ] {
        let ticket = ledger.begin(entrant(visitor, Side::New), at(100)).unwrap();
        ledger.answered(&ticket, Millis(took), ending);
        ledger.completed(&ticket, at(600));
    }
    assert_eq!(
        promised(&mut ledger, 11_000),
        [(10_000, "fast 1/2".to_owned()), (10_000, "orders 0/3".to_owned())]
    );
}

#[test]
fn an_error_is_no_good_answer_although_its_attempt_is_gone() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let ticket = ledger.begin(entrant(1, Side::New), at(100)).unwrap();
    let killed = Standing {
        killed: true,
        ..Standing::OLD
    };
    ledger.switch(ExposureVersion { epoch: 1, seq: 2 }, vec![killed], at(150));
    assert_eq!(ledger.tracked(), 0, "the cart is taken away");
    ledger.erred(&ticket, at(160));
    ledger.answered(&ticket, Millis(60), Ending::Erred);
    assert_eq!(
        promised(&mut ledger, 11_000),
        [(10_000, "fast 1/1".to_owned())],
        "and what it would have met further on nobody knows"
    );
}
