//! How a run of an analysis ends when every measurement has the same phase: `analysis/analysis.go`, `assessMetricStatus`.

/// The default of `consecutiveErrorLimit` (`utils/defaults/defaults.go`).
const ERRORS_IN_A_ROW: i64 = 4;

/// A number that a metric may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    Absent,
    Number(i64),
    /// An argument that has no value in this file.
    Argument,
}

/// The numbers of a metric that decide when its run ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) count: Given,
    pub(super) has_interval: bool,
    pub(super) failure: Given,
    pub(super) inconclusive: Given,
    pub(super) errors_in_a_row: Given,
    pub(super) successes_in_a_row: Given,
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// `Error`, after so many measurements in a row.
    Error(i64),
    /// `Failed`, after so many measurements.
    Failed(i64),
    /// `Inconclusive`, after so many measurements.
    Inconclusive(i64),
    /// `Successful`, because a limit allows as many as are taken; the field that is the limit.
    Allowed(&'static str),
    /// It goes on until it is terminated, which is `Successful`.
    Endless,
    /// A field is an argument without a value.
    NotKnown(&'static str),
}

impl Limits {
    /// How many measurements are taken; nothing when they go on until the run is terminated.
    fn effective_count(&self) -> Result<Option<i64>, End> {
        match self.count {
            Given::Absent | Given::Number(0) => Ok((!self.has_interval).then_some(1)),
            Given::Number(count) => Ok(Some(count)),
            Given::Argument => Err(End::NotKnown("count")),
        }
    }

    /// Whether only termination can end the run well.
    pub(super) fn is_endless(&self) -> bool {
        matches!(self.effective_count(), Ok(None))
            && matches!(self.successes_in_a_row, Given::Absent | Given::Number(0))
    }

    /// When every measurement is an error. Errors do not count as measurements, so no count ends it first.
    pub(super) fn all_errors(&self) -> End {
        match self.errors_in_a_row {
            Given::Absent => End::Error(ERRORS_IN_A_ROW + 1),
            Given::Number(limit) => End::Error(limit.saturating_add(1)),
            Given::Argument => End::NotKnown("consecutiveErrorLimit"),
        }
    }

    /// When every measurement fails.
    pub(super) fn all_failed(&self) -> End {
        let limit = match self.failure {
            Given::Absent => 0,
            Given::Number(limit) => limit,
            Given::Argument => return End::NotKnown("failureLimit"),
        };
        // A negative limit is none.
        let trips = (limit >= 0).then(|| limit.saturating_add(1));
        let wants_successes = match self.successes_in_a_row {
            Given::Absent => false,
            Given::Number(wanted) => wanted > 0,
            Given::Argument => return End::NotKnown("consecutiveSuccessLimit"),
        };
        match (trips, self.effective_count()) {
            (_, Err(end)) => end,
            (Some(trips), Ok(count)) if count.is_none_or(|count| trips <= count) => End::Failed(trips),
            (Some(_), Ok(Some(count))) if wants_successes => End::Inconclusive(count),
            (None, Ok(Some(count))) if wants_successes => End::Failed(count),
            (_, Ok(Some(_))) => End::Allowed("failureLimit"),
            (_, Ok(None)) => End::Endless,
        }
    }

    /// When every measurement is inconclusive.
    pub(super) fn all_inconclusive(&self) -> End {
        let limit = match self.inconclusive {
            Given::Absent => 0,
            Given::Number(limit) => limit,
            Given::Argument => return End::NotKnown("inconclusiveLimit"),
        };
        let trips = limit.saturating_add(1);
        match self.effective_count() {
            Err(end) => end,
            Ok(count) if count.is_none_or(|count| trips <= count) => End::Inconclusive(trips),
            Ok(_) => match self.successes_in_a_row {
                Given::Number(wanted) if wanted > 0 => End::Inconclusive(limit),
                Given::Absent | Given::Number(_) => End::Allowed("inconclusiveLimit"),
                Given::Argument => End::NotKnown("consecutiveSuccessLimit"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Limits = Limits {
        count: Given::Absent,
        has_interval: false,
        failure: Given::Absent,
        inconclusive: Given::Absent,
        errors_in_a_row: Given::Absent,
        successes_in_a_row: Given::Absent,
    };

    #[test]
    fn the_first_bad_measurement_ends_it_by_default_and_the_fifth_error_in_a_row() {
        assert_eq!(DEFAULT.all_failed(), End::Failed(1));
        assert_eq!(DEFAULT.all_inconclusive(), End::Inconclusive(1));
        assert_eq!(DEFAULT.all_errors(), End::Error(5));
        assert!(!DEFAULT.is_endless());
    }

    #[test]
    fn a_limit_as_high_as_the_count_allows_every_measurement_to_fail() {
        let three = |failure, inconclusive| Limits {
            count: Given::Number(3),
            has_interval: true,
            failure: Given::Number(failure),
            inconclusive: Given::Number(inconclusive),
            ..DEFAULT
        };
        assert_eq!(three(2, 0).all_failed(), End::Failed(3));
        assert_eq!(three(3, 0).all_failed(), End::Allowed("failureLimit"));
        assert_eq!(three(0, 2).all_inconclusive(), End::Inconclusive(3));
        assert_eq!(three(0, 3).all_inconclusive(), End::Allowed("inconclusiveLimit"));
    }

    #[test]
    fn wanted_successes_turn_an_allowed_end_around() {
        let wanted = |failure| Limits {
            count: Given::Number(3),
            has_interval: true,
            failure: Given::Number(failure),
            successes_in_a_row: Given::Number(2),
            ..DEFAULT
        };
        assert_eq!(wanted(3).all_failed(), End::Inconclusive(3));
        assert_eq!(wanted(-1).all_failed(), End::Failed(3));
        let endless = Limits {
            count: Given::Absent,
            ..wanted(-1)
        };
        assert_eq!(endless.all_failed(), End::Endless);
        assert!(!endless.is_endless());
    }
}
