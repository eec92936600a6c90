//! The answer card: what is going on, in one sentence, with its numbers, and who has it.

use tidegate_model::plan::{Plan, Stage};
use tidegate_model::seam::Verdict;
use tidegate_model::{BasisPoints, CriterionId, Estate, IncidentId, Money, Timestamp};

use crate::cause::Cause;
use crate::decide::gate;
use crate::judge::{self, fallen};
use crate::state::{Incident, IncidentPhase, Phase, StageState, State};
use crate::view::blame::blame;
use crate::view::measured::numbers;
use crate::view::stage::next_opening;
use crate::view::unreached::{self, is_unheard, unreached};
use crate::view::words::{clock, count, counted, duration, list, money as money_words};
use crate::view::{Headline, Tone};

/// The first of these that is true: a rollback, an open incident, a hold, a decision that is asked for, growth, rest.
pub(super) fn headline(estate: &Estate, state: &State, now: Timestamp) -> Headline {
    let mut headline = first_that_is_so(estate, state, now);
    let modes = in_use(state);
    if !modes.is_empty() {
        let detail = format!("{} {}", headline.detail, modes.join(" "));
        headline.detail = detail.trim_start().to_owned();
    }
    headline
}

/// What actions have set and nobody has ended: the shop does not run as it is meant to until then.
fn in_use(state: &State) -> Vec<String> {
    let told = state.actions.iter().map(|(action, active)| {
        let set: Vec<String> = active
            .switches
            .iter()
            .map(|(switch, value)| format!("{switch} is {value}"))
            .collect();
        let until = clock(active.until);
        match set.is_empty() {
            true => format!("{action} of {} is in use until {until}.", active.incident),
            false => format!("{} until {until}, by {action} of {}.", list(&set), active.incident),
        }
    });
    told.collect()
}

fn first_that_is_so(estate: &Estate, state: &State, now: Timestamp) -> Headline {
    if state.estate_digest().is_none() {
        return plain(
            "No estate is adopted yet",
            "Nothing is exposed and nobody can be paged.",
            now,
        );
    }
    let stages: Vec<(&Stage, &StageState)> = estate
        .stages()
        .filter_map(|(_, stage)| Some((stage, state.stages.get(&stage.id)?)))
        .collect();
    let first = |wanted: fn(&StageState) -> bool| stages.iter().find(|(_, known)| wanted(known)).copied();
    if let Some((stage, known)) = first(|known| known.phase == Phase::RollingBack) {
        return rolled_back(estate, state, stage, known);
    }
    // A repaired stage is no longer the news.
    if let Some((stage, known)) = first(|known| known.phase == Phase::RolledBack && !known.is_changed) {
        return rolled_back(estate, state, stage, known);
    }
    if let Some((id, incident)) = worst(state) {
        return in_incident(estate, state, id, incident);
    }
    if let Some((stage, known)) = first(|known| !known.holds.is_empty() && known.phase != Phase::Finalised) {
        return held(estate, stage, known);
    }
    if let Some((stage, known)) = first(|known| next_opening(known).is_some() && known.phase != Phase::Ready) {
        return asked(estate, state, stage, known, now);
    }
    if let Some((stage, known)) = first(|known| known.phase.is_exposed() && known.phase != Phase::Watching) {
        return growing(stage, known);
    }
    if let Some((stage, known)) = first(|known| known.phase == Phase::Ready) {
        return asked(estate, state, stage, known, now);
    }
    resting(&stages, now)
}

fn plain(sentence: &str, detail: &str, since: Timestamp) -> Headline {
    Headline {
        sentence: sentence.to_owned(),
        detail: detail.to_owned(),
        who: String::new(),
        tone: Tone::Calm,
        since,
    }
}

/// The worst open incident, the newest of equals.
fn worst(state: &State) -> Option<(&IncidentId, &Incident)> {
    let sooner = |a: &Incident, b: &Incident| {
        (a.severity, std::cmp::Reverse(a.opened)).cmp(&(b.severity, std::cmp::Reverse(b.opened)))
    };
    state.open_incidents().min_by(|a, b| sooner(a.1, b.1))
}

fn rolled_back(estate: &Estate, state: &State, stage: &Stage, known: &StageState) -> Headline {
    let fall = known.rolled_back.as_ref();
    let from = fall.map_or(BasisPoints::ZERO, |fall| fall.from);
    let is_over = known.phase == Phase::RolledBack;
    let verb = if is_over { "was" } else { "is being" };
    // Another criterion may have found harm too, and a brake or a person still be the one who took visitors back.
    let criterion = fall.and_then(|fall| match &fall.cause {
        Cause::Harm(criterion) => Some(criterion),
        Cause::Brake | Cause::Person(_) | Cause::Action(_) | Cause::Restored | Cause::Unknown(_) => None,
    });
    let because = match (criterion, fall) {
        (Some(criterion), _) => {
            let known = stage.gate.criteria.iter().find(|one| &one.id == criterion);
            let title = known.map_or(criterion.as_str(), |one| one.title.as_str());
            format!(" because this failed: {title}")
        }
        (None, Some(fall)) => format!(" {}", blame(&fall.cause)),
        (None, None) => String::new(),
    };
    let mut detail = Vec::new();
    if let Some(said) = criterion.and_then(|criterion| known.verdicts.get(criterion)) {
        match numbers(&said.reading) {
            Some(numbers) => detail.push(format!("{numbers}.")),
            None if !said.reading.why.is_empty() => detail.push(format!("{}.", said.reading.why)),
            None => {}
        }
    }
    if let (None, Some(look)) = (criterion, known.brake.as_ref()) {
        detail.push(format!(
            "It saw {} of {} fail within {}.",
            count(look.new.hits),
            counted(look.new.n, "attempt", "attempts"),
            duration(look.over)
        ));
    }
    let plan = estate.stage(&stage.id).map(|(plan, _)| plan);
    detail.extend(plan.and_then(|plan| cost(plan, stage, known, criterion)));
    detail.push(if is_over {
        "Every gateway sends new visitors to the old side.".to_owned()
    } else {
        "New visitors go to the old side as soon as each gateway has heard it.".to_owned()
    });
    let called = state
        .open_incidents()
        .find(|(_, incident)| incident.domain == known.owner)
        .or_else(|| worst(state));
    Headline {
        sentence: format!(
            "{} {verb} rolled back from {from}{because}{}",
            stage.title,
            called.map_or("", |(id, incident)| unheard(state, id, incident))
        ),
        detail: detail.join(" "),
        who: called.map_or_else(
            || owner(estate, stage),
            |(id, incident)| who_has(estate, state, id, incident),
        ),
        tone: Tone::Harm,
        since: fall.map_or(known.since, |fall| fall.at),
    }
}

/// What it has cost by all that is counted of the attempts begun before it, and what stays on the new side.
fn cost(plan: &Plan, stage: &Stage, known: &StageState, criterion: Option<&CriterionId>) -> Option<String> {
    let cost = fallen(plan, stage, known)
        .into_iter()
        .max_by(|a, b| a.lost.total_cmp(&b.lost));
    // Told before anything was counted to its end: what was known at the verdict.
    let verdict = criterion.and_then(|criterion| known.verdicts.get(criterion));
    let at_verdict = verdict.and_then(|said| said.reading.lost).filter(|lost| *lost >= 0.5);
    let worth = |money: Option<&Money>| match money.filter(|money| money.minor > 0) {
        Some(worth) => format!(", worth {} as declared", money_words(worth)),
        None => String::new(),
    };
    let lost = match &cost {
        Some(cost) if cost.lost >= 0.5 => {
            let late = match cost.late {
                0 => String::new(),
                late => format!(", {} counted since included", counted(late, "attempt", "attempts")),
            };
            format!(
                "{} lost so far against the old side's pace{}{late}.",
                orders(cost.lost),
                worth(cost.worth.as_ref())
            )
        }
        Some(_) | None => at_verdict.map_or(String::new(), |lost| {
            format!("{} lost against the old side's pace.", orders(lost))
        }),
    };
    let stay = judge::completed_on_new(plan, stage, known).map_or(String::new(), |(completed, worth)| {
        format!(
            " At least {} made on the new side, worth {} as declared, {} there.",
            counted(completed, "order", "orders"),
            money_words(&worth),
            if completed == 1 { "stays" } else { "stay" }
        )
    });
    let told = format!("{lost}{stay}");
    (!told.is_empty()).then(|| told.trim_start().to_owned())
}

fn owner(estate: &Estate, stage: &Stage) -> String {
    match estate.domains().get(&stage.owner) {
        Some(domain) => format!("{} owns it", domain.owner),
        None => format!("{} owns it", stage.owner),
    }
}

/// What is worse than an incident that nobody has: one that nobody has heard of.
fn unheard(state: &State, id: &IncidentId, incident: &Incident) -> &'static str {
    let unreached = unreached(state, id, incident);
    match incident.phase {
        IncidentPhase::Open if is_unheard(incident, &unreached) => ", and nobody could be called",
        IncidentPhase::Open
        | IncidentPhase::Acknowledged { .. }
        | IncidentPhase::Mitigating { .. }
        | IncidentPhase::Resolved { .. } => "",
    }
}

fn who_has(estate: &Estate, state: &State, id: &IncidentId, incident: &Incident) -> String {
    match &incident.phase {
        IncidentPhase::Open => {
            let place = usize::try_from(incident.rung).unwrap_or(usize::MAX);
            let unreached = unreached(state, id, incident);
            let mut people = estate.rung_people(&incident.domain, place);
            people.retain(|person| unreached.iter().all(|(missed, _)| *missed != person));
            let next = clock(incident.answer_by);
            let rung = incident.rung + 1;
            let missed = unreached::words(&unreached);
            match missed {
                Some(missed) if people.is_empty() => {
                    format!("{missed}. {id} is at rung {rung}; the next try is at {next}")
                }
                missed => {
                    let people = match people.is_empty() {
                        true => "nobody".to_owned(),
                        false => list(&people),
                    };
                    let missed = missed.map(|missed| format!(". {missed}")).unwrap_or_default();
                    format!("calling {people} for {id}, rung {rung}; the next call is at {next}{missed}")
                }
            }
        }
        IncidentPhase::Acknowledged { by, .. } => format!("{by} has {id}"),
        IncidentPhase::Mitigating { by, .. } => format!("{by} has {id} and has acted"),
        IncidentPhase::Resolved { .. } => format!("{id} is resolved"),
    }
}

fn in_incident(estate: &Estate, state: &State, id: &IncidentId, incident: &Incident) -> Headline {
    let tone = match incident.phase {
        IncidentPhase::Open => Tone::Harm,
        IncidentPhase::Acknowledged { .. } | IncidentPhase::Mitigating { .. } | IncidentPhase::Resolved { .. } => {
            Tone::Wait
        }
    };
    let frozen = if incident.severity.freezes() {
        " Exposure in its scope does not grow while it is open."
    } else {
        ""
    };
    Headline {
        sentence: format!("{}{}", incident.summary, unheard(state, id, incident)),
        detail: format!("{id}, {}, {}.{frozen}", incident.severity.word(), incident.domain),
        who: who_has(estate, state, id, incident),
        tone,
        since: incident.opened,
    }
}

fn held(estate: &Estate, stage: &Stage, known: &StageState) -> Headline {
    let hold = known.holds.first().expect("only called for a stage with a hold");
    let by = match (&hold.criterion, &hold.of) {
        (Some(criterion), _) => format!("its gate, for {criterion}"),
        (None, Some(person)) => person.to_string(),
        (None, None) => "tidegate".to_owned(),
    };
    Headline {
        sentence: format!("{} is held at {} by {by}", stage.title, known.exposure),
        detail: hold.reason.clone(),
        who: owner(estate, stage),
        tone: Tone::Wait,
        since: hold.at,
    }
}

fn asked(estate: &Estate, state: &State, stage: &Stage, known: &StageState, now: Timestamp) -> Headline {
    let missing = next_opening(known).map_or(Vec::new(), |opens| {
        gate::missing_approvals(estate, state, stage, &opens, now)
    });
    let next = match known.phase {
        Phase::Watching => "its finalisation".to_owned(),
        Phase::Ready => stage
            .steps
            .first()
            .map_or_else(|| "its first step".to_owned(), |step| format!("its first step, {step}")),
        Phase::Pending
        | Phase::Exposing
        | Phase::Soaking
        | Phase::Gating
        | Phase::RollingBack
        | Phase::RolledBack
        | Phase::Finalised => {
            let place = known.passed.and_then(|step| usize::try_from(step + 1).ok());
            let step = place.and_then(|place| stage.steps.get(place));
            step.map_or_else(|| "its next step".to_owned(), |step| format!("its next step, {step}"))
        }
    };
    let detail = match known.passed {
        Some(step) => format!(
            "The gate of step {} has passed; {} on the new side.",
            step + 1,
            known.exposure
        ),
        None => format!("{} on the new side.", known.exposure),
    };
    if missing.is_empty() {
        return Headline {
            sentence: format!("{} is approved for {next}", stage.title),
            detail,
            who: String::new(),
            tone: Tone::Calm,
            since: known.since,
        };
    }
    Headline {
        sentence: format!("{} waits for approval of {next}", stage.title),
        detail,
        who: format!("asked: {}", list(&missing)),
        tone: Tone::Wait,
        since: known.since,
    }
}

fn growing(stage: &Stage, known: &StageState) -> Headline {
    let said = |wanted: fn(&Verdict) -> bool| {
        let verdicts = stage.gate.criteria.iter().filter_map(|one| known.verdicts.get(&one.id));
        verdicts.filter(|said| wanted(&said.verdict)).count()
    };
    let total = stage.gate.criteria.len();
    let passing = said(|verdict| *verdict == Verdict::Pass);
    let blind = said(|verdict| {
        matches!(
            verdict,
            Verdict::NoData { .. } | Verdict::SourceDown { .. } | Verdict::Invalid { .. }
        )
    });
    let standing = if passing == total {
        "nothing is wrong"
    } else if blind > 0 {
        "its gate does not see everything"
    } else if passing == 0 {
        "nothing is proven yet"
    } else {
        "not everything is proven yet"
    };
    let step = known.step.map_or(1, |step| step + 1);
    let mut detail = format!(
        "Step {step} of {}: {passing} of {} pass.",
        known.steps.len(),
        counted(total as u64, "criterion", "criteria")
    );
    if blind > 0 {
        detail.push_str(&format!(" {} without data.", counted(blind as u64, "is", "are")));
    }
    if let Some(fewer) = fewer(stage, known) {
        detail.push_str(&fewer);
    }
    Headline {
        sentence: format!("{} is at {} and {standing}", stage.title, known.exposure),
        detail,
        who: String::new(),
        tone: Tone::Calm,
        since: known.since,
    }
}

/// Orders that are missing so far and may be missing by chance: no criterion has found harm.
fn fewer(stage: &Stage, known: &StageState) -> Option<String> {
    let readings = stage.gate.criteria.iter().filter_map(|one| known.verdicts.get(&one.id));
    let worst = readings
        .filter(|said| said.verdict != Verdict::Pass)
        .filter_map(|said| said.reading.lost.filter(|lost| *lost >= 0.5))
        .max_by(f64::total_cmp)?;
    let orders = orders(worst);
    Some(format!(
        " So far {orders} fewer than at the old side's pace, which may be chance."
    ))
}

/// A number of orders, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a figure for people; the cast saturates"
)]
fn orders(lost: f64) -> String {
    counted(lost.max(0.0).round() as u64, "order", "orders")
}

fn resting(stages: &[(&Stage, &StageState)], now: Timestamp) -> Headline {
    let since = stages.iter().map(|(_, known)| known.since).max().unwrap_or(now);
    let reached = |known: &StageState| matches!(known.phase, Phase::Watching | Phase::Finalised);
    if !stages.is_empty() && stages.iter().all(|(_, known)| known.phase == Phase::Finalised) {
        return Headline {
            tone: Tone::Good,
            ..plain(
                "Every stage is final on the new side",
                "There is no way back any more.",
                since,
            )
        };
    }
    if !stages.is_empty() && stages.iter().all(|(_, known)| reached(known)) {
        return Headline {
            tone: Tone::Good,
            ..plain("Every stage is at 100 %", "The ways back are still open.", since)
        };
    }
    let at_full = stages.iter().filter(|(_, known)| reached(known)).count() as u64;
    let detail = format!(
        "{} of {} at 100 %.",
        at_full,
        counted(stages.len() as u64, "stage", "stages")
    );
    plain("Nothing is moving and nothing is wrong", &detail, since)
}
