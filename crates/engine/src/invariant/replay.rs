//! Promise 7: Replaying what was journalled gives the same state, byte for byte.

use super::{Broken, Step};
use crate::apply;
use crate::event::Event;

pub(super) fn check(step: &Step<'_>, broken: &mut Broken) {
    let events = &step.decision.events;
    let expected = step.before.seq + events.len() as u64;
    broken.unless(step.after.seq == expected, 7, || {
        format!("sequence {} where {expected} was expected", step.after.seq)
    });
    if events.is_empty() {
        broken.unless(step.before == step.after, 7, || {
            "the state changed without an event".into()
        });
        return;
    }
    let mut replayed = step.before.clone();
    for event in events {
        let read = event.encode().and_then(|bytes| Event::decode(&bytes));
        match read {
            Ok(read) => {
                broken.unless(&read == event, 7, || {
                    format!("{} is not what was written", event.body.kind())
                });
                apply(&mut replayed, &read);
            }
            Err(error) => broken.note(7, format!("{} cannot be read back: {error}", event.body.kind())),
        }
        broken.unless(event.at >= step.before.at, 7, || {
            format!("time ran back to {}", event.at)
        });
    }
    broken.unless(&replayed == step.after, 7, || {
        "the replayed state is another one".into()
    });
}
