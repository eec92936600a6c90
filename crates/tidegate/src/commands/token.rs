//! `tidegate token`: personal tokens and service keys, made on the controller's machine.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use tidegate_api::access::{Access, Holder, Purpose};
use tidegate_journal::Journal;
use tidegate_model::PersonId;

use crate::say::say;
use crate::{exit, live, names, near};

/// What a key may be for.
const PURPOSES: [&str; 3] = ["switches", "change", "metrics"];

/// Makes, lists and revokes tokens. Needs access to the controller's state folder, nothing else.
#[derive(Debug, Args)]
pub(crate) struct Token {
    /// The controller's state folder.
    #[arg(long, env = "TIDEGATE_STATE", default_value = ".tidegate", global = true)]
    state: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes a token for a person and prints it once; only its hash is kept.
    Issue {
        /// The person's name in the estate.
        #[arg(add = ArgValueCandidates::new(names::people))]
        person: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a key for a program, good for one purpose, and prints it once.
    Key {
        /// A name for the program.
        service: String,
        /// `switches`, `change` or `metrics`.
        purpose: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists holders; never tokens.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revokes everything that a holder has.
    Revoke {
        /// The person or program.
        holder: String,
        /// As JSON: how many tokens, keys, links and sessions that were.
        #[arg(long)]
        json: bool,
    },
}

impl Token {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        live::make_state(&self.state)?;
        let access = Access::open(&self.state.join("access.json")).context("cannot open the access file")?;
        match self.what {
            What::Issue { person, json } => {
                let id = PersonId::parse(&person).context("that is no person's name")?;
                known(&self.state, &id)?;
                issued("token", &access.issue(Holder::Person(id))?, json)?;
            }
            What::Key { service, purpose, json } => {
                let id = tidegate_model::ServiceId::parse(&service).context("that is no program's name")?;
                let purpose = Purpose::parse(&purpose)
                    .with_context(|| format!("`{purpose}` is no purpose; {}", near::said(&purpose, &PURPOSES)))?;
                issued("key", &access.issue(Holder::Service(id, purpose))?, json)?;
            }
            What::List { json: true } => {
                say!("{}", serde_json::to_string_pretty(&access.list()?)?);
            }
            What::List { json: false } => {
                for line in access.list()? {
                    say!("{line}");
                }
            }
            What::Revoke { holder, json } => {
                let gone = access.revoke(&holder)?;
                if json {
                    say!("{}", serde_json::json!({ "revoked": gone }));
                } else {
                    say!("{gone} revoked");
                }
            }
        }
        Ok(exit::FINE)
    }
}

/// Refuses a token for somebody whom the estate in force does not have. Before the first start there is none to ask.
fn known(state: &Path, person: &PersonId) -> anyhow::Result<()> {
    let path = live::store::path(state);
    if !path.exists() {
        return Ok(());
    }
    let journal =
        Journal::open_read_only(&path).with_context(|| format!("cannot open the journal `{}`", path.display()))?;
    let Some(estate) = live::estate_in_force(&journal)? else {
        return Ok(());
    };
    if estate.people().contains_key(person) {
        return Ok(());
    }
    let people: Vec<&str> = estate.people().keys().map(PersonId::as_str).collect();
    bail!(
        "the estate that runs has nobody named `{person}`; {}",
        near::said(person.as_str(), &people)
    )
}

/// Prints a secret once.
fn issued(what: &str, secret: &str, json: bool) -> anyhow::Result<()> {
    if json {
        say!("{}", serde_json::to_string(&serde_json::json!({ what: secret }))?);
    } else {
        say!("{secret}");
    }
    Ok(())
}
