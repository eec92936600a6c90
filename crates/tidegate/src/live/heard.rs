//! What a comparing process says, for whoever waits for the end of one order. It decides nothing about the rows.

use tidegate_model::seam::Reconciled;

use crate::reconciling::Answer;

/// What an answer is to somebody who waits for an order, or for none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Heard {
    /// The order has begun.
    Began,
    /// The order has ended with a word on the rows.
    Ended(Reconciled),
    /// The order could not be carried out, and why.
    Failed(String),
    /// Rows that had changed differ for certain. It was found before the order, and counts whatever becomes of that: the order may
    /// end without a word on them.
    Noticed(Reconciled),
    /// Changes could not be followed, and why.
    Unfollowed(String),
    /// How far it is, or a word of an order that was given up.
    Nothing,
}

impl Heard {
    /// An answer to who waits for this order; to who waits for none, between two.
    pub(super) fn of(answer: Answer, waited_for: Option<u64>) -> Self {
        match answer {
            Answer::Began { order } if waited_for == Some(order) => Self::Began,
            Answer::Ended { order, found } if waited_for == Some(order) => Self::Ended(found),
            Answer::Failed { order: None, reason } => Self::Unfollowed(reason),
            Answer::Failed { order, reason } if waited_for == order => Self::Failed(reason),
            Answer::Noticed { found } => Self::Noticed(found),
            Answer::Progress { rows, .. } => {
                tracing::debug!(rows, "rows are compared");
                Self::Nothing
            }
            Answer::Began { .. } | Answer::Ended { .. } | Answer::Failed { .. } => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use tidegate_model::Millis;
    use tidegate_model::seam::Compared;

    fn found() -> Reconciled {
        Reconciled {
            compared: Compared::Diverged,
            changed_keys: Some(1),
            old_rows: 1,
            new_rows: 1,
            ledger_rows: None,
            is_whole: false,
            skipped: 0,
            differing: 1,
            classes: BTreeMap::new(),
            healed: 0,
            moving: 0,
            doubts: Vec::new(),
            totals: Vec::new(),
            digest: String::new(),
            took: Millis(1),
        }
    }

    #[test]
    fn what_is_noticed_counts_during_an_order_and_between_two() {
        for waited_for in [None, Some(3)] {
            let heard = Heard::of(Answer::Noticed { found: found() }, waited_for);
            assert_eq!(heard, Heard::Noticed(found()), "{waited_for:?}");
            let reason = "no such table".to_owned();
            let heard = Heard::of(
                Answer::Failed {
                    order: None,
                    reason: reason.clone(),
                },
                waited_for,
            );
            assert_eq!(heard, Heard::Unfollowed(reason), "{waited_for:?}");
        }
    }

    #[test]
    fn only_the_order_that_is_waited_for_is_answered() {
        let reason = "its side is gone".to_owned();
        let all = |order: u64| {
            let (found, reason) = (found(), reason.clone());
            let failed = Answer::Failed {
                order: Some(order),
                reason,
            };
            [Answer::Began { order }, Answer::Ended { order, found }, failed]
        };
        let heard = all(3).map(|answer| Heard::of(answer, Some(3)));
        let expected = [Heard::Began, Heard::Ended(found()), Heard::Failed(reason.clone())];
        assert_eq!(heard, expected);
        for (order, waited_for) in [(2, Some(3)), (3, None)] {
            for answer in all(order) {
                assert_eq!(Heard::of(answer, waited_for), Heard::Nothing, "{order} {waited_for:?}");
            }
        }
    }
}
