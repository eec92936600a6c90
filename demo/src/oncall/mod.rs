//! The people on call, as a program: they read their mail and use the links in it, and nothing else.

mod form;
mod letter;
mod person;
mod round;

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::task::JoinSet;

use crate::fault::Fault;
use crate::flags::{Flags, unreadable};
use crate::lifetime;
use person::Person;
use round::Desk;

/// How long a person takes to answer when `--after-ms` is not given.
const AFTER_MS_DEFAULT: u64 = 1_500;
/// How long one page may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the mail of every person until told to stop.
pub(crate) async fn start(args: &[String]) -> Result<(), Fault> {
    let flags = Flags::read(
        args,
        &["mail", "person", "behaviour", "after-ms", "act", "port", "seed"],
        &["approve"],
    )?;
    let people = person::read(&flags)?;
    let after = Duration::from_millis(flags.number("after-ms", AFTER_MS_DEFAULT)?);
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("demo-oncall")
        .build()
        .map_err(Fault::Client)?;
    let mail = flags.required("mail")?;
    let mail = reqwest::Url::parse(mail).map_err(|_| unreadable("mail", "an http address", mail))?;
    let listener = lifetime::listen(flags.number("port", 0)?).await?;
    lifetime::announce(&listener)?;
    tokio::select! {
        served = lifetime::serve(listener, Router::new().route("/healthz", get(async || "ok"))) => served,
        ended = everyone(people, &client, &mail, after) => ended,
    }
}

async fn everyone(
    people: Vec<Person>,
    client: &reqwest::Client,
    mail: &reqwest::Url,
    after: Duration,
) -> Result<(), Fault> {
    let mut desks = JoinSet::new();
    for person in people {
        desks.spawn(Desk::new(person, client.clone(), mail.clone(), after).work());
    }
    while let Some(ended) = desks.join_next().await {
        match ended {
            Ok(outcome) => outcome?,
            Err(error) => tracing::error!(%error, "a person left badly"),
        }
    }
    Ok(())
}
