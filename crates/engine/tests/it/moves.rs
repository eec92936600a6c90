//! Every request in every phase of a stage, and what is answered.
