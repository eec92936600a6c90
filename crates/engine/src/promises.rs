//! What is measured of what owners promise: counts of thirty days, and what their sources said last. What is kept is kept of what
//! was asked; a promise that asks for something else begins anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tidegate_model::ask::Decimal;
use tidegate_model::objective::{ASKED, Gauge, Promise};
use tidegate_model::seam::Observation;
use tidegate_model::{DomainId, InvariantId, Millis, ObjectiveId, SourceId, Timestamp};
use tidegate_stats::burn::{Budget, Count, Pair, QUICK, SLICE};
use tidegate_stats::history::History;

use crate::promised::AdoptedPromise;
use crate::view::words::clock;

/// A source has at least so much time for an answer after a start.
const STARTING: Millis = Millis::minutes(2);

/// A source whose answers look back over five minutes tells of one failure in as many; only more of them call anybody.
const ANSWERS_ABOVE: u64 = 5;

/// What is measured of objectives and invariants: of those that were adopted, and of no others.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Promises {
    /// By domain.
    objectives: BTreeMap<DomainId, BTreeMap<ObjectiveId, Arc<Kept>>>,
    invariants: BTreeMap<InvariantId, Arc<Kept>>,
}

/// What is measured of one of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kept {
    /// What is promised, and how it is measured.
    pub adopted: AdoptedPromise,
    /// Since when that is so; what was counted before was counted of something else.
    pub since: Timestamp,
    /// Attempts, or slices of time, good and bad.
    #[serde(skip)]
    pub history: History,
    /// When counts or a new number last came.
    pub heard: Option<Timestamp>,
    /// When that was counted, by the clock of whoever counted it.
    pub counted: Option<Timestamp>,
    /// The newest number that its source told, and the moment it is about.
    pub told: Option<(Timestamp, Decimal)>,
    /// What its source said last, when that was no number that counts.
    pub said: Option<Observation>,
    /// When its source last told, ceased to, or was given another chance.
    pub armed: Timestamp,
    /// When a person last closed its incident; what was bad until then calls nobody again.
    pub closed: Option<Timestamp>,
    /// As many violations its last incident told people of.
    pub paged: Decimal,
    /// As many a person has closed; only more of them, or others after they had become fewer, are a breach again.
    pub excused: Decimal,
}

impl Promises {
    /// What is measured of a promise; nothing where none is adopted, or nothing measures it.
    #[must_use]
    pub fn of(&self, promise: &Promise) -> Option<&Kept> {
        match promise {
            Promise::Objective(domain, objective) => self.objectives.get(domain)?.get(objective).map(Arc::as_ref),
            Promise::Invariant(invariant) => self.invariants.get(invariant).map(Arc::as_ref),
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Kept> {
        let objectives = self.objectives.values().flat_map(BTreeMap::values);
        objectives.chain(self.invariants.values()).map(Arc::as_ref)
    }

    /// Whether these, in any order, are the promises that are kept.
    pub(crate) fn are(&self, adopted: &[AdoptedPromise]) -> bool {
        let is_known = |one: &AdoptedPromise| self.of(&one.promise).is_some_and(|kept| &kept.adopted == one);
        self.all().count() == adopted.len() && adopted.iter().all(is_known)
    }

    /// Keeps these from now on. Of what is asked for as before, what was measured stays.
    pub(crate) fn adopt(&mut self, adopted: &[AdoptedPromise], at: Timestamp) {
        let before = std::mem::take(self);
        for one in adopted {
            let same = before.of(&one.promise).filter(|kept| kept.adopted.asked == one.asked);
            let kept = match same {
                Some(kept) => Kept {
                    adopted: one.clone(),
                    // Asked at other times, it has its time again.
                    armed: match kept.adopted.silent_after == one.silent_after {
                        true => kept.armed,
                        false => at,
                    },
                    ..kept.clone()
                },
                None => Kept::begin(one.clone(), at),
            };
            let kept = Arc::new(kept);
            match &one.promise {
                Promise::Objective(domain, objective) => {
                    let of_domain = self.objectives.entry(domain.clone()).or_default();
                    of_domain.insert(objective.clone(), kept);
                }
                Promise::Invariant(invariant) => {
                    self.invariants.insert(invariant.clone(), kept);
                }
            }
        }
    }

    /// A controller has started: nobody has asked a source for a while, and each has time for an answer. It is no more than that:
    /// controllers that start every day would else never find a source silent that is asked once a day.
    pub(crate) fn start(&mut self, at: Timestamp) {
        for kept in self.all_mut() {
            if let Some(silence) = kept.adopted.silent_after {
                let silence = i64::try_from(silence.0).unwrap_or(i64::MAX);
                let soon = at.after(STARTING).0.saturating_sub(silence);
                kept.armed = kept.armed.max(Timestamp(soon));
            }
        }
    }

    /// A person has closed the incident of a source of a domain: it has its time again.
    pub(crate) fn arm(&mut self, domain: &DomainId, source: &SourceId, at: Timestamp) {
        let of_it = |kept: &&mut Kept| kept.is_of(domain, source);
        for kept in self.all_mut().filter(of_it) {
            kept.armed = at;
        }
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Kept> {
        let objectives = self.objectives.values_mut().flat_map(BTreeMap::values_mut);
        objectives.chain(self.invariants.values_mut()).map(Arc::make_mut)
    }

    /// The same to be added to.
    pub(crate) fn kept(&mut self, promise: &Promise) -> Option<&mut Kept> {
        let kept = match promise {
            Promise::Objective(domain, objective) => self.objectives.get_mut(domain)?.get_mut(objective)?,
            Promise::Invariant(invariant) => self.invariants.get_mut(invariant)?,
        };
        Some(Arc::make_mut(kept))
    }
}

impl Kept {
    /// Nothing yet.
    #[must_use]
    pub fn begin(adopted: AdoptedPromise, at: Timestamp) -> Self {
        Self {
            adopted,
            since: at,
            history: History::default(),
            heard: None,
            counted: None,
            told: None,
            said: None,
            armed: at,
            closed: None,
            paged: Decimal::default(),
            excused: Decimal::default(),
        }
    }

    /// What was counted within the last `over_ms`, in milliseconds.
    #[must_use]
    pub fn within(&self, now: Timestamp, over_ms: u64) -> Count {
        self.history.sum(now.0, over_ms, None)
    }

    /// What calls somebody: the bad ones since a person last closed its incident, of all that the window holds. Slices of time are
    /// weighed against as many as the window has room for, so that the first minutes of a promise are no whole hour.
    fn since_closed(&self, now: Timestamp, over_ms: u64) -> Count {
        let all = self.within(now, over_ms);
        let room = match self.adopted.gauge {
            Gauge::Slices(_) | Gauge::Shares(_) => over_ms / ASKED.every.0 * self.weight(),
            Gauge::Attempts | Gauge::Shown(_) | Gauge::Violations => 0,
        };
        Count {
            total: all.total.max(room),
            ..self.history.sum(now.0, over_ms, self.closed.map(|at| at.0))
        }
    }

    /// What its long window and its short one hold, when its budget burns too fast in both, on enough that told of anything bad: of
    /// a source more than one failure is told in, as its answers look back.
    #[must_use]
    pub fn burns(&self, pair: &Pair, budget: Budget, now: Timestamp) -> Option<(Count, Count)> {
        let (long, short) = (
            self.since_closed(now, pair.long_ms),
            self.since_closed(now, pair.short_ms),
        );
        let is_enough = self.adopted.source.is_none() || long.told_bad > ANSWERS_ABOVE;
        (is_enough && pair.fires(budget, long, short)).then_some((long, short))
    }

    /// Whether it is asked of this source, for this domain.
    #[must_use]
    pub fn is_of(&self, domain: &DomainId, source: &SourceId) -> bool {
        &self.adopted.domain == domain && self.adopted.source.as_ref() == Some(source)
    }

    /// What one of those weighs that are counted: an attempt, or a slice of time.
    #[must_use]
    pub fn weight(&self) -> u64 {
        match self.adopted.gauge {
            Gauge::Shares(_) => SLICE,
            Gauge::Attempts | Gauge::Slices(_) | Gauge::Shown(_) | Gauge::Violations => 1,
        }
    }

    /// When its source will have told nothing for too long; none where none is asked. As long as nothing says that it does not
    /// answer, nobody may have looked, and it has twice the time.
    #[must_use]
    pub fn silent_at(&self) -> Option<Timestamp> {
        let silence = self.adopted.silent_after?;
        let twice = Millis(silence.0.saturating_mul(2));
        Some(self.armed.after(if self.said.is_some() { silence } else { twice }))
    }

    /// Why nobody can tell how it stands now, when nobody can: neither what it is shown as nor what is decided on it may rest on
    /// what was once known.
    #[must_use]
    pub fn unknown(&self, now: Timestamp) -> Option<String> {
        self.no_number().or_else(|| match self.adopted.silent_after {
            None => self.uncounted(now),
            Some(silence) => self.untold(now, silence),
        })
    }

    /// What its source said instead of a number.
    fn no_number(&self) -> Option<String> {
        match self.said.as_ref()? {
            Observation::Silent(silence) => Some(format!(
                "its source is silent since {}: {}",
                clock(silence.since),
                silence.reason
            )),
            Observation::Nothing { detail, .. } | Observation::Unusable { detail, .. } => Some(detail.clone()),
            Observation::Equality { .. }
            | Observation::Reconciled { .. }
            | Observation::Surveyed { .. }
            | Observation::Level { .. }
            | Observation::Counts { .. } => Some("its source told no number".to_owned()),
        }
    }

    fn uncounted(&self, now: Timestamp) -> Option<String> {
        let over = Millis(QUICK.short_ms);
        if self.within(now, over.0).total > 0 {
            return None;
        }
        Some(match self.heard.zip(self.counted) {
            Some((heard, counted)) if now.since(heard) <= over => format!(
                "what gateways told at {} is of {} by their clock: it was kept while nobody listened, or a clock is wrong",
                clock(heard),
                clock(counted)
            ),
            _ => format!("nothing was counted within {over}: nobody came, or no gateway stands before this flow"),
        })
    }

    fn untold(&self, now: Timestamp, silence: Millis) -> Option<String> {
        let last = match self.adopted.gauge {
            // Slices stand where their time is.
            Gauge::Slices(_) | Gauge::Shares(_) => self.told.map(|(about, _)| about),
            Gauge::Shown(_) | Gauge::Violations | Gauge::Attempts => self.told.and(self.heard),
        };
        match last {
            None => Some("its source has told nothing yet".to_owned()),
            Some(last) if now.since(last) > silence => {
                Some(format!("its source has told nothing since {}", clock(last)))
            }
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adopted(asked: &str) -> AdoptedPromise {
        AdoptedPromise {
            promise: Promise::Invariant(InvariantId::parse("paid-once").expect("a name")),
            domain: DomainId::parse("checkout").expect("a name"),
            source: Some(SourceId::parse("ledger").expect("a name")),
            asked: asked.to_owned(),
            gauge: Gauge::Violations,
            meter: None,
            silent_after: Some(Millis::minutes(7)),
            stages: Vec::new(),
        }
    }

    #[test]
    fn what_is_asked_for_as_before_stays_and_all_else_begins_anew_or_goes() {
        let mut promises = Promises::default();
        let one = adopted("this");
        promises.adopt(std::slice::from_ref(&one), Timestamp(5));
        assert!(promises.are(std::slice::from_ref(&one)) && !promises.are(&[]));
        promises.kept(&one.promise).expect("it is adopted").excused = Decimal(3);
        promises.adopt(std::slice::from_ref(&one), Timestamp(7));
        let same = promises.of(&one.promise).expect("it is adopted");
        assert_eq!((same.excused, same.since), (Decimal(3), Timestamp(5)));
        let other = adopted("that");
        assert!(!promises.are(std::slice::from_ref(&other)));
        promises.adopt(std::slice::from_ref(&other), Timestamp(9));
        let anew = promises.of(&one.promise).expect("it is adopted");
        assert_eq!(anew, &Kept::begin(other, Timestamp(9)));
        promises.adopt(&[], Timestamp(9));
        assert!(promises.of(&one.promise).is_none() && promises.kept(&one.promise).is_none());
    }
}
