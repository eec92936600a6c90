//! Rows of real servers compared: PostgreSQL and MariaDB in private folders, SQLite and text in files.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod broken;
mod ends;
mod files;
mod known;
mod ledgers;
mod live;
mod pairs;
mod pitfalls;
mod polite;
mod protected;
mod random;
mod repairs;
mod resumes;
mod server;
mod summed;
