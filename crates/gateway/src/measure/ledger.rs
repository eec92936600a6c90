//! The ledger: every open attempt and every stratum that has not left, under one lock, with time as an argument.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tidegate_model::edge::OnDecrease;
use tidegate_model::seam::{ArmCounts, BrakeLook, ExposureVersion, Stratum, StratumPart};
use tidegate_model::{GatewayId, Millis, Timestamp};

use super::attempt::{Attempt, Entrant, Key, Ticket, is_admitted};
use super::brake::Sliding;
use super::lane::{Lanes, lanes};
use super::stratum::{Filling, Opening};
use super::totals::FlowTotals;
use crate::bucket::is_exposed;
use crate::config::{BrakeSpec, Counting};
use crate::decision::Standing;
use crate::roads::Roads;
use crate::side::Side;

/// An instant on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Monotonic milliseconds since the gateway started.
    pub ms: u64,
    /// The wall.
    pub at: Timestamp,
}

/// What never changes while a ledger lives.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Who counts.
    pub gateway: GatewayId,
    /// Its start in milliseconds since 1970.
    pub incarnation: u64,
    /// Length of a stratum.
    pub stratum: Millis,
    /// Time limit of upstreams.
    pub upstream_timeout: Millis,
    /// Attempts tracked at once.
    pub table_size: usize,
}

/// What left the ledger at a tick.
#[derive(Debug, Default)]
pub struct Departed {
    /// Parts that will follow later; written down first so that a restart can report them as voided.
    pub owed: Vec<Stratum>,
    /// Finished parts.
    pub finished: Vec<Stratum>,
}

/// All measurement state.
#[derive(Debug)]
pub struct Ledger {
    setup: Setup,
    roads: Arc<Roads>,
    counting: Arc<Counting>,
    lanes: Arc<Vec<Lanes>>,
    standings: Vec<Standing>,
    version: ExposureVersion,
    attempts: HashMap<Key, Attempt>,
    totals: Vec<FlowTotals>,
    current: Filling,
    waiting: BTreeMap<u64, Filling>,
    brakes: Vec<(BrakeSpec, usize, Sliding)>,
    departed: Departed,
}

impl Ledger {
    /// An empty ledger whose first stratum begins now.
    #[must_use]
    pub fn new(setup: Setup, roads: Arc<Roads>, counting: Counting, now: Moment) -> Self {
        let counting = Arc::new(counting);
        let lanes = Arc::new(lanes(&counting, &roads));
        let opening = Opening {
            index: 0,
            began: now.at,
            began_ms: now.ms,
            version: ExposureVersion::default(),
            judged: vec![false; roads.paths.len()],
        };
        let mut ledger = Self {
            current: Filling::open(opening, counting.clone(), lanes.clone(), &roads),
            standings: vec![Standing::OLD; roads.places.len()],
            totals: vec![FlowTotals::default(); roads.paths.len()],
            version: ExposureVersion::default(),
            attempts: HashMap::new(),
            waiting: BTreeMap::new(),
            brakes: Vec::new(),
            departed: Departed::default(),
            setup,
            roads,
            counting,
            lanes,
        };
        ledger.reset_brakes();
        ledger
    }

    /// The visitor's open cart in a unit, whichever flow opened it.
    pub fn open_cart(&mut self, visitor: u128, unit: usize, now: Moment) -> Option<Ticket> {
        let roads = self.roads.clone();
        roads.places[unit]
            .flows
            .iter()
            .find_map(|flow| self.open_attempt(visitor, *flow, now))
    }

    /// The visitor's open attempt in a flow.
    pub fn open_attempt(&mut self, visitor: u128, flow: usize, now: Moment) -> Option<Ticket> {
        let key = Key::of(visitor, flow);
        let attempt = self.attempts.get(&key)?;
        if !attempt.is_held && self.is_over(&key, attempt, now.ms) {
            self.run_out(key, now);
        }
        self.attempts.get(&key).map(|a| Ticket::to(key, a))
    }

    /// Begins an attempt; `None` when the table is too full for it.
    pub fn begin(&mut self, entrant: Entrant, now: Moment) -> Option<Ticket> {
        let Entrant { flow, side, place, .. } = entrant;
        self.totals[flow].begun[side.index()] += 1;
        if !is_admitted(place.lot, self.attempts.len(), self.setup.table_size) {
            self.current.untracked += 1;
            return None;
        }
        let attempt = Attempt {
            began_ms: now.ms,
            stratum: u32::try_from(self.current.index).expect("more than a century of seconds"),
            bucket: place.bucket,
            classes: entrant.classes,
            side,
            is_counted: entrant.is_counted,
            is_answered: false,
            has_erred: false,
            has_outcome: false,
            is_held: false,
        };
        let key = Key::of(entrant.visitor, flow);
        // A held cart that begins again makes room for the new attempt.
        self.remove(&key);
        self.attempts.insert(key, attempt);
        self.totals[flow].open[side.index()] += 1;
        let ticket = Ticket::to(key, &attempt);
        if ticket.is_counted {
            self.current.count(&ticket, |arm| {
                arm.begun += 1;
                arm.unanswered += 1;
            });
        }
        Some(ticket)
    }

    /// The entry request of an attempt was answered, refused or given up after this time.
    pub fn answered(&mut self, ticket: &Ticket, took: Millis) {
        // The attempt may have ended in the meantime (a fast completion): its stratum still waits for the answer.
        if let Some(attempt) = self.claimed(ticket) {
            if attempt.is_answered {
                return;
            }
            attempt.is_answered = true;
        }
        if !ticket.is_counted {
            return;
        }
        self.totals[usize::from(ticket.key.flow)].took(ticket.side, took);
        if let Some(filling) = self.filling(ticket.stratum) {
            filling.answered(ticket, took);
        }
    }

    /// A request of the attempt met an error answer, a refused connection or a time-out. The first one counts.
    pub fn erred(&mut self, ticket: &Ticket, now: Moment) {
        let Some(attempt) = self.claimed(ticket) else { return };
        let known = *attempt;
        if known.is_held || self.is_over(&ticket.key, &known, now.ms) {
            return;
        }
        let Some(attempt) = self.claimed(ticket) else { return };
        let first = !std::mem::replace(&mut attempt.has_erred, true);
        if first
            && ticket.is_counted
            && let Some(filling) = self.filling(ticket.stratum)
        {
            filling.count(ticket, |arm| arm.erred += 1);
        }
        self.outcome(&ticket.key, true, now);
    }

    /// The completing answer certainly was no success; the attempt stays open, the visitor may try again.
    pub fn refused(&mut self, ticket: &Ticket, now: Moment) {
        if self.claimed(ticket).is_some() {
            self.outcome(&ticket.key, true, now);
        }
    }

    /// The completing answer was a success: the attempt ends.
    pub fn completed(&mut self, ticket: &Ticket, now: Moment) {
        let Some(attempt) = self.claimed(ticket) else { return };
        let attempt = *attempt;
        if attempt.is_held || self.is_over(&ticket.key, &attempt, now.ms) {
            return;
        }
        self.outcome(&ticket.key, false, now);
        if ticket.is_counted
            && let Some(filling) = self.filling(ticket.stratum)
        {
            filling.count(ticket, |arm| arm.completed += 1);
        }
        self.end(ticket.key);
    }

    /// A successful completion was served by this side.
    pub fn order(&mut self, flow: usize, side: Side) {
        self.totals[flow].orders[side.index()] += 1;
    }

    /// The visitor's open attempts in a unit end without completion: the cart was sent back or killed.
    pub fn abandon(&mut self, visitor: u128, unit: usize) {
        let roads = self.roads.clone();
        for flow in &roads.places[unit].flows {
            self.remove(&Key::of(visitor, *flow));
        }
    }

    /// A request of the new side was served by the old one.
    pub fn fallback(&mut self) {
        self.current.fallbacks += 1;
    }

    /// Another exposure is in force: the stratum closes, and killed units lose their open carts on the new side.
    pub fn switch(&mut self, version: ExposureVersion, standings: Vec<Standing>, now: Moment) {
        self.version = version;
        self.standings = standings;
        self.close(now);
        self.reset_brakes();
        let killed = |unit: usize| self.standings[unit].killed || self.standings[unit].glass_broken;
        let lost: Vec<Key> = self
            .attempts
            .iter()
            .filter(|(key, a)| a.side == Side::New && killed(self.roads.paths[usize::from(key.flow)].unit))
            .map(|(key, _)| *key)
            .collect();
        for key in lost {
            self.remove(&key);
        }
    }

    /// Other things are counted from now on: the stratum closes.
    pub fn recount(&mut self, counting: Counting, now: Moment) {
        self.counting = Arc::new(counting);
        self.lanes = Arc::new(lanes(&self.counting, &self.roads));
        self.close(now);
        self.reset_brakes();
    }

    /// Lets time pass: closes the stratum when it is due and hands out what has ripened.
    pub fn tick(&mut self, now: Moment) -> Departed {
        if now.ms >= self.current.began_ms + self.setup.stratum.0 {
            self.close(now);
        }
        let due: Vec<u64> = self.waiting.keys().copied().collect();
        for index in due {
            self.ripen(index, now);
        }
        std::mem::take(&mut self.departed)
    }

    /// Ends attempts whose window has passed.
    pub fn sweep(&mut self, now: Moment) {
        for totals in &mut self.totals {
            totals.pass(now.ms);
        }
        let over: Vec<Key> = self
            .attempts
            .iter()
            .filter(|(key, a)| {
                if a.is_held {
                    !self.holds(key, a)
                } else {
                    self.is_over(key, a, now.ms)
                }
            })
            .map(|(key, _)| *key)
            .collect();
        for key in over {
            self.run_out(key, now);
        }
    }

    /// What the brakes of judged stages see now.
    pub fn looks(&mut self, now: Moment) -> Vec<BrakeLook> {
        let (roads, standings, version) = (&self.roads, &self.standings, self.version);
        let judged = self
            .brakes
            .iter_mut()
            .filter(|(_, flow, _)| standings[roads.paths[*flow].unit].measured);
        judged
            .map(|(spec, _, window)| {
                let [old, new]: [ArmCounts; 2] = window.look(now.ms);
                BrakeLook {
                    stage: spec.stage.clone(),
                    version,
                    over: spec.over,
                    old,
                    new,
                }
            })
            .collect()
    }

    /// Totals of a flow.
    #[must_use]
    pub fn totals(&self, flow: usize) -> &FlowTotals {
        &self.totals[flow]
    }

    /// Attempts tracked now.
    #[must_use]
    pub fn tracked(&self) -> usize {
        self.attempts.len()
    }

    fn claimed(&mut self, ticket: &Ticket) -> Option<&mut Attempt> {
        self.attempts
            .get_mut(&ticket.key)
            .filter(|a| a.began_ms == ticket.began_ms && a.stratum == ticket.stratum)
    }

    fn filling(&mut self, stratum: u32) -> Option<&mut Filling> {
        if self.current.index == u64::from(stratum) {
            Some(&mut self.current)
        } else {
            self.waiting.get_mut(&u64::from(stratum))
        }
    }

    fn is_over(&self, key: &Key, attempt: &Attempt, now_ms: u64) -> bool {
        now_ms >= attempt.began_ms + self.roads.paths[usize::from(key.flow)].window.0
    }

    fn run_out(&mut self, key: Key, now: Moment) {
        self.outcome(&key, true, now);
        self.end(key);
    }

    /// Ends an attempt; under `hold` it goes on pinning while exposure does not cover the visitor.
    fn end(&mut self, key: Key) {
        let Some(attempt) = self.attempts.get(&key).copied() else {
            return;
        };
        if self.holds(&key, &attempt) {
            self.count_end(&key, &attempt);
            self.attempts.insert(
                key,
                Attempt {
                    is_held: true,
                    ..attempt
                },
            );
        } else {
            self.remove(&key);
        }
    }

    /// An attempt that ended without an error can meet none any more.
    fn count_end(&mut self, key: &Key, attempt: &Attempt) {
        let ticket = Ticket::to(*key, attempt);
        if attempt.is_counted
            && !attempt.is_held
            && !attempt.has_erred
            && let Some(filling) = self.filling(attempt.stratum)
        {
            filling.count(&ticket, |arm| arm.ended += 1);
        }
    }

    fn holds(&self, key: &Key, attempt: &Attempt) -> bool {
        let unit = self.roads.paths[usize::from(key.flow)].unit;
        let standing = self.standings[unit];
        match self.roads.places[unit].on_decrease {
            OnDecrease::Hold => {
                attempt.side == Side::New && !standing.finalised && !is_exposed(attempt.bucket, standing.exposure)
            }
            OnDecrease::Drain | OnDecrease::Return => false,
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(attempt) = self.attempts.remove(key) {
            let open = &mut self.totals[usize::from(key.flow)].open[attempt.side.index()];
            *open = open.saturating_sub(1);
            self.count_end(key, &attempt);
        }
    }

    fn outcome(&mut self, key: &Key, failed: bool, now: Moment) {
        let Some(attempt) = self.attempts.get_mut(key) else {
            return;
        };
        if !attempt.is_counted || std::mem::replace(&mut attempt.has_outcome, true) {
            return;
        }
        let side = attempt.side;
        for (_, _, window) in self
            .brakes
            .iter_mut()
            .filter(|(_, flow, _)| *flow == usize::from(key.flow))
        {
            window.note(now.ms, side, failed);
        }
    }

    fn reset_brakes(&mut self) {
        let known = self.counting.brakes.iter().filter_map(|spec| {
            let flow = self.roads.path_of(&spec.flow)?;
            Some((spec.clone(), flow, Sliding::over(spec.over)))
        });
        self.brakes = known.collect();
    }

    fn close(&mut self, now: Moment) {
        let judged = self
            .roads
            .paths
            .iter()
            .map(|p| self.standings[p.unit].measured)
            .collect();
        let opening = Opening {
            index: self.current.index + 1,
            began: now.at,
            began_ms: now.ms,
            version: self.version,
            judged,
        };
        let next = Filling::open(opening, self.counting.clone(), self.lanes.clone(), &self.roads);
        let mut closed = std::mem::replace(&mut self.current, next);
        closed.ended_ms = Some(now.ms);
        if closed.owes.contains(&StratumPart::Prompt) {
            let Setup {
                gateway, incarnation, ..
            } = &self.setup;
            let prompt = closed.prompt(gateway, *incarnation, &self.roads, self.waiting.values());
            self.departed.finished.push(prompt);
        }
        closed.owes.retain(|part| *part != StratumPart::Prompt);
        // Those that owe nothing have told their last errors now.
        self.waiting.retain(|_, earlier| !earlier.owes.is_empty());
        self.waiting.values_mut().for_each(Filling::mark);
        closed.mark();
        for part in &closed.owes {
            let mut owed = closed.report(&self.setup.gateway, self.setup.incarnation, *part, &self.roads);
            owed.voided = true;
            owed.counts.clear();
            self.departed.owed.push(owed);
        }
        self.waiting.insert(closed.index, closed);
    }

    fn ripen(&mut self, index: u64, now: Moment) {
        let filling = self.waiting.get_mut(&index).expect("listed a moment ago");
        let ended = filling.ended_ms.expect("only closed strata wait");
        let window = filling.window_ms(&self.roads);
        let all_answered = filling.unanswered() == 0;
        let given_up = ended + 2 * self.setup.upstream_timeout.0;
        let is_due = |part: &StratumPart| match part {
            StratumPart::Prompt => true,
            StratumPart::Timed => all_answered || now.ms >= given_up,
            StratumPart::Cohort => now.ms >= ended + window,
        };
        let (due, owes): (Vec<_>, Vec<_>) = std::mem::take(&mut filling.owes).into_iter().partition(is_due);
        filling.owes = owes;
        for part in due {
            let report = filling.report(&self.setup.gateway, self.setup.incarnation, part, &self.roads);
            self.departed.finished.push(report);
        }
    }
}

#[cfg(test)]
mod tests;
