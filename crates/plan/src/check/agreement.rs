//! Agreements and transfers: parties with different owners, a boundary and a signature for each, and an owner who is the one
//! that is named.

use std::collections::BTreeSet;

use tidegate_model::agreement::{Agreement, Transfer};
use tidegate_model::{DomainId, PersonId};

use crate::code::Code;
use crate::read::{Reading, list};
use crate::sink::Finding;

/// Checks every agreement and every transfer.
pub(crate) fn check(reading: &mut Reading) {
    for agreement in reading.parts.agreements.clone() {
        parties(&agreement, reading);
        boundaries(&agreement, reading);
        signatures(&agreement, reading);
        term(&agreement, reading);
    }
    for transfer in reading.parts.transfers.clone() {
        owners(&transfer, reading);
    }
}

fn subject(agreement: &Agreement) -> String {
    format!("agreement `{}`", agreement.id)
}

fn owner(domain: &DomainId, reading: &Reading) -> Option<String> {
    reading.owners.get(domain.as_str()).map(|(owner, _)| owner.clone())
}

fn names(domains: &[DomainId]) -> String {
    list(domains.iter().map(DomainId::as_str))
}

fn parties(agreement: &Agreement, reading: &mut Reading) {
    let owners: Option<BTreeSet<String>> = agreement.between.iter().map(|domain| owner(domain, reading)).collect();
    // A domain that is not declared is complained about where it is named.
    let Some(owners) = owners else { return };
    if owners.len() < 2 {
        let place = reading.place(&subject(agreement), "between");
        let found = match agreement.between.as_slice() {
            [] => "no domain".to_owned(),
            between => format!("{} of {}", names(between), list(owners.iter().map(String::as_str))),
        };
        reading.sink.add(
            Finding::error(Code::OneParty, place, format!("{} has one party", subject(agreement)))
                .expected("domains of at least two owners", found)
                .help("what one team answers for needs no agreement: put it under `objectives` of its domain"),
        );
    }
}

fn boundaries(agreement: &Agreement, reading: &mut Reading) {
    let place = reading.place(&subject(agreement), "boundaries");
    let drawn = |domain: &&DomainId| agreement.boundaries.iter().any(|one| one.domain == **domain);
    let missing: Vec<&DomainId> = agreement.between.iter().filter(|domain| !drawn(domain)).collect();
    for domain in missing {
        reading.sink.add(
            Finding::error(
                Code::NoBoundary,
                place,
                format!("{} does not say what `{domain}` does alone", subject(agreement)),
            )
            .expected(
                format!("a boundary for each of {}", names(&agreement.between)),
                "none for it",
            )
            .help(format!(
                "add `{domain}: <what it does alone>`: what lies between two teams is done by neither"
            )),
        );
    }
    for boundary in &agreement.boundaries {
        if !agreement.between.contains(&boundary.domain) {
            reading.sink.add(
                Finding::error(
                    Code::NoBoundary,
                    place,
                    format!(
                        "{} draws a boundary for `{}`, which is no party",
                        subject(agreement),
                        boundary.domain
                    ),
                )
                .expected(
                    format!("one of {}", names(&agreement.between)),
                    format!("`{}`", boundary.domain),
                )
                .help("add it to `between`, or remove the boundary"),
            );
        }
    }
}

fn members(team: &str, reading: &Reading) -> Vec<PersonId> {
    let found = reading.parts.teams.iter().find(|found| found.id.as_str() == team);
    found.map(|team| team.members.clone()).unwrap_or_default()
}

fn signatures(agreement: &Agreement, reading: &mut Reading) {
    let subject = subject(agreement);
    for domain in &agreement.between {
        if agreement.signed.iter().all(|one| one.domain != *domain) {
            let place = reading.place(&subject, "signed");
            reading.sink.add(
                Finding::error(
                    Code::NotSigned,
                    place,
                    format!("nobody has signed {subject} for `{domain}`"),
                )
                .expected(
                    format!("a signature for each of {}", names(&agreement.between)),
                    "none for it",
                )
                .help(format!(
                    "add `{{ for: {domain}, by: <person of its owner>, on: <day> }}`"
                )),
            );
        }
    }
    for (at, signature) in agreement.signed.iter().enumerate() {
        let Some(owner) = owner(&signature.domain, reading) else {
            continue;
        };
        let members = members(&owner, reading);
        if !members.is_empty() && !members.contains(&signature.by) {
            let place = reading.place(&subject, &format!("signature {at}"));
            reading.sink.add(
                Finding::error(
                    Code::NotSigned,
                    place,
                    format!(
                        "`{}` has signed for `{}` and is not of its owner",
                        signature.by, signature.domain
                    ),
                )
                .expected(
                    format!("one of team `{owner}`: {}", list(members.iter().map(PersonId::as_str))),
                    format!("`{}`", signature.by),
                )
                .help("an owner is bound by its own people: let one of them sign"),
            );
        }
    }
}

fn term(agreement: &Agreement, reading: &mut Reading) {
    let last = agreement.signed.iter().map(|one| one.at).max();
    if let Some(last) = last
        && agreement.until <= last
    {
        let place = reading.place(&subject(agreement), "until");
        reading.sink.add(
            Finding::error(
                Code::NeverInForce,
                place,
                format!("{} ends before it is signed", subject(agreement)),
            )
            .expected(format!("a day after {last}"), agreement.until.to_string())
            .help("renew it: sign again, and give it a later `until`"),
        );
    }
}

fn owners(transfer: &Transfer, reading: &mut Reading) {
    let subject = format!("transfer `{}`", transfer.id);
    if transfer.from == transfer.to {
        let place = reading.place(&subject, "to");
        reading.sink.add(
            Finding::error(Code::TransferOwner, place, format!("{subject} changes nothing"))
                .expected(
                    format!("another team than `{}`", transfer.from),
                    format!("`{}`", transfer.to),
                )
                .help("name the team that owns the domain afterwards"),
        );
        return;
    }
    let Some((found, declared)) = reading.owners.get(transfer.domain.as_str()).cloned() else {
        return;
    };
    let (expected, field, when) = match transfer.completed {
        None => (&transfer.from, "from", "until it is completed the owner is"),
        Some(_) => (&transfer.to, "to", "it is completed, so the owner is"),
    };
    if expected.as_str() != found {
        let place = reading.place(&subject, field);
        reading.sink.add(
            Finding::error(
                Code::TransferOwner,
                place,
                format!("{subject} and domain `{}` name different owners", transfer.domain),
            )
            .expected(
                format!("{when} `{expected}`"),
                format!("`{found}` as the domain's owner"),
            )
            .help("change `owner` of the domain on the day on which `completed` is written, not before and not later")
            .related(declared, "the owner declared here"),
        );
    }
}
