//! Reads of switches by whoever reads them: so many in a second, each on their own. Nothing else is counted here.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tidegate_model::Timestamp;

use crate::access::Holder;

/// Length of the window, in milliseconds.
const WINDOW_MS: i64 = 1_000;

/// How often everybody has read in the second that runs.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    second: Mutex<Second>,
}

#[derive(Debug, Default)]
struct Second {
    at: i64,
    /// No more than there are keys, as only a valid one gets here.
    by: BTreeMap<String, u32>,
}

impl Reads {
    /// Counts a read; false when `most` were counted in this second already.
    pub(crate) fn take(&self, holder: &Holder, most: u32, now: Timestamp) -> bool {
        let at = now.0.div_euclid(WINDOW_MS);
        let mut second = self.second.lock().expect("no code panics while it counts");
        if second.at != at {
            *second = Second {
                at,
                by: BTreeMap::new(),
            };
        }
        let name = match holder {
            Holder::Person(id) => format!("person {id}"),
            Holder::Service(id, _) => format!("program {id}"),
        };
        let count = second.by.entry(name).or_default();
        *count = count.saturating_add(1);
        *count <= most
    }
}

#[cfg(test)]
mod tests {
    use tidegate_model::{PersonId, ServiceId};

    use super::*;
    use crate::access::Purpose;

    #[test]
    fn each_reader_has_so_many_in_a_second() {
        let reads = Reads::default();
        let program = |id| Holder::Service(ServiceId::parse(id).expect("a name"), Purpose::Switches);
        let person = Holder::Person(PersonId::parse("shop").expect("a name"));
        let take = |holder: &Holder, at| reads.take(holder, 2, Timestamp(at));
        assert_eq!([5, 6, 7].map(|at| take(&program("shop"), at)), [true, true, false]);
        assert!(
            take(&program("till"), 8) && take(&person, 8),
            "others are not behind it"
        );
        assert!(!take(&program("shop"), 999));
        assert!(take(&program("shop"), 1_000));
    }
}
