//! Randomness from the operating system, for keys and tokens.

use std::fmt::Write;

/// `bytes` random bytes in lower-case hex.
///
/// # Errors
/// When the operating system gives none.
pub(crate) fn hex(bytes: usize) -> anyhow::Result<String> {
    let mut random = vec![0_u8; bytes];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
    Ok(random.iter().fold(String::with_capacity(bytes * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string never fails");
        text
    }))
}
