//! What a stage has to learn: feedback and incidents, and what the approver of its next gate answers to each.

use serde::{Deserialize, Serialize};
use tidegate_model::{CriterionId, FeedbackId, IncidentId, NameError, PersonId, StageId, Timestamp};

/// Answered ones of a stage that are kept, and unanswered feedback that a stage may have; the journal has all of them.
pub const LESSONS_MAX: usize = 100;
/// Unanswered feedback to a stage that one person may have filed, so that nobody alone keeps others from being heard.
pub const LESSONS_OF_ONE_MAX: usize = 20;

/// What has to be answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LessonOf {
    /// What somebody heard, such as a complaint.
    Feedback(FeedbackId),
    /// An incident that a person closed.
    Incident(IncidentId),
}

impl LessonOf {
    /// Reads `fb-1` or `inc-1`.
    ///
    /// # Errors
    /// A text that is no name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.starts_with("fb-") {
            FeedbackId::parse(text).map(Self::Feedback)
        } else {
            IncidentId::parse(text).map(Self::Incident)
        }
    }
}

impl std::fmt::Display for LessonOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Feedback(id) => id.fmt(f),
            Self::Incident(id) => id.fmt(f),
        }
    }
}

/// What is done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LessonAnswer {
    /// A criterion was added to a gate of the plan.
    Criterion {
        /// The stage whose gate has it.
        stage: StageId,
        /// Its name.
        criterion: CriterionId,
    },
    /// Nothing is added.
    None {
        /// Why not.
        because: String,
    },
}

impl std::fmt::Display for LessonAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Criterion { stage, criterion } => write!(f, "criterion {stage}/{criterion} was added"),
            Self::None { because } => write!(f, "none, because {because}"),
        }
    }
}

/// Feedback or an incident of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lesson {
    /// Which.
    pub of: LessonOf,
    /// Where it comes from: as it was said, or whoever closed the incident.
    pub from: String,
    /// Who filed it or closed the incident.
    pub filed_by: Option<PersonId>,
    /// What it says.
    pub text: String,
    /// Since when.
    pub at: Timestamp,
    /// Who answered what, and when.
    pub answer: Option<(PersonId, LessonAnswer, Timestamp)>,
}
