//! Code: a path of the repository, led to the domain that says it is its own, else to whom CODEOWNERS names.

use tidegate_model::code::CodeRule;
use tidegate_model::{Estate, PersonId, TeamId};

use super::thing::{self, Leads, Thing, plain};
use crate::view::Because;

/// The kind of such a thing, as in `code:services/payments/`.
const KIND: &str = "code";

/// What a path leads to; nothing when no domain claims it and no rule speaks for it.
///
/// A repository's rule for everything speaks for any text. So what has neither a `/` nor `code:` before it is the name of
/// something that is not declared, and no path; nor is what begins as a name of the estate does, `kind:` or `stage/`, unless a
/// rule or a domain speaks for that folder.
pub(super) fn things(estate: &Estate, asked: &str) -> Vec<Thing> {
    let (path, is_said) = match asked.strip_prefix("code:") {
        Some(path) => (path.trim(), true),
        None => (asked, false),
    };
    let is_name = !path.contains('/') || path.split_once(':').is_some_and(|(kind, _)| thing::is_kind(kind));
    if is_name && !is_said {
        return Vec::new();
    }
    let path = path.trim_start_matches("./").trim_start_matches('/');
    if path.is_empty() || path.contains(char::is_whitespace) {
        return Vec::new();
    }
    let speaking = estate.code().speaking_for(path);
    let mut because: Vec<Because> = Vec::new();
    let claims = estate.domains().values().flat_map(|domain| {
        let paths = domain.code.iter().filter(|code| is_within(path, code));
        paths.map(move |code| (code.len(), code, &domain.id))
    });
    let claimed = claims.max_by_key(|(length, ..)| *length);
    let is_for_everything = |rule: &&CodeRule| rule.pattern.trim_matches(['/', '*']).is_empty();
    if !is_said && claimed.is_none() && speaking.iter().all(is_for_everything) && begins_as_a_name(estate, path) {
        return Vec::new();
    }
    let leads = match claimed {
        Some((_, code, domain)) => {
            let says = format!("domain `{domain}` says that `{code}` is its own");
            because.push(Because::new(estate, says, ("Domain", domain.as_str())));
            Leads::Domain(domain.clone())
        }
        None if speaking.is_empty() => return Vec::new(),
        None => named(estate, &speaking),
    };
    because.extend(speaking.iter().map(|rule| of_rule(estate, rule)));
    vec![Thing {
        because,
        ..plain(KIND, path, leads)
    }]
}

/// Whether the estate has criteria or objectives before whose `/` the same stands.
fn begins_as_a_name(estate: &Estate, path: &str) -> bool {
    path.split_once('/').is_some_and(|(head, rest)| {
        let is_led = |thing: &Thing| thing.name.split_once('/').is_some_and(|(lead, _)| lead == head);
        !rest.contains('/') && thing::all(estate).iter().any(is_led)
    })
}

/// Whether a path is a declared one, or below a declared folder.
fn is_within(path: &str, code: &str) -> bool {
    let code = code.trim_end_matches('/');
    let rest = path.strip_prefix(code);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The first team, else the first person, that the rules name and the estate knows.
fn named(estate: &Estate, rules: &[&CodeRule]) -> Leads {
    let owners = || rules.iter().flat_map(|rule| &rule.owners);
    let last = |owner: &String| {
        let owner = owner.trim_start_matches('@');
        owner.rsplit('/').next().unwrap_or(owner).to_lowercase()
    };
    let team = owners().find_map(|owner| {
        let team = TeamId::parse(&last(owner)).ok()?;
        estate.teams().contains_key(&team).then_some(team)
    });
    if let Some(team) = team {
        return Leads::Team(team);
    }
    let person = owners().find_map(|owner| {
        let person = PersonId::parse(&last(owner)).ok()?;
        estate.people().contains_key(&person).then_some(person)
    });
    person.map_or(Leads::Nobody, Leads::Person)
}

fn of_rule(estate: &Estate, rule: &CodeRule) -> Because {
    let says = match rule.owners.as_slice() {
        [] => format!("`{}` is explicitly owned by nobody", rule.pattern),
        owners => format!("`{}` is of {}", rule.pattern, owners.join(" and ")),
    };
    Because {
        says,
        at: Some(format!("{}:{}", estate.code().file, rule.line)),
    }
}
