//! What a rollback cost and what it spared, from the counts in the journal and not from the verdict: whichever test or
//! brake was the first to speak, the same attempts are counted.

use tidegate_model::seam::{ArmCounts, ExposureVersion};
use tidegate_stats::{Interval, ShareTest};

use super::story::StageStory;

/// Chance that the interval of the difference does not hold at one look or another; half of it for each side.
const ALPHA: f64 = 0.05;
/// Where the interval of a share is narrowest. It holds wherever this lies, as long as the counts do not move it.
const SHARPEST_AT: f64 = 0.8;

/// One start cohort of the completion criterion, as the journal has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cohort {
    /// The snapshot under which its attempts began.
    pub(crate) version: ExposureVersion,
    pub(crate) old: ArmCounts,
    pub(crate) new: ArmCounts,
}

/// A number of orders with its interval; negative when the new side completes more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    pub(crate) point: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Losses of the attempts that began between the first exposure and the rollback.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Losses {
    /// Attempts of the new side.
    pub(crate) exposed: u64,
    /// Attempts of both sides.
    pub(crate) all: u64,
    /// Orders that the exposed attempts lost.
    pub(crate) lost: Span,
    /// Orders that all of them would have lost.
    pub(crate) at_full: Span,
}

/// The losses of a stage's first rollback. Attempts that were open at the verdict are counted to their end: their
/// cohorts come late, and the journal has them too.
///
/// # Errors
/// Why nothing can be said, in words of the report.
///
/// # Source
/// Loss per attempt = completion of the old side less completion of the new one. Its interval joins one always-valid
/// interval for each side (gates 3.4a) by the union bound. The stratified comparison's own interval is not taken: it
/// supposes a variance of 20 at least, which the few dozen attempts before a rollback do not have.
pub(crate) fn of(stage: &StageStory) -> Result<Losses, String> {
    let rollback = stage.rollbacks.first().ok_or("nothing was rolled back")?;
    let since = stage.exposed_as.ok_or("it was never exposed")?;
    let begun = stage
        .cohorts
        .iter()
        .filter(|cohort| cohort.version >= since && cohort.version < rollback.version);
    let (old, new) = begun.fold((arm(ArmCounts::default()), arm(ArmCounts::default())), |sum, cohort| {
        (sum.0 + arm(cohort.old), sum.1 + arm(cohort.new))
    });
    let (Some((old_share, of_old)), Some((new_share, of_new))) = (share(old), share(new)) else {
        return Err("no attempts of both sides were counted between exposure and rollback".into());
    };
    let per_attempt = Span {
        point: old_share - new_share,
        low: of_old.low - of_new.high,
        high: of_old.high - of_new.low,
    };
    let all = old.n.saturating_add(new.n);
    Ok(Losses {
        exposed: new.n,
        all,
        lost: per_attempt.times(new.n),
        at_full: per_attempt.times(all),
    })
}

impl Span {
    #[expect(clippy::cast_precision_loss, reason = "counts of a demo are far below 2^52")]
    fn times(self, attempts: u64) -> Self {
        let attempts = attempts as f64;
        Self {
            point: self.point * attempts,
            low: self.low * attempts,
            high: self.high * attempts,
        }
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Adding zero turns the `-0` of rounding into `0`.
        let whole = |orders: f64| orders.round() + 0.0;
        write!(
            f,
            "{} (95 % interval {} to {})",
            whole(self.point),
            whole(self.low),
            whole(self.high)
        )
    }
}

fn arm(counts: ArmCounts) -> tidegate_stats::ArmCounts {
    tidegate_stats::ArmCounts::new(counts.n, counts.hits)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a demo are far below 2^52")]
fn share(counts: tidegate_stats::ArmCounts) -> Option<(f64, Interval)> {
    let interval = ShareTest::fold(SHARPEST_AT, ALPHA / 2.0, &[counts])?.interval()?;
    Some((counts.hits as f64 / counts.n as f64, interval))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::story::RolledBack;
    use tidegate_model::{BasisPoints, Timestamp};

    fn version(seq: u64) -> ExposureVersion {
        ExposureVersion { epoch: 1, seq }
    }

    fn cohort(seq: u64, old: (u64, u64), new: (u64, u64)) -> Cohort {
        let arm = |(n, hits)| ArmCounts { n, hits };
        Cohort {
            version: version(seq),
            old: arm(old),
            new: arm(new),
        }
    }

    /// Exposed under 176, rolled back under 201: the counts of a real run.
    fn rolled_back_by(by: &str) -> StageStory {
        StageStory {
            exposed_as: Some(version(176)),
            cohorts: vec![
                cohort(175, (900, 0), (0, 0)),
                cohort(176, (343, 328), (38, 24)),
                cohort(180, (303, 289), (19, 14)),
                cohort(201, (900, 0), (0, 0)),
                cohort(234, (900, 900), (900, 900)),
            ],
            rollbacks: vec![RolledBack {
                from: BasisPoints::new(1_000).expect("a share"),
                harm_at: Timestamp(1),
                done_at: None,
                by: by.to_owned(),
                version: version(201),
            }],
            ..StageStory::default()
        }
    }

    #[test]
    fn losses_are_counted_whoever_rolled_back_and_only_of_attempts_begun_before() {
        for by in ["buy-completion", "brake"] {
            let losses = of(&rolled_back_by(by)).expect("there are counts");
            assert_eq!((losses.exposed, losses.all), (57, 703));
            assert_eq!(losses.lost.to_string(), "16 (95 % interval 4 to 30)");
            assert_eq!(losses.at_full.to_string(), "203 (95 % interval 54 to 369)");
        }
    }

    #[test]
    fn what_cannot_be_said_says_why() {
        let quiet = StageStory::default();
        assert_eq!(of(&quiet).expect_err("no rollback"), "nothing was rolled back");
        let uncounted = StageStory {
            cohorts: vec![cohort(176, (343, 328), (0, 0))],
            ..rolled_back_by("brake")
        };
        assert!(
            of(&uncounted)
                .expect_err("one side alone")
                .starts_with("no attempts of both sides")
        );
    }
}
