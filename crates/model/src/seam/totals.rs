//! What both sides of a comparison come to, beside the word on their rows: counts and sums by declared columns, and never a row.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One declared sum, as the rows were when they were first read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// The summed column; none where rows are counted only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
    /// What sums are told apart by.
    pub by: Vec<String>,
    /// Groups that there are.
    pub groups: u64,
    /// How many of them differ.
    pub differing: u64,
    /// Rows in no group, because there are too many groups: of the old side, and of the new one.
    pub beyond: (u64, u64),
    /// Some groups, those that differ first.
    pub told: Vec<Group>,
}

/// What both sides hold of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// The values that name it, in the order of what sums are told apart by; none names all rows.
    pub of: Vec<String>,
    /// The old side.
    pub old: Amount,
    /// The new side.
    pub new: Amount,
}

/// Rows, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Amount {
    /// Rows.
    pub rows: u64,
    /// Their exact sum, in decimal digits; none where rows are counted only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
    /// Rows among them without a number, which are in no sum.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub without: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the serializer passes a reference")]
fn is_zero(rows: &u64) -> bool {
    *rows == 0
}

impl Totals {
    /// What is summed by what, such as `total by currency, state`.
    #[must_use]
    pub fn name(&self) -> String {
        let sum = self.sum.as_deref().unwrap_or("rows");
        match self.by.as_slice() {
            [] => sum.to_owned(),
            by => format!("{sum} by {}", by.join(", ")),
        }
    }

    /// Whether both sides come to the same, in every group.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.differing == 0 && self.beyond == (0, 0)
    }

    /// Both sides in one line; the first group that differs stands for the others.
    #[must_use]
    pub fn words(&self) -> String {
        let name = self.name();
        let mut said = match (self.agree(), self.told.iter().find(|group| group.differs())) {
            (true, _) => format!("{name} agree in {} groups", self.groups),
            (false, Some(first)) => {
                format!(
                    "{name} differ in {} of {} groups, such as {first}",
                    self.differing, self.groups
                )
            }
            (false, None) => format!("{name} agree in {} groups, and not all rows are in one", self.groups),
        };
        if let (old, new) = self.beyond
            && old + new > 0
        {
            said.push_str(&format!("; {old} old and {new} new rows are in no group"));
        }
        said
    }
}

impl Group {
    /// Whether the sides come to something else.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.old != self.new
    }

    /// Its name; the group of all rows has one too.
    #[must_use]
    pub fn name(&self) -> String {
        match self.of.as_slice() {
            [] => "all rows".to_owned(),
            of => of.join(", "),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: old {}, new {}", self.name(), self.old, self.new)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sum {
            Some(sum) => write!(f, "{sum} in {} rows", self.rows)?,
            None => write!(f, "{} rows", self.rows)?,
        }
        match self.without {
            0 => Ok(()),
            rows => write!(f, ", {rows} without a number"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(rows: u64, sum: &str) -> Amount {
        Amount {
            rows,
            sum: Some(sum.to_owned()),
            without: 0,
        }
    }

    #[test]
    fn totals_are_told_in_one_line_with_the_first_group_that_differs() {
        let group = |of: &str, new: Amount| Group {
            of: vec![of.to_owned()],
            old: amount(2, "120.50"),
            new,
        };
        let mut totals = Totals {
            sum: Some("total".to_owned()),
            by: vec!["currency".to_owned()],
            groups: 3,
            differing: 1,
            beyond: (0, 0),
            told: vec![group("CHF", amount(2, "120.50")), group("EUR", amount(1, "100"))],
        };
        assert!(!totals.agree());
        assert_eq!(
            totals.words(),
            "total by currency differ in 1 of 3 groups, such as EUR: old 120.50 in 2 rows, new 100 in 1 rows"
        );
        totals.told.pop();
        totals.differing = 0;
        assert_eq!(totals.words(), "total by currency agree in 3 groups");
        totals.beyond = (4, 5);
        assert!(!totals.agree());
        assert!(totals.words().ends_with("; 4 old and 5 new rows are in no group"));
    }
}
