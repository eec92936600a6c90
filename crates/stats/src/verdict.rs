//! What a test says: plain values without names of criteria, which belong to the rooms above.

/// What an alarm says about harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Alarm {
    /// The counts contradict themselves or no unit was seen on one side: nothing can be said.
    CannotSpeak,
    /// The evidence has not reached the boundary; this is never a pass.
    Quiet,
    /// The evidence reached the boundary at this look or an earlier one.
    Harm,
}

/// What a pass test says at this look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Passing {
    /// The counts contradict themselves or no unit was seen on one side: nothing can be said.
    CannotSpeak,
    /// The boundary is not reached.
    NotYet {
        /// Further units on the new side until it is, if the shares stay as they are now; `None` when they point the
        /// wrong way or too little is known.
        units_needed: Option<u64>,
    },
    /// "Worse by the margin" is excluded.
    Pass,
}

/// An interval of a share, in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end, as a share.
    pub low: f64,
    /// Upper end, as a share.
    pub high: f64,
}

/// A difference of shares, new less old, with its always-valid interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Best estimate in percentage points, within [-100, 100].
    pub point_pp: f64,
    /// Lower end in percentage points, within [-100, 100].
    pub low_pp: f64,
    /// Upper end in percentage points, within [-100, 100].
    pub high_pp: f64,
}

impl Difference {
    /// Builds it from shares and cuts it at what is possible.
    pub(crate) fn from_shares(point: f64, low: f64, high: f64) -> Option<Self> {
        let cut = |share: f64| (100.0 * share).clamp(-100.0, 100.0);
        let finite = point.is_finite() && !low.is_nan() && !high.is_nan();
        finite.then(|| Self {
            point_pp: cut(point),
            low_pp: cut(low),
            high_pp: cut(high),
        })
    }
}
