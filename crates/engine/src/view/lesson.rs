//! Feedback and incidents that gates answer, and drills of runbooks, as people see them.

use tidegate_model::{Estate, IncidentId, StageId};

use crate::event::LessonOf;
use crate::state::{Lesson, StageState, State};
use crate::view::{DrillView, DrilledView, LessonView};

/// What a stage has to answer, oldest first, then what it has answered, newest first.
pub(super) fn of_stage(known: &StageState) -> Vec<LessonView> {
    let open = known.lessons.iter().filter(|lesson| lesson.answer.is_none());
    let answered = known.lessons.iter().rev().filter(|lesson| lesson.answer.is_some());
    open.chain(answered).map(view).collect()
}

/// What each stage has to answer of an incident, or has.
pub(super) fn of_incident(state: &State, id: &IncidentId) -> Vec<(StageId, LessonView)> {
    let of = LessonOf::Incident(id.clone());
    let stages = state.stages.iter();
    stages
        .filter_map(|(stage, known)| {
            let lesson = known.lessons.iter().find(|lesson| lesson.of == of)?;
            Some((stage.clone(), view(lesson)))
        })
        .collect()
}

/// Every runbook of the estate with its last drill.
pub(super) fn drills(estate: &Estate, state: &State) -> Vec<DrillView> {
    let runbooks = estate.runbooks().values();
    runbooks
        .map(|runbook| DrillView {
            runbook: runbook.id.clone(),
            title: runbook.title.clone(),
            last: state.drills.get(&runbook.id).map(|drill| DrilledView {
                at: drill.at,
                by: drill.by.clone(),
                worked: drill.worked,
                note: drill.note.clone(),
            }),
        })
        .collect()
}

fn view(lesson: &Lesson) -> LessonView {
    LessonView {
        id: lesson.of.to_string(),
        from: lesson.from.clone(),
        filed_by: lesson.filed_by.clone(),
        text: lesson.text.clone(),
        at: lesson.at,
        answer: lesson.answer.as_ref().map(|(_, answer, _)| answer.to_string()),
        by: lesson.answer.as_ref().map(|(by, ..)| by.clone()),
    }
}
