//! Who answers for what, who is reached, and what they may do.

use tidegate_model::domain::{Domain, Grant};
use tidegate_model::ladder::Rung;
use tidegate_model::objective::{Objective, Target};
use tidegate_model::people::Team;
use tidegate_model::{DomainId, Estate};

use super::{Effect, Found, Subject, each, list, names};

const PLACE: Subject = Subject::Owners;
const OPEN: (Effect, Effect) = (Effect::Open, Effect::Open);

pub(super) fn compare(old: &Estate, new: &Estate, found: &mut Found) {
    each(
        found,
        (PLACE, "domain"),
        (old.domains(), new.domains()),
        (Effect::Weaker, Effect::Open),
        domain,
    );
    for id in new.domains().keys().filter(|id| old.domains().contains_key(*id)) {
        rungs(old, new, id, found);
    }
    each(found, (PLACE, "team"), (old.teams(), new.teams()), OPEN, team);
    each(
        found,
        (PLACE, "person"),
        (old.people(), new.people()),
        OPEN,
        |_, _, _, _| {},
    );
    each(
        found,
        (PLACE, "agreement"),
        (old.agreements(), new.agreements()),
        OPEN,
        |_, _, _, _| {},
    );
    each(
        found,
        (PLACE, "transfer"),
        (old.transfers(), new.transfers()),
        OPEN,
        |_, _, _, _| {},
    );
}

fn domain(found: &mut Found, of: &str, old: &Domain, new: &Domain) {
    let place = (PLACE, of);
    found.either(place, "owner", &old.owner, &new.owner);
    found.either(place, "ladder", &old.ladder, &new.ladder);
    let contact = |domain: &Domain| {
        domain
            .escalation_contact
            .as_ref()
            .map_or("nobody".to_owned(), ToString::to_string)
    };
    found.either(place, "escalation contact", &contact(old), &contact(new));
    let runbook = |domain: &Domain| domain.runbook.as_ref().map_or("none".to_owned(), ToString::to_string);
    found.either(place, "runbook", &runbook(old), &runbook(new));
    let safer_with = (Effect::Weaker, Effect::Stronger);
    let said = |domain: &Domain| names(&domain.responsibilities);
    found.members(
        place,
        "responsibility",
        (&said(old), &said(new)),
        (Effect::Open, Effect::Open),
    );
    let promised = |domain: &Domain| names(domain.objectives.iter().map(|one| &one.id));
    found.members(
        place,
        "objective",
        (&promised(old), &promised(new)),
        (Effect::Weaker, Effect::Stronger),
    );
    for one in &new.objectives {
        if let Some(was) = old.objectives.iter().find(|was| was.id == one.id) {
            objective(found, of, was, one);
        }
    }
    let actions = |domain: &Domain| names(domain.authority.iter().map(|grant| &grant.action));
    found.members(place, "action", (&actions(old), &actions(new)), safer_with);
    for grant in &new.authority {
        if let Some(was) = old.authority.iter().find(|was| was.action == grant.action) {
            granted(found, of, was, grant);
        }
    }
}

/// A promise that allows more is weaker; one that is measured elsewhere is for a reader to judge.
fn objective(found: &mut Found, of: &str, old: &Objective, new: &Objective) {
    let name = format!("objective `{}`", new.id);
    let place = (PLACE, of);
    match (old.target, new.target) {
        (
            Target::Within {
                quantile: a,
                limit: was,
            },
            Target::Within { quantile: b, limit: is },
        ) => {
            found.less_is_safer(place, &format!("{name} within"), &was, &is);
            found.more_is_safer(place, &format!("{name} for the share"), &a, &b);
        }
        (Target::AtLeast(was), Target::AtLeast(is)) => {
            found.more_is_safer(place, &format!("{name} at least"), &was, &is);
        }
        (Target::PerHour(was), Target::PerHour(is)) => {
            found.more_is_safer(place, &format!("{name} an hour, at least"), &was, &is);
        }
        (was, is) => found.either(place, &name, &was.to_string(), &is.to_string()),
    }
    if old.of != new.of {
        found.add(PLACE, of, format!("{name} is measured otherwise"), Effect::Open);
    }
}

fn granted(found: &mut Found, of: &str, old: &Grant, new: &Grant) {
    if old == new {
        return;
    }
    let name = format!("action `{}` expires", new.action);
    found.less_is_safer((PLACE, of), &name, &old.expires, &new.expires);
    if old.effect != new.effect {
        found.add(
            PLACE,
            of,
            format!("action `{}` does something else", new.action),
            Effect::Open,
        );
    }
}

/// Who is reached rung by rung, whichever roster, team or ladder changed it.
fn rungs(old: &Estate, new: &Estate, id: &DomainId, found: &mut Found) {
    let of = format!("domain `{id}`");
    let (was, is) = (old.ladder_of(id), new.ladder_of(id));
    let count = |ladder: Option<&tidegate_model::ladder::Ladder>| ladder.map_or(0, |ladder| ladder.rungs.len());
    found.more_is_safer((PLACE, &of), "rungs", &count(was), &count(is));
    for place in 0..count(was).min(count(is)) {
        let (before, after) = (old.rung_people(id, place), new.rung_people(id, place));
        found.either(
            (PLACE, &of),
            &format!("rung {} reaches", place + 1),
            &list(&before),
            &list(&after),
        );
        if let (Some(was), Some(is)) = (
            was.and_then(|l| l.rungs.get(place)),
            is.and_then(|l| l.rungs.get(place)),
        ) {
            let name = format!("rung {} answers within", place + 1);
            found.less_is_safer((PLACE, &of), &name, &was.answer_within, &is.answer_within);
            let said = |rung: &Rung| rung.purpose().unwrap_or_else(|| "nothing said".to_owned());
            let name = format!("rung {} is", place + 1);
            found.either((PLACE, &of), &name, &said(was), &said(is));
        }
    }
}

fn team(found: &mut Found, of: &str, old: &Team, new: &Team) {
    let members = |team: &Team| names(&team.members);
    found.members(
        (PLACE, of),
        "member",
        (&members(old), &members(new)),
        (Effect::Open, Effect::Open),
    );
    found.either((PLACE, of), "on call", &list(&old.on_call), &list(&new.on_call));
}
