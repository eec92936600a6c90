//! Business totals of a comparison as they go into the journal: a bounded number of groups, and no row.

use tidegate_model::seam::totals::{Amount, Group, Totals};
use tidegate_reconcile::sum::Sum;
use tidegate_reconcile::totals as taken;

/// Declared sums that are told.
const TOLD_MAX: usize = 8;
/// Groups that are told of each, those that differ first.
const GROUPS_MAX: usize = 10;
/// The longest name of a group's part, in characters.
const NAME_CHARS_MAX: usize = 40;

/// What is told of them.
pub(super) fn told(totals: &[taken::Totals]) -> Vec<Totals> {
    totals.iter().take(TOLD_MAX).map(one).collect()
}

fn one(totals: &taken::Totals) -> Totals {
    let sum = totals.plan().measure.as_ref().map(|measure| cut(&measure.name));
    let mut groups = totals.groups();
    let number = |groups: usize| u64::try_from(groups).unwrap_or(u64::MAX);
    let (all, differing) = (
        number(groups.len()),
        number(groups.iter().filter(|(_, group)| group.old != group.new).count()),
    );
    groups.sort_by_key(|(_, group)| group.old == group.new);
    let over = totals.over();
    Totals {
        by: totals.plan().dimensions.iter().map(|one| cut(&one.name)).collect(),
        groups: all,
        differing,
        beyond: (over.old_rows, over.new_rows),
        told: groups
            .into_iter()
            .take(GROUPS_MAX)
            .map(|(of, group)| Group {
                of: of.iter().map(|value| cut(&value.to_string())).collect(),
                old: amount(&group.old, sum.is_some()),
                new: amount(&group.new, sum.is_some()),
            })
            .collect(),
        sum,
    }
}

fn amount(sum: &Sum, is_summed: bool) -> Amount {
    Amount {
        rows: sum.rows(),
        sum: is_summed.then(|| sum.total().to_string()),
        without: sum.nulls().saturating_add(sum.not_numbers()),
    }
}

/// Short, and without what would move a terminal's cursor.
fn cut(text: &str) -> String {
    let shown = text.chars().filter(|letter| !letter.is_control());
    shown.take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_reconcile::totals::TotalsPlan;

    #[test]
    fn so_many_declared_sums_are_told_and_no_more() {
        let plan = TotalsPlan {
            measure: None,
            dimensions: Vec::new(),
        };
        let many: Vec<taken::Totals> = (0..20).map(|_| taken::Totals::new(plan.clone())).collect();
        assert_eq!(told(&many).len(), TOLD_MAX);
        let (short, long) = (cut("a\u{1b}[2Jb"), cut(&"x".repeat(1_000)));
        assert_eq!((short.as_str(), long.len()), ("a[2Jb", NAME_CHARS_MAX));
    }
}
