//! Comparing rows of two sides by key.

use tidegate_model::seam::EqualityCounts;

/// A row: its key, and the rest as text with `NULL` told apart from the empty text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) values: Vec<Option<String>>,
}

/// Counts what differs. A key that stands twice on a side is counted and its rows are not compared.
pub(crate) fn compare(mut old: Vec<Row>, mut new: Vec<Row>) -> EqualityCounts {
    let mut counts = EqualityCounts {
        old_rows: u64::try_from(old.len()).unwrap_or(u64::MAX),
        new_rows: u64::try_from(new.len()).unwrap_or(u64::MAX),
        ..EqualityCounts::default()
    };
    old.sort_unstable();
    new.sort_unstable();
    counts.duplicated = once_each(&mut old) + once_each(&mut new);
    let (mut left, mut right) = (old.into_iter().peekable(), new.into_iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (None, None) => return counts,
            (Some(_), None) => {
                counts.missing += 1;
                left.next();
            }
            (None, Some(_)) => {
                counts.missing += 1;
                right.next();
            }
            (Some(a), Some(b)) => match a.key.cmp(&b.key) {
                std::cmp::Ordering::Less => {
                    counts.missing += 1;
                    left.next();
                }
                std::cmp::Ordering::Greater => {
                    counts.missing += 1;
                    right.next();
                }
                std::cmp::Ordering::Equal => {
                    counts.differing += u64::from(a.values != b.values);
                    left.next();
                    right.next();
                }
            },
        }
    }
}

/// Keeps the first row of each key of a sorted list; how many were too many.
fn once_each(rows: &mut Vec<Row>) -> u64 {
    let before = rows.len();
    rows.dedup_by(|later, first| later.key == first.key);
    u64::try_from(before - rows.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(pairs: &[(&str, &str)]) -> Vec<Row> {
        pairs
            .iter()
            .map(|(key, value)| Row {
                key: (*key).into(),
                values: vec![Some((*value).into())],
            })
            .collect()
    }

    fn check(old: &[(&str, &str)], new: &[(&str, &str)], expected: (u64, u64, u64)) {
        let counts = compare(rows(old), rows(new));
        assert_eq!(
            (counts.missing, counts.differing, counts.duplicated),
            expected,
            "{old:?} against {new:?}"
        );
    }

    #[test]
    fn rows_are_compared_by_key_whatever_their_order() {
        check(&[("a", "1"), ("b", "2")], &[("b", "2"), ("a", "1")], (0, 0, 0));
        check(&[("a", "1"), ("b", "2")], &[("a", "1"), ("b", "3")], (0, 1, 0));
        check(&[("a", "1"), ("b", "2")], &[("b", "2"), ("c", "1")], (2, 0, 0));
        check(&[("a", "1"), ("a", "1")], &[("a", "1")], (0, 0, 1));
        check(&[], &[("a", "1")], (1, 0, 0));
    }

    #[test]
    fn null_is_not_the_empty_text() {
        let one = vec![Row {
            key: "a".into(),
            values: vec![None],
        }];
        let other = vec![Row {
            key: "a".into(),
            values: vec![Some(String::new())],
        }];
        assert_eq!(compare(one, other).differing, 1);
    }
}
