//! Carrying actions out in the shop, each worked out against the world that it meets.

use tidegate_engine::Request;
use tidegate_engine::deadline;
use tidegate_model::seam::{
    Actor, ArmCounts, BrakeLook, ExposureVersion, PromiseMeter, PromisedCounts, Stratum, StratumPart,
};
use tidegate_model::{Estate, Millis, Severity, Timestamp};

use super::action::{Action, Answer, Coming, Deed, Edit, How, Place, Post, Which, Who};
use super::edits::{edited, sourced};
use super::{ask, ends};
use crate::shop::name;
use crate::world::{Health, World, gateway};

/// Looks at the clock in one wait; what is due later is found at its end.
const TICKS_MAX: u32 = 12;

/// A world and the reports that have not arrived yet.
pub(super) struct Play {
    pub(super) world: World,
    kept: Vec<Stratum>,
    /// How often a key was used again, and so answered without a decision.
    pub(super) repeats: u64,
}

impl Play {
    pub(super) fn begin() -> Self {
        Self {
            world: World::start(Estate::assemble(sourced()).unwrap()),
            kept: Vec::new(),
            repeats: 0,
        }
    }

    pub(super) fn perform(&mut self, action: &Action) {
        match action {
            Action::Advance(place) => self.advance(*place),
            Action::Dare(place, wavers) => self.dare(*place, *wavers),
            Action::Mitigate(at, action) => {
                if ask::is_open(&self.world, *at) {
                    self.person_asks(Who::Right, None, &Deed::Acknowledge(*at));
                } else {
                    self.person_asks(Who::Right, None, &Deed::Open(Place::Checkout, Severity::Sev3));
                }
                self.person_asks(Who::Right, None, &Deed::Act(*at, action));
                // Whoever begins a runbook does it; of what begins none, no step is done.
                for step in 1..=2 {
                    self.person_asks(Who::Right, None, &Deed::Finish(*at, step));
                }
            }
            Action::ClockBack(seconds) => {
                let back = i64::try_from(Millis::seconds(*seconds).0).unwrap();
                self.world.now = Timestamp(self.world.now.0 - back);
            }
            Action::Waver => self.waver(),
            Action::Wait(seconds) => self.wait(Millis::seconds(*seconds)),
            Action::Sleep(seconds) => {
                self.world.now = self.world.now.after(Millis::seconds(*seconds));
                self.ask(Actor::Controller, Request::Tick);
            }
            Action::Count(place, health, times, post) => self.count(*place, *health, *times, *post),
            Action::Stream(place, health, seconds) => {
                for _ in 0..*seconds {
                    self.wait(Millis::seconds(1));
                    self.count(*place, *health, 1, Post::Prompt);
                }
            }
            Action::Deliver => {
                for stratum in std::mem::take(&mut self.kept) {
                    self.ask(gateway(), Request::Evidence(stratum));
                }
            }
            Action::End(which, how) => self.end(*which, *how),
            Action::Observe(sight) => {
                let request = ask::observation(&self.world, Place::Pricing, *sight);
                self.ask(Actor::Controller, request);
            }
            Action::Tell(of, answer) => self.tell(of, *answer),
            Action::Promised(bad, all, is_foreign) => self.promised(*bad, *all, *is_foreign),
            Action::Vow(vow, answer) => {
                if let Some(request) = ask::vow(&self.world, *vow, *answer) {
                    self.ask(Actor::Controller, request);
                }
            }
            Action::Look(place, attempts, new, old) => {
                let arm = |failed: u64| ArmCounts {
                    n: *attempts,
                    hits: attempts * failed / 100,
                };
                let look = BrakeLook {
                    stage: name(place.name()),
                    version: self.world.version(),
                    over: Millis::seconds(5),
                    old: arm(*old),
                    new: arm(*new),
                };
                self.ask(gateway(), Request::Look(look));
            }
            Action::Gateway(coming) => self.gateway_does(*coming),
            Action::Restart => self.ask(Actor::Controller, Request::StartController),
            Action::Adopt(who, edit, other) => {
                let edits: Vec<Edit> = std::iter::once(*edit).chain(*other).collect();
                self.adopt(*who, &edits);
            }
            Action::Learn(place) => {
                self.person_asks(Who::Right, None, &Deed::Feedback(*place));
                self.wait(Millis::seconds(1));
                self.adopt(Who::Right, &[Edit::Added]);
                self.person_asks(Who::Right, None, &Deed::AnswerAdded(*place));
            }
            Action::Ask(who, key, deed) => self.person_asks(*who, *key, deed),
        }
    }

    fn adopt(&mut self, who: Who, edits: &[Edit]) {
        let actor = ask::actor(&self.world, who, &Deed::Hold(Place::Checkout));
        let candidate = edited(edits, self.world.now);
        self.ask(actor, Request::Adopt { candidate });
    }

    /// What checkout and catalogue promise of the same flow is counted alike.
    pub(super) fn promised(&mut self, bad: u64, total: u64, is_foreign: bool) {
        let counts = |domain: &str, objective: &str| PromisedCounts {
            of: PromiseMeter {
                domain: name(domain),
                objective: name(objective),
                flow: name(if is_foreign { "foreign" } else { "buy" }),
                within: None,
            },
            total,
            bad,
        };
        let mut stratum = self
            .world
            .stratum("nowhere", Health::Empty, StratumPart::Prompt, self.world.version());
        stratum.counts.clear();
        stratum.promised = vec![counts("checkout", "orders"), counts("catalogue", "sales")];
        self.world.skip_strata(1);
        self.ask(gateway(), Request::Evidence(stratum));
    }

    pub(super) fn tell(&mut self, of: &str, answer: Answer) {
        let request = ask::answer(&self.world, of, answer);
        self.ask(Actor::Controller, request);
    }

    pub(super) fn ask(&mut self, actor: Actor, request: Request) {
        // What the answer should have been is the watch's business.
        drop(self.world.ask(actor, request));
    }

    pub(super) fn person_asks(&mut self, who: Who, key: Option<u8>, deed: &Deed) {
        let actor = ask::actor(&self.world, who, deed);
        let request = ask::request(&self.world, deed);
        let key = key.map(|key| format!("key-{key}"));
        let is_repeat = key.as_ref().is_some_and(|key| ask::is_answered(&self.world, key));
        self.repeats += u64::from(is_repeat);
        drop(self.world.ask_as(actor, key.as_deref(), request));
    }

    /// The clock is obeyed whenever something is due.
    pub(super) fn wait(&mut self, span: Millis) {
        let until = self.world.now.after(span);
        for _ in 0..TICKS_MAX {
            let Some(due) = deadline(&self.world.state).filter(|due| *due <= until) else {
                break;
            };
            self.world.now = self.world.now.max(due);
            self.ask(Actor::Controller, Request::Tick);
            if !self.world.violations.is_empty() {
                return;
            }
        }
        self.world.now = until;
    }

    pub(super) fn count(&mut self, place: Place, health: Health, times: u64, post: Post) {
        let mut version = self.world.version();
        match post {
            Post::Outdated => version.seq = version.seq.saturating_sub(9),
            Post::Premature => version.seq += 9,
            Post::Disordered => self.world.skip_strata(3),
            Post::Prompt | Post::Half | Post::Twice | Post::Kept | Post::Reborn | Post::Voided | Post::Skewed => {}
        }
        let mut reports: Vec<Stratum> = [StratumPart::Prompt, StratumPart::Cohort]
            .into_iter()
            .map(|part| self.report(place, health, times, part, version))
            .collect();
        self.world.skip_strata(1);
        for report in &mut reports {
            match post {
                Post::Reborn => report.id.incarnation = self.world.incarnation.saturating_sub(5),
                Post::Voided => report.voided = true,
                Post::Skewed => report.began = report.began.after(Millis::minutes(60)),
                Post::Prompt
                | Post::Half
                | Post::Disordered
                | Post::Twice
                | Post::Kept
                | Post::Outdated
                | Post::Premature => {}
            }
        }
        match post {
            Post::Half => reports.truncate(1),
            Post::Disordered => reports.reverse(),
            Post::Twice => reports.extend(reports.clone()),
            Post::Kept => self.kept.append(&mut reports),
            Post::Prompt | Post::Outdated | Post::Premature | Post::Reborn | Post::Voided | Post::Skewed => {}
        }
        for report in reports {
            self.ask(gateway(), Request::Evidence(report));
        }
    }

    fn report(&self, place: Place, health: Health, times: u64, part: StratumPart, version: ExposureVersion) -> Stratum {
        let mut stratum = self.world.stratum(place.name(), health, part, version);
        stratum.fallbacks *= times;
        for counts in &mut stratum.counts {
            for arm in [&mut counts.old, &mut counts.new] {
                arm.n *= times;
                arm.hits *= times;
            }
        }
        stratum
    }

    pub(super) fn end(&mut self, which: Which, how: How) {
        for receipt in ends::receipts(&self.world.state, which, how) {
            self.ask(Actor::Controller, Request::Receive(receipt));
        }
    }

    fn gateway_does(&mut self, coming: Coming) {
        let mut holds = self.world.version();
        match coming {
            Coming::Lost => return self.ask(gateway(), Request::GatewayLost { gateway: name("shop") }),
            Coming::Distrusted => return self.ask(Actor::Controller, Request::DistrustJournal),
            Coming::Back => {}
            Coming::Restarted => self.world.incarnation += 1,
            Coming::Ahead => holds.seq += 1_000,
        }
        let seen = Request::GatewaySeen {
            gateway: name("shop"),
            incarnation: self.world.incarnation,
            holds,
        };
        self.ask(gateway(), seen);
    }
}
