//! What the course of a request means to the ledger: answered when, erred, completed or not. Nothing here changes the answer.

use std::sync::atomic::Ordering;

use tidegate_model::Millis;
use tidegate_model::flow::SuccessPredicate;

use super::{Proxy, Trip};
use crate::decision::Rule;
use crate::measure::promised::Ending;
use crate::success::{Finding, judge_body};

impl Proxy {
    /// The completing answer of flows in `complete_of` is judged: at the head or when the body window closes.
    pub(super) fn judge(&self, trip: &mut Trip, finding_of: impl Fn(&SuccessPredicate) -> Option<Finding>) {
        let (Some(road), Some(arrival)) = (self.road(trip), &trip.arrival) else {
            return;
        };
        let mut open = false;
        let mut ledger = self.station.ledger();
        let now = self.station.now();
        for flow in &road.complete_of {
            let predicate = &self.station.roads.paths[*flow].success[trip.served.index()];
            let ticket = arrival.tickets.iter().find(|t| usize::from(t.key.flow) == *flow);
            match finding_of(predicate) {
                None => open = true,
                Some(Finding::Success) => {
                    ledger.order(*flow, trip.served);
                    if let Some(ticket) = ticket {
                        ledger.completed(ticket, now);
                    }
                }
                Some(Finding::Failure) => {
                    if let Some(ticket) = ticket {
                        ledger.refused(ticket, now);
                    }
                }
                Some(Finding::Unknown) => {
                    self.station.totals.undecided.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        trip.is_judged = !open;
    }

    pub(super) fn judge_window(&self, trip: &mut Trip, ended: bool) {
        let window = std::mem::take(&mut trip.window);
        self.judge(trip, |predicate| {
            predicate
                .reads_body()
                .then(|| judge_body(predicate, window.seen(ended)))
        });
        // Predicates of the same route that need no body were judged at the head.
        trip.is_judged = true;
    }

    /// The head of an answer came, or an error instead of one.
    pub(super) fn answered(&self, trip: &mut Trip) {
        let ending = match trip.has_erred {
            true => Ending::Erred,
            false => Ending::Answered,
        };
        self.ended(trip, ending);
    }

    /// Entry requests have their time: from the last byte sent upstream to the head of the answer. The first ending counts.
    pub(super) fn ended(&self, trip: &mut Trip, ending: Ending) {
        let Some(arrival) = &trip.arrival else { return };
        if std::mem::replace(&mut trip.is_answered, true) || arrival.begun == 0 {
            return;
        }
        let took = trip.sent.unwrap_or(trip.started).elapsed();
        let took = Millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        let mut ledger = self.station.ledger();
        for ticket in &arrival.tickets[..arrival.begun] {
            ledger.answered(ticket, took, ending);
        }
    }

    /// The answer of a group to somebody without a key: no attempt has it, and the brake sees it. Call before the request is
    /// taken for answered because it has ended: whoever left before the answer says nothing about the side.
    pub(super) fn keyless(&self, trip: &Trip) {
        // A survey that meets a group of another unit is nobody.
        let is_seen = trip.is_answered && trip.survey.is_none();
        let Some(arrival) = trip.arrival.as_ref().filter(|_| is_seen) else {
            return;
        };
        if arrival.decision.rule == Rule::Group {
            let mut ledger = self.station.ledger();
            ledger.keyless(arrival.unit, arrival.decision.side, trip.has_erred, self.station.now());
        }
    }

    pub(super) fn erred(&self, trip: &mut Trip) {
        let Some(arrival) = &trip.arrival else { return };
        if std::mem::replace(&mut trip.has_erred, true) {
            return;
        }
        let mut ledger = self.station.ledger();
        let now = self.station.now();
        for ticket in &arrival.tickets {
            ledger.erred(ticket, now);
        }
    }
}
