//! Harm: what takes everybody back at once, and what only stops growth.
