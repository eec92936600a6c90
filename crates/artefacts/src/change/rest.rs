//! Everything else that is declared: flows, edges, failure modes, runbooks, entities, integrations, the catalogue.

use std::collections::BTreeMap;

use tidegate_model::edge::{Edge, OnDecrease, UnitUpstreams};
use tidegate_model::flow::Flow;
use tidegate_model::hazard::{FailureMode, Runbook};
use tidegate_model::{Estate, RouteId};

use super::{Effect, Found, Subject, each, names};

const PLACE: Subject = Subject::Rest;
const OPEN: (Effect, Effect) = (Effect::Open, Effect::Open);
const SAFER_WITH: (Effect, Effect) = (Effect::Weaker, Effect::Stronger);

pub(super) fn compare(old: &Estate, new: &Estate, found: &mut Found) {
    each(found, (PLACE, "flow"), (old.flows(), new.flows()), SAFER_WITH, flow);
    each(found, (PLACE, "edge"), (old.edges(), new.edges()), OPEN, edge);
    each(
        found,
        (PLACE, "failure mode"),
        (old.failure_modes(), new.failure_modes()),
        SAFER_WITH,
        hazard,
    );
    each(
        found,
        (PLACE, "runbook"),
        (old.runbooks(), new.runbooks()),
        SAFER_WITH,
        runbook,
    );
    each(
        found,
        (PLACE, "ladder"),
        (old.ladders(), new.ladders()),
        OPEN,
        |found, of, old, new| {
            found.less_is_safer((PLACE, of), "repeats every", &old.repeat_every, &new.repeat_every);
            found.less_is_safer(
                (PLACE, of),
                "acknowledged for",
                &old.acknowledged_for,
                &new.acknowledged_for,
            );
        },
    );
    each(
        found,
        (PLACE, "entity"),
        (old.entities(), new.entities()),
        OPEN,
        |found, of, old, new| {
            found.either(
                (Subject::Owners, of),
                "differences are resolved by",
                &old.owner,
                &new.owner,
            );
            let critical = (names(&old.critical), names(&new.critical));
            found.members((PLACE, of), "critical field", (&critical.0, &critical.1), SAFER_WITH);
            if old.records != new.records {
                found.add(PLACE, of, "another system is right about it".to_owned(), Effect::Open);
            }
            if old.comparison != new.comparison {
                found.add(PLACE, of, "rows are compared otherwise".to_owned(), Effect::Open);
            }
        },
    );
    each(
        found,
        (PLACE, "integration"),
        (old.integrations(), new.integrations()),
        OPEN,
        |found, of, old, new| {
            found.either(
                (Subject::Owners, of),
                "failures are handled by",
                &old.failures,
                &new.failures,
            );
            let place = (PLACE, of);
            let (was, is) = (&old.retries, &new.retries);
            found.more_is_safer(place, "attempts of a message", &was.attempts_max, &is.attempts_max);
            found.either(place, "wait before the second attempt", &was.wait, &is.wait);
            found.either(place, "idempotency key", &old.idempotency_key, &new.idempotency_key);
            let (was, is) = (&old.dead_letters, &new.dead_letters);
            found.either(place, "dead letters lie in", &was.place, &is.place);
            found.less_is_safer(
                place,
                "dead letters are looked at within",
                &was.looked_at_within,
                &is.looked_at_within,
            );
            if old.effects != new.effects {
                found.add(PLACE, of, "side effects are run otherwise".to_owned(), Effect::Open);
            }
        },
    );
    each(
        found,
        (PLACE, "invariant"),
        (old.invariants(), new.invariants()),
        SAFER_WITH,
        |_, _, _, _| {},
    );
    each(
        found,
        (PLACE, "system"),
        (old.systems(), new.systems()),
        OPEN,
        |found, of, old, new| {
            found.either((Subject::Owners, of), "owner", &old.owner, &new.owner);
        },
    );
    each(
        found,
        (PLACE, "component"),
        (old.components(), new.components()),
        OPEN,
        |found, of, old, new| {
            found.either((Subject::Owners, of), "owner", &old.owner, &new.owner);
        },
    );
}

fn flow(found: &mut Found, of: &str, old: &Flow, new: &Flow) {
    let place = (PLACE, of);
    found.either((Subject::Owners, of), "domain", &old.domain, &new.domain);
    found.either(place, "begins at", &old.entry, &new.entry);
    found.either(place, "ends at", &old.complete, &new.complete);
    found.less_is_safer(place, "window", &old.window, &new.window);
    if (&old.success_old, &old.success_new) != (&new.success_old, &new.success_new) {
        found.add(PLACE, of, "something else counts as success".to_owned(), Effect::Open);
    }
}

/// What happens to open carts when exposure falls, in words.
fn carts(what: OnDecrease) -> &'static str {
    match what {
        OnDecrease::Return => "go back at once",
        OnDecrease::Drain => "finish where they are",
        OnDecrease::Hold => "stay until a person decides",
    }
}

/// Carts that wait for a person stay on the side that harms them: weaker. Whether one that goes back at once loses more than one
/// that finishes there is for a reader to judge.
fn on_decrease(old: OnDecrease, new: OnDecrease) -> Effect {
    match (old, new) {
        (OnDecrease::Return | OnDecrease::Drain, OnDecrease::Hold) => Effect::Weaker,
        (OnDecrease::Hold, OnDecrease::Drain | OnDecrease::Return) => Effect::Stronger,
        (OnDecrease::Return | OnDecrease::Drain, OnDecrease::Return | OnDecrease::Drain)
        | (OnDecrease::Hold, OnDecrease::Hold) => Effect::Open,
    }
}

/// The client that knows the old side only, longest of all.
fn stays_for(unit: &UnitUpstreams) -> String {
    unit.last_to_move()
        .map_or_else(|| "nobody".to_owned(), |(id, day)| format!("{id} until {day}"))
}

fn edge(found: &mut Found, of: &str, old: &Edge, new: &Edge) {
    let place = (PLACE, of);
    found.either(place, "listens at", &old.listen, &new.listen);
    found.less_is_safer(place, "lease", &old.lease, &new.lease);
    let routes = |edge: &Edge| -> BTreeMap<RouteId, _> {
        let routes = edge.routes.iter();
        routes.map(|route| (route.id.clone(), route.clone())).collect()
    };
    let mut inside = Found::default();
    each(
        &mut inside,
        (PLACE, "route"),
        (&routes(old), &routes(new)),
        OPEN,
        |found, of, old, new| {
            found.either((PLACE, of), "takes", &old.path, &new.path);
            found.either((PLACE, of), "unit", &old.unit, &new.unit);
        },
    );
    for unit in &new.units {
        let of = format!("unit `{}`", unit.unit);
        match old.units.iter().find(|was| was.unit == unit.unit) {
            None => inside.add(PLACE, &of, "is new".to_owned(), Effect::Open),
            Some(was) => {
                inside.either((PLACE, &of), "old side", &was.old, &unit.old);
                inside.either((PLACE, &of), "new side", &was.new, &unit.new);
                if was.on_decrease != unit.on_decrease {
                    let what = format!("open carts: {} -> {}", carts(was.on_decrease), carts(unit.on_decrease));
                    inside.add(PLACE, &of, what, on_decrease(was.on_decrease, unit.on_decrease));
                }
                inside.either((PLACE, &of), "old side stays for", &stays_for(was), &stays_for(unit));
            }
        }
    }
    for unit in new.keyed.iter().filter(|unit| !old.keyed.contains(unit)) {
        inside.add(
            PLACE,
            &format!("unit `{unit}`"),
            "is asked about by key".to_owned(),
            Effect::Open,
        );
    }
    for unit in old.keyed.iter().filter(|unit| !new.keyed.contains(unit)) {
        inside.add(
            PLACE,
            &format!("unit `{unit}`"),
            "is no longer asked about by key".to_owned(),
            Effect::Open,
        );
    }
    for change in inside.changes {
        found.add(PLACE, of, format!("{} {}", change.of, change.what), change.effect);
    }
}

fn hazard(found: &mut Found, of: &str, old: &FailureMode, new: &FailureMode) {
    let place = (PLACE, of);
    found.either((Subject::Owners, of), "domain", &old.domain, &new.domain);
    if old.severity != new.severity {
        // What is called less bad is looked at later, and freezes less.
        let effect = if new.severity > old.severity {
            Effect::Weaker
        } else {
            Effect::Stronger
        };
        let what = format!("severity: {} -> {}", old.severity.word(), new.severity.word());
        found.add(PLACE, of, what, effect);
    }
    if old.detectability != new.detectability {
        let word = crate::risk::word;
        let easier = new.detectability > old.detectability;
        let effect = if easier { Effect::Weaker } else { Effect::Stronger };
        let what = format!(
            "detectability: {} -> {}",
            word(old.detectability),
            word(new.detectability)
        );
        found.add(PLACE, of, what, effect);
    }
    let signals = |mode: &FailureMode| names(mode.signals.iter().map(|(stage, name)| format!("{stage}/{name}")));
    found.members(place, "signal", (&signals(old), &signals(new)), SAFER_WITH);
    found.either(place, "runbook", &old.runbook, &new.runbook);
}

fn runbook(found: &mut Found, of: &str, old: &Runbook, new: &Runbook) {
    let place = (PLACE, of);
    let steps = (names(&old.steps), names(&new.steps));
    found.members(place, "step", (&steps.0, &steps.1), OPEN);
    let actions = (names(&old.actions), names(&new.actions));
    found.members(place, "action", (&actions.0, &actions.1), SAFER_WITH);
}
