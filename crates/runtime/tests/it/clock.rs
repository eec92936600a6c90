//! A clock that goes on when it is told to, counts how often it is looked at, and can hold whoever looks.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tidegate_model::Timestamp;

use crate::driver::PATIENCE;

/// The clock; clones show the same time.
#[derive(Clone)]
pub(crate) struct Clock {
    face: Arc<(Mutex<Face>, Condvar)>,
}

struct Face {
    now: Timestamp,
    looks: u64,
    is_held: bool,
    is_waited_for: bool,
}

impl Clock {
    pub(crate) fn at(now: Timestamp) -> Self {
        let face = Face {
            now,
            looks: 0,
            is_held: false,
            is_waited_for: false,
        };
        Self {
            face: Arc::new((Mutex::new(face), Condvar::new())),
        }
    }

    pub(crate) fn set(&self, now: Timestamp) {
        self.face.0.lock().unwrap().now = now;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.face.0.lock().unwrap().now
    }

    /// Looks at it, as the loop does.
    pub(crate) fn look(&self) -> Timestamp {
        let (face, bell) = &*self.face;
        let mut face = face.lock().unwrap();
        face.looks += 1;
        while face.is_held {
            face.is_waited_for = true;
            bell.notify_all();
            face = bell.wait(face).unwrap();
        }
        face.is_waited_for = false;
        bell.notify_all();
        face.now
    }

    /// From here on whoever looks has to wait.
    pub(crate) fn hold(&self) {
        self.face.0.lock().unwrap().is_held = true;
    }

    /// Returns once somebody has to.
    pub(crate) fn await_look(&self) {
        self.await_that(|face| face.is_waited_for);
    }

    pub(crate) fn release(&self) {
        self.face.0.lock().unwrap().is_held = false;
        self.face.1.notify_all();
    }

    /// The time that it takes until it has been looked at so often again.
    pub(crate) fn time_of_looks(&self, looks: u64) -> Duration {
        let begun = Instant::now();
        let until = self.face.0.lock().unwrap().looks + looks;
        self.await_that(|face| face.looks >= until);
        begun.elapsed()
    }

    fn await_that(&self, holds: impl Fn(&Face) -> bool) {
        let (face, bell) = &*self.face;
        let face = face.lock().unwrap();
        let (_face, waited) = bell.wait_timeout_while(face, PATIENCE, |face| !holds(face)).unwrap();
        assert!(!waited.timed_out());
    }
}
