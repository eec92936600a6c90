//! What a hit of a measure is, in words.

use tidegate_model::ask::HitsAre;
use tidegate_model::plan::Measure;

/// How people call the hits of a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// Fits after a number of attempts: `completed`, `failed`.
    pub(super) done: String,
    /// Whether one hopes for them.
    pub(super) are_good: bool,
}

/// The words for a measure; none for one whose numbers are no attempts.
pub(super) fn words(measure: &Measure) -> Option<Words> {
    let bad = |done: String| {
        let are_good = false;
        Some(Words { done, are_good })
    };
    match measure {
        Measure::Completion { .. } => Some(Words {
            done: "completed".to_owned(),
            are_good: true,
        }),
        Measure::Errors { .. } => bad("failed".to_owned()),
        Measure::Latency { limit, .. } => bad(format!("took longer than {limit}")),
        Measure::Slower { threshold, .. } => bad(format!("took longer than {threshold}")),
        Measure::Counted { hits, .. } => match hits {
            HitsAre::Good => Some(Words {
                done: "were good".to_owned(),
                are_good: true,
            }),
            HitsAre::Bad => bad("were bad".to_owned()),
        },
        Measure::Level { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => None,
    }
}
