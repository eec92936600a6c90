//! The faults of a survey: counted by class, with few examples of each; bounded however many there are.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::Millis;
use tidegate_model::seam::{FaultSeen, Subjects, Surveyed};

/// The longest subject or detail that is kept, in characters.
const CHARS_MAX: usize = 200;

/// Faults so far.
#[derive(Debug, Default)]
pub(super) struct Faults {
    faulty: BTreeSet<String>,
    classes: BTreeMap<String, u64>,
    counted: BTreeSet<(String, String)>,
    examples: Vec<FaultSeen>,
}

impl Faults {
    /// A subject has a fault of a class; told again it counts once.
    pub(super) fn add(&mut self, class: &str, subject: &str, detail: impl Into<String>) {
        if !self.counted.insert((class.to_owned(), subject.to_owned())) {
            return;
        }
        self.faulty.insert(subject.to_owned());
        let count = self.classes.entry(class.to_owned()).or_default();
        *count += 1;
        let kept = usize::try_from(*count).unwrap_or(usize::MAX);
        if kept <= Surveyed::EXAMPLES_OF_CLASS_MAX && self.examples.len() < Surveyed::EXAMPLES_MAX {
            self.examples.push(FaultSeen {
                class: class.to_owned(),
                subject: short(subject),
                detail: short(&detail.into()),
            });
        }
    }

    /// Everything, with the subjects that answered. One that was judged without being asked, such as an address that
    /// robots.txt shuts, was looked at too.
    pub(super) fn surveyed<'a>(
        self,
        subjects: Subjects,
        answered: impl IntoIterator<Item = &'a String>,
        gap: Option<String>,
    ) -> Surveyed {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let answered: BTreeSet<&String> = answered.into_iter().collect();
        let unasked = self.faulty.iter().filter(|subject| !answered.contains(subject));
        let looked_at = answered.len() + unasked.count();
        Surveyed {
            subjects,
            looked_at: count(looked_at),
            faulty: count(self.faulty.len()),
            compared: 0,
            classes: self.classes,
            examples: self.examples,
            gap: gap.map(|gap| short(&gap)),
            took: Millis(0),
        }
    }
}

/// One short line.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_counted_and_few_examples_are_kept() {
        let mut faults = Faults::default();
        for page in 0..100 {
            for class in ["status", "title"] {
                faults.add(class, &format!("/{page}"), "x".repeat(300));
                faults.add(class, &format!("/{page}"), "again");
            }
        }
        let answered: Vec<String> = (0..120).map(|page| format!("/{page}")).collect();
        let found = faults.surveyed(Subjects::Addresses, &answered, None);
        assert_eq!((found.looked_at, found.faulty), (120, 100));
        assert_eq!(
            found.classes,
            [("status".to_owned(), 100), ("title".to_owned(), 100)].into()
        );
        assert_eq!(found.examples.len(), 2 * Surveyed::EXAMPLES_OF_CLASS_MAX);
        assert!(found.examples.iter().all(|example| example.detail.len() == CHARS_MAX));
    }

    #[test]
    fn what_was_judged_without_being_asked_was_looked_at() {
        let mut faults = Faults::default();
        for page in 0..8 {
            faults.add("title", &format!("/{page}"), "it has no title");
        }
        faults.add("robots", "/shut", "robots.txt does not let googlebot in");
        let answered: Vec<String> = (0..9).map(|page| format!("/{page}")).collect();
        let found = faults.surveyed(Subjects::Addresses, &answered, None);
        assert_eq!((found.looked_at, found.faulty), (10, 9), "nine of ten");
    }
}
