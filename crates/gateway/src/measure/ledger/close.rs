//! Strata close, and what has ripened of them leaves.

use tidegate_model::seam::{Stratum, StratumPart};

use super::super::stratum::{Filling, Opening};
use super::{Departed, Ledger, Moment, Setup};

impl Ledger {
    /// Lets time pass: closes the stratum when it is due and hands out what has ripened.
    pub fn tick(&mut self, now: Moment) -> Departed {
        let is_ripe = |filling: &Filling| filling.is_due(StratumPart::Cohort, now.ms, &self.setup);
        if self.swept_ms < now.ms && self.waiting.values().any(is_ripe) {
            self.sweep(now);
        }
        if now.ms >= self.current.began_ms + self.setup.stratum.0 {
            self.close(now);
        }
        let due: Vec<u64> = self.waiting.keys().copied().collect();
        for index in due {
            self.ripen(index, now);
        }
        std::mem::take(&mut self.departed)
    }

    pub(super) fn close(&mut self, now: Moment) {
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
        let Setup {
            gateway, incarnation, ..
        } = &self.setup;
        let promised = self.promised.take(now.ms);
        if closed.owes.contains(&StratumPart::Prompt) || !promised.is_empty() {
            let prompt = closed.prompt(gateway, *incarnation, &self.roads, &self.risk);
            self.departed.finished.push(Stratum { promised, ..prompt });
        }
        closed.owes.retain(|part| *part != StratumPart::Prompt);
        for part in &closed.owes {
            let owed = closed.report(gateway, *incarnation, *part, &self.roads);
            self.departed.owed.push(owed.given_up());
        }
        if closed.owes.contains(&StratumPart::Cohort) {
            self.risk.join(&closed, closed.lanes());
            closed.is_at_risk = true;
        }
        self.risk.told(|flow| closed.is_judged(flow));
        if !closed.owes.is_empty() {
            self.waiting.insert(closed.index, closed);
        }
    }

    fn ripen(&mut self, index: u64, now: Moment) {
        let filling = self.waiting.get_mut(&index).expect("listed a moment ago");
        let due: Vec<StratumPart> = filling
            .owes
            .iter()
            .copied()
            .filter(|part| filling.is_due(*part, now.ms, &self.setup))
            .collect();
        for part in &due {
            let report = filling.report(&self.setup.gateway, self.setup.incarnation, *part, &self.roads);
            self.departed.finished.push(report);
        }
        filling.owes.retain(|part| !due.contains(part));
        if filling.owes.is_empty() {
            if filling.is_at_risk {
                self.risk.leave(filling);
            }
            self.waiting.remove(&index);
        }
    }
}
