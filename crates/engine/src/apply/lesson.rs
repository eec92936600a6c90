//! Events of feedback and of what incidents taught.

use std::collections::BTreeMap;

use tidegate_model::{CriterionId, IncidentId, PersonId, StageId};

use crate::event::{Body, Event, LessonAnswer, LessonOf};
use crate::state::{IncidentPhase, LESSONS_MAX, Lesson, Phase, State};

pub(super) fn apply(state: &mut State, event: &Event) {
    if let Body::FeedbackFiled {
        feedback,
        stage,
        by,
        from,
        text,
    } = &event.body
    {
        state.feedback_filed += 1;
        let of = LessonOf::Feedback(feedback.clone());
        add(state, stage, of, (from.clone(), Some(by.clone())), text, event);
        // What was agreed to before is not agreed to with it.
        let seq = state.seq;
        if let Some(known) = state.stages.get_mut(stage) {
            known.worsened = seq;
        }
    } else if let Body::LessonOwed {
        stage,
        incident,
        lesson,
    } = &event.body
    {
        let by = closed_by(state, incident);
        let from = by.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        add(
            state,
            stage,
            LessonOf::Incident(incident.clone()),
            (from, by),
            lesson,
            event,
        );
    } else if let Body::LessonAnswered {
        stage, of, by, answer, ..
    } = &event.body
    {
        let known = state.stages.get_mut(stage);
        let lesson = known.and_then(|known| known.lessons.iter_mut().find(|lesson| &lesson.of == of));
        if let Some(lesson) = lesson {
            lesson.answer = Some((by.clone(), answer.clone(), event.at));
        }
    }
}

fn closed_by(state: &State, incident: &IncidentId) -> Option<PersonId> {
    match state.incidents.get(incident).map(|known| &known.phase) {
        Some(IncidentPhase::Resolved { by, .. }) => by.clone(),
        Some(_) | None => None,
    }
}

/// What is not answered is never forgotten.
fn add(
    state: &mut State,
    stage: &StageId,
    of: LessonOf,
    (from, filed_by): (String, Option<PersonId>),
    text: &str,
    event: &Event,
) {
    let Some(known) = state.stages.get_mut(stage) else {
        return;
    };
    let answered = |lesson: &Lesson| lesson.answer.is_some();
    if known.lessons.iter().filter(|lesson| answered(lesson)).count() >= LESSONS_MAX
        && let Some(oldest) = known.lessons.iter().position(answered)
    {
        known.lessons.remove(oldest);
    }
    known.lessons.push(Lesson {
        of,
        from,
        filed_by,
        text: text.to_owned(),
        at: event.at,
        answer: None,
    });
}

/// An answer that is a criterion stands while the criterion does: after an adoption without it the question is open again.
pub(super) fn open_again(state: &mut State) {
    let gates: BTreeMap<StageId, Vec<CriterionId>> = state
        .stages
        .iter()
        .map(|(id, known)| (id.clone(), known.criteria.clone()))
        .collect();
    let stands = |answer: &LessonAnswer| match answer {
        LessonAnswer::None { .. } => true,
        LessonAnswer::Criterion { stage, criterion } => {
            gates.get(stage).is_some_and(|criteria| criteria.contains(criterion))
        }
    };
    let open = state
        .stages
        .values_mut()
        .filter(|known| known.phase != Phase::Finalised);
    for lesson in open.flat_map(|known| &mut known.lessons) {
        if lesson.answer.as_ref().is_some_and(|(_, answer, _)| !stands(answer)) {
            lesson.answer = None;
        }
    }
}
