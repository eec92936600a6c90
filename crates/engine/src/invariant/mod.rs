//! The eight promises (architecture.md, "Invariants"), checked on every step from what events say, not from the code that
//! keeps them. Tests and rehearsals feed each decision to a [`Watch`]; it never changes anything.

mod authority;
mod facts;
mod finality;
mod growth;
mod harm;
mod lowering;
mod mode;
mod obligation;
mod ownership;
mod promised;
mod replay;

use tidegate_model::{Estate, Timestamp};

use crate::command::{Command, Decision};
use crate::state::State;
use facts::Facts;

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its number, 1 to 8.
    pub invariant: u8,
    /// What happened.
    pub what: String,
}

/// One decision with everything around it.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The estate that was run when it was decided.
    pub estate: &'a Estate,
    /// The estate that is run from here on.
    pub next: &'a Estate,
    /// The state before.
    pub before: &'a State,
    /// What was asked.
    pub command: &'a Command,
    /// Engine time of the decision.
    pub now: Timestamp,
    /// What was decided.
    pub decision: &'a Decision,
    /// The state with it.
    pub after: &'a State,
}

/// Follows a journal from its beginning and checks each step.
#[derive(Debug, Default)]
pub struct Watch {
    facts: Facts,
}

impl Watch {
    /// Checks one step; empty when every promise was kept.
    #[must_use]
    pub fn check(&mut self, step: &Step<'_>) -> Vec<Violation> {
        let mut broken = Broken::default();
        ownership::check(step, &mut broken);
        authority::check(step, &self.facts, &mut broken);
        lowering::check(step, &self.facts, &mut broken);
        harm::check(step, &mut broken);
        for (place, event) in step.decision.events.iter().enumerate() {
            growth::check(step, place, event, &self.facts, &mut broken);
            finality::check(step, event, &self.facts, &mut broken);
            harm::check_raise(event, &self.facts, &mut broken);
            self.facts.note(step.before.seq + 1 + place as u64, event);
        }
        obligation::check(step, &mut broken);
        mode::check(step, &mut broken);
        replay::check(step, &mut broken);
        broken.0
    }
}

/// What was found.
#[derive(Debug, Default)]
struct Broken(Vec<Violation>);

impl Broken {
    fn note(&mut self, invariant: u8, what: String) {
        self.0.push(Violation { invariant, what });
    }

    fn unless(&mut self, holds: bool, invariant: u8, what: impl FnOnce() -> String) {
        if !holds {
            self.note(invariant, what());
        }
    }
}
