//! The program: one file per command, and `live`, which puts the rooms together.
#![warn(clippy::print_stdout)]

mod client;
mod commands;
mod demo;
mod exit;
mod limit;
mod live;
mod names;
mod near;
mod reconciling;
mod say;
mod stop;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    // The demo's world is a set of programs that know nothing of Tidegate; they only share its file.
    if arguments.get(1).is_some_and(|first| first == "demo-world") {
        let code = tidegate_demo::run(arguments[2..].to_vec());
        return ExitCode::from(u8::try_from(code).unwrap_or(exit::TROUBLE));
    }
    // A shell asks how a command line may go on; the program ends with the answer.
    CompleteEnv::with_factory(commands::Tidegate::command)
        .var(commands::COMPLETE)
        .complete();
    live::logging::begin();
    match limit::outlive().and_then(|()| commands::Tidegate::parse().run()) {
        Ok(_) if say::is_lost() => ExitCode::from(exit::TROUBLE),
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(exit::TROUBLE)
        }
    }
}
