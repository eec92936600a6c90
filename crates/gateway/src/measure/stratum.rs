//! One stratum while it fills: integer counts of the attempts begun in it, by flow, lane and side.

use std::sync::Arc;

use tidegate_model::seam::{
    ArmCounts, ExposureVersion, Meter, MeterCounts, MeterKind, Ripeness, Stratum, StratumId, StratumPart,
};
use tidegate_model::{GatewayId, Millis, Timestamp};

use super::attempt::Ticket;
use super::lane::Lanes;
use super::ledger::Setup;
use super::risk::RiskSets;
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
    /// Attempts taken away before they had met an error: killed, or sent back.
    pub withdrawn: u64,
    /// Entry requests slower than each limit of the lanes.
    pub slow: Vec<u64>,
}

impl Arm {
    /// Attempts whose errors are counted.
    fn seen(&self) -> u64 {
        self.begun.saturating_sub(self.withdrawn)
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
    /// Entry requests that are still open.
    pub unanswered: u64,
    /// The longest window of what its cohort counts, in milliseconds.
    pub window_ms: u64,
    /// Whether its attempts are in a risk set.
    pub is_at_risk: bool,
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
            unanswered: 0,
            window_ms: 0,
            is_at_risk: false,
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
        let windows = filling.meters(StratumPart::Cohort, roads);
        let windows = windows.map(|(_, flow)| roads.paths[flow].window.0);
        filling.window_ms = windows.max().unwrap_or(0);
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
        self.unanswered = self.unanswered.saturating_sub(1);
        let lanes = self.lanes.clone();
        let limits = &lanes[usize::from(ticket.key.flow)].limits;
        self.count(ticket, |arm| {
            arm.unanswered = arm.unanswered.saturating_sub(1);
            for (count, limit) in arm.slow.iter_mut().zip(limits) {
                *count += u64::from(took > *limit);
            }
        });
    }

    /// Attempts without an error that could still meet one, of flows that were measured when it began.
    #[must_use]
    pub fn at_risk(&self, flow: usize, lane: usize, side: Side) -> u64 {
        if !self.judged[flow] {
            return 0;
        }
        let arm = &self.arms[flow][lane][side.index()];
        arm.seen().saturating_sub(arm.erred)
    }

    /// Whether a flow was measured when it began.
    #[must_use]
    pub fn is_judged(&self, flow: usize) -> bool {
        self.judged[flow]
    }

    /// What happened until now to the attempts begun in it, and to those of earlier strata since it was last told.
    #[must_use]
    pub fn prompt(&self, gateway: &GatewayId, incarnation: u64, roads: &Roads, risk: &RiskSets) -> Stratum {
        let mut report = self.report(gateway, incarnation, StratumPart::Prompt, roads);
        let meters = self.meters(StratumPart::Prompt, roads);
        for (counts, (meter, flow)) in report.counts.iter_mut().zip(meters) {
            match meter.kind {
                MeterKind::Errored => counts.later = risk.rows(flow, self.lanes[flow].read_by(meter)),
                MeterKind::Completed | MeterKind::Began | MeterKind::Slow { .. } | MeterKind::Failed => {}
            }
        }
        report
    }

    /// Whether a part may leave: a cohort when its window is over, times when all entry requests were answered or cannot be any more.
    #[must_use]
    pub fn is_due(&self, part: StratumPart, now_ms: u64, setup: &Setup) -> bool {
        let Some(ended) = self.ended_ms else { return false };
        let is_owed = self.owes.contains(&part);
        is_owed
            && match part {
                StratumPart::Prompt => true,
                StratumPart::Timed => self.unanswered == 0 || now_ms >= ended + 2 * setup.upstream_timeout.0,
                StratumPart::Cohort => now_ms >= ended + self.window_ms,
            }
    }

    /// What its attempts are counted in.
    #[must_use]
    pub fn lanes(&self) -> &Arc<Vec<Lanes>> {
        &self.lanes
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

    /// The report of a part. Entry requests that never came back count as slow.
    #[must_use]
    pub fn report(&self, gateway: &GatewayId, incarnation: u64, part: StratumPart, roads: &Roads) -> Stratum {
        let counts = self.meters(part, roads).map(|(meter, flow)| {
            let arm = |side: Side| {
                let lane = self.lanes[flow].read_by(meter);
                let arm = &self.arms[flow][lane][side.index()];
                self.counted(meter.kind, flow, arm)
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
            promised: Vec::new(),
        }
    }

    fn counted(&self, kind: MeterKind, flow: usize, arm: &Arm) -> ArmCounts {
        let of_begun = |hits| ArmCounts { n: arm.begun, hits };
        match kind {
            MeterKind::Completed => of_begun(arm.completed),
            MeterKind::Began => of_begun(arm.begun),
            MeterKind::Errored => ArmCounts {
                n: arm.seen(),
                hits: arm.erred,
            },
            MeterKind::Slow { limit } => {
                let at = self.lanes[flow].limits.iter().position(|l| *l == limit);
                let slow = at.map_or(0, |at| arm.slow[at]);
                of_begun((slow + arm.unanswered).min(arm.begun))
            }
            MeterKind::Failed => of_begun(0),
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
            let flow = belongs.then(|| roads.path_of(&meter.flow))??;
            self.judged[flow].then_some((meter, flow))
        })
    }
}
