//! Compares rows of two sources.

