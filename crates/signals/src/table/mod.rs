//! Tables of comma-separated values, as search consoles and spreadsheets export them.

mod parse;
mod question;
mod read;

pub(crate) use question::{column, days, level};
