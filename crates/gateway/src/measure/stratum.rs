//! One stratum while it fills: integer counts of the attempts begun in it, by flow, lane and side.

use std::sync::Arc;

use tidegate_model::seam::{
    ArmCounts, ExposureVersion, LaterHits, Meter, MeterCounts, MeterKind, Ripeness, Stratum, StratumId, StratumPart,
};
use tidegate_model::{GatewayId, Millis, Timestamp};

use super::attempt::Ticket;
use super::lane::{EVERYBODY, Lanes};
use crate::config::Counting;
use crate::roads::Roads;
use crate::side::Side;

/// Counts of one lane on one side.
#[derive(Debug, Clone, Default)]
pub struct Arm {
    /// Attempts begun.
    pub begun: u64,
    /// Of which met an error.
    pub erred: u64,
    /// Of which completed within the window.
    pub completed: u64,
    /// Entry requests not answered yet.
    pub unanswered: u64,
    /// Attempts that ended without an error.
    pub ended: u64,
    /// Entry requests slower than each limit of the lanes.
    pub slow: Vec<u64>,
    /// Attempts that were open and without an error when the running stratum began.
    at_risk: u64,
    /// Attempts that had met an error by then.
    told: u64,
}

impl Arm {
    /// Errors since the running stratum began, of those that were at risk of one.
    fn later(&self) -> ArmCounts {
        ArmCounts {
            n: self.at_risk,
            hits: self.erred - self.told,
        }
    }

    /// Another stratum begins.
    fn mark(&mut self) {
        self.at_risk = self.begun.saturating_sub(self.erred + self.ended);
        self.told = self.erred;
    }
}

/// A filling or waiting stratum.
#[derive(Debug)]
pub struct Filling {
    /// Position in this incarnation.
    pub index: u64,
    /// When it began, by the wall.
    pub began: Timestamp,
    /// When it began, by the ledger's clock.
    pub began_ms: u64,
    /// When it closed.
    pub ended_ms: Option<u64>,
    /// The snapshot in force.
    pub version: ExposureVersion,
    /// Attempts that were not tracked.
    pub untracked: u64,
    /// Requests of the new side that the old one served.
    pub fallbacks: u64,
    /// Parts that are still to leave.
    pub owes: Vec<StratumPart>,
    /// By flow, lane and side.
    arms: Vec<Vec<[Arm; 2]>>,
    lanes: Arc<Vec<Lanes>>,
    counting: Arc<Counting>,
    judged: Vec<bool>,
}

/// What a new stratum is made of.
#[derive(Debug)]
pub struct Opening {
    /// Position.
    pub index: u64,
    /// By the wall.
    pub began: Timestamp,
    /// By the ledger's clock.
    pub began_ms: u64,
    /// The snapshot in force.
    pub version: ExposureVersion,
    /// Whether each flow's unit is measured.
    pub judged: Vec<bool>,
}

impl Filling {
    /// An empty stratum.
    #[must_use]
    pub fn open(opening: Opening, counting: Arc<Counting>, lanes: Arc<Vec<Lanes>>, roads: &Roads) -> Self {
        let arms = lanes.iter().map(|lanes| {
            let arm = Arm {
                slow: vec![0; lanes.limits.len()],
                ..Arm::default()
            };
            vec![[arm.clone(), arm]; lanes.count()]
        });
        let mut filling = Self {
            index: opening.index,
            began: opening.began,
            began_ms: opening.began_ms,
            ended_ms: None,
            version: opening.version,
            untracked: 0,
            fallbacks: 0,
            owes: Vec::new(),
            arms: arms.collect(),
            lanes,
            counting,
            judged: opening.judged,
        };
        let parts = [StratumPart::Prompt, StratumPart::Timed, StratumPart::Cohort];
        filling.owes = parts
            .into_iter()
            .filter(|part| filling.meters(*part, roads).next().is_some())
            .collect();
        filling
    }

    /// Counts something of an attempt in each of its lanes.
    pub fn count(&mut self, ticket: &Ticket, change: impl Fn(&mut Arm)) {
        let flow = usize::from(ticket.key.flow);
        for lane in self.lanes[flow].of(ticket.classes) {
            change(&mut self.arms[flow][lane][ticket.side.index()]);
        }
    }

    /// Counts an answered entry request.
    pub fn answered(&mut self, ticket: &Ticket, took: Millis) {
        let lanes = self.lanes.clone();
        let limits = &lanes[usize::from(ticket.key.flow)].limits;
        self.count(ticket, |arm| {
            arm.unanswered = arm.unanswered.saturating_sub(1);
            for (count, limit) in arm.slow.iter_mut().zip(limits) {
                *count += u64::from(took > *limit);
            }
        });
    }

    /// Another stratum begins: errors from here on are told by that one.
    pub fn mark(&mut self) {
        let arms = self.arms.iter_mut().flatten().flatten();
        arms.for_each(Arm::mark);
    }

    /// Its attempts that met their first error since the running stratum began, for a meter; none when none did.
    fn later(&self, meter: &Meter, flow: usize, counting: &Arc<Counting>) -> Option<LaterHits> {
        let is_asked = || Arc::ptr_eq(&self.counting, counting) || self.counting.meters.contains(meter);
        let is_counted = self.judged[flow] && is_asked();
        let [old, new] = &self.arms[flow][self.lanes[flow].read_by(meter)];
        let (old, new) = (old.later(), new.later());
        (is_counted && old.hits + new.hits > 0).then_some(LaterHits {
            version: self.version,
            old,
            new,
        })
    }

    /// What happened until now to the attempts begun in it, and in it to attempts of the strata before it.
    #[must_use]
    pub fn prompt<'a>(
        &self,
        gateway: &GatewayId,
        incarnation: u64,
        roads: &Roads,
        before: impl Iterator<Item = &'a Self> + Clone,
    ) -> Stratum {
        let mut report = self.report(gateway, incarnation, StratumPart::Prompt, roads);
        let meters = self.meters(StratumPart::Prompt, roads);
        for (counts, (meter, flow)) in report.counts.iter_mut().zip(meters) {
            match meter.kind {
                MeterKind::Errored => {
                    counts.later = before
                        .clone()
                        .filter_map(|earlier| earlier.later(meter, flow, &self.counting))
                        .collect();
                }
                MeterKind::Completed | MeterKind::Began | MeterKind::Slow { .. } | MeterKind::Failed => {}
            }
        }
        report
    }

    /// Entry requests that are still open.
    #[must_use]
    pub fn unanswered(&self) -> u64 {
        let everybody = self.arms.iter().flat_map(|lanes| &lanes[EVERYBODY]);
        everybody.map(|arm| arm.unanswered).sum()
    }

    /// The longest window of its completion meters.
    #[must_use]
    pub fn window_ms(&self, roads: &Roads) -> u64 {
        let windows = self
            .meters(StratumPart::Cohort, roads)
            .map(|(_, flow)| roads.paths[flow].window.0);
        windows.max().unwrap_or(0)
    }

    /// The name of a part.
    #[must_use]
    pub fn id(&self, gateway: &GatewayId, incarnation: u64, part: StratumPart) -> StratumId {
        StratumId {
            gateway: gateway.clone(),
            incarnation,
            index: self.index,
            part,
        }
    }

    /// The report of a part. Entry requests that never came back count as slow and, in the end, as errors.
    #[must_use]
    pub fn report(&self, gateway: &GatewayId, incarnation: u64, part: StratumPart, roads: &Roads) -> Stratum {
        let counts = self.meters(part, roads).map(|(meter, flow)| {
            let arm = |side: Side| {
                let lane = self.lanes[flow].read_by(meter);
                let arm = &self.arms[flow][lane][side.index()];
                ArmCounts {
                    n: arm.begun,
                    hits: self.hits(meter.kind, part, flow, arm),
                }
            };
            MeterCounts {
                stage: meter.stage.clone(),
                criterion: meter.criterion.clone(),
                old: arm(Side::Old),
                new: arm(Side::New),
                ripeness: match (meter.kind, part) {
                    (MeterKind::Errored, StratumPart::Prompt) => Ripeness::Young,
                    (MeterKind::Errored, StratumPart::Cohort) => Ripeness::Grown,
                    (
                        MeterKind::Errored
                        | MeterKind::Completed
                        | MeterKind::Began
                        | MeterKind::Slow { .. }
                        | MeterKind::Failed,
                        _,
                    ) => Ripeness::Whole,
                },
                later: Vec::new(),
            }
        });
        Stratum {
            id: self.id(gateway, incarnation, part),
            began: self.began,
            lasted: Millis(self.ended_ms.unwrap_or(self.began_ms) - self.began_ms),
            version: self.version,
            untracked: self.untracked,
            fallbacks: self.fallbacks,
            voided: false,
            counts: counts.collect(),
        }
    }

    fn hits(&self, kind: MeterKind, part: StratumPart, flow: usize, arm: &Arm) -> u64 {
        match kind {
            MeterKind::Completed => arm.completed,
            MeterKind::Began => arm.begun,
            MeterKind::Errored => match part {
                StratumPart::Prompt => arm.erred,
                StratumPart::Timed | StratumPart::Cohort => (arm.erred + arm.unanswered).min(arm.begun),
            },
            MeterKind::Slow { limit } => {
                let at = self.lanes[flow].limits.iter().position(|l| *l == limit);
                let slow = at.map_or(0, |at| arm.slow[at]);
                (slow + arm.unanswered).min(arm.begun)
            }
            MeterKind::Failed => 0,
        }
    }

    fn meters<'a>(&'a self, part: StratumPart, roads: &'a Roads) -> impl Iterator<Item = (&'a Meter, usize)> {
        self.counting.meters.iter().filter_map(move |meter| {
            let belongs = match meter.kind {
                MeterKind::Completed => part == StratumPart::Cohort,
                MeterKind::Errored => part != StratumPart::Timed,
                MeterKind::Began => part == StratumPart::Prompt,
                MeterKind::Slow { .. } => part == StratumPart::Timed,
                MeterKind::Failed => false,
            };
            let flow = roads.path_of(&meter.flow)?;
            (belongs && self.judged[flow]).then_some((meter, flow))
        })
    }
}
