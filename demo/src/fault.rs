//! What can stop one of the programs before it is told to stop.

use std::error::Error;

use crate::flags::FlagError;

/// The reason why a program could not start or go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The first argument names none of the programs.
    #[error("unknown program `{program}`")]
    UnknownProgram {
        /// What was asked for.
        program: String,
    },
    /// A flag is missing, unknown or cannot be read.
    #[error("cannot read the arguments")]
    Flag(#[from] FlagError),
    /// The operating system refused the asynchronous runtime.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    /// The port is taken or not permitted.
    #[error("cannot listen on {addr}")]
    Listen {
        /// The address that was asked for.
        addr: String,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// Accepting or serving connections failed.
    #[error("cannot serve")]
    Serve(#[source] std::io::Error),
    /// The ready line could not be written.
    #[error("cannot write to standard output")]
    Announce(#[source] std::io::Error),
    /// The program's own database failed.
    #[error("cannot use the database")]
    Database(#[from] rusqlite::Error),
    /// The HTTP client could not be built.
    #[error("cannot build the HTTP client")]
    Client(#[source] reqwest::Error),
    /// The wanted share of wrong prices needs more prices that end in 5 cents than there are.
    #[error("cannot seed {wanted} wrong prices: only {available} prices end in 5 cents")]
    TooManyWrongPrices {
        /// How many products should be wrong.
        wanted: usize,
        /// How many can be.
        available: usize,
    },
}

impl Fault {
    /// Whether the command line is to blame, so that the usage text helps.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::UnknownProgram { .. } | Self::Flag(_))
    }

    /// The message with all its causes, outermost first.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        text
    }
}
