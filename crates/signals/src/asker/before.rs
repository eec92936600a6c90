//! What was there before the first question: batches whose name says no moment, made before this exposure began.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::seam::ArmCounts;

use crate::miss::{Finding, Miss};
use crate::moment;

/// Names of one side that were there at its first answer, once there was one.
#[derive(Debug, Default)]
pub(super) struct Before {
    names: Option<BTreeSet<String>>,
}

impl Before {
    /// What this side found without what was there before. A name that is a day or a moment says itself when it was.
    ///
    /// # Errors
    /// Those that it was given; an answer without rows is a first answer too.
    pub(super) fn without(
        &mut self,
        found: Finding<BTreeMap<String, ArmCounts>>,
    ) -> Finding<BTreeMap<String, ArmCounts>> {
        let there = match &found {
            Ok(batches) => Some(batches),
            Err(Miss::Nothing(_)) => None,
            Err(Miss::Unusable(..) | Miss::Silent(_)) => return found,
        };
        let names = self.names.get_or_insert_with(|| {
            let nameless = |name: &&String| moment::named(name).is_none();
            there
                .into_iter()
                .flat_map(BTreeMap::keys)
                .filter(nameless)
                .cloned()
                .collect()
        });
        let mut batches = found?;
        batches.retain(|name, _| !names.contains(name));
        Ok(batches)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> Finding<BTreeMap<String, ArmCounts>> {
        let counts = ArmCounts { n: 10, hits: 1 };
        Ok(names.iter().map(|name| ((*name).to_owned(), counts)).collect())
    }

    fn left(before: &mut Before, names: &[&str]) -> Vec<String> {
        before.without(found(names)).unwrap().into_keys().collect()
    }

    #[test]
    fn runs_that_are_there_at_the_first_answer_are_never_told() {
        let mut before = Before::default();
        let silent = Err(Miss::Silent("away".into()));
        assert_eq!(before.without(silent.clone()), silent, "no answer is no first answer");
        assert!(left(&mut before, &["run 41", "run 42"]).is_empty());
        assert_eq!(left(&mut before, &["run 41", "run 42", "run 43"]), ["run 43"]);
        assert_eq!(left(&mut before, &["run 41", "run 43"]), ["run 43"]);
    }

    #[test]
    fn days_and_moments_are_told_whenever_they_are_there() {
        let names = ["2026-11-19", "2026-11-20T01:00:00Z"];
        assert_eq!(left(&mut Before::default(), &names), names);
    }

    #[test]
    fn where_nothing_was_all_that_comes_is_new() {
        let mut before = Before::default();
        let nothing = Err(Miss::Nothing("no rows".into()));
        assert_eq!(before.without(nothing.clone()), nothing);
        assert_eq!(left(&mut before, &["run 43"]), ["run 43"]);
    }
}
