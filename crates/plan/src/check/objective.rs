//! Objectives: every domain promises something; each promise is measured, and claimed by one owner unless an agreement shares it.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::DomainId;
use tidegate_model::domain::Domain;
use tidegate_model::objective::{MeasuredOn, Target};

use crate::code::Code;
use crate::read::Reading;
use crate::sink::{Finding, Place};

/// Checks the objectives of every domain.
pub(crate) fn check(reading: &mut Reading) {
    let domains = std::mem::take(&mut reading.parts.domains);
    let promising: BTreeSet<DomainId> = (reading.parts.invariants.iter().map(|one| &one.domain))
        .chain(reading.parts.agreements.iter().flat_map(|agreement| &agreement.between))
        .cloned()
        .collect();
    let mut claimed: BTreeMap<String, Vec<(&DomainId, Place)>> = BTreeMap::new();
    for domain in &domains {
        let subject = format!("domain `{}`", domain.id);
        if !promising.contains(&domain.id) {
            promises(domain, reading);
        }
        for (at, objective) in domain.objectives.iter().enumerate() {
            let place = reading.place(&subject, &format!("objective {}", objective.id));
            if domain.objectives[..at].iter().any(|earlier| earlier.id == objective.id) {
                reading.sink.add(
                    Finding::error(
                        Code::DeclaredTwice,
                        place,
                        format!("objective `{}` of {subject} is declared twice", objective.id),
                    )
                    .expected(
                        "one objective of this name in a domain",
                        format!("a second `{}`", objective.id),
                    )
                    .help("give the second another name"),
                );
            }
            if objective.of.is_none() {
                reading.sink.add(
                    Finding::warning(
                        Code::NotMeasured,
                        place,
                        format!("nothing measures objective `{}` of {subject}", objective.id),
                    )
                    .expected("`of` with a flow, a route or a question to a source", "no `of`")
                    .help("add `of: { flow: buy }` or `of: { on: metrics, prometheus: ... }`: a figure that nobody reads is a wish"),
                );
            }
            // A rate that a source tells is shown; what it pages is said apart.
            let is_counted = match (&objective.of, objective.target) {
                (None | Some(MeasuredOn::Source(_)), _) => true,
                (Some(MeasuredOn::Flow(_)), Target::Within { .. } | Target::AtLeast(_)) => true,
                (Some(MeasuredOn::Flow(_)), Target::PerHour(_)) | (Some(MeasuredOn::Route(_)), _) => false,
            };
            if !is_counted {
                reading.sink.add(
                    Finding::warning(
                        Code::NotMeasured,
                        place,
                        format!("nothing measures objective `{}` of {subject}", objective.id),
                    )
                    .expected("`of` with a flow for times and shares, or a question to a source", "`of` with what gateways do not count")
                    .help("gateways count times and completions of flows; name a flow, or ask a source: `of: { on: metrics, prometheus: ... }`"),
                );
            }
            let title = objective.title.to_lowercase();
            claimed.entry(title).or_default().push((&domain.id, place));
        }
    }
    for (title, claims) in &claimed {
        twice(title, claims, reading);
    }
    drop(claimed);
    reading.parts.domains = domains;
}

/// A domain without an invariant and an agreement promises a figure of its own.
fn promises(domain: &Domain, reading: &mut Reading) {
    let subject = format!("domain `{}`", domain.id);
    // One that is written and could not be read is complained about where it stands.
    if reading.has_place(&subject, "objectives") {
        return;
    }
    let place = reading.place(&subject, "");
    reading.sink.add(
        Finding::warning(Code::PromisesNothing, place, format!("{subject} promises nothing"))
            .expected("an objective, or an `Invariant` of the domain", "neither")
            .help(
                "add `objectives: [{ name: placing, p95: 500ms, of: { flow: order } }]`: an owner answers for a figure",
            ),
    );
}

fn twice(title: &str, claims: &[(&DomainId, Place)], reading: &mut Reading) {
    let Some(((first, declared), others)) = claims.split_first() else {
        return;
    };
    for (domain, place) in others {
        let owner = |domain: &DomainId| reading.owners.get(domain.as_str()).map(|(owner, _)| owner.clone());
        let (one, other) = (owner(first), owner(domain));
        let is_shared = reading
            .parts
            .agreements
            .iter()
            .any(|agreement| agreement.between.contains(first) && agreement.between.contains(domain));
        if one == other || is_shared {
            continue;
        }
        reading.sink.add(
            Finding::error(
                Code::ObjectiveTwice,
                *place,
                format!("domains `{first}` and `{domain}` both answer for `{title}`"),
            )
            .expected(
                "one domain that answers for it, or an `Agreement` between the two",
                format!("a second claim by `{domain}`"),
            )
            .help("remove it from one of them, or declare what is shared as an `Agreement` with both under `between`")
            .related(*declared, "first claimed here"),
        );
    }
}
