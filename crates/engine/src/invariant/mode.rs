//! Promise 6: Every active mode has an expiry and a way back, and is reverted, renewed or told about - never left.

use super::{Broken, Step};
use crate::command::Request;
use crate::deadline;

pub(super) fn check(step: &Step<'_>, broken: &mut Broken) {
    let next = deadline(step.after);
    for (action, active) in &step.after.actions {
        broken.unless(next.is_some_and(|next| next <= active.until), 6, || {
            format!("{action} ends at {} and the clock is set to {next:?}", active.until)
        });
        if matches!(step.command.request, Request::Tick) && step.decision.answer.is_ok() {
            broken.unless(active.until > step.now, 6, || {
                format!("{action} should have ended at {}", active.until)
            });
        }
        for (switch, _) in &active.switches {
            let is_set = step
                .after
                .switches
                .get(switch)
                .is_some_and(|known| known.action.is_some());
            broken.unless(is_set, 6, || format!("{action} is active and {switch} has its default"));
        }
    }
    for (id, switch) in &step.after.switches {
        let setting = switch.action.as_ref().and_then(|action| step.after.actions.get(action));
        let agrees = match (&switch.action, setting) {
            (None, _) => switch.value == switch.default && switch.until.is_none(),
            (Some(_), Some(active)) => {
                switch.until == Some(active.until)
                    && active
                        .switches
                        .iter()
                        .any(|(set, value)| set == id && value == &switch.value)
            }
            (Some(_), None) => false,
        };
        broken.unless(agrees, 6, || {
            format!("switch {id} is {} without an action that ends", switch.value)
        });
    }
}
