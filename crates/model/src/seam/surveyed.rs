//! What a survey ended with: counts, faults by class and some examples, never the content of a page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Millis;

/// What a survey looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subjects {
    /// Addresses of pages.
    Addresses,
    /// Baskets.
    Baskets,
}

impl Subjects {
    /// So many of them, in words.
    #[must_use]
    pub fn count(self, n: u64) -> String {
        match (self, n) {
            (Self::Addresses, 1) => "1 address".to_owned(),
            (Self::Addresses, n) => format!("{n} addresses"),
            (Self::Baskets, 1) => "1 basket".to_owned(),
            (Self::Baskets, n) => format!("{n} baskets"),
        }
    }
}

/// One fault of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultSeen {
    /// Its class, such as `canonical`.
    pub class: String,
    /// The address or the basket's name.
    pub subject: String,
    /// What was expected and what was found, in words.
    pub detail: String,
}

/// A survey that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surveyed {
    /// What was looked at.
    pub subjects: Subjects,
    /// How many of them.
    pub looked_at: u64,
    /// How many have a fault; at most `looked_at`.
    pub faulty: u64,
    /// How many were held against the other side.
    #[serde(default)]
    pub compared: u64,
    /// How many have a fault of each class; one subject may be in several.
    pub classes: BTreeMap<String, u64>,
    /// Some of the faults: few of each class, few in all.
    pub examples: Vec<FaultSeen>,
    /// Why not all were looked at, when that is so.
    pub gap: Option<String>,
    /// How long it took.
    pub took: Millis,
}

impl FaultSeen {
    /// How the classes of faults begin that are differences between the two sides of one address.
    pub const PARITY: &'static str = "parity: ";
}

impl Surveyed {
    /// Examples that are kept of one class.
    pub const EXAMPLES_OF_CLASS_MAX: usize = 5;
    /// Examples that are kept in all.
    pub const EXAMPLES_MAX: usize = 40;
    /// Classes that a verdict names.
    const CLASSES_NAMED_MAX: usize = 4;
    /// Examples that a verdict names.
    const EXAMPLES_NAMED_MAX: usize = 3;

    /// Whether something was looked at, and all of it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gap.is_none() && self.looked_at > 0
    }

    /// What was found, in words: how many, which classes, and some examples.
    #[must_use]
    pub fn words(&self) -> String {
        let looked_at = self.subjects.count(self.looked_at);
        if self.faulty == 0 {
            return format!("{looked_at}, none with a fault");
        }
        let mut classes: Vec<(&String, u64)> = self.classes.iter().map(|(class, n)| (class, *n)).collect();
        classes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let mut named: Vec<String> = classes
            .iter()
            .take(Self::CLASSES_NAMED_MAX)
            .map(|(class, n)| format!("{n} {class}"))
            .collect();
        if classes.len() > Self::CLASSES_NAMED_MAX {
            named.push(format!("{} classes more", classes.len() - Self::CLASSES_NAMED_MAX));
        }
        let mut seen: Vec<&str> = Vec::new();
        let mut examples = Vec::new();
        for example in &self.examples {
            if examples.len() < Self::EXAMPLES_NAMED_MAX && !seen.contains(&example.class.as_str()) {
                seen.push(&example.class);
                examples.push(format!("{}: {}", example.subject, example.detail));
            }
        }
        format!(
            "{looked_at}, {} with a fault: {}; {}",
            self.faulty,
            named.join(", "),
            examples.join("; ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_is_told_with_its_largest_classes_and_one_example_of_each() {
        let seen = |class: &str, subject: &str, detail: &str| FaultSeen {
            class: class.into(),
            subject: subject.into(),
            detail: detail.into(),
        };
        let found = Surveyed {
            subjects: Subjects::Addresses,
            looked_at: 1_240,
            faulty: 3,
            compared: 0,
            classes: [("canonical".to_owned(), 2), ("status".to_owned(), 1)].into(),
            examples: vec![
                seen("canonical", "/a", "names old.example"),
                seen("canonical", "/b", "names old.example"),
                seen("status", "/c", "404"),
            ],
            gap: None,
            took: Millis(7),
        };
        assert_eq!(
            found.words(),
            "1240 addresses, 3 with a fault: 2 canonical, 1 status; /a: names old.example; /c: 404"
        );
        let clean = Surveyed {
            faulty: 0,
            looked_at: 1,
            subjects: Subjects::Baskets,
            ..found
        };
        assert_eq!(clean.words(), "1 basket, none with a fault");
    }
}
