//! Whose turn it is: worlds share the machine, the whole story of the demo has it to itself, because it measures latency.

use std::cell::Cell;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static MACHINE: RwLock<()> = RwLock::new(());

thread_local! {
    static SHARES: Cell<usize> = const { Cell::new(0) };
}

/// A share of the machine. A test that has one already is not kept waiting for a second.
#[derive(Debug)]
pub(crate) struct Share(Option<RwLockReadGuard<'static, ()>>);

impl Share {
    pub(crate) fn take() -> Self {
        let before = SHARES.replace(SHARES.get() + 1);
        let is_first = before == 0;
        Self(is_first.then(|| MACHINE.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        SHARES.set(SHARES.get() - 1);
        drop(self.0.take());
    }
}

/// The whole machine, as far as these tests go.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}
