//! Risk sets: attempts of closed strata that can still meet a first error, and those that met theirs since it was last told.
//!
//! Attempts that completed stay in until their window closes, as in the subdistribution hazard of Fine & Gray 1999 (JASA
//! 94:496): what is compared is the share of attempts that meet an error, which a side that is only quicker does not change.
//! Strata of one snapshot are one set, since visitors were assigned by one share whenever they came.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidegate_model::seam::{ArmCounts, ExposureVersion, LaterHits};

use super::attempt::Ticket;
use super::lane::Lanes;
use super::stratum::Filling;
use crate::side::Side;

/// Snapshots whose attempts are told apart; later errors of older ones are in their cohorts alone.
pub const SNAPSHOTS_MAX: usize = 16;

/// Attempts of one lane on one side.
#[derive(Debug, Clone, Copy, Default)]
struct AtRisk {
    /// Now within their window and without an error.
    now: u64,
    /// Those that were when errors were last told.
    before: u64,
    /// Of which met one since.
    hits: u64,
}

/// Attempts begun under one snapshot, by flow, lane and side.
#[derive(Debug)]
struct RiskSet {
    lanes: Arc<Vec<Lanes>>,
    arms: Vec<Vec<[AtRisk; 2]>>,
}

impl RiskSet {
    fn of_nobody(lanes: &Arc<Vec<Lanes>>) -> Self {
        let arms = lanes.iter().map(|lanes| vec![[AtRisk::default(); 2]; lanes.count()]);
        Self {
            lanes: lanes.clone(),
            arms: arms.collect(),
        }
    }

    fn change(&mut self, ticket: &Ticket, change: impl Fn(&mut AtRisk)) {
        let flow = usize::from(ticket.key.flow);
        for lane in self.lanes[flow].of(ticket.classes) {
            change(&mut self.arms[flow][lane][ticket.side.index()]);
        }
    }

    fn change_all(&mut self, filling: &Filling, change: impl Fn(&mut AtRisk, u64)) {
        for (flow, lanes) in self.arms.iter_mut().enumerate() {
            for (lane, sides) in lanes.iter_mut().enumerate() {
                for side in [Side::Old, Side::New] {
                    change(&mut sides[side.index()], filling.at_risk(flow, lane, side));
                }
            }
        }
    }
}

/// The risk sets of all snapshots under which attempts were begun whose window is open.
#[derive(Debug, Default)]
pub struct RiskSets(BTreeMap<ExposureVersion, RiskSet>);

impl RiskSets {
    /// A stratum has closed: its attempts are at risk of a later error. Says whether they are in a set.
    pub fn join(&mut self, filling: &Filling, lanes: &Arc<Vec<Lanes>>) {
        let set = self.0.entry(filling.version);
        let set = set.or_insert_with(|| RiskSet::of_nobody(lanes));
        set.change_all(filling, |at_risk, n| at_risk.now += n);
        if self.0.len() > SNAPSHOTS_MAX {
            self.0.pop_first();
        }
    }

    /// The windows of a stratum's attempts have closed.
    pub fn leave(&mut self, filling: &Filling) {
        if let Some(set) = self.0.get_mut(&filling.version) {
            set.change_all(filling, |at_risk, n| at_risk.now = at_risk.now.saturating_sub(n));
        }
    }

    /// An attempt met its first error.
    pub fn erred(&mut self, version: ExposureVersion, ticket: &Ticket) {
        if let Some(set) = self.0.get_mut(&version) {
            set.change(ticket, |at_risk| {
                at_risk.now = at_risk.now.saturating_sub(1);
                at_risk.hits += 1;
            });
        }
    }

    /// An attempt was taken away before it had met an error.
    pub fn withdrawn(&mut self, version: ExposureVersion, ticket: &Ticket) {
        if let Some(set) = self.0.get_mut(&version) {
            set.change(ticket, |at_risk| at_risk.now = at_risk.now.saturating_sub(1));
        }
    }

    /// Errors since they were last told, of one lane of a flow: a row for each snapshot that has some.
    #[must_use]
    pub fn rows(&self, flow: usize, lane: usize) -> Vec<LaterHits> {
        let rows = self.0.iter().filter_map(|(version, set)| {
            let [old, new] = set.arms.get(flow)?.get(lane)?.map(|at_risk| ArmCounts {
                n: at_risk.before,
                hits: at_risk.hits,
            });
            (old.hits + new.hits > 0).then_some(LaterHits {
                version: *version,
                old,
                new,
            })
        });
        rows.collect()
    }

    /// What there was to tell of these flows has been told. What could not be is told with the next report about them.
    pub fn told(&mut self, is_told: impl Fn(usize) -> bool) {
        for set in self.0.values_mut() {
            let told = set.arms.iter_mut().enumerate().filter(|(flow, _)| is_told(*flow));
            for at_risk in told.flat_map(|(_, lanes)| lanes).flatten() {
                at_risk.before = at_risk.now;
                at_risk.hits = 0;
            }
        }
        self.0
            .retain(|_, set| set.arms.iter().flatten().flatten().any(|a| a.now + a.hits > 0));
    }

    /// Other things are counted from now on: what was begun before is in its cohorts alone.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is at risk.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
