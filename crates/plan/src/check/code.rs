//! Code: what a domain says is its own is owned by its own team in CODEOWNERS too, and by no rule without owners.

use tidegate_model::code::{CodeOwners, CodeRule};
use tidegate_model::domain::Domain;

use crate::code::Code;
use crate::read::{Reading, list};
use crate::sink::{Finding, Place};

/// Checks the code of every domain.
pub(crate) fn check(reading: &mut Reading) {
    let code = std::mem::take(&mut reading.parts.code);
    let domains = std::mem::take(&mut reading.parts.domains);
    for domain in &domains {
        for path in &domain.code {
            let unowned = unowned(&code, path);
            for rule in &unowned {
                reading.sink.add(without_owner(domain, path, rule, &code, reading));
            }
            let speaking = code.speaking_for(&inside(path));
            if unowned.is_empty() && !speaking.is_empty() && !names(&speaking, domain) {
                reading.sink.add(another(domain, path, &speaking, &code, reading));
            }
        }
    }
    (reading.parts.code, reading.parts.domains) = (code, domains);
}

/// A path below a folder, or the file itself.
fn inside(path: &str) -> String {
    match path.strip_suffix('/') {
        Some(folder) => format!("{folder}/any"),
        None => path.to_owned(),
    }
}

/// The rules without owners that speak for the path, or for something below it.
fn unowned<'c>(code: &'c CodeOwners, path: &str) -> Vec<&'c CodeRule> {
    let speaks = |rule: &CodeRule, path: &str| code.speaking_for(path).contains(&rule);
    let folder = path.trim_end_matches('/');
    let is_below = |example: &str| {
        example
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let rules = code.rules.iter().filter(|rule| rule.owners.is_empty());
    rules
        .filter(|rule| {
            let example = rule.example();
            speaks(rule, &inside(path)) || (is_below(&example) && speaks(rule, &example))
        })
        .collect()
}

/// Whether one of the rules names the team that owns the domain. A team of a repository is named with its organisation.
fn names(rules: &[&CodeRule], domain: &Domain) -> bool {
    let team = domain.owner.as_str();
    let named = |owner: &String| {
        let owner = owner.trim_start_matches('@');
        let last = owner.rsplit('/').next().unwrap_or(owner);
        owner.eq_ignore_ascii_case(team) || last.eq_ignore_ascii_case(team)
    };
    rules.iter().flat_map(|rule| &rule.owners).any(named)
}

fn place_of(rule: &CodeRule, reading: &Reading) -> Place {
    reading.place("code owners", &rule.line.to_string())
}

fn path_place(domain: &Domain, path: &str, reading: &Reading) -> Place {
    reading.place(&format!("domain `{}`", domain.id), &format!("code {path}"))
}

fn without_owner(domain: &Domain, path: &str, rule: &CodeRule, code: &CodeOwners, reading: &Reading) -> Finding {
    let message = format!("`{}` of domain `{}` is code that nobody owns", rule.pattern, domain.id);
    Finding::error(Code::UnownedCode, place_of(rule, reading), message)
        .expected(format!("a rule with `@.../{}`", domain.owner), "a rule without owners")
        .help(format!(
            "name the team in {}, or leave the path out of the domain's `code`",
            code.file
        ))
        .related(path_place(domain, path, reading), "the domain says that it is its own")
}

fn another(domain: &Domain, path: &str, speaking: &[&CodeRule], code: &CodeOwners, reading: &Reading) -> Finding {
    let named = speaking.iter().flat_map(|rule| &rule.owners).map(String::as_str);
    let message = format!("{} gives `{path}` of domain `{}` to others", code.file, domain.id);
    let place = speaking
        .first()
        .map_or_else(Place::default, |rule| place_of(rule, reading));
    Finding::error(Code::CodeOwnersDisagree, place, message)
        .expected(
            format!("a rule with `@.../{}`, which owns the domain", domain.owner),
            list(named),
        )
        .help("who is asked to review a change answers for it in production: name the same team in both")
        .related(path_place(domain, path, reading), "the domain says that it is its own")
}
