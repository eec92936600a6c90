//! Many lives at once: what takes time in them is waiting for the disk.

use std::sync::Mutex;

/// Lives at once.
const AT_ONCE: usize = 8;

/// Does the same with each of many things, several at a time, and gives back what came of it, in any order.
pub(crate) fn each<T: Send, R: Send>(things: Vec<T>, live: impl Fn(T) -> R + Sync) -> Vec<R> {
    let waiting = Mutex::new(things.into_iter());
    let ended = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let Some(thing) = waiting.lock().unwrap().next() else {
                    return;
                };
                let end = live(thing);
                ended.lock().unwrap().push(end);
            }
        };
        for worker in (0..AT_ONCE).map(|_| scope.spawn(work)).collect::<Vec<_>>() {
            // What a life failed with is what the test fails with.
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    ended.into_inner().unwrap()
}
