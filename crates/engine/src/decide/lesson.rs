//! Lessons: feedback, and incidents that people close, are answered by an approver before the stage's next gate opens.

use tidegate_model::plan::Stage;
use tidegate_model::{BasisPoints, FeedbackId, IncidentId, PersonId, StageId};

use super::turn::{Turn, unknown};
use super::{gate, person};
use crate::event::{Body, LessonAnswer, LessonOf, Origin};
use crate::may;
use crate::refusal::{Refusal, Rule};
use crate::state::{Incident, LESSONS_MAX, LESSONS_OF_ONE_MAX, Lesson, Phase, StageState, State};

/// How a lesson that adds nothing begins.
const NONE_BECAUSE: &str = "none, because";

/// Each that nobody has answered, one sentence.
pub(super) fn owed(known: &StageState) -> impl Iterator<Item = String> + '_ {
    let open = known.lessons.iter().filter(|lesson| lesson.answer.is_none());
    open.map(|lesson| match &lesson.of {
        LessonOf::Feedback(id) => {
            let filed = lesson.filed_by.as_ref().map(|by| format!(", filed by {by}"));
            let filed = filed.unwrap_or_default();
            format!(
                "an approver's answer to {id} from {}{filed}: {}",
                lesson.from, lesson.text
            )
        }
        LessonOf::Incident(id) => format!(
            "an approver's answer to {id}, closed by {}: {}",
            lesson.from, lesson.text
        ),
    })
}

pub(super) fn file(turn: &mut Turn<'_>, id: &StageId, from: &str, text: &str) -> Result<(), Refusal> {
    let (_, _, known) = turn.stage(id)?;
    let refuse = |rule, what: String, remedy: &str| {
        Err(Refusal {
            rule,
            what,
            owner: None,
            remedy: remedy.into(),
        })
    };
    if known.phase == Phase::Finalised {
        let what = format!("{id} is finalised; no gate of it is left to answer feedback");
        return refuse(
            Rule::WrongState,
            what,
            "declare an incident, or file it against another stage",
        );
    }
    if from.trim().is_empty() || text.trim().is_empty() {
        let what = format!("feedback to {id} needs its text and where it comes from");
        return refuse(Rule::BadInput, what, "say what was heard, and from whom");
    }
    let open = known.lessons.iter().filter(|lesson| lesson.answer.is_none()).count();
    if open >= LESSONS_MAX {
        let what = format!("{open} are not answered at {id}; it takes no more");
        return refuse(Rule::BadInput, what, "let an approver answer some first");
    }
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(unknown("person", ""));
    };
    let is_theirs = |lesson: &&Lesson| lesson.answer.is_none() && lesson.filed_by.as_ref() == Some(&by);
    let theirs = known.lessons.iter().filter(is_theirs).count();
    if theirs >= LESSONS_OF_ONE_MAX {
        let what = format!("{theirs} of {by} are not answered at {id}; it takes no more of theirs");
        return refuse(Rule::BadInput, what, "let an approver answer some first");
    }
    let name = format!("fb-{}", turn.state.feedback_filed + 1);
    turn.emit(Body::FeedbackFiled {
        feedback: FeedbackId::parse(&name).expect("`fb-` and digits are a name"),
        stage: id.clone(),
        by,
        from: from.to_owned(),
        text: text.to_owned(),
    });
    Ok(())
}

pub(super) fn answer(turn: &mut Turn<'_>, id: &StageId, of: &LessonOf, answer: &LessonAnswer) -> Result<(), Refusal> {
    let (_, declared, known) = turn.stage(id)?;
    let Some(lesson) = known.lessons.iter().find(|lesson| &lesson.of == of) else {
        return Err(unknown("feedback or closed incident of this stage", &of.to_string()));
    };
    if let Some((by, ..)) = &lesson.answer {
        return Err(Refusal {
            rule: Rule::WrongState,
            what: format!("{by} has answered {of} already"),
            owner: None,
            remedy: "nothing is left to answer".into(),
        });
    }
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(unknown("person", ""));
    };
    check(turn, declared, known, lesson, &by, answer)?;
    let answer = match answer {
        // Who repeats the words of the form means what follows them.
        LessonAnswer::None { because: said } => LessonAnswer::None {
            because: because(said).unwrap_or(said).to_owned(),
        },
        LessonAnswer::Criterion { .. } => answer.clone(),
    };
    turn.emit(Body::LessonAnswered {
        stage: id.clone(),
        of: of.clone(),
        by,
        answer,
    });
    Ok(())
}

/// A reason is one; a criterion that is named was added since to a gate that is still to come, and that whoever answers approves.
fn check(
    turn: &Turn<'_>,
    declared: &Stage,
    known: &StageState,
    lesson: &Lesson,
    by: &PersonId,
    answer: &LessonAnswer,
) -> Result<(), Refusal> {
    let owner = turn.estate.owner_of(&declared.owner).cloned();
    let of = &lesson.of;
    let refuse = |rule, what, remedy: &str| {
        Err(Refusal {
            rule,
            what,
            owner: owner.clone(),
            remedy: remedy.into(),
        })
    };
    let (stage, name) = match answer {
        LessonAnswer::None { because } if because.trim().is_empty() => {
            return Err(Refusal {
                rule: Rule::BadInput,
                what: format!("nothing is added for {of}, and nothing says why"),
                owner: None,
                remedy: "say why no criterion is added".into(),
            });
        }
        LessonAnswer::None { .. } => return Ok(()),
        LessonAnswer::Criterion { stage, criterion } => (stage, criterion),
    };
    let other = turn.state.stages.get(stage).filter(|other| other.plan == known.plan);
    let gate = turn.declared(stage).map(|(_, gate)| gate);
    let found = gate.and_then(|gate| gate.gate.criteria.iter().find(|criterion| &criterion.id == name));
    let (Some(other), Some(gate), Some(criterion)) = (other, gate, found) else {
        let what = format!("`{stage}/{name}` is no criterion of the adopted plan");
        let remedy = "add it to the plan and adopt that, or say why none is added";
        return refuse(Rule::UnknownSubject, what, remedy);
    };
    if !may::is_approver(turn.estate, gate, by) {
        let what = format!("{by} approves no gate of {stage}, and so cannot answer with what it asks");
        let remedy = "name a criterion of a gate that you approve, or say why none is added";
        return refuse(Rule::NotAuthorised, what, remedy);
    }
    // A name that left and came back was there before.
    if other.criteria_since.get(name).is_none_or(|added| *added <= lesson.at) {
        let what = format!("`{stage}/{name}` was there before {of}; it was not added for it");
        let remedy = "name a criterion that was added since, or say why none is added";
        return refuse(Rule::BadInput, what, remedy);
    }
    let is_behind =
        other.phase == Phase::Finalised || (other.exposure == BasisPoints::FULL && !criterion.measure.is_absolute());
    if is_behind {
        let what = format!("no gate that is still to come asks `{stage}/{name}`");
        let remedy = "name a criterion of a gate that has yet to open, or say why none is added";
        return refuse(Rule::BadInput, what, remedy);
    }
    Ok(())
}

/// What stages have to learn of an incident that a person has just closed. An approver who writes `none, because ...` as its
/// lesson has answered with it.
pub(super) fn of_incident(turn: &mut Turn<'_>, id: &IncidentId, incident: &Incident, lesson: &str) {
    let concerns = |declared: &&Stage| {
        let known = turn.state.stages.get(&declared.id);
        known.is_some_and(|known| known.phase != Phase::Finalised && is_touched(&turn.state, incident, declared, known))
    };
    let stages: Vec<&Stage> = turn.estate.stages().map(|(_, stage)| stage).filter(concerns).collect();
    for declared in stages {
        turn.emit_self(Body::LessonOwed {
            stage: declared.id.clone(),
            incident: id.clone(),
            lesson: lesson.to_owned(),
        });
        let signed = person(&turn.actor)
            .filter(|by| may::is_approver(turn.estate, declared, by))
            .zip(because(lesson))
            .map(|(by, because)| (by.clone(), because.to_owned()));
        if let Some((by, because)) = signed {
            turn.emit(Body::LessonAnswered {
                stage: declared.id.clone(),
                of: LessonOf::Incident(id.clone()),
                by,
                answer: LessonAnswer::None { because },
            });
        }
    }
}

/// Whether a stage has to learn from an incident: it is in its scope. What touches every stage has taught those alone that were
/// exposed since it began, and of its own domain every stage that ever was: some of it is noticed only when the stage is back.
pub(super) fn is_touched(state: &State, incident: &Incident, declared: &Stage, known: &StageState) -> bool {
    let is_everywhere = match incident.origin {
        Origin::Gateway(_) | Origin::Journal => true,
        Origin::Criterion(..)
        | Origin::Brake(_)
        | Origin::Silence(..)
        | Origin::Waiting(_)
        | Origin::Promise(_)
        | Origin::PromiseSilent(..)
        | Origin::Person(_) => false,
    };
    let fell = known
        .rolled_back
        .as_ref()
        .is_some_and(|fall| fall.at >= incident.opened);
    let is_its_own = incident.domain == known.owner && !known.exposures.is_empty();
    gate::is_in_scope(state, incident, declared) && (!is_everywhere || known.phase.is_exposed() || fell || is_its_own)
}

/// What follows `none, because`, when something does.
fn because(lesson: &str) -> Option<&str> {
    let lesson = lesson.trim();
    let head = lesson.get(..NONE_BECAUSE.len())?;
    let rest = lesson.get(NONE_BECAUSE.len()..)?.trim();
    (head.eq_ignore_ascii_case(NONE_BECAUSE) && !rest.is_empty()).then_some(rest)
}
