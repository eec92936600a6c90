//! What people see of an estate: the map, the matrix, and what they say about gaps.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "a test reads the examples")]

mod change;
mod estate;
mod map;
mod risk;
mod site;
