//! The catalogue: it names the same owners as the domains.

use crate::code::Code;
use crate::read::Reading;
use crate::sink::Finding;

/// Holds what the catalogue claims against the domains.
pub(crate) fn check(reading: &mut Reading) {
    for (name, owner, place) in std::mem::take(&mut reading.catalogued) {
        let known = reading
            .owners
            .iter()
            .find(|(domain, _)| domain.eq_ignore_ascii_case(&name));
        if let Some((domain, (first, declared))) = known
            && *first != owner
        {
            let finding = Finding::error(Code::TwoOwners, place, format!("domain `{domain}` has two owners"))
                .expected(format!("one team, `{first}`"), format!("`{owner}` in the catalogue"))
                .help("let the catalogue and the domain name the same team")
                .related(*declared, "first owner declared here");
            reading.sink.add(finding);
        }
    }
    for system in reading.parts.systems.clone() {
        let Some(domain) = system.domain else { continue };
        let Some((owner, declared)) = reading.owners.get(domain.as_str()).cloned() else {
            continue;
        };
        if owner != system.owner.as_str() {
            let place = reading.place(&format!("system `{}`", system.id), "owner");
            reading.sink.add(
                Finding::warning(
                    Code::OwnersDisagree,
                    place,
                    format!("system `{}` and its domain `{domain}` have different owners", system.id),
                )
                .expected(format!("`{owner}`, who owns the domain"), format!("`{}`", system.owner))
                .help("a page about the system would go to one team and a page about the domain to another: name one, or move the system to a domain of its owner")
                .related(declared, "the domain's owner declared here"),
            );
        }
    }
}
