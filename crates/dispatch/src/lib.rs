//! Carries letters to people, at least once each under its key. Who is written to, and when, is the engine's business.

pub mod channel;
mod config;
mod letter;
mod mailer;
mod sending;

pub use channel::Smtp;
pub use config::{ConfigFault, CredentialNames, MailConfig, Tls};
pub use letter::{ANSWER_HERE, SUBJECT_CHARS_MAX, Unwritable};
pub use mailer::{Mailer, Patience};
pub use sending::Sending;
