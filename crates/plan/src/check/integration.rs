//! Integrations and systems of record: systems are declared where any is, and an integration is between two.

use tidegate_model::SystemId;
use tidegate_model::integration::Integration;

use crate::code::Code;
use crate::read::envelope::unknown;
use crate::read::{Kind, Reading};
use crate::sink::{Finding, Place};

/// Checks every integration, and every system of record.
pub(crate) fn check(reading: &mut Reading) {
    let systems: Vec<String> = reading
        .declared
        .keys()
        .filter(|(kind, _)| *kind == Kind::System)
        .map(|(_, name)| name.clone())
        .collect();
    for integration in reading.parts.integrations.clone() {
        let subject = format!("integration `{}`", integration.id);
        if integration.from == integration.to {
            one_system(&integration, &subject, reading);
        }
        for (field, system) in [("from", &integration.from), ("to", &integration.to)] {
            let place = reading.place(&subject, field);
            resolve(place, system, &systems, reading);
        }
    }
    for (system, place) in std::mem::take(&mut reading.recorded) {
        resolve(place, &system, &systems, reading);
    }
}

fn one_system(integration: &Integration, subject: &str, reading: &mut Reading) {
    let place = reading.place(subject, "to");
    reading.sink.add(
        Finding::error(
            Code::OneSystem,
            place,
            format!("{subject} leads from a system to itself"),
        )
        .expected(
            format!("another system than `{}`", integration.from),
            format!("`{}`", integration.to),
        )
        .help("name the system that receives what `from` sends"),
    );
}

/// An estate without a catalogue of systems may name them freely.
fn resolve(place: Place, system: &SystemId, systems: &[String], reading: &mut Reading) {
    if systems.is_empty() || systems.iter().any(|known| known.eq_ignore_ascii_case(system.as_str())) {
        return;
    }
    let known: Vec<&str> = systems.iter().map(String::as_str).collect();
    unknown(Kind::System, system.as_str(), place, &known, reading);
}
