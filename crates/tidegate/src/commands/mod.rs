//! The command line. The help texts are the documentation of these structs.

mod adopt;
mod answer_pages;
mod ask;
mod check;
mod compare;
mod completions;
mod demo;
mod diff;
mod docs;
mod drawn;
mod explain;
mod folder;
mod gateway;
mod init;
mod journal;
mod latency;
mod lint;
mod man;
mod map;
mod power;
mod reconcile;
mod risks;
mod schema;
mod serve;
mod status;
mod tell;
mod token;
mod who;
mod why;

use clap::{Parser, Subcommand};

pub(crate) use completions::COMPLETE;
pub(crate) use serve::{COMPARING_MEMORY_MAX_MIB, SWITCH_READS_MAX};

/// Changes a live revenue system in stages: an accountable owner for everything, a gate before every increase of exposure, and a way back.
///
/// Exit codes: 0 done, 1 the plan or the evidence is wrong, 2 the command could not be carried out, 3 refused by the rules (of `compare` and `reconcile`: inconclusive), 4 nobody owns it.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, max_term_width = 110)]
pub(crate) struct Tidegate {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Check(check::Check),
    Power(power::Power),
    Diff(diff::Diff),
    Docs(docs::Docs),
    Map(map::Map),
    Risks(risks::Risks),
    Compare(Box<compare::Compare>),
    Reconcile(Box<reconcile::Reconcile>),
    Lint(lint::Lint),
    Explain(explain::Explain),
    Schema(schema::Schema),
    Serve(serve::Serve),
    Adopt(adopt::Adopt),
    Status(status::Status),
    Why(why::Why),
    Latency(latency::Latency),
    Who(who::Who),
    Approve(ask::Approve),
    AcceptRisk(ask::AcceptRisk),
    Hold(ask::Hold),
    Resume(ask::Resume),
    Change(ask::Change),
    Rollback(ask::Rollback),
    Finalise(ask::Finalise),
    Attest(ask::Attest),
    Feedback(tell::Feedback),
    Answer(tell::Answer),
    Drill(tell::Drill),
    Open(ask::Open),
    Ack(ask::Ack),
    Act(ask::Act),
    Done(ask::Done),
    Revert(ask::Revert),
    Resolve(ask::Resolve),
    Journal(journal::Journal),
    Token(token::Token),
    Completions(completions::Completions),
    Man(man::Man),
    #[command(hide = true)]
    Gateway(gateway::Gateway),
}

impl Tidegate {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        match self.command {
            Command::Demo(command) => command.run(),
            Command::Init(command) => command.run(),
            Command::Check(command) => command.run(),
            Command::Power(command) => command.run(),
            Command::Diff(command) => command.run(),
            Command::Docs(command) => command.run(),
            Command::Map(command) => command.run(),
            Command::Risks(command) => command.run(),
            Command::Compare(command) => command.run(),
            Command::Reconcile(command) => command.run(),
            Command::Lint(command) => command.run(),
            Command::Explain(command) => command.run(),
            Command::Schema(command) => command.run(),
            Command::Serve(command) => command.run(),
            Command::Adopt(command) => command.run(),
            Command::Status(command) => command.run(),
            Command::Why(command) => command.run(),
            Command::Latency(command) => command.run(),
            Command::Who(command) => command.run(),
            Command::Approve(command) => command.run(),
            Command::AcceptRisk(command) => command.run(),
            Command::Hold(command) => command.run(),
            Command::Resume(command) => command.run(),
            Command::Change(command) => command.run(),
            Command::Rollback(command) => command.run(),
            Command::Finalise(command) => command.run(),
            Command::Attest(command) => command.run(),
            Command::Feedback(command) => command.run(),
            Command::Answer(command) => command.run(),
            Command::Drill(command) => command.run(),
            Command::Open(command) => command.run(),
            Command::Ack(command) => command.run(),
            Command::Act(command) => command.run(),
            Command::Done(command) => command.run(),
            Command::Revert(command) => command.run(),
            Command::Resolve(command) => command.run(),
            Command::Journal(command) => command.run(),
            Command::Token(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
            Command::Gateway(command) => command.run(),
        }
    }
}
