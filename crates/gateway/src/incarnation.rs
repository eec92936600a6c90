//! The number of a start: later starts of a gateway have higher ones, even when the clock is set back between them.

use std::path::Path;

use tidegate_model::Timestamp;

/// The number of this start: the wall clock in milliseconds since 1970, or one more than that of the start before when the
/// clock does not stand beyond it. The folder remembers it; a folder that takes nothing leaves it to the clock, and says so.
pub(crate) fn next(state_dir: &Path, now: Timestamp) -> u64 {
    let path = state_dir.join("incarnation");
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().unwrap_or_else(|fault| {
            tracing::error!(path = %path.display(), %fault, "the number of the last start is damaged");
            0
        }),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => 0,
        Err(fault) => {
            tracing::error!(path = %path.display(), %fault, "cannot read the number of the last start");
            0
        }
    };
    let number = u64::try_from(now.0).unwrap_or(0).max(u64::saturating_add(before, 1));
    let fresh = path.with_extension("fresh");
    let kept = std::fs::write(&fresh, number.to_string()).and_then(|()| std::fs::rename(&fresh, &path));
    if let Err(fault) = kept {
        tracing::error!(path = %path.display(), %fault, "cannot keep the number of this start");
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_counted_on_when_the_clock_goes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let starts = [5_000, 9_000, 2_000, 2_500, 9_500].map(|at| next(folder.path(), Timestamp(at)));
        assert_eq!(starts, [5_000, 9_000, 9_001, 9_002, 9_500]);
    }

    #[test]
    fn a_folder_that_takes_nothing_leaves_it_to_the_clock() {
        assert_eq!(next(Path::new("/nonexistent"), Timestamp(7)), 7);
    }
}
