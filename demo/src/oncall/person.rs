//! Who is on call and what they do with a page: `b@x=answer,act:wallet-off,approve`.

use crate::flags::{FlagError, Flags, unreadable};

/// What `--person` looks like.
const EXPECTED: &str =
    "`ADDRESS=ignore` or `ADDRESS=answer,act:NAME,repair:STAGE,resolve,approve,after:MS` in any choice";

/// One person and their habits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) address: String,
    /// Whether they acknowledge a page.
    pub(super) answers: bool,
    /// Whether they approve what they are asked to approve.
    pub(super) approves: bool,
    /// Granted actions that they execute when one is offered, in order.
    pub(super) acts: Vec<String>,
    /// The stage that they repair when a page that they answer calls for it.
    pub(super) repairs: Option<String>,
    /// Whether they close an incident that they have answered.
    pub(super) resolves: bool,
    /// Their own time to answer, in milliseconds.
    pub(super) after_ms: Option<u64>,
}

/// The people of `--person`, in the short form or with `--behaviour`, `--act` and `--approve`.
pub(super) fn read(flags: &Flags) -> Result<Vec<Person>, FlagError> {
    if flags.all("person").is_empty() {
        return Err(FlagError::Missing { name: "person" });
    }
    flags.all("person").iter().map(|text| one(text, flags)).collect()
}

fn one(text: &str, flags: &Flags) -> Result<Person, FlagError> {
    if let Some((address, habits)) = text.split_once('=') {
        return habits.split(',').try_fold(
            Person {
                address: address.to_owned(),
                ..Person::default()
            },
            habit,
        );
    }
    let behaviour = flags.text("behaviour").unwrap_or("ignore");
    let answers = match behaviour {
        "answer" => true,
        "ignore" => false,
        other => return Err(unreadable("behaviour", "`ignore` or `answer`", other)),
    };
    let acts = flags.all("act").to_vec();
    Ok(Person {
        address: text.to_owned(),
        answers,
        approves: flags.has("approve"),
        acts,
        repairs: None,
        resolves: false,
        after_ms: None,
    })
}

fn habit(mut person: Person, word: &str) -> Result<Person, FlagError> {
    match word.split_once(':') {
        None if word == "ignore" => {}
        None if word == "answer" => person.answers = true,
        None if word == "approve" => person.approves = true,
        None if word == "resolve" => person.resolves = true,
        Some(("act", name)) if !name.is_empty() => person.acts.push(name.to_owned()),
        Some(("repair", stage)) if !stage.is_empty() => person.repairs = Some(stage.to_owned()),
        Some(("after", ms)) => {
            person.after_ms = Some(ms.parse().map_err(|_| unreadable("person", EXPECTED, word))?);
        }
        Some(_) | None => return Err(unreadable("person", EXPECTED, word)),
    }
    Ok(person)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn people(args: &[&str]) -> Result<Vec<Person>, FlagError> {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        read(&Flags::read(&args, &["person", "behaviour", "act"], &["approve"]).unwrap())
    }

    #[test]
    fn both_forms_say_the_same() {
        let short = people(&["--person", "b@x=answer,act:wallet-off,approve"]).unwrap();
        let long = people(&[
            "--person",
            "b@x",
            "--behaviour",
            "answer",
            "--act",
            "wallet-off",
            "--approve",
        ])
        .unwrap();
        assert_eq!(short, long);
        assert!(!people(&["--person", "a@x=ignore"]).unwrap()[0].answers);
        assert!(people(&["--person", "a@x=dance"]).is_err());
    }
}
