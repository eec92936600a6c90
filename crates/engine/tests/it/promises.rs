//! The eight promises under whatever anybody does.
