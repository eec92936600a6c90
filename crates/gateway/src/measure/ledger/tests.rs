//! The ledger under a hand-driven clock.

mod errors;
mod promised;

use tidegate_model::flow::{Segment, SegmentSource, SegmentValue, SegmentWord};
use tidegate_model::seam::{ArmCounts, Meter, MeterKind, StratumPart};
use tidegate_model::{BasisPoints, CriterionId, SegmentId, StageId};

use super::super::totals::LATENCY_KEPT;
use super::*;
use crate::bucket::Place;
use crate::segment::{Classes, Entry, Sorting};

const PLACE: Place = Place { bucket: 60_000, lot: 0 };

fn at(ms: u64) -> Moment {
    Moment {
        ms,
        at: Timestamp(i64::try_from(ms).unwrap()),
    }
}

fn standing(percent: u16) -> Standing {
    Standing {
        exposure: BasisPoints::new(percent * 100).unwrap(),
        measured: true,
        ..Standing::OLD
    }
}

fn meter(name: &str, kind: MeterKind, segment: Option<(&str, &str)>) -> Meter {
    Meter {
        stage: StageId::parse("checkout").unwrap(),
        criterion: CriterionId::parse(name).unwrap(),
        flow: crate::sample::flow().id,
        kind,
        segment: segment.map(|(segment, value)| SegmentValue {
            segment: SegmentId::parse(segment).unwrap(),
            value: value.to_owned(),
        }),
    }
}

fn ledger(size: usize, on_decrease: OnDecrease) -> Ledger {
    let meters = vec![
        meter("completion", MeterKind::Completed, None),
        meter("errors", MeterKind::Errored, None),
        meter("latency", MeterKind::Slow { limit: Millis(300) }, None),
    ];
    counting(meters, size, on_decrease)
}

/// Two ways to pay, as the parameter `pay` says.
fn payment() -> Segment {
    let word = |name: &str| SegmentWord {
        name: name.to_owned(),
        equals: vec![name.to_owned()],
        contains: Vec::new(),
    };
    Segment {
        id: SegmentId::parse("payment").unwrap(),
        read: SegmentSource::Query("pay".to_owned()),
        words: vec![word("card"), word("invoice")],
    }
}

/// Strata of 1 s, window of 5 s, upstream time limit of 2 s; measured from the start, at half exposure.
fn counting(meters: Vec<Meter>, size: usize, on_decrease: OnDecrease) -> Ledger {
    let mut edge = crate::sample::edge();
    edge.units[0].on_decrease = on_decrease;
    let mut flow = crate::sample::flow();
    flow.segments = vec![payment()];
    let counting = Counting {
        meters,
        brakes: vec![BrakeSpec {
            stage: StageId::parse("checkout").unwrap(),
            flow: flow.id.clone(),
            over: Millis(60_000),
        }],
        promises: promised::promises(),
    };
    let setup = Setup {
        gateway: GatewayId::parse("gw").unwrap(),
        incarnation: 1,
        stratum: Millis(1_000),
        upstream_timeout: Millis(2_000),
        table_size: size,
    };
    let roads = Arc::new(Roads::compile(&edge, &[flow]).unwrap());
    let mut ledger = Ledger::new(setup, roads, counting, at(0));
    ledger.switch(ExposureVersion { epoch: 1, seq: 1 }, vec![standing(50)], at(0));
    assert!(ledger.tick(at(0)).owed.is_empty(), "nothing was judged before");
    ledger
}

/// A visitor who counts.
fn entrant(visitor: u128, side: Side) -> Entrant {
    Entrant {
        visitor,
        flow: 0,
        side,
        is_counted: true,
        is_known: true,
        place: PLACE,
        classes: Classes::default(),
    }
}

/// A visitor of the new side who pays like this.
fn paying(visitor: u128, query: &str) -> Entrant {
    let headers = http::HeaderMap::new();
    Entrant {
        classes: Sorting::of(&[payment()])
            .unwrap()
            .classes(&Entry::new(&headers, query, None)),
        ..entrant(visitor, Side::New)
    }
}

/// A visitor with a cart, whom no stage counts.
fn uncounted(visitor: u128, side: Side) -> Entrant {
    Entrant {
        is_counted: false,
        ..entrant(visitor, side)
    }
}

/// Parts that leave from one instant to another, with the counts of the new side.
fn leave(ledger: &mut Ledger, from: u64, until: u64) -> Vec<(u64, u64, StratumPart, String)> {
    let mut left = Vec::new();
    for ms in (from..=until).step_by(50) {
        ledger.sweep(at(ms));
        for stratum in ledger.tick(at(ms)).finished {
            for counts in &stratum.counts {
                let mut say = |which: &str, arm: ArmCounts| {
                    let said = format!("{}{which} {}/{}", counts.criterion, arm.hits, arm.n);
                    left.push((ms, stratum.id.index, stratum.id.part, said));
                };
                if counts.new.n > 0 {
                    say("", counts.new);
                }
                counts.later.iter().for_each(|row| say(" later", row.new));
            }
        }
    }
    left
}

#[test]
fn errors_leave_with_the_stratum_that_they_happen_in_and_latency_when_all_have_been_answered() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let fast = ledger.begin(entrant(1, Side::New), at(100)).unwrap();
    let slow = ledger.begin(entrant(2, Side::New), at(900)).unwrap();
    ledger.answered(&fast, Millis(20), Ending::Answered);
    ledger.erred(&fast, at(950));
    assert_eq!(
        leave(&mut ledger, 950, 2_500),
        [(1_000, 1, StratumPart::Prompt, "errors 1/2".to_owned())],
        "one entry request is still open"
    );
    ledger.answered(&slow, Millis(1_650), Ending::Answered);
    ledger.erred(&slow, at(2_550));
    ledger.completed(&fast, at(2_600));
    assert_eq!(
        leave(&mut ledger, 2_550, 5_900),
        [
            (2_550, 1, StratumPart::Timed, "latency 1/2".to_owned()),
            (3_000, 3, StratumPart::Prompt, "errors later 1/1".to_owned()),
        ],
        "who met an error before is not at risk of a first one"
    );
    assert_eq!(
        leave(&mut ledger, 5_950, 9_000),
        [
            (6_000, 1, StratumPart::Cohort, "completion 1/2".to_owned()),
            (6_000, 1, StratumPart::Cohort, "errors 2/2".to_owned()),
        ]
    );
}

#[test]
fn an_entry_request_that_never_comes_back_counts_as_slow_and_as_an_error() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    ledger.begin(entrant(1, Side::New), at(100)).unwrap();
    // Closed at 1.0 s, twice the upstream's time limit, the window at 6.0 s.
    let said: Vec<_> = leave(&mut ledger, 150, 6_000)
        .into_iter()
        .map(|(ms, .., said)| (ms, said))
        .collect();
    let expected = [
        (1_000, "errors 0/1"),
        (5_000, "latency 1/1"),
        (6_000, "errors later 1/1"),
        (6_000, "completion 0/1"),
        (6_000, "errors 1/1"),
    ];
    assert_eq!(said, expected.map(|(ms, said)| (ms, said.to_owned())));
}

#[test]
fn an_attempt_ends_at_its_window_and_a_late_completion_does_not_count() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let ticket = ledger.begin(entrant(1, Side::New), at(100)).unwrap();
    ledger.answered(&ticket, Millis(1), Ending::Answered);
    assert_eq!(ledger.tick(at(1_000)).owed.len(), 2);
    assert!(ledger.open_cart(1, 0, at(5_099)).is_some());
    assert!(ledger.open_cart(1, 0, at(5_100)).is_none());
    ledger.completed(&ticket, at(5_150));
    let left = leave(&mut ledger, 5_200, 9_000);
    assert!(left.iter().any(|(.., said)| said == "completion 0/1"), "{left:?}");
    let looks = ledger.looks(at(9_000));
    assert_eq!(
        (looks[0].new.n, looks[0].new.hits),
        (1, 1),
        "a silent failure reaches the brake at the window's end"
    );
}

#[test]
fn the_brake_counts_the_first_outcome_of_an_attempt_only() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let ticket = ledger.begin(entrant(1, Side::New), at(0)).unwrap();
    ledger.refused(&ticket, at(10));
    ledger.erred(&ticket, at(20));
    ledger.completed(&ticket, at(30));
    let uncounted = ledger.begin(uncounted(2, Side::New), at(0)).unwrap();
    ledger.refused(&uncounted, at(40));
    assert_eq!(ledger.looks(at(50))[0].new, ArmCounts { n: 1, hits: 1 });
}

#[test]
fn held_carts_go_on_pinning_until_exposure_covers_them_again() {
    let mut ledger = ledger(100, OnDecrease::Hold);
    let ticket = ledger.begin(entrant(1, Side::New), at(0)).unwrap();
    ledger.completed(&ticket, at(10));
    let held = ledger.open_cart(1, 0, at(20_000)).unwrap();
    assert!(
        held.is_held && held.side == Side::New,
        "bucket 60000 is not covered at 50 %"
    );
    ledger.switch(ExposureVersion { epoch: 1, seq: 2 }, vec![standing(100)], at(20_000));
    ledger.sweep(at(20_050));
    assert!(ledger.open_cart(1, 0, at(20_050)).is_none());
}

#[test]
fn a_full_table_tracks_nobody_more_and_says_so() {
    let mut ledger = ledger(2, OnDecrease::Drain);
    for visitor in 0..5 {
        ledger.begin(entrant(visitor, Side::Old), at(0));
    }
    assert_eq!(ledger.tracked(), 2);
    let closed = ledger.tick(at(1_000));
    assert_eq!(closed.owed[0].untracked, 3);
    assert!(closed.owed.iter().all(|s| s.voided && s.counts.is_empty()));
}

#[test]
fn another_exposure_closes_the_stratum_and_kill_takes_the_open_carts_of_the_new_side() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    ledger.begin(entrant(1, Side::New), at(100)).unwrap();
    ledger.begin(entrant(2, Side::Old), at(100)).unwrap();
    let killed = Standing {
        killed: true,
        ..standing(50)
    };
    ledger.switch(ExposureVersion { epoch: 1, seq: 2 }, vec![killed], at(400));
    let owed = ledger.tick(at(400)).owed;
    assert_eq!((owed[0].lasted, owed[0].version.seq), (Millis(400), 1));
    assert!(ledger.open_cart(1, 0, at(500)).is_none());
    assert_eq!(ledger.open_cart(2, 0, at(500)).unwrap().side, Side::Old);
    assert_eq!(ledger.totals(0).open, [1, 0]);
}

#[test]
fn a_segments_meters_count_its_visitors_alone_in_every_part() {
    let limit = Millis(300);
    let meters = vec![
        meter("all", MeterKind::Completed, None),
        meter("card", MeterKind::Completed, Some(("payment", "card"))),
        meter("card-errors", MeterKind::Errored, Some(("payment", "card"))),
        meter("card-slow", MeterKind::Slow { limit }, Some(("payment", "card"))),
        meter("invoice-slow", MeterKind::Slow { limit }, Some(("payment", "invoice"))),
        meter("other", MeterKind::Completed, Some(("payment", "other"))),
        meter("other-began", MeterKind::Began, Some(("payment", "other"))),
        meter("undeclared", MeterKind::Completed, Some(("payment", "cash"))),
        meter("unknown", MeterKind::Completed, Some(("device", "other"))),
    ];
    let mut ledger = counting(meters, 100, OnDecrease::Drain);
    let card = ledger.begin(paying(1, "pay=card"), at(100)).unwrap();
    let lost = ledger.begin(paying(2, "pay=CARD"), at(100)).unwrap();
    let invoice = ledger.begin(paying(3, "pay=invoice"), at(100)).unwrap();
    let cash = ledger.begin(paying(4, "pay=cash"), at(100)).unwrap();
    let stranger = Entrant {
        is_counted: false,
        ..paying(5, "pay=card")
    };
    ledger.begin(stranger, at(100)).unwrap();
    for (ticket, took) in [(card, 20), (lost, 400), (invoice, 500), (cash, 30)] {
        ledger.answered(&ticket, Millis(took), Ending::Answered);
    }
    ledger.erred(&lost, at(200));
    for ticket in [card, invoice, cash] {
        ledger.completed(&ticket, at(300));
    }
    let said: Vec<String> = leave(&mut ledger, 400, 9_000).into_iter().map(|(.., s)| s).collect();
    assert_eq!(
        said,
        [
            "card-errors 1/2",
            "other-began 1/1",
            "card-slow 1/2",
            "invoice-slow 1/1",
            "all 3/4",
            "card 1/2",
            "card-errors 1/2",
            "other 1/1"
        ],
        "what the flow does not declare was seen by nobody"
    );
}

#[test]
fn an_entry_request_of_a_segment_that_never_comes_back_counts_in_it() {
    let meters = vec![
        meter("card", MeterKind::Errored, Some(("payment", "card"))),
        meter("invoice", MeterKind::Errored, Some(("payment", "invoice"))),
    ];
    let mut ledger = counting(meters, 100, OnDecrease::Drain);
    ledger.begin(paying(1, "pay=card"), at(100)).unwrap();
    let answered = ledger.begin(paying(2, "pay=invoice"), at(100)).unwrap();
    ledger.answered(&answered, Millis(1), Ending::Answered);
    let mut said = |from, until| -> Vec<String> {
        let left = leave(&mut ledger, from, until).into_iter();
        left.map(|(.., said)| said).collect()
    };
    assert_eq!(said(150, 5_950), ["card 0/1", "invoice 0/1"], "it may still come back");
    assert_eq!(said(6_000, 6_000), ["card later 1/1", "card 1/1", "invoice 0/1"]);
}

#[test]
fn a_stratum_keeps_the_segments_that_it_was_opened_with() {
    let card = meter("card", MeterKind::Completed, Some(("payment", "card")));
    let invoice = meter("invoice", MeterKind::Completed, Some(("payment", "invoice")));
    let mut ledger = counting(vec![invoice.clone(), card.clone()], 100, OnDecrease::Drain);
    let before = ledger.begin(paying(1, "pay=card"), at(100)).unwrap();
    let counting = Counting {
        meters: vec![card, invoice],
        ..Counting::default()
    };
    ledger.recount(counting, at(200));
    let after = ledger.begin(paying(2, "pay=invoice"), at(300)).unwrap();
    for ticket in [before, after] {
        ledger.answered(&ticket, Millis(1), Ending::Answered);
        ledger.completed(&ticket, at(400));
    }
    let said: Vec<(u64, String)> = leave(&mut ledger, 450, 9_000)
        .into_iter()
        .map(|(_, index, _, said)| (index, said))
        .collect();
    assert_eq!(said, [(1, "card 1/1".to_owned()), (2, "invoice 1/1".to_owned())]);
}

#[test]
fn the_time_of_an_entry_request_shows_once_and_only_for_who_counts() {
    let mut ledger = ledger(100, OnDecrease::Drain);
    let [first, second] = [(1, Side::Old), (2, Side::New)].map(|(visitor, side)| {
        let ticket = ledger.begin(entrant(visitor, side), at(100)).unwrap();
        ledger.answered(&ticket, Millis(40), Ending::Answered);
        ticket
    });
    ledger.answered(&first, Millis(90), Ending::Answered);
    ledger.completed(&second, at(200));
    let stranger = ledger.begin(uncounted(3, Side::New), at(100)).unwrap();
    ledger.answered(&stranger, Millis(90), Ending::Answered);
    for side in [Side::Old, Side::New] {
        let shown = ledger.totals(0).latency(side).unwrap();
        assert_eq!((shown.n, shown.p50, shown.p99), (1, Millis(40), Millis(40)), "{side:?}");
    }
    ledger.sweep(at(2 * LATENCY_KEPT.0));
    ledger.sweep(at(4 * LATENCY_KEPT.0));
    assert_eq!(ledger.totals(0).latency(Side::Old), None);
}
