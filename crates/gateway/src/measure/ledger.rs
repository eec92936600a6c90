//! The ledger: every open attempt and every stratum that has not left, under one lock, with time as an argument.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tidegate_model::edge::OnDecrease;
use tidegate_model::seam::{BrakeLook, ExposureVersion, Stratum};
use tidegate_model::{GatewayId, Millis, Timestamp};

use super::attempt::{Attempt, Entrant, Key, Ticket, is_admitted};
use super::brake::Sliding;
use super::lane::{Lanes, lanes};
use super::promised::{Ending, Promised};
use super::risk::RiskSets;
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

/// What the brake of a stage looks at.
#[derive(Debug)]
struct Braked {
    spec: BrakeSpec,
    /// Place of its flow.
    flow: usize,
    attempts: Sliding,
    /// Answers of groups to whoever brings no key. Apart from attempts, so that neither thins out what the other shows.
    keyless: Sliding,
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
    risk: RiskSets,
    swept_ms: u64,
    brakes: Vec<Braked>,
    promised: Promised,
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
            risk: RiskSets::default(),
            swept_ms: now.ms,
            brakes: Vec::new(),
            promised: Promised::default(),
            departed: Departed::default(),
            setup,
            roads,
            counting,
            lanes,
        };
        ledger.reset_brakes();
        ledger.promised.count(&ledger.counting.promises, &ledger.roads);
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
            is_known: entrant.is_known,
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
            self.current.unanswered += 1;
            self.current.count(&ticket, |arm| {
                arm.begun += 1;
                arm.unanswered += 1;
            });
        }
        Some(ticket)
    }

    /// The entry request of an attempt was answered, refused or given up after this time. An answer after the window is none.
    /// How it ended is said by who asked: the attempt may be gone by now, taken away with its cart.
    pub fn answered(&mut self, ticket: &Ticket, took: Millis, ending: Ending) {
        let flow = usize::from(ticket.key.flow);
        let window = self.roads.paths[flow].window;
        // The attempt may have ended in the meantime (a fast completion): its stratum still waits for the answer.
        if let Some(attempt) = self.claimed(ticket) {
            if attempt.is_answered {
                return;
            }
            if took >= window {
                self.fail(&ticket.key);
            }
            if let Some(attempt) = self.claimed(ticket) {
                attempt.is_answered = true;
            }
        }
        self.promised.answered(flow, took, ending);
        if !ticket.is_counted {
            return;
        }
        self.totals[flow].took(ticket.side, took);
        if let Some(filling) = self.filling(ticket.stratum) {
            filling.answered(ticket, took);
        }
    }

    /// A request of the attempt met an error answer, a refused connection or a time-out. The first one counts.
    pub fn erred(&mut self, ticket: &Ticket, now: Moment) {
        let Some(attempt) = self.claimed(ticket).copied() else {
            return;
        };
        if attempt.is_held {
            return;
        }
        if self.is_over(&ticket.key, &attempt, now.ms) {
            self.run_out(ticket.key, now);
            return;
        }
        self.fail(&ticket.key);
        self.outcome(&ticket.key, true, now);
    }

    /// Counts the first error of an attempt.
    fn fail(&mut self, key: &Key) {
        let Some(attempt) = self.attempts.get_mut(key) else {
            return;
        };
        if std::mem::replace(&mut attempt.has_erred, true) || !attempt.is_counted {
            return;
        }
        let ticket = Ticket::to(*key, attempt);
        let Some(filling) = self.filling(ticket.stratum) else {
            return;
        };
        filling.count(&ticket, |arm| arm.erred += 1);
        if filling.is_at_risk {
            let version = filling.version;
            self.risk.erred(version, &ticket);
        }
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
            self.withdraw(&Key::of(visitor, *flow));
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
        let killed = |unit: usize| self.standings[unit].killed || self.standings[unit].glass_broken;
        let lost: Vec<Key> = self
            .attempts
            .iter()
            .filter(|(key, a)| a.side == Side::New && killed(self.roads.paths[usize::from(key.flow)].unit))
            .map(|(key, _)| *key)
            .collect();
        for key in lost {
            self.withdraw(&key);
        }
        self.close(now);
        self.reset_brakes();
    }

    /// Other things are counted from now on: the stratum closes. Later errors of what was begun before are in its cohorts alone.
    pub fn recount(&mut self, counting: Counting, now: Moment) {
        if counting == *self.counting {
            return;
        }
        self.counting = Arc::new(counting);
        self.lanes = Arc::new(lanes(&self.counting, &self.roads));
        self.close(now);
        self.risk.clear();
        for filling in self.waiting.values_mut() {
            filling.is_at_risk = false;
        }
        self.reset_brakes();
        self.promised.count(&self.counting.promises, &self.roads);
    }

    /// Ends attempts whose window has passed.
    pub fn sweep(&mut self, now: Moment) {
        self.swept_ms = now.ms;
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
        let mut looks = Vec::new();
        for braked in &mut self.brakes {
            if !standings[roads.paths[braked.flow].unit].measured {
                continue;
            }
            let attempts = braked.attempts.look(now.ms);
            let keyless = braked.keyless.look(now.ms);
            let has_keyless = keyless[Side::New.index()].n > 0;
            for [old, new] in [Some(attempts), has_keyless.then_some(keyless)].into_iter().flatten() {
                looks.push(BrakeLook {
                    stage: braked.spec.stage.clone(),
                    version,
                    over: braked.spec.over,
                    old,
                    new,
                });
            }
        }
        looks
    }

    /// A group answered somebody who brought no key: an attempt of one request, which only the brake counts.
    pub fn keyless(&mut self, unit: usize, side: Side, failed: bool, now: Moment) {
        let roads = &self.roads;
        for braked in self.brakes.iter_mut().filter(|one| roads.paths[one.flow].unit == unit) {
            braked.keyless.note(now.ms, side, failed);
        }
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

    /// The window of an attempt has passed. When not even its entry was answered, that is an error.
    fn run_out(&mut self, key: Key, now: Moment) {
        let is_unanswered = |attempt: &Attempt| !attempt.is_answered && !attempt.is_held;
        if self.attempts.get(&key).is_some_and(is_unanswered) {
            self.fail(&key);
        }
        self.outcome(&key, true, now);
        self.end(key);
    }

    /// Ends an attempt; under `hold` it goes on pinning while exposure does not cover the visitor.
    fn end(&mut self, key: Key) {
        let Some(attempt) = self.attempts.get(&key).copied() else {
            return;
        };
        if self.holds(&key, &attempt) {
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

    /// An attempt is taken away: what it would have met is not known, whichever side it was on.
    fn withdraw(&mut self, key: &Key) {
        if let Some(attempt) = self.attempts.get(key).copied()
            && attempt.is_counted
            && !attempt.is_held
            && !attempt.has_erred
            && let Some(filling) = self.filling(attempt.stratum)
        {
            let ticket = Ticket::to(*key, &attempt);
            filling.count(&ticket, |arm| arm.withdrawn += 1);
            if filling.is_at_risk {
                let version = filling.version;
                self.risk.withdrawn(version, &ticket);
            }
        }
        self.remove(key);
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
        }
    }

    fn outcome(&mut self, key: &Key, failed: bool, now: Moment) {
        let Some(attempt) = self.attempts.get_mut(key) else {
            return;
        };
        if std::mem::replace(&mut attempt.has_outcome, true) {
            return;
        }
        let attempt = *attempt;
        if attempt.is_known {
            self.promised.outcome(usize::from(key.flow), failed);
        }
        if !attempt.is_counted {
            return;
        }
        for braked in self.brakes.iter_mut().filter(|one| one.flow == usize::from(key.flow)) {
            braked.attempts.note(now.ms, attempt.side, failed);
        }
    }

    fn reset_brakes(&mut self) {
        let known = self.counting.brakes.iter().filter_map(|spec| {
            let flow = self.roads.path_of(&spec.flow)?;
            Some(Braked {
                spec: spec.clone(),
                flow,
                attempts: Sliding::over(spec.over),
                keyless: Sliding::over(spec.over),
            })
        });
        self.brakes = known.collect();
    }
}

mod close;
#[cfg(test)]
mod tests;
