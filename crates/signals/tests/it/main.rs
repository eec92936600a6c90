//! signals against real things on loopback.
