//! Failures worth a line of the log: at most one a second for each code, with the number of those left out. A shop that is down
//! fails every request, and nobody reads a million lines of that.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// At most one line of a code in this time.
pub const LINE_EVERY_MS: u64 = 1_000;

/// When each code was last written, and how often it was not.
#[derive(Debug, Default)]
pub struct Complaints {
    lines: Mutex<BTreeMap<&'static str, Line>>,
}

#[derive(Debug)]
struct Line {
    at_ms: u64,
    left_out: u64,
}

impl Complaints {
    /// Notes one of a code at an instant of the gateway's clock. Gives how many were left out since the last line when one is
    /// to be written now; `None` when this one is left out.
    #[must_use]
    pub fn note(&self, code: &'static str, now_ms: u64) -> Option<u64> {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(code) else {
            lines.insert(
                code,
                Line {
                    at_ms: now_ms,
                    left_out: 0,
                },
            );
            return Some(0);
        };
        if now_ms < line.at_ms + LINE_EVERY_MS {
            line.left_out += 1;
            return None;
        }
        line.at_ms = now_ms;
        Some(std::mem::take(&mut line.left_out))
    }

    /// Codes whose last ones were left out and whose time has come, with their number: nothing else may ever follow them.
    #[must_use]
    pub fn overdue(&self, now_ms: u64) -> Vec<(&'static str, u64)> {
        let mut lines = self.lines();
        let late = lines
            .iter_mut()
            .filter(|(_, line)| line.left_out > 0 && now_ms >= line.at_ms + LINE_EVERY_MS);
        let told = late.map(|(code, line)| {
            line.at_ms = now_ms;
            (*code, std::mem::take(&mut line.left_out))
        });
        told.collect()
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<&'static str, Line>> {
        self.lines.lock().expect("nobody panics with them")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_for_each_code_tells_how_many_it_stands_for() {
        let complaints = Complaints::default();
        assert_eq!(complaints.note("a", 0), Some(0));
        for at in [1, 500, 999] {
            assert_eq!(complaints.note("a", at), None);
        }
        assert_eq!(complaints.note("b", 999), Some(0));
        assert_eq!(complaints.note("a", 1_000), Some(3));
        assert_eq!(complaints.note("a", 1_001), None);
        assert_eq!(complaints.overdue(1_999), []);
        assert_eq!(complaints.overdue(2_000), [("a", 1)]);
        assert_eq!(complaints.overdue(9_000), []);
        assert_eq!(complaints.note("a", 2_500), None);
    }
}
