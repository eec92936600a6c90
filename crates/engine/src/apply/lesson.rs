//! Events of feedback and of what incidents taught.

use tidegate_model::StageId;

use crate::event::{Body, Event, LessonOf};
use crate::state::{LESSONS_MAX, Lesson, State};

pub(super) fn apply(state: &mut State, event: &Event) {
    if let Body::FeedbackFiled {
        feedback,
        stage,
        from,
        text,
        ..
    } = &event.body
    {
        state.feedback_filed += 1;
        let of = LessonOf::Feedback(feedback.clone());
        add(state, stage, of, from.clone(), text, event);
    } else if let Body::LessonOwed {
        stage,
        incident,
        lesson,
    } = &event.body
    {
        let closed = state.incidents.get(incident).map(|known| &known.phase);
        let from = match closed {
            Some(crate::state::IncidentPhase::Resolved { by: Some(by), .. }) => by.to_string(),
            Some(_) | None => "nobody".to_owned(),
        };
        add(state, stage, LessonOf::Incident(incident.clone()), from, lesson, event);
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

/// What is not answered is never forgotten.
fn add(state: &mut State, stage: &StageId, of: LessonOf, from: String, text: &str, event: &Event) {
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
        text: text.to_owned(),
        at: event.at,
        answer: None,
    });
}
