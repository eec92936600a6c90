//! Structured logs on standard error; `TIDEGATE_LOG` chooses what (default `warn`).

use tracing_subscriber::EnvFilter;

/// Starts logging. A second call changes nothing.
pub(crate) fn begin() {
    let filter = EnvFilter::try_from_env("TIDEGATE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
}
