//! Switches, and sides of keys, over OFREP 0.3: a foreign standard, so the shapes here are its own. Whoever reads switches
//! too often is told to wait; nobody is turned away for what others do.
//!
//! Rules learnt from real clients: `value`, `variant` and `reason` are always there, and so is `errorDetails`.

pub(crate) mod evaluate;
pub(crate) mod failure;
pub(crate) mod flag;
pub(crate) mod question;
pub(crate) mod stream;
