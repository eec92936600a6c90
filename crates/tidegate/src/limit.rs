//! Limits of the system: a write beyond that of file size (`RLIMIT_FSIZE`) fails and is reported instead of ending the process,
//! and connections never take the last of the descriptors (`RLIMIT_NOFILE`).

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
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

/// Descriptors that stay free of the API's connections: journal, gateways, letters, databases, and the program itself.
const DESCRIPTORS_RESERVED: u64 = 256;
/// More connections at once than this are not served, whatever the system allows.
const CONNECTIONS_MAX: u64 = 4_096;

/// Raises the soft limit of open descriptors (`RLIMIT_NOFILE`) to the hard one.
///
/// # Errors
/// When the system does not take it.
pub(crate) fn raise_descriptors() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )
    .context("cannot raise the limit of open files")
}

/// How many connections the API may hold at once, so that everything else can still open what it needs.
pub(crate) fn connections_max() -> usize {
    places(getrlimit(Resource::Nofile).current)
}

/// Below the limit by a reserve; half of it when it is smaller than that.
fn places(descriptors: Option<u64>) -> usize {
    let places = descriptors.map_or(CONNECTIONS_MAX, |limit| {
        limit
            .saturating_sub(DESCRIPTORS_RESERVED)
            .max(limit / 2)
            .clamp(1, CONNECTIONS_MAX)
    });
    usize::try_from(places).expect("clamped to a small number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faces_never_have_every_descriptor() {
        assert_eq!(places(None), 4_096);
        assert_eq!(places(Some(1_048_576)), 4_096);
        assert_eq!(places(Some(1_024)), 768);
        assert_eq!(places(Some(300)), 150);
        assert_eq!(places(Some(1)), 1);
    }
}
