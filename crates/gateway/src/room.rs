//! How many descriptors the system gives, and how many clients that is. More are never promised.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Most client connections; further ones wait in the kernel's queue.
pub const CONNECTIONS_MAX: usize = 20_000;
/// Most idle upstream connections kept.
const UPSTREAM_IDLE_MAX: usize = 512;
/// Of so many descriptors one may be an idle upstream connection.
const DESCRIPTORS_PER_IDLE: usize = 8;
/// Descriptors for files, the link, the listener and the runtime.
const RESERVE: usize = 64;
/// A request needs its client's connection and one to a side.
const DESCRIPTORS_PER_REQUEST: usize = 2;

/// What there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Descriptors that the system gives; `None` for no limit.
    pub descriptors: Option<u64>,
    /// Client connections at once, at least one.
    pub connections: usize,
    /// Idle upstream connections kept.
    pub upstream_idle: usize,
}

impl Room {
    /// Raises the soft limit of descriptors to the hard one and divides what was got.
    #[must_use]
    pub fn claim() -> Self {
        let before = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: before.maximum,
            maximum: before.maximum,
        };
        if let Err(fault) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%fault, "cannot raise the limit of descriptors");
        }
        let room = Self::within(getrlimit(Resource::Nofile).current);
        if room.connections < CONNECTIONS_MAX {
            tracing::warn!(
                descriptors = room.descriptors,
                connections = room.connections,
                "the limit of descriptors leaves room for fewer clients than {CONNECTIONS_MAX}"
            );
        } else {
            tracing::info!(connections = room.connections, "room for clients");
        }
        room
    }

    /// Divides a number of descriptors.
    #[must_use]
    pub fn within(descriptors: Option<u64>) -> Self {
        let all = descriptors.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let upstream_idle = (all / DESCRIPTORS_PER_IDLE).min(UPSTREAM_IDLE_MAX);
        let connections = all.saturating_sub(RESERVE + upstream_idle) / DESCRIPTORS_PER_REQUEST;
        Self {
            descriptors,
            connections: connections.clamp(1, CONNECTIONS_MAX),
            upstream_idle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_clients_are_promised_than_there_are_descriptors_for() {
        let check = |descriptors: Option<u64>, expected: (usize, usize)| {
            let room = Room::within(descriptors);
            assert_eq!((room.connections, room.upstream_idle), expected, "{descriptors:?}");
            let needed = 2 * room.connections + room.upstream_idle + RESERVE;
            assert!(
                descriptors.is_none_or(|n| n < 256 || needed as u64 <= n),
                "{descriptors:?}"
            );
        };
        check(Some(10), (1, 1));
        check(Some(256), (80, 32));
        check(Some(1_024), (416, 128));
        check(Some(4_096), (1_760, 512));
        check(Some(1 << 20), (20_000, 512));
        check(None, (20_000, 512));
    }
}
