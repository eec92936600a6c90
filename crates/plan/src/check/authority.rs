//! Authority: there is some, what an action sets exists, is the domain's own and is changed by it.

use std::collections::BTreeSet;

use tidegate_model::SwitchId;
use tidegate_model::domain::{ActionEffect, Domain, Grant};
use tidegate_model::switch::SwitchValue;

use crate::code::Code;
use crate::read::{Reading, declared, nearest};
use crate::sink::{Finding, Place};

/// Checks every value that an action sets. Missing expiries, defaults and effects are found while reading.
pub(crate) fn check(reading: &mut Reading) {
    let domains = std::mem::take(&mut reading.parts.domains);
    for domain in &domains {
        granted(domain, reading);
        for grant in &domain.authority {
            sets(domain, grant, &domains, reading);
            takes_back(domain, grant, reading);
        }
    }
    unused(&domains, reading);
    reading.parts.domains = domains;
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

fn granted(domain: &Domain, reading: &mut Reading) {
    let subject = format!("domain `{}`", domain.id);
    if domain.authority.is_empty() {
        let place = reading.place(&subject, "");
        reading.sink.add(
            Finding::warning(
                Code::NoAuthority,
                place,
                format!("the people of {subject} may do nothing in an incident"),
            )
            .expected("`authority` with at least one action", "none")
            .help("add `authority: [{ action: <domain>-rollback, rolls-back: exposure }]`: whoever is paged at night has to ask nobody"),
        );
        return;
    }
    let team = reading.parts.teams.iter().find(|team| team.id == domain.owner);
    if let Some([only]) = team.map(|team| team.members.as_slice()) {
        let place = reading.place(&subject, "owner");
        let finding = Finding::warning(
            Code::OneActor,
            place,
            format!("nobody but `{only}` may act for {subject}"),
        )
        .expected(
            format!("a second member of team `{}`", domain.owner),
            format!("only `{only}`"),
        )
        .help("people sleep and leave: authority that one person has is lost with them");
        reading.sink.add(finding);
    }
}

/// Holds each value that an action sets against the switch: it is the domain's own, and the action changes something.
fn sets(domain: &Domain, grant: &Grant, domains: &[Domain], reading: &mut Reading) {
    let ActionEffect::SetSwitches(values) = &grant.effect else {
        return;
    };
    let place = reading.place(&format!("action `{}`", grant.action), "");
    for (switch, _) in values {
        let home = domains
            .iter()
            .find(|other| other.switches.iter().any(|known| known.id == *switch));
        if let Some(home) = home.filter(|home| home.id != domain.id) {
            let declared = reading.switches.get(switch).map(|(place, _)| *place);
            let mut finding = Finding::error(
                Code::ForeignSwitch,
                place,
                format!(
                    "action `{}` of domain `{}` sets a switch of domain `{}`",
                    grant.action, domain.id, home.id
                ),
            )
            .expected(format!("a switch of domain `{}`", domain.id), format!("`{switch}`"))
            .help("an owner decides within its domain: let the other domain grant the action, and call its owner");
            if let Some(declared) = declared {
                finding = finding.related(declared, "declared here");
            }
            reading.sink.add(finding);
        }
    }
    let is_default = |(switch, value): &(SwitchId, SwitchValue)| matches!(reading.switches.get(switch), Some((_, Some(default))) if default == value);
    if !values.is_empty() && values.iter().all(is_default) {
        reading.sink.add(
            Finding::error(
                Code::ChangesNothing,
                place,
                format!("action `{}` sets what is set already", grant.action),
            )
            .expected("a value that is not the default", "the default")
            .help("a mode is a change from the safe value: set the other one, or change `default`"),
        );
    }
}

/// Lowering exposure does something only where a stage of the domain can have some. Asked of estates that are whole otherwise:
/// a stage that could not be read may be the one.
fn takes_back(domain: &Domain, grant: &Grant, reading: &mut Reading) {
    match &grant.effect {
        ActionEffect::Rollback => {}
        ActionEffect::SetSwitches(_) | ActionEffect::RunRunbook(_) => return,
    }
    let mut stages = reading.parts.plans.iter().flat_map(|plan| &plan.stages);
    if reading.sink.has_error() || stages.any(|stage| stage.owner == domain.id) {
        return;
    }
    let place = reading.place(&format!("action `{}`", grant.action), "");
    reading.sink.add(
        Finding::warning(
            Code::NothingToTakeBack,
            place,
            format!("action `{}` takes back what no stage moves", grant.action),
        )
        .expected(format!("a stage with `owner: {}`", domain.id), "none")
        .help("in an incident it would be refused; a release that no stage moves is taken back by people: `runs: <runbook>`"),
    );
}

fn unused(domains: &[Domain], reading: &mut Reading) {
    let set: BTreeSet<&SwitchId> = domains
        .iter()
        .flat_map(|domain| &domain.authority)
        .flat_map(|grant| match &grant.effect {
            ActionEffect::SetSwitches(values) => values.as_slice(),
            ActionEffect::Rollback | ActionEffect::RunRunbook(_) => &[],
        })
        .map(|(switch, _)| switch)
        .collect();
    // An action that could not be read, or that sets a mistyped switch, may be the one that sets it.
    let names = || reading.switches.keys().map(SwitchId::as_str);
    let tried: BTreeSet<&str> = reading
        .switch_uses
        .iter()
        .filter_map(|(switch, ..)| nearest(switch.as_str(), names()))
        .collect();
    let idle: Vec<(SwitchId, Place)> = reading
        .switches
        .iter()
        .filter(|(switch, _)| !set.contains(switch) && !tried.contains(switch.as_str()))
        .map(|(switch, (place, _))| (switch.clone(), *place))
        .collect();
    for (switch, place) in idle {
        reading.sink.add(
            Finding::warning(Code::IdleSwitch, place, format!("no action sets switch `{switch}`"))
                .expected("an action that sets it", "none")
                .help(format!("add `{{ action: ..., sets: {{ {switch}: off }}, expires: 2h }}` under `authority`, or remove the switch")),
        );
    }
}

fn words(value: &SwitchValue) -> String {
    match value {
        SwitchValue::Bool(_) => "`on` or `off`".to_owned(),
        SwitchValue::Text(text) => format!("the word `{text}`"),
    }
}
