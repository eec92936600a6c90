//! Fixed-sample sizes: what a single look at the end would need. They are the yardstick that always-valid tests pay on.

use crate::special::normal_quantile;

/// Whether a change in one direction or in any is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// Only a change for the worse.
    One,
    /// A change either way.
    Two,
}

/// Units of both sides that a single look needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSize {
    /// Units on the new side.
    pub new: u64,
    /// Units on the old side.
    pub old: u64,
}

/// Sample that tells share `changed` on the new side from `base` on the old one with error `alpha` and chance `power`,
/// when the new side gets `share_new` of the units; `None` when a number is out of its open range `(0, 1)` or the
/// shares are equal.
///
/// # Source
/// The two-sample normal formula with unpooled variance, as in Chow, Shao, Wang, "Sample Size Calculations in Clinical
/// Research", section 4.2.
#[must_use]
pub fn sample_size(
    base: f64,
    changed: f64,
    share_new: f64,
    alpha: f64,
    power: f64,
    sides: Sides,
) -> Option<SampleSize> {
    let is_share = |x: f64| x > 0.0 && x < 1.0;
    if ![base, changed, share_new, alpha, power].into_iter().all(is_share) || base == changed {
        return None;
    }
    let tail = match sides {
        Sides::One => alpha,
        Sides::Two => alpha / 2.0,
    };
    let old_per_new = (1.0 - share_new) / share_new;
    let variance = changed * (1.0 - changed) + base * (1.0 - base) / old_per_new;
    let reach = normal_quantile(1.0 - tail) + normal_quantile(power);
    let new = reach * reach * variance / ((changed - base) * (changed - base));
    Some(SampleSize {
        new: libm::ceil(new) as u64,
        old: libm::ceil(new * old_per_new) as u64,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    /// The design's table: per side at 50/50, one-sided and two-sided, and the total at 5 % exposure; rounded there, up here.
    #[test]
    fn the_table_of_sample_sizes_is_reproduced() {
        let table = [
            (0.03, -0.01, 3_978_675, 5_051_008, 41_697_212),
            (0.03, -0.02, 989_821, 1_256_598, 10_327_350),
            (0.03, -0.05, 156_042, 198_098, 1_605_779),
            (0.03, -0.10, 38_037, 48_289, 381_980),
            (0.03, -0.20, 9_020, 11_452, 85_716),
            (0.03, -0.50, 1_206, 1_531, 8_961),
            (0.60, -0.01, 82_634, 104_906, 871_725),
            (0.60, -0.02, 20_705, 26_286, 218_869),
            (0.60, -0.05, 3_332, 4_231, 35_410),
            (0.002, 0.20, 169_643, 215_365, 1_931_502),
            (0.002, 0.50, 30_832, 39_142, 382_830),
            (0.002, 1.00, 9_243, 11_734, 126_404),
        ];
        for (base, change, one, two, total_at_5) in table {
            let size = |share, sides| sample_size(base, base * (1.0 + change), share, 0.05, 0.8, sides).unwrap();
            let small = size(0.05, Sides::One);
            let found = (
                size(0.5, Sides::One).new,
                size(0.5, Sides::Two).new,
                small.new + small.old,
            );
            println!("{base} {change}: {found:?} against {:?}", (one, two, total_at_5));
            assert!(found.0.abs_diff(one) <= 1 && found.1.abs_diff(two) <= 1 && found.2.abs_diff(total_at_5) <= 2);
        }
    }
}
