//! Promise 1: Each domain has exactly one owner in every state.

use super::{Broken, Step};

pub(super) fn check(step: &Step<'_>, broken: &mut Broken) {
    if step.after.estate.is_none() {
        return;
    }
    for (domain, team) in &step.before.owners {
        let now = step.after.owners.get(domain);
        broken.unless(now == Some(team), 1, || {
            format!("{domain} went from {team} to {now:?} without a transfer")
        });
    }
    for (id, domain) in step.next.domains() {
        let known = step.after.owners.get(id);
        broken.unless(known.map(String::as_str) == Some(domain.owner.as_str()), 1, || {
            format!(
                "{id} is owned by {} in the estate and by {known:?} in the state",
                domain.owner
            )
        });
        broken.unless(step.next.teams().contains_key(&domain.owner), 1, || {
            format!("{id} is owned by {}, which is no team", domain.owner)
        });
    }
    for id in step.after.owners.keys() {
        broken.unless(step.next.domains().contains_key(id), 1, || {
            format!("{id} has an owner and is no domain")
        });
    }
}
