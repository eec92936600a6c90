//! References: every name that is used is declared.

use crate::read::Reading;
use crate::read::envelope::unknown;

/// Resolves every reference that was read.
pub(crate) fn check(reading: &mut Reading) {
    for reference in std::mem::take(&mut reading.references) {
        if reading.declared.contains_key(&(reference.kind, reference.name.clone())) {
            continue;
        }
        // It may stand in what was not read.
        if reading.lost.may_declare(reference.kind, &reference.name) {
            continue;
        }
        let known: Vec<String> = reading
            .declared
            .keys()
            .filter(|(kind, _)| *kind == reference.kind && !reading.sink.is_full())
            .map(|(_, name)| name.clone())
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        unknown(reference.kind, &reference.name, reference.place, &known, reading);
    }
}
