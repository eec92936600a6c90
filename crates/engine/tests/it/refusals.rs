//! Every rule that refuses, with what it says and what helps.
