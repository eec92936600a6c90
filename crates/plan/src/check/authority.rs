//! Authority: what an action sets exists and has the type that it sets.

use tidegate_model::switch::SwitchValue;

use crate::code::Code;
use crate::read::{Reading, declared, nearest};
use crate::sink::Finding;

/// Checks every value that an action sets. Missing expiries, defaults and effects are found while reading.
pub(crate) fn check(reading: &mut Reading) {
    for (switch, value, key_place, value_place) in std::mem::take(&mut reading.switch_uses) {
        match reading.switches.get(&switch) {
            None => {
                let names = || reading.switches.keys().map(tidegate_model::SwitchId::as_str);
                let help = match nearest(switch.as_str(), names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "declare it under `switches` of its domain".to_owned(),
                };
                let expected = declared("switch", names());
                reading.sink.add(
                    Finding::error(
                        Code::UnknownSwitch,
                        key_place,
                        format!("switch `{switch}` is not declared"),
                    )
                    .expected(expected, format!("`{switch}`"))
                    .help(help),
                );
            }
            Some((place, Some(default))) if !default.same_type(&value) => {
                let finding = Finding::error(
                    Code::SwitchType,
                    value_place,
                    format!("switch `{switch}` is set to a value of another type"),
                )
                .expected(words(default), words(&value))
                .help("set what services that read the switch can understand")
                .related(*place, "declared here");
                reading.sink.add(finding);
            }
            Some((_, Some(_) | None)) => {}
        }
    }
}

fn words(value: &SwitchValue) -> String {
    match value {
        SwitchValue::Bool(_) => "`on` or `off`".to_owned(),
        SwitchValue::Text(text) => format!("the word `{text}`"),
    }
}
