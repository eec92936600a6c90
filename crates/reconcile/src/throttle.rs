//! Leaves the databases alone while somebody outside says so: what they serve is slower than it may be, for instance.

use std::sync::Arc;

use tokio::sync::watch;

/// Slows a running comparison down from outside. Clones are one throttle.
///
/// While it is held no chunk is begun and no suspect is read again; a chunk that runs comes to its end, within the time that
/// it may hold its snapshot.
#[derive(Debug, Clone)]
pub struct Throttle(Arc<watch::Sender<Option<String>>>);

impl Default for Throttle {
    /// One that is not held.
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Throttle {
    /// Has the databases left alone from the next chunk on, and says why: words for a report.
    pub fn hold(&self, why: &str) {
        self.0.send_replace(Some(why.to_owned()));
    }

    /// Lets it go on.
    pub fn release(&self) {
        self.0.send_replace(None);
    }

    /// Why it is held; `None` where it is not.
    #[must_use]
    pub fn held_because(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Takes a line of the control protocol: `slow REASON` holds, `go` releases. Whether it was such a line.
    pub fn take_line(&self, line: &str) -> bool {
        match line.trim() {
            "go" => self.release(),
            "slow" => self.hold("it was asked to slow down"),
            line => match line.strip_prefix("slow ") {
                Some(why) => self.hold(why.trim()),
                None => return false,
            },
        }
        true
    }

    /// Waits until it is not held.
    pub(crate) async fn released(&self) {
        let mut seen = self.0.subscribe();
        let freed = seen.wait_for(Option::is_none).await;
        // The sender lives in `self`, so that waiting only ends with what is waited for.
        drop(freed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_or_releases_and_anything_else_does_neither() {
        let throttle = Throttle::default();
        for (line, expected, held) in [
            ("slow p95 of orders is 900 ms", true, Some("p95 of orders is 900 ms")),
            ("faster", false, Some("p95 of orders is 900 ms")),
            (" go ", true, None),
            ("slow", true, Some("it was asked to slow down")),
        ] {
            assert_eq!(throttle.take_line(line), expected, "{line}");
            assert_eq!(throttle.held_because().as_deref(), held, "{line}");
        }
    }
}
