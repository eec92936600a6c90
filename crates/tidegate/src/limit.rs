//! A limit of file size (`RLIMIT_FSIZE`): a write beyond it fails and is reported, instead of ending the process.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

/// Catches `SIGXFSZ` for the rest of the process's life, so that writes beyond the limit fail with `EFBIG`.
///
/// # Errors
/// When the system takes no handler.
pub(crate) fn outlive() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("cannot start")?;
    // A handler that was once registered stays, also when nobody listens any more.
    let _entered = runtime.enter();
    let beyond_limit = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    drop(signal(beyond_limit).context("cannot catch the signal of the limit of file size")?);
    Ok(())
}
