//! Another version of the estate: what is refused, and what goes on.
