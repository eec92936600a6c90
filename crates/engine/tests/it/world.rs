//! A world around the engine: a clock, one gateway, hands that always succeed unless told otherwise, and the watch over the
//! eight promises after every single step.

use std::sync::Arc;

use tidegate_engine::invariant::{Step, Violation, Watch};
use tidegate_engine::{Accepted, Body, Command, CommandKey, Event, Refusal, Request, State, apply, deadline, decide};
use tidegate_model::seam::{
    Actor, ArmCounts, Door, Effect, ExposureVersion, MeterCounts, Outcome, Receipt, Stratum, StratumId, StratumPart,
};
use tidegate_model::{BasisPoints, Estate, Millis, Parts, StageId, Timestamp};

use crate::shop::{self, name};

/// Monday, 2 March 2026, nine o'clock in UTC.
pub(crate) const BEGIN: Timestamp = Timestamp(1_772_442_000_000);

/// How the new side does in a stratum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// As the old one.
    Well,
    /// Completes far less.
    Worse,
    /// Completes a little less, and has so few visitors that no test tells yet.
    Unsure,
    /// Meets errors.
    Failing,
    /// Is slow.
    Slow,
    /// Gets far too few visitors.
    Missplit,
    /// Reports exactly what the old one does.
    Same,
    /// Is served by the old one.
    FallenBack,
    /// Reports more hits than attempts.
    Impossible,
    /// Sees nobody.
    Empty,
}

/// The world.
pub(crate) struct World {
    pub(crate) estate: Arc<Estate>,
    pub(crate) state: State,
    pub(crate) now: Timestamp,
    pub(crate) journal: Vec<Event>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) incarnation: u64,
    watch: Watch,
    stratum: u64,
}

impl World {
    /// Nothing has happened yet.
    pub(crate) fn before_start(estate: Estate) -> Self {
        Self {
            estate: Arc::new(estate),
            state: State::default(),
            now: BEGIN,
            journal: Vec::new(),
            violations: Vec::new(),
            incarnation: 1,
            watch: Watch::default(),
            stratum: 0,
        }
    }

    /// A started controller with its gateway.
    pub(crate) fn start(estate: Estate) -> Self {
        let mut world = Self::before_start(estate);
        world.must(Actor::Controller, Request::StartController);
        world.gateway_seen(ExposureVersion::default());
        world
    }

    pub(crate) fn shop() -> Self {
        Self::start(shop::estate())
    }

    /// A shop in which nobody is in a hurry to approve, so that nobody is paged about it.
    pub(crate) fn calm() -> Self {
        Self::shop_with(|parts| {
            for stage in &mut parts.plans[0].stages {
                stage.gate.approval_within = Millis::minutes(600);
            }
        })
    }

    /// A shop in which something is otherwise.
    pub(crate) fn shop_with(change: impl FnOnce(&mut Parts)) -> Self {
        Self::start(shop::estate_with(change))
    }

    /// Asks without a key.
    pub(crate) fn ask(&mut self, actor: Actor, request: Request) -> Result<Accepted, Refusal> {
        self.ask_as(actor, None, request)
    }

    pub(crate) fn ask_as(&mut self, actor: Actor, key: Option<&str>, request: Request) -> Result<Accepted, Refusal> {
        let command = Command {
            actor,
            key: key.map(|key| CommandKey(key.to_owned())),
            request,
        };
        let before = self.state.clone();
        let decision = decide(&self.estate, &before, &command, self.now);
        for event in &decision.events {
            apply(&mut self.state, event);
        }
        let is_adopted = decision
            .events
            .iter()
            .any(|event| matches!(event.body, Body::EstateAdopted { .. }));
        let next = match &command.request {
            Request::Adopt { candidate } if is_adopted => candidate.clone(),
            _ => self.estate.clone(),
        };
        let step = Step {
            estate: &self.estate,
            next: &next,
            before: &before,
            command: &command,
            now: self.now.max(before.at),
            decision: &decision,
            after: &self.state,
        };
        self.violations.extend(self.watch.check(&step));
        self.estate = next;
        self.journal.extend(decision.events);
        decision.answer
    }

    /// Asks what nobody may refuse.
    #[track_caller]
    pub(crate) fn must(&mut self, actor: Actor, request: Request) {
        let answer = self.ask(actor, request);
        assert!(answer.is_ok(), "{answer:?}");
    }

    /// Every promise was kept so far.
    #[track_caller]
    pub(crate) fn expect_kept(&self, after: &str) {
        assert_eq!(self.violations, Vec::new(), "after `{after}`");
    }

    /// Time passes; the clock is obeyed whenever something is due.
    pub(crate) fn wait(&mut self, span: Millis) {
        let until = self.now.after(span);
        while let Some(due) = deadline(&self.state).filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.must(Actor::Controller, Request::Tick);
            let next = deadline(&self.state);
            assert!(next.is_none_or(|next| next > self.now), "the clock spins at {next:?}");
        }
        self.now = until;
    }

    /// Every effect ends well.
    pub(crate) fn confirm(&mut self) {
        self.end_effects(|_| true, &|effect| match effect {
            Effect::SetExposure(_) => Outcome::InForce {
                acknowledged: vec![name("shop")],
                lapsed: Vec::new(),
            },
            Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_) => Outcome::Accepted {
                detail: "250 taken".to_owned(),
            },
        });
    }

    /// Every page that is under way fails for good.
    pub(crate) fn fail_pages(&mut self) {
        self.end_effects(|effect| matches!(effect, Effect::Page(_)), &|_| {
            Outcome::FailedForGood {
                reason: "550 no such person".to_owned(),
            }
        });
    }

    /// Every page that is under way has no way to leave.
    pub(crate) fn keep_pages(&mut self) {
        self.end_effects(|effect| matches!(effect, Effect::Page(_)), &|_| Outcome::NoChannel {
            reason: "no mail server is configured".to_owned(),
        });
    }

    /// Ends the effects that are in the outbox now; what that sends anew stays there.
    pub(crate) fn end_effects(&mut self, which: impl Fn(&Effect) -> bool, how: &dyn Fn(&Effect) -> Outcome) {
        let waiting: Vec<_> = self
            .state
            .outbox()
            .iter()
            .filter(|(_, waiting)| which(&waiting.effect))
            .map(|(key, waiting)| Receipt {
                key: key.clone(),
                outcome: how(&waiting.effect),
            })
            .collect();
        for receipt in waiting {
            self.must(Actor::Controller, Request::Receive(receipt));
        }
    }

    pub(crate) fn gateway_seen(&mut self, holds: ExposureVersion) {
        let request = Request::GatewaySeen {
            gateway: name("shop"),
            incarnation: self.incarnation,
            holds,
        };
        self.must(gateway(), request);
    }

    /// The version that a gateway that keeps up holds now.
    pub(crate) fn version(&self) -> ExposureVersion {
        self.state
            .asserted
            .last_key_value()
            .map_or_else(ExposureVersion::default, |(epoch, seq)| ExposureVersion {
                epoch: *epoch,
                seq: *seq,
            })
    }

    /// One stratum of a stage, both halves, as the gateway would report it now.
    pub(crate) fn counts(&mut self, stage: &str, health: Health) {
        for part in [StratumPart::Prompt, StratumPart::Cohort] {
            let stratum = self.stratum(stage, health, part, self.version());
            self.must(gateway(), Request::Evidence(stratum));
        }
        self.stratum += 1;
    }

    pub(crate) fn stratum(&self, stage: &str, health: Health, part: StratumPart, version: ExposureVersion) -> Stratum {
        let id: StageId = name(stage);
        let share = self
            .state
            .stages
            .get(&id)
            .map_or(BasisPoints::ZERO, |stage| stage.exposure);
        let visitors = match health {
            Health::Missplit => 200,
            Health::Empty => 0,
            Health::Unsure => 20,
            Health::Well
            | Health::Worse
            | Health::Failing
            | Health::Slow
            | Health::Same
            | Health::FallenBack
            | Health::Impossible => 2_000,
        };
        let new_n = visitors * u64::from(share.get()) / 10_000;
        let old_n = match health {
            Health::Same => new_n,
            Health::Unsure => 20 * u64::from(10_000 - share.get()) / 10_000,
            Health::Well
            | Health::Worse
            | Health::Failing
            | Health::Slow
            | Health::Missplit
            | Health::FallenBack
            | Health::Impossible
            | Health::Empty => 2_000 * u64::from(10_000 - share.get()) / 10_000,
        };
        let criteria: &[&str] = match (stage, part) {
            ("checkout", StratumPart::Prompt) => &["split", "errors", "speed"],
            ("checkout", StratumPart::Cohort) => &["orders"],
            ("catalogue", StratumPart::Prompt) => &["split"],
            ("catalogue", StratumPart::Cohort) => &["pages"],
            _ => &[],
        };
        let counts = criteria.iter().map(|criterion| {
            let old = ArmCounts {
                n: old_n,
                hits: old_n * permille(criterion, Health::Well) / 1_000,
            };
            let new = ArmCounts {
                n: new_n,
                hits: match health {
                    Health::Impossible => new_n + 1,
                    // Of ten one does not complete, and every third second one more.
                    Health::Unsure if !matches!(*criterion, "errors" | "speed" | "split") => {
                        new_n.saturating_sub(u64::from(new_n >= 10) + u64::from(self.stratum % 3 == 2))
                    }
                    _ => new_n * permille(criterion, health) / 1_000,
                },
            };
            MeterCounts::whole(id.clone(), name(criterion), old, new)
        });
        Stratum {
            id: StratumId {
                gateway: name("shop"),
                incarnation: self.incarnation,
                index: self.stratum,
                part,
            },
            began: self.now,
            lasted: Millis::seconds(1),
            version,
            untracked: 0,
            fallbacks: if health == Health::FallenBack { new_n } else { 0 },
            voided: false,
            counts: counts.collect(),
            promised: Vec::new(),
        }
    }

    /// The next strata get other indices, as after a gap.
    pub(crate) fn skip_strata(&mut self, by: u64) {
        self.stratum += by;
    }

    /// Counts of several seconds, the clock going on with each.
    pub(crate) fn count_for(&mut self, stage: &str, health: Health, strata: u32) {
        for _ in 0..strata {
            self.wait(Millis::seconds(1));
            self.counts(stage, health);
        }
    }

    pub(crate) fn phase(&self, stage: &str) -> &'static str {
        let id: StageId = name(stage);
        self.state.stages[&id].phase.words()
    }
}

/// Hits in a thousand attempts.
fn permille(criterion: &str, health: Health) -> u64 {
    match (criterion, health) {
        ("orders" | "pages", Health::Worse) => 600,
        ("orders" | "pages", _) => 920,
        ("errors", Health::Failing) => 100,
        ("errors", _) => 2,
        ("speed", Health::Slow) => 300,
        ("speed", _) => 10,
        _ => 1_000,
    }
}

/// A person with a token.
pub(crate) fn by(id: &str) -> Actor {
    Actor::Person {
        id: name(id),
        door: Door::Token,
    }
}

/// The one gateway.
pub(crate) fn gateway() -> Actor {
    Actor::Gateway { id: name("shop") }
}
