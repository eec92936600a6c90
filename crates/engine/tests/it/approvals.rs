//! Who approves what, for how long, and what makes an approval lapse.
