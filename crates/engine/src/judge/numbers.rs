//! Counts in words.

/// A ratio for people; none without a denominator.
#[expect(clippy::cast_precision_loss, reason = "for display; exact below 2^53")]
pub(super) fn share((n, hits): (u64, u64)) -> Option<f64> {
    (n > 0).then(|| hits as f64 / n as f64)
}

/// `93.1 % of 1240`.
pub(super) fn in_words(counts: (u64, u64)) -> String {
    share(counts).map_or_else(
        || "no attempts".into(),
        |share| format!("{:.1} % of {}", 100.0 * share, counts.0),
    )
}
