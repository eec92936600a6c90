//! Feedback and closed incidents of a stage: what its next gate has to answer, and what was answered.

use maud::{Markup, html};
use tidegate_engine::view::{LessonView, StageView};

use crate::page::form::{Ask, Field, Forms, Weight};
use crate::page::time;

/// Answered ones that a stage shows; the journal has the others.
const ANSWERED_SHOWN: usize = 5;

const FEEDBACK: [Field<'static>; 2] = [
    Field::Text {
        name: "text",
        label: "What was heard",
    },
    Field::Text {
        name: "from",
        label: "From whom, such as support",
    },
];

/// What a stage has to answer, each with its answer's form, and the last answers.
pub(crate) fn list(stage: &StageView, forms: &Forms<'_>) -> Markup {
    let answered = stage.lessons.iter().filter(|lesson| lesson.answer.is_some());
    html! {
        @for lesson in stage.lessons.iter().filter(|lesson| lesson.answer.is_none()) { (owed(stage, lesson, forms)) }
        @for lesson in answered.take(ANSWERED_SHOWN) { p class="mute" { (told(lesson)) } }
    }
}

/// Files feedback.
pub(crate) fn filing(stage: &StageView, forms: &Forms<'_>) -> Markup {
    forms.ask(&Ask {
        action: "feedback",
        subject: stage.id.as_str(),
        label: "File feedback…",
        fields: &FEEDBACK,
        weight: Weight::Plain,
        fixed: &[],
        agree: &[],
    })
}

/// One line: where it comes from, what it says, and who answered what.
pub(crate) fn told(lesson: &LessonView) -> Markup {
    html! {
        b { (lesson.id) } " from " (lesson.from)
        @if let Some(by) = lesson.filed_by.as_ref().filter(|by| by.as_str() != lesson.from) { ", filed by " (by) }
        ", " (time::day(lesson.at)) ": " (lesson.text) " · "
        @match (&lesson.answer, &lesson.by) {
            (Some(answer), Some(by)) => { b { (by) } " answered: " (answer) },
            _ => b class="bad" { "not answered yet" },
        }
    }
}

fn owed(stage: &StageView, lesson: &LessonView, forms: &Forms<'_>) -> Markup {
    let answer = |label, fields: &[Field<'_>]| {
        forms.ask(&Ask {
            action: "answer",
            subject: stage.id.as_str(),
            label,
            fields,
            weight: Weight::Plain,
            fixed: &[("lesson", lesson.id.as_str())],
            agree: &[],
        })
    };
    let added = [Field::Text {
        name: "added",
        label: "Criterion of the adopted plan that was added for it",
    }];
    let because = [Field::Text {
        name: "because",
        label: "None, because",
    }];
    let of = &lesson.id;
    let (criterion, none) = (format!("{of}: a criterion was added…"), format!("{of}: none, because…"));
    html! {
        p { (told(lesson)) }
        div class="buttons" {
            (answer(&criterion, &added))
            (answer(&none, &because))
        }
    }
}
