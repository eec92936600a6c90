//! The eight promises, checked on every step.
