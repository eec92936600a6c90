//! What a stage waits for, as good people and a new side in good health do it, or as bold ones do.

use tidegate_engine::state::Phase;
use tidegate_engine::{Side, State};
use tidegate_model::objective::Promise;
use tidegate_model::seam::Actor;
use tidegate_model::{Millis, StageId, Timestamp};

use super::action::{Answer, Deed, How, Place, Post, Sight, Which, Who};
use super::ask;
use super::play::Play;
use crate::shop::name;
use crate::world::Health;

impl Play {
    fn phase(&self, place: Place) -> Option<Phase> {
        let id: StageId = name(place.name());
        self.world.state.stages.get(&id).map(|stage| stage.phase)
    }

    /// Does what a stage waits for, as good people and a new side in good health would.
    pub(super) fn advance(&mut self, place: Place) {
        match self.phase(place) {
            None | Some(Phase::Finalised) => self.end(Which::All, How::Well),
            Some(Phase::Pending) => self.advance(Place::Catalogue),
            Some(Phase::Ready) => {
                self.enter(place);
                self.clear(place);
                self.all_right(place, &Deed::Approve(place));
                self.end(Which::Exposure, How::Well);
            }
            Some(Phase::Exposing | Phase::RollingBack) => self.end(Which::Exposure, How::Well),
            Some(Phase::Soaking) => {
                self.look_early(place, |state, id| state.stages.get(id)?.soak_until);
                self.prove(place);
            }
            Some(Phase::Gating) => {
                self.wait(Millis::seconds(2));
                self.prove(place);
                self.clear(place);
                self.all_right(place, &Deed::Approve(place));
                self.end(Which::Exposure, How::Well);
            }
            Some(Phase::Watching) => {
                self.look_early(place, |state, id| state.stages.get(id)?.watch_until);
                self.prove(place);
                self.clear(place);
                self.all_right(place, &Deed::Finalise(place));
            }
            Some(Phase::RolledBack) => {
                self.all_right(place, &Deed::Change(place, Side::New));
                self.clear(place);
            }
        }
    }

    /// Comes to a gate with too little to tell, and accepts that: at once, or the rung above only after a silence.
    pub(super) fn dare(&mut self, place: Place, wavers: bool) {
        if self.phase(place) == Some(Phase::Soaking) {
            self.wait_for(place, |state, id| state.stages.get(id)?.soak_until);
        }
        if place == Place::Pricing {
            let request = ask::observation(&self.world, place, Sight::Clean);
            self.ask(Actor::Controller, request);
            for _ in 0..2 {
                self.tell("load", Answer::Within);
                self.tell("refusals", Answer::Few);
                self.wait(Millis::seconds(1));
            }
            self.tell("rows", Answer::Clean);
            self.tell("pages", Answer::Sound);
        } else {
            self.count(place, Health::Unsure, 1, Post::Prompt);
        }
        self.person_asks(Who::Right, None, &Deed::AcceptRisk(place));
        if wavers && place != Place::Pricing {
            self.wait(Millis::seconds(60));
            self.count(place, Health::Unsure, 2, Post::Prompt);
        }
        self.person_asks(Who::Right, None, &Deed::AcceptRisk(place));
    }

    /// Of two approvals one falls while somebody holds.
    pub(super) fn waver(&mut self) {
        let place = Place::Pricing;
        self.prove(place);
        self.person_asks(Who::Person("pat"), None, &Deed::Approve(place));
        self.person_asks(Who::Person("gil"), None, &Deed::Hold(place));
        for sight in [Sight::Silent, Sight::Clean] {
            let request = ask::observation(&self.world, place, sight);
            self.ask(Actor::Controller, request);
        }
        self.person_asks(Who::Person("gus"), None, &Deed::Approve(place));
        self.person_asks(Who::Person("gil"), None, &Deed::Resume(place));
    }

    fn wait_for(&mut self, place: Place, until: impl Fn(&State, &StageId) -> Option<Timestamp>) {
        if let Some(until) = until(&self.world.state, &name(place.name())) {
            self.wait(until.since(self.world.now));
        }
    }

    /// Waits until its gate asks. What was seen a moment before proves nothing there.
    fn look_early(&mut self, place: Place, until: impl Fn(&State, &StageId) -> Option<Timestamp>) {
        self.wait_for(place, |state, id| Some(Timestamp(until(state, id)?.0 - 2_000)));
        if place == Place::Pricing {
            self.tell("pages", Answer::Sound);
            self.tell("rows", Answer::Clean);
        }
        self.wait_for(place, until);
    }

    /// The evidence that its gate wants.
    fn prove(&mut self, place: Place) {
        if place == Place::Pricing {
            // The first counts after a step began are of before it, too.
            for _ in 0..2 {
                self.wait(Millis::seconds(1));
                self.tell("load", Answer::Within);
                self.tell("refusals", Answer::Equal);
            }
            let request = ask::observation(&self.world, place, Sight::Clean);
            self.ask(Actor::Controller, request);
            let deed = Deed::Attest {
                holds: true,
                is_manual: true,
            };
            self.person_asks(Who::Right, None, &deed);
            if self.phase(place) == Some(Phase::Watching) {
                // Whoever is hasty asks before the pages were looked at again.
                self.all_right(place, &Deed::Finalise(place));
            }
            self.tell("rows", Answer::Clean);
            self.tell("pages", Answer::Sound);
        } else {
            self.count(place, Health::Well, 8, Post::Prompt);
        }
    }

    /// What checkout asks for at its door.
    fn enter(&mut self, place: Place) {
        if place == Place::Checkout {
            let promise = Promise::Objective(name("checkout"), name("orders"));
            if let Some(kept) = self.world.state.promises.of(&promise) {
                let hour = kept.since.after(Millis::minutes(60));
                self.wait(hour.since(self.world.now));
            }
            self.person_asks(Who::Right, None, &Deed::Drill(true));
            let linked = Who::Linked("ana");
            self.person_asks(linked, None, &Deed::Hold(place));
            self.person_asks(linked, None, &Deed::Resume(place));
            self.promised(0, 2_000, false);
        }
    }

    /// Lifts holds, closes what freezes the stage, and answers what it has to.
    fn clear(&mut self, place: Place) {
        let open: Vec<usize> = (0..self.world.state.open_incidents().count()).rev().collect();
        for incident in open {
            if ask::freezes(&self.world, place, incident) {
                self.person_asks(Who::Right, None, &Deed::Resolve(incident, true));
            }
        }
        // Whoever may answer may not be there: an edit has changed the approvers.
        for _ in 0..8 {
            if ask::owed(&self.world, place).is_some() {
                self.person_asks(Who::Right, None, &Deed::Answer(place));
            }
        }
        let id: StageId = name(place.name());
        let is_held = self
            .world
            .state
            .stages
            .get(&id)
            .is_some_and(|stage| !stage.holds.is_empty());
        if is_held {
            self.person_asks(Who::Right, None, &Deed::Resume(place));
        }
    }

    fn all_right(&mut self, place: Place, deed: &Deed) {
        for person in place.people() {
            self.person_asks(Who::Person(person), None, deed);
        }
    }
}
