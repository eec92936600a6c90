//! Why a criterion says what it says, in words: the same on the page, in the JSON API and on the command line. Decides and
//! computes nothing; every number comes from the engine.

mod all;
mod hits;
mod section;
mod test;

pub(crate) use all::{Whys, all, of};
use schemars::JsonSchema;
pub(crate) use section::small;
use serde::{Deserialize, Serialize};
use tidegate_engine::event::Reading;
use tidegate_engine::judge::Explanation;
use tidegate_engine::view::CriterionView;
use tidegate_model::StageId;
use tidegate_model::plan::Criterion;

/// A criterion with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// Its stage.
    pub stage: StageId,
    /// The criterion as it stands.
    pub criterion: CriterionView,
    /// What its verdict is made of; none while its stage is not exposed. Then `criterion` has what was journalled last.
    pub explanation: Option<Explanation>,
    /// The same in words.
    pub told: Vec<Section>,
}

/// A part of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Its lines.
    pub rows: Vec<Row>,
}

/// A line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// What it is about.
    pub what: String,
    /// What is so.
    pub says: String,
}

/// Tells a verdict: the counts, each test, the alpha, each check, and what can still be seen. Tests and checks are known only
/// with an explanation; a part without anything to say is left out.
#[must_use]
pub fn tell(criterion: &Criterion, reading: &Reading, explanation: Option<&Explanation>) -> Vec<Section> {
    let measure = &criterion.measure;
    let mut sections = vec![section::counts(measure, reading, explanation)];
    if let Some(explanation) = explanation {
        sections.push(section::tests(measure, explanation));
    }
    sections.push(section::alpha(reading, explanation));
    if let Some(explanation) = explanation {
        sections.push(section::totals(explanation));
        sections.push(section::checks(explanation));
    }
    sections.push(section::sight(reading));
    sections.retain(|section| !section.rows.is_empty());
    sections
}

impl Section {
    /// A part without lines.
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            rows: Vec::new(),
        }
    }

    /// Adds a line.
    pub fn row(&mut self, what: impl Into<String>, says: impl Into<String>) {
        self.rows.push(Row {
            what: what.into(),
            says: says.into(),
        });
    }
}

#[cfg(test)]
mod tests;
