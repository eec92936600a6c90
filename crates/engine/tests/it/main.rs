//! The engine as people meet it: scripts of what is asked and done, and what they see; and the eight promises under
//! whatever anybody does.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(
    clippy::disallowed_methods,
    reason = "a long run is asked for by environment and shared by threads"
)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a script and a fake world speak of some requests and events and leave the others as they are"
)]

mod actions;
mod adoption;
mod approvals;
mod asked;
mod controller;
mod counts;
mod entry;
mod evidence;
mod explanations;
mod exposures;
mod gates;
mod groups;
mod harm;
mod headlines;
mod holds;
mod incidents;
mod lessons;
mod letters;
mod levels;
mod load;
mod moves;
mod promised;
mod promises;
mod reconciled;
mod refusals;
mod ripening;
mod risk;
mod runbooks;
mod script;
mod segments;
mod shed;
mod shop;
mod sources;
mod surveys;
mod verdicts;
mod way_back;
mod windows;
mod world;
