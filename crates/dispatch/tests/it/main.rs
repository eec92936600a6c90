//! dispatch against real things on loopback.
