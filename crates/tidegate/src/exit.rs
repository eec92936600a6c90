//! Exit codes of the command line; stable, one meaning each, but for 3 of `compare`, which is its inconclusive end.

/// Done, and nothing was wrong.
pub(crate) const FINE: u8 = 0;
/// The plan has errors, a verification failed, two sides differ, a metric of another tool passes on nothing, or the demo's
/// story did not hold.
pub(crate) const WRONG: u8 = 1;
/// The command could not be carried out: bad arguments, unreachable server, unreadable files.
pub(crate) const TROUBLE: u8 = 2;
/// The rules forbid it now; the refusal names rule, owner and remedy.
pub(crate) const REFUSED: u8 = 3;
/// Nobody owns what was asked for.
pub(crate) const NOBODY: u8 = 4;
