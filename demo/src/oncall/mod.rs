//! The people on call, as a program: they read their mail, use the links in it and other public faces, and nothing else.

mod form;
mod letter;
mod person;
mod repair;
mod round;

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::task::JoinSet;

use crate::fault::Fault;
use crate::flags::{Flags, unreadable};
use crate::lifetime;
use repair::Tools;
use round::Desk;

/// How long a person takes to answer when `--after-ms` is not given.
const AFTER_MS_DEFAULT: u64 = 1_500;
/// How long one page may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the mail of every person until told to stop.
pub(crate) async fn start(args: &[String]) -> Result<(), Fault> {
    let flags = Flags::read(
        args,
        &[
            "mail",
            "person",
            "behaviour",
            "after-ms",
            "act",
            "port",
            "seed",
            "at",
            "key",
            "api",
            "token",
        ],
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
    let mut desks = Vec::new();
    for person in people {
        let stage = person.repairs.clone();
        let tools = stage.map(|stage| Tools::read(&flags, &client, &stage)).transpose()?;
        desks.push(Desk::new(person, client.clone(), mail.clone(), after, tools));
    }
    let listener = lifetime::listen(flags.number("port", 0)?).await?;
    lifetime::announce(&listener)?;
    tokio::select! {
        served = lifetime::serve(listener, Router::new().route("/healthz", get(async || "ok"))) => served,
        ended = everyone(desks) => ended,
    }
}

async fn everyone(desks: Vec<Desk>) -> Result<(), Fault> {
    let mut working = JoinSet::new();
    for desk in desks {
        working.spawn(desk.work());
    }
    while let Some(ended) = working.join_next().await {
        match ended {
            Ok(outcome) => outcome?,
            Err(error) => tracing::error!(%error, "a person left badly"),
        }
    }
    Ok(())
}
