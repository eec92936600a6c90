//! Log files of JSON lines: read on where the last question ended, through rotation and truncation.

mod count;
mod line;
mod newest;
mod tail;

pub(crate) use count::Lines;
pub(crate) use newest::Newest;
