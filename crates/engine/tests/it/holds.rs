//! Holds by people and by criteria, and what lets a stage go on.
