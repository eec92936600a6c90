//! A request arrives: its side is decided and its attempt found or begun, in one step under the ledger's lock.

use std::sync::atomic::Ordering;

use tidegate_model::edge::{FirstVisit, RouteClass};

use crate::bucket::{Place, is_exposed};
use crate::decision::{Decision, Question, Rule, Standing, decide};
use crate::measure::{Entrant, Ticket};
use crate::segment::Classes;
use crate::side::Side;
use crate::station::Station;
use crate::visitor::{BucketCookie, Visitor, VisitorId};

/// What is known of a request before its side is.
#[derive(Debug, Clone, Copy)]
pub struct Approach<'a> {
    /// Place of the route; `None` when no route matched.
    pub road: Option<usize>,
    /// Place of the redirect; `None` when the address is none that moves.
    pub redirect: Option<usize>,
    /// Who asks; `None` where nobody is recognised (callbacks, crawlers, no route).
    pub visitor: Option<&'a Visitor>,
    /// What one of our own surveys asks for; then there is no visitor.
    pub survey: Option<Survey>,
    /// Where the order of a callback is.
    pub holder: Option<Side>,
    /// The visitor's values in the segments of each flow that is entered here, in their order; empty when the method begins
    /// no attempt.
    pub entering: &'a [Classes],
}

/// What one of our own surveys asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survey {
    /// Place of the unit. Addresses of other units are shown as anybody meets them who has no cookie.
    pub unit: usize,
    /// The side.
    pub side: Side,
}

/// What was decided.
#[derive(Debug)]
pub struct Arrival {
    /// Side and rule.
    pub decision: Decision,
    /// Place of the unit.
    pub unit: usize,
    /// How the unit stood.
    pub standing: Standing,
    /// Place of the redirect that answers: this request goes to the new side, which has no other address for it. Whoever brings
    /// no key goes there once the group has flipped.
    pub redirect: Option<usize>,
    /// Attempts that this request belongs to, begun or open.
    pub tickets: Vec<Ticket>,
    /// How many of them (the first ones) this request began.
    pub begun: usize,
}

impl Station {
    /// Decides and begins.
    pub fn arrive(&self, approach: &Approach<'_>) -> Arrival {
        let road = approach.road.map(|at| &self.roads.roads[at]);
        // A redirect of another unit than the road's would send a visitor where their side does not.
        let redirect = approach.redirect.filter(|at| {
            let of = self.roads.redirects[*at].unit;
            road.is_none_or(|r| r.unit == of)
        });
        let moved = redirect.map(|at| &self.roads.redirects[at]);
        let unit = match (road, moved) {
            (Some(road), _) => road.unit,
            (None, Some(moved)) => moved.unit,
            (None, None) => self.roads.fallback,
        };
        let group = moved.map(|m| m.group).or(road.and_then(|r| r.group));
        let class = road.map_or(RouteClass::Page, |r| r.route.class);
        let place = &self.roads.places[unit];
        let known = approach.visitor.and_then(known);
        let identity = approach.visitor.map(identity);
        // Lock before load: an attempt and its stratum see one exposure.
        let mut ledger = self.ledger_in_force();
        let standing = self.in_force.load().standings[unit];
        let now = self.now();
        let open = identity.and_then(|(id, at)| {
            let found = ledger.open_cart(id.0, unit, now)?;
            let is_moot = found.is_held && (standing.finalised || is_exposed(at.bucket, standing.exposure));
            (!is_moot).then_some(found)
        });
        // A program that keeps no cookies would draw another key, and with it another side, for each call.
        let places_first = class == RouteClass::Page && self.config.edge.first_visit == FirstVisit::Bucket;
        let first = identity.filter(|_| group.is_none() && places_first);
        let question = Question {
            class,
            holder: approach.holder,
            standing,
            on_decrease: place.on_decrease,
            surveyed: approach.survey.filter(|s| s.unit == unit).map(|s| s.side),
            open_cart: open.map(|t| t.side),
            group,
            bucket: known.map(|(at, _)| at.bucket).or(first.map(|(_, at)| at.bucket)),
        };
        let decision = decide(&question);
        let mut tickets = Vec::new();
        let mut begun = 0;
        if let (Some((id, at)), true) = (identity, class != RouteClass::Callback) {
            if open.is_some_and(|t| t.side != decision.side) {
                ledger.abandon(id.0, unit);
            }
            let is_honest = known.is_some_and(|(_, cookie)| cookie != BucketCookie::Forged);
            let entries = road.map_or(&[][..], |r| &r.entry_of);
            for (flow, classes) in entries.iter().zip(approach.entering) {
                let running = ledger.open_attempt(id.0, *flow, now).filter(|t| !t.is_held);
                if running.is_none() {
                    let entrant = Entrant {
                        visitor: id.0,
                        flow: *flow,
                        side: decision.side,
                        is_counted: is_honest && open.is_none(),
                        is_known: known.is_some_and(|(_, cookie)| cookie == BucketCookie::Agrees),
                        place: at,
                        classes: *classes,
                    };
                    tickets.extend(ledger.begin(entrant, now));
                }
            }
            begun = tickets.len();
            for flow in &place.flows {
                let running = ledger.open_attempt(id.0, *flow, now);
                tickets.extend(running.filter(|t| !tickets[..begun].contains(t)));
            }
        }
        drop(ledger);
        let redirect = redirect.filter(|_| decision.side == Side::New);
        if approach.survey.is_none() {
            self.tally(unit, class, decision, open.is_some(), now.at.0);
        }
        Arrival {
            decision,
            unit,
            standing,
            redirect,
            tickets,
            begun,
        }
    }

    fn tally(&self, unit: usize, class: RouteClass, decision: Decision, has_open_cart: bool, at_ms: i64) {
        let tally = &self.tallies[unit];
        tally.requests[decision.side.index()].fetch_add(1, Ordering::Relaxed);
        let is_new_visit = decision.side == Side::New && class != RouteClass::Callback && !has_open_cart;
        if is_new_visit {
            tally.last_new_without_cart.fetch_max(at_ms, Ordering::Relaxed);
        }
        match decision.rule {
            Rule::Group | Rule::Cookieless => self.totals.cookieless.fetch_add(1, Ordering::Relaxed),
            Rule::CallbackUnknown => self.totals.unknown_callbacks.fetch_add(1, Ordering::Relaxed),
            Rule::CallbackFollowsOrder
            | Rule::BreakGlass
            | Rule::Kill
            | Rule::Survey
            | Rule::OpenCart
            | Rule::CartReturns
            | Rule::Finalised
            | Rule::Exposure => 0,
        };
    }
}

fn known(visitor: &Visitor) -> Option<(Place, BucketCookie)> {
    match visitor {
        Visitor::New(..) => None,
        Visitor::Known {
            place, bucket_cookie, ..
        } => Some((*place, *bucket_cookie)),
    }
}

fn identity(visitor: &Visitor) -> (VisitorId, Place) {
    match visitor {
        Visitor::New(id, place) | Visitor::Known { id, place, .. } => (*id, *place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket;
    use crate::config::Counting;
    use crate::measure::Moment;
    use crate::measure::promised::Ending;
    use crate::sample;
    use crate::spool::Spool;
    use crate::spooling::Spooling;
    use std::sync::Arc;
    use tidegate_model::seam::PromiseMeter;
    use tidegate_model::{DomainId, Millis, ObjectiveId};

    #[tokio::test]
    async fn a_lease_that_ran_out_counts_no_more_although_no_clock_ticks() {
        let dir = tempfile::tempdir().unwrap();
        let (spool, waiting) = Spool::open(dir.path()).unwrap();
        let station = Arc::new(sample::station(dir.path(), Spooling::begin(spool, waiting).unwrap()));
        station.accept(sample::snapshot(10_000, 0)).await;
        let visitor = Visitor::Known {
            id: VisitorId(1),
            place: bucket::place("plan-a", &VisitorId(1).to_string()),
            bucket_cookie: BucketCookie::Agrees,
        };
        let approach = Approach {
            road: Some(0),
            redirect: None,
            visitor: Some(&visitor),
            survey: None,
            holder: None,
            entering: &[Classes::default()],
        };
        let until = station.now().ms + 1_000;
        station.lease_until(until);
        assert_eq!(station.arrive(&approach).decision.side, Side::New);
        while station.now().ms < until {
            std::thread::yield_now();
        }
        assert_eq!(station.arrive(&approach).decision.side, Side::Old);
    }

    #[tokio::test]
    async fn completion_is_promised_of_those_who_bring_both_cookies_and_times_of_everybody() {
        let counted = |name: &str, within| PromiseMeter {
            domain: DomainId::parse("shop").unwrap(),
            objective: ObjectiveId::parse(name).unwrap(),
            flow: sample::flow().id,
            within,
        };
        let known = |bucket_cookie| {
            let place = bucket::place("plan-a", &VisitorId(1).to_string());
            Visitor::Known {
                id: VisitorId(1),
                place,
                bucket_cookie,
            }
        };
        let stranger = Visitor::New(VisitorId(2), bucket::place("plan-a", &VisitorId(2).to_string()));
        for (visitor, expected) in [
            (known(BucketCookie::Agrees), vec![("fast", 1), ("orders", 1)]),
            (known(BucketCookie::Missing), vec![("fast", 1)]),
            (known(BucketCookie::Forged), vec![("fast", 1)]),
            (stranger, vec![("fast", 1)]),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let (spool, waiting) = Spool::open(dir.path()).unwrap();
            let station = sample::station(dir.path(), Spooling::begin(spool, waiting).unwrap());
            let promises = vec![counted("fast", Some(Millis(300))), counted("orders", None)];
            let now = station.now();
            let counting = Counting {
                promises,
                ..Counting::default()
            };
            station.ledger().recount(counting, now);
            let enters = sample::edge()
                .routes
                .iter()
                .position(|route| route.id == sample::flow().entry);
            let arrival = station.arrive(&Approach {
                road: enters,
                redirect: None,
                visitor: Some(&visitor),
                holder: None,
                entering: &[Classes::default()],
                survey: None,
            });
            let [ticket] = arrival.tickets.as_slice() else {
                panic!("{arrival:?}")
            };
            let mut ledger = station.ledger();
            ledger.answered(ticket, Millis(20), Ending::Answered);
            let late = Moment {
                ms: now.ms + sample::flow().window.0 + 60_000,
                at: now.at,
            };
            ledger.sweep(late);
            let finished = ledger.tick(late).finished;
            let told = finished.iter().flat_map(|stratum| &stratum.promised);
            let told: Vec<_> = told.map(|one| (one.of.objective.as_str(), one.total)).collect();
            assert_eq!(told, expected, "{visitor:?}");
        }
    }
}
