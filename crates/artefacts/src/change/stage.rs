//! Stages: steps of exposure, what comes before, and the way back.

use std::collections::BTreeMap;

use tidegate_model::plan::{Approver, Plan, Stage, Step};
use tidegate_model::{Estate, StageId};

use super::{Effect, Found, Subject, each, gate, names};

const PLACE: Subject = Subject::Exposure;

pub(super) fn compare(old: &Estate, new: &Estate, found: &mut Found) {
    let open = (Effect::Open, Effect::Open);
    let only_plan = |plan: &Plan| Plan {
        stages: Vec::new(),
        ..plan.clone()
    };
    let plans = |estate: &Estate| -> BTreeMap<_, Plan> {
        let plans = estate.plans().iter();
        plans.map(|(id, plan)| (id.clone(), only_plan(plan))).collect()
    };
    each(found, (PLACE, "plan"), (&plans(old), &plans(new)), open, plan);
    let stages = |estate: &Estate| -> BTreeMap<StageId, Stage> {
        let stages = estate.stages();
        stages.map(|(_, stage)| (stage.id.clone(), stage.clone())).collect()
    };
    each(found, (PLACE, "stage"), (&stages(old), &stages(new)), open, stage);
}

fn plan(found: &mut Found, of: &str, old: &Plan, new: &Plan) {
    let place = (PLACE, of);
    if old.expand != new.expand {
        found.add(PLACE, of, "exposure may grow at other times".to_owned(), Effect::Open);
    }
    found.either(place, "chance of a false alarm", &old.alpha, &new.alpha);
    if old.traffic != new.traffic {
        found.add(PLACE, of, "other traffic is declared".to_owned(), Effect::Open);
    }
}

fn stage(found: &mut Found, of: &str, old: &Stage, new: &Stage) {
    let place = (PLACE, of);
    found.either((Subject::Owners, of), "owner", &old.owner, &new.owner);
    found.either(place, "unit", &old.unit, &new.unit);
    let after = |stage: &Stage| names(&stage.after);
    let safer_with = (Effect::Weaker, Effect::Stronger);
    found.members(place, "earlier stage", (&after(old), &after(new)), safer_with);
    let enter = |stage: &Stage| stage.enter.iter().map(|one| format!("`{one}`")).collect();
    found.members(place, "entry condition", (&enter(old), &enter(new)), safer_with);
    steps(found, of, &old.steps, &new.steps);
    found.more_is_safer(place, "watched at full exposure for", &old.watch, &new.watch);
    found.less_is_safer(place, "attempts", &old.attempts_max, &new.attempts_max);
    gate::compare(found, &of.replacen("stage", "gate of stage", 1), &old.gate, &new.gate);
    rollback(found, &of.replacen("stage", "rollback of stage", 1), old, new);
}

fn steps(found: &mut Found, of: &str, old: &[Step], new: &[Step]) {
    let told = |steps: &[Step]| {
        let shares: Vec<String> = steps.iter().map(ToString::to_string).collect();
        shares.join(", ")
    };
    let first = |steps: &[Step]| steps.first().map(|step| step.to);
    if told(old) != told(new) {
        let effect = match (new.len().cmp(&old.len()), first(new).cmp(&first(old))) {
            // Fewer steps, or a larger first one, expose more at once.
            (std::cmp::Ordering::Less, _) | (_, std::cmp::Ordering::Greater) => Effect::Weaker,
            (std::cmp::Ordering::Greater, _) | (_, std::cmp::Ordering::Less) => Effect::Stronger,
            (std::cmp::Ordering::Equal, std::cmp::Ordering::Equal) => Effect::Open,
        };
        found.add(PLACE, of, format!("steps: {} -> {}", told(old), told(new)), effect);
    }
    for step in new {
        let Some(was) = old.iter().find(|was| was.to == step.to && was.flips == step.flips) else {
            continue;
        };
        let place = (PLACE, of);
        let named = |what: &str| format!("{what} at {step}");
        found.more_is_safer(place, &named("soak"), &was.soak, &step.soak);
        found.less_is_safer(place, &named("margin"), &was.margin, &step.margin);
        found.either(place, &named("at most"), &was.at_most, &step.at_most);
        let money = |step: &Step| {
            step.at_risk
                .as_ref()
                .map_or("undeclared".to_owned(), ToString::to_string)
        };
        let effect = match (&was.at_risk, &step.at_risk) {
            (Some(was), Some(is)) if was.currency == is.currency && is.minor < was.minor => Effect::Stronger,
            (Some(_), Some(_) | None) => Effect::Weaker,
            (None, Some(_) | None) => Effect::Stronger,
        };
        if was.at_risk != step.at_risk {
            let what = format!("{}: {} -> {}", named("money at risk"), money(was), money(step));
            found.add(PLACE, of, what, effect);
        }
    }
}

fn rollback(found: &mut Found, of: &str, old: &Stage, new: &Stage) {
    let place = (Subject::Rollback, of);
    let (was, is) = (&old.rollback, &new.rollback);
    found.more_is_safer(place, "window", &was.within, &is.within);
    found.either(place, "exposure", &was.what, &is.what);
    found.either(place, "executor", &was.executor, &is.executor);
    found.either(place, "runbook", &was.runbook, &is.runbook);
    let safer_with = (Effect::Weaker, Effect::Stronger);
    let triggers = |list: &[Approver]| names(list.iter().map(gate::approver));
    found.members(
        place,
        "trigger",
        (&triggers(&was.trigger), &triggers(&is.trigger)),
        safer_with,
    );
    let fixes = (names(&was.forward_fix), names(&is.forward_fix));
    found.members(place, "forward fix", (&fixes.0, &fixes.1), (Effect::Open, Effect::Open));
    let told = (
        names(&old.communication.on_rollback),
        names(&new.communication.on_rollback),
    );
    found.members(place, "told team", (&told.0, &told.1), safer_with);
}
