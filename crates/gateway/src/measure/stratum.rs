//! One stratum while it fills: integer counts of the attempts begun in it, by flow, lane and side.

use std::sync::Arc;

use tidegate_model::seam::{ArmCounts, ExposureVersion, MeterCounts, MeterKind, Stratum, StratumId, StratumPart};
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
    /// Entry requests slower than each limit of the lanes.
    pub slow: Vec<u64>,
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
    /// Whether the prompt part is still to leave.
    pub owes_prompt: bool,
    /// Whether the cohort part is still to leave.
    pub owes_cohort: bool,
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
            owes_prompt: false,
            owes_cohort: false,
            arms: arms.collect(),
            lanes,
            counting,
            judged: opening.judged,
        };
        let owes = |part| filling.meters(part, roads).count() > 0;
        (filling.owes_prompt, filling.owes_cohort) = (owes(StratumPart::Prompt), owes(StratumPart::Cohort));
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

    /// The report of a part. Entry requests that never came back count as slow and as errors.
    #[must_use]
    pub fn report(&self, gateway: &GatewayId, incarnation: u64, part: StratumPart, roads: &Roads) -> Stratum {
        let counts = self.meters(part, roads).map(|(meter, flow)| {
            let arm = |side: Side| {
                let lane = self.lanes[flow].read_by(meter);
                let arm = &self.arms[flow][lane][side.index()];
                ArmCounts {
                    n: arm.begun,
                    hits: self.hits(meter.kind, flow, arm),
                }
            };
            MeterCounts {
                stage: meter.stage.clone(),
                criterion: meter.criterion.clone(),
                old: arm(Side::Old),
                new: arm(Side::New),
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

    fn hits(&self, kind: MeterKind, flow: usize, arm: &Arm) -> u64 {
        match kind {
            MeterKind::Completed => arm.completed,
            MeterKind::Began => arm.begun,
            MeterKind::Errored => (arm.erred + arm.unanswered).min(arm.begun),
            MeterKind::Slow { limit } => {
                let at = self.lanes[flow].limits.iter().position(|l| *l == limit);
                let slow = at.map_or(0, |at| arm.slow[at]);
                (slow + arm.unanswered).min(arm.begun)
            }
            MeterKind::Failed => 0,
        }
    }

    fn meters<'a>(
        &'a self,
        part: StratumPart,
        roads: &'a Roads,
    ) -> impl Iterator<Item = (&'a tidegate_model::seam::Meter, usize)> {
        self.counting.meters.iter().filter_map(move |meter| {
            let belongs = match meter.kind {
                MeterKind::Completed => part == StratumPart::Cohort,
                MeterKind::Began | MeterKind::Errored | MeterKind::Slow { .. } => part == StratumPart::Prompt,
                MeterKind::Failed => false,
            };
            let flow = roads.path_of(&meter.flow)?;
            (belongs && self.judged[flow]).then_some((meter, flow))
        })
    }
}
