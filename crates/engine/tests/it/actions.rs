//! Granted actions: who uses them, what they set, and how they end.
