//! How each measure that is counted is tested: against the old side, against a limit, or both, and with which part of its
//! criterion's alpha.

use tidegate_model::ask::{HitsAre, Looks};
use tidegate_model::plan::{Measure, Step};
use tidegate_stats::{Hits, Margin};

/// The tests of a measure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tested {
    /// What a hit is.
    pub(super) hits: Hits,
    /// Against the old side.
    pub(super) comparison: Option<Comparison>,
    /// The new side alone.
    pub(super) limit: Option<Limit>,
    /// Who counts.
    pub(super) counted: CountedBy,
}

/// A comparison with the old side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    /// What may stay unexcluded; none for a step that is not known.
    pub(super) margin: Option<Margin>,
    /// How the alpha is used.
    pub(super) by: By,
}

/// The tests of a comparison. A part is what the criterion's alpha is divided by.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    /// The stratified test alone.
    Stratified { part: f64 },
    /// The stratified test and the exact one of bad events.
    StratifiedAndExact { part: f64 },
    /// The test of batches.
    Batches { part: f64 },
}

impl By {
    /// What the criterion's alpha is divided by for each of its tests.
    pub(super) fn part(self) -> f64 {
        match self {
            Self::Stratified { part } | Self::StratifiedAndExact { part } | Self::Batches { part } => part,
        }
    }
}

/// A limit of the new side's share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// Largest share of bad events.
    pub(super) at_most: f64,
    /// What the criterion's alpha is divided by.
    pub(super) part: f64,
}

/// Who counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountedBy {
    /// A gateway, which splits the visitors itself.
    Gateway,
    /// A source outside, which has no split of ours.
    Source,
}

impl Tested {
    /// How a measure is tested under a step; none for one that is not counted.
    pub(super) fn of(measure: &Measure, step: Option<&Step>) -> Option<Self> {
        let by_gateway = |hits, comparison, limit| Self {
            hits,
            comparison,
            limit,
            counted: CountedBy::Gateway,
        };
        Some(match measure {
            Measure::Completion { .. } => {
                let comparison = Comparison {
                    margin: step.map(|step| Margin::Relative(step.margin.ratio())),
                    by: By::StratifiedAndExact { part: 2.0 },
                };
                by_gateway(Hits::Good, Some(comparison), None)
            }
            Measure::Errors {
                at_most, not_worse_by, ..
            } => {
                let comparison = Comparison {
                    margin: Some(Margin::Absolute(not_worse_by.ratio())),
                    by: By::StratifiedAndExact { part: 4.0 },
                };
                let limit = Limit {
                    at_most: at_most.ratio(),
                    part: 2.0,
                };
                by_gateway(Hits::Bad, Some(comparison), Some(limit))
            }
            Measure::Latency { quantile, .. } => {
                let limit = Limit {
                    at_most: 1.0 - quantile.ratio(),
                    part: 1.0,
                };
                by_gateway(Hits::Bad, None, Some(limit))
            }
            Measure::Slower { not_worse_by, .. } => {
                let comparison = Comparison {
                    margin: Some(Margin::Relative(not_worse_by.ratio())),
                    by: By::Stratified { part: 1.0 },
                };
                by_gateway(Hits::Bad, Some(comparison), None)
            }
            Measure::Counted {
                hits,
                at_most,
                not_worse_by,
                looks,
                ..
            } => {
                // A limit takes half of the alpha where both are asked for.
                let half = if at_most.is_some() && not_worse_by.is_some() {
                    2.0
                } else {
                    1.0
                };
                let by = match looks {
                    Looks::Stream => By::StratifiedAndExact { part: 2.0 * half },
                    Looks::Batches { .. } => By::Batches { part: half },
                };
                Self {
                    hits: match hits {
                        HitsAre::Good => Hits::Good,
                        HitsAre::Bad => Hits::Bad,
                    },
                    comparison: not_worse_by.map(|margin| Comparison {
                        margin: Some(Margin::Absolute(margin.ratio())),
                        by,
                    }),
                    limit: at_most.map(|at_most| Limit {
                        at_most: at_most.ratio(),
                        part: half,
                    }),
                    counted: CountedBy::Source,
                }
            }
            Measure::Level { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. } => {
                return None;
            }
        })
    }
}
