//! Gates: criteria, approvers, the brake, and how long a word counts.

use std::collections::BTreeMap;

use tidegate_model::CriterionId;
use tidegate_model::plan::{Approver, Criterion, Gate, OnHarm};

use super::{Effect, Found, Subject, each, measure, names};

const PLACE: Subject = Subject::Gates;
const SAFER_WITH: (Effect, Effect) = (Effect::Weaker, Effect::Stronger);

pub(super) fn compare(found: &mut Found, of: &str, old: &Gate, new: &Gate) {
    let place = (PLACE, of);
    let approvers = |gate: &Gate| names(gate.approvers.iter().map(approver));
    found.members(place, "approver", (&approvers(old), &approvers(new)), SAFER_WITH);
    found.less_is_safer(place, "a word counts for", &old.fresh_for, &new.fresh_for);
    found.either(
        place,
        "an approval is waited for",
        &old.approval_within,
        &new.approval_within,
    );
    found.less_is_safer(place, "brake at bad", &old.brake.bad_share, &new.brake.bad_share);
    found.less_is_safer(place, "brake over", &old.brake.over, &new.brake.over);
    found.less_is_safer(
        place,
        "brake from attempts",
        &old.brake.attempts_at_least,
        &new.brake.attempts_at_least,
    );
    let criteria = |gate: &Gate| -> BTreeMap<CriterionId, Criterion> {
        let criteria = gate.criteria.iter();
        criteria
            .map(|criterion| (criterion.id.clone(), criterion.clone()))
            .collect()
    };
    let mut inside = Found::default();
    each(
        &mut inside,
        (PLACE, "criterion"),
        (&criteria(old), &criteria(new)),
        SAFER_WITH,
        criterion,
    );
    // A criterion is told under its gate, because its name means nothing outside of it.
    for change in inside.changes {
        found.add(PLACE, of, format!("{} {}", change.of, change.what), change.effect);
    }
}

fn criterion(found: &mut Found, of: &str, old: &Criterion, new: &Criterion) {
    let place = (PLACE, of);
    if old.on_harm != new.on_harm {
        let effect = match new.on_harm {
            OnHarm::Rollback => Effect::Stronger,
            OnHarm::Hold => Effect::Weaker,
        };
        let word = |on_harm| match on_harm {
            OnHarm::Rollback => "rolls back",
            OnHarm::Hold => "holds",
        };
        found.add(
            PLACE,
            of,
            format!("on harm: {} -> {}", word(old.on_harm), word(new.on_harm)),
            effect,
        );
    }
    found.either(place, "owner", &old.owner, &new.owner);
    found.less_is_safer(place, "may be silent for", &old.max_silence, &new.max_silence);
    found.either(place, "weight", &old.weight, &new.weight);
    if old.segment != new.segment {
        found.add(PLACE, of, "counts other visitors".to_owned(), Effect::Open);
    }
    if old.measure != new.measure {
        measure::compare(found, place, &old.measure, &new.measure);
    }
}

/// Who approves, in the words of plan files.
pub(crate) fn approver(approver: &Approver) -> String {
    match approver {
        Approver::OwnerOf(domain) => format!("{domain}.owner"),
        Approver::Team(team) => format!("group:{team}"),
        Approver::Person(person) => format!("user:{person}"),
    }
}
